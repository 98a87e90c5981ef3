//! Words in the byte order of an object.

/// The byte order of an object, which is that of the machine it is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Endian {
    /// The number that `bytes` (at most 8, the rest is ignored) spell.
    pub fn read(self, bytes: &[u8]) -> u64 {
        let place = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        let bytes = bytes.get(..8).unwrap_or(bytes);
        match self {
            Self::Little => bytes.iter().rev().fold(0, place),
            Self::Big => bytes.iter().fold(0, place),
        }
    }

    /// Spells the low bytes of `number` into all of `bytes`; those past the eighth become 0.
    pub fn write(self, bytes: &mut [u8], number: u64) {
        let mut rest = number;
        let mut put = |byte: &mut u8| {
            *byte = (rest & 0xff) as u8;
            rest >>= 8;
        };
        match self {
            Self::Little => bytes.iter_mut().for_each(&mut put),
            Self::Big => bytes.iter_mut().rev().for_each(&mut put),
        }
    }

    /// The 16-bit word at `at`, if all of it is there.
    pub fn u16_at(self, bytes: &[u8], at: usize) -> Option<u16> {
        let word = bytes.get(at..at.checked_add(2)?)?;
        u16::try_from(self.read(word)).ok()
    }

    /// The 32-bit word at `at`, if all of it is there.
    pub fn u32_at(self, bytes: &[u8], at: usize) -> Option<u32> {
        let word = bytes.get(at..at.checked_add(4)?)?;
        u32::try_from(self.read(word)).ok()
    }
}

/// The text before the first null byte at `at`; `None` outside `table` or where it isn't UTF-8.
pub fn text_at(table: &[u8], at: u32) -> Option<&str> {
    let rest = table.get(usize::try_from(at).ok()?..)?;
    let end = rest.iter().position(|&byte| byte == 0)?;
    str::from_utf8(rest.get(..end)?).ok()
}

/// `value`, whose meaningful part is `bytes` (1 to 8) wide, as a signed number.
pub fn sign_extend(value: u64, bytes: u64) -> u64 {
    let unused = 64_u64.saturating_sub(bytes.saturating_mul(8)).min(63);
    // Casts between integers of the same width keep every bit.
    (((value << unused) as i64) >> unused) as u64
}

/// `value` cut to its low `bytes` (1 to 8).
pub fn truncate(value: u64, bytes: u64) -> u64 {
    if bytes >= 8 {
        value
    } else {
        value & ((1 << (bytes * 8)) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_both_orders() {
        let mut bytes = [0; 4];
        Endian::Little.write(&mut bytes, 0x0102_0304);
        assert_eq!(bytes, [4, 3, 2, 1]);
        assert_eq!(Endian::Little.read(&bytes), 0x0102_0304);
        assert_eq!(Endian::Big.read(&bytes), 0x0403_0201);
        Endian::Big.write(&mut bytes, 0x0102_0304);
        assert_eq!(bytes, [1, 2, 3, 4]);
        assert_eq!(Endian::Big.u16_at(&bytes, 3), None);
    }

    #[test]
    fn widths() {
        assert_eq!(sign_extend(0x80, 1), u64::MAX - 0x7f);
        assert_eq!(sign_extend(0x1_7f, 1), 0x7f);
        assert_eq!(sign_extend(7, 8), 7);
        assert_eq!(truncate(0x1234_5678_9abc, 2), 0x9abc);
    }
}
