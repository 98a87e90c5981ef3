//! A table of names.

/// Declarations by name. The names themselves stay in the text, of which there are a hundred
/// thousand.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Open addressing: a name lies at its hash, or in the first free place behind it. As many as a
    /// power of two, at most three quarters of them taken.
    slots: Vec<Slot>,
    taken: usize,
}

/// A name; without letters, a free place.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u32,
    start: u32,
    length: u32,
    decl: u32,
}

impl Names {
    /// A table that takes `count` names before it has to grow.
    pub fn with_capacity(count: usize) -> Self {
        Self {
            slots: vec![Slot::default(); (count / 3 * 4).next_power_of_two()],
            taken: 0,
        }
    }

    /// Adds `name`, which stands at `start` in `text`, unless it is there already.
    pub fn insert(&mut self, text: &[u8], start: usize, name: &[u8], decl: u32) {
        let (Ok(start), Ok(length)) = (u32::try_from(start), u32::try_from(name.len())) else {
            return;
        };
        if length == 0 {
            return;
        }
        if self.taken >= self.slots.len() / 4 * 3 {
            self.grow();
        }
        let hash = hash(name);
        let (at, known) = self.find(text, hash, name);
        if known.is_none()
            && let Some(slot) = self.slots.get_mut(at)
        {
            *slot = Slot {
                hash,
                start,
                length,
                decl,
            };
            self.taken += 1;
        }
    }

    /// The declaration of `name`.
    pub fn get(&self, text: &[u8], name: &str) -> Option<u32> {
        let name = name.as_bytes();
        self.find(text, hash(name), name).1
    }

    /// Where `name` lies, with its declaration, or would lie.
    fn find(&self, text: &[u8], hash: u32, name: &[u8]) -> (usize, Option<u32>) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(slot) = self.slots.get(at) {
            if slot.length == 0 {
                break;
            }
            if slot.hash == hash && slot.of(text) == name {
                return (at, Some(slot.decl));
            }
            at = (at + 1) & mask;
        }
        (at, None)
    }

    fn grow(&mut self) {
        let count = (self.slots.len() * 2).max(64);
        let old = std::mem::replace(&mut self.slots, vec![Slot::default(); count]);
        for slot in old {
            if slot.length == 0 {
                continue;
            }
            let mut at = slot.hash as usize & (count - 1);
            while self.slots.get(at).is_some_and(|other| other.length != 0) {
                at = (at + 1) & (count - 1);
            }
            if let Some(free) = self.slots.get_mut(at) {
                *free = slot;
            }
        }
    }
}

impl Slot {
    fn of(self, text: &[u8]) -> &[u8] {
        let start = self.start as usize;
        text.get(start..start + self.length as usize)
            .unwrap_or_default()
    }
}

/// Multiplies eight bytes at a time. Nobody gains by names that collide: the file is the user's own.
fn hash(name: &[u8]) -> u32 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = name.len() as u64;
    let mut chunks = name.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        hash = (hash ^ word).wrapping_mul(ODD);
        hash ^= hash >> 32;
    }
    let mut last = 0u64;
    for &byte in chunks.remainder() {
        last = last << 8 | u64::from(byte);
    }
    hash = (hash ^ last).wrapping_mul(ODD);
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_keeps_the_first() {
        let names: Vec<String> = (0..5000).map(|number| format!("name_{number}")).collect();
        let text = names.join(" ");
        let mut table = Names::with_capacity(3);
        let mut start = 0;
        for (decl, name) in (0..).zip(&names) {
            table.insert(text.as_bytes(), start, name.as_bytes(), decl);
            table.insert(text.as_bytes(), start, name.as_bytes(), decl + 1);
            start += name.len() + 1;
        }
        for (decl, name) in (0..).zip(&names) {
            assert_eq!(table.get(text.as_bytes(), name), Some(decl), "{name}");
        }
        assert_eq!(table.get(text.as_bytes(), "name_5000"), None);
        assert_eq!(table.get(text.as_bytes(), ""), None);
        assert_eq!(Names::default().get(b"", "name"), None);
    }
}
