//! Formatted text, as the kernel's `bpf_bprintf_prepare` and `bstr_printf` make it.

use std::sync::Arc;

use super::errno;
use crate::verify::{
    bytes::{sign_extend, truncate},
    machine::{Argument, Effect, Machine, Trap},
    world::hash_of,
};

/// Formats are read no further than this.
const FORMAT_MAX: u64 = 4096;
/// `MAX_BPRINTF_VARARGS`.
const ARGUMENTS_MAX: usize = 12;
/// What the kernel keeps of a text argument.
const TEXT_MAX: usize = 512;

/// A conversion: everything between `%` and its letter, and what it is.
#[derive(Debug, Default)]
pub(in crate::verify) struct Conversion {
    left: bool,
    zeros: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    /// Bytes of the argument.
    pub(in crate::verify) size: u64,
    pub(in crate::verify) letter: char,
}

impl Machine<'_> {
    /// `bpf_trace_printk`: the number of bytes.
    pub(super) fn trace_printk(
        &mut self,
        format: u64,
        size: u64,
        arguments: [u64; 3],
    ) -> Result<u64, Trap> {
        self.print(format, size, &arguments)
    }

    /// `bpf_trace_vprintk`, whose arguments lie in memory.
    pub(super) fn trace_vprintk(
        &mut self,
        [format, size]: [u64; 2],
        data: [u64; 2],
    ) -> Result<u64, Trap> {
        let arguments = self.words(data)?;
        self.print(format, size, &arguments)
    }

    fn print(&mut self, format: u64, size: u64, arguments: &[u64]) -> Result<u64, Trap> {
        let format = self.format_text(format, Some(size))?;
        let Some(text) = self.formatted(&format, arguments)? else {
            return Ok(errno::EINVAL);
        };
        let length = text.len() as u64;
        self.effects.push(Effect::Print(text));
        Ok(length)
    }

    /// `bpf_snprintf`: the number of bytes with the null byte, had there been room.
    pub(super) fn snprintf(
        &mut self,
        [into, size]: [u64; 2],
        format: u64,
        data: [u64; 2],
    ) -> Result<u64, Trap> {
        let arguments = self.words(data)?;
        let format = self.format_text(format, None)?;
        let Some(text) = self.formatted(&format, &arguments)? else {
            return Ok(errno::EINVAL);
        };
        let room = self.buffer(into, size)?;
        if let Some(last) = room.checked_sub(1) {
            let length = text.len().min(last);
            let mut bytes = text.as_bytes().get(..length).unwrap_or_default().to_vec();
            bytes.push(0);
            let place = self.memory.writable(into, bytes.len())?;
            place.copy_from_slice(&bytes);
        }
        Ok(text.len() as u64 + 1)
    }

    pub(super) fn seq_printf(
        &mut self,
        [format, size]: [u64; 2],
        data: [u64; 2],
    ) -> Result<u64, Trap> {
        let arguments = self.words(data)?;
        let format = self.format_text(format, Some(size))?;
        let Some(text) = self.formatted(&format, &arguments)? else {
            return Ok(errno::EINVAL);
        };
        self.effects.push(Effect::Call {
            helper: Arc::from("seq_printf"),
            arguments: vec![Argument::Memory(text.into_bytes())],
        });
        Ok(0)
    }

    fn words(&mut self, [data, size]: [u64; 2]) -> Result<Vec<u64>, Trap> {
        let size = size & 0xffff_ffff;
        if size == 0 {
            return Ok(Vec::new());
        }
        let endian = self.memory.endian;
        let bytes = self.bytes(data, size)?;
        Ok(bytes
            .chunks(8)
            .take(ARGUMENTS_MAX)
            .map(|word| endian.read(word))
            .collect())
    }

    /// A format, which ends with its size or its null byte.
    fn format_text(&mut self, address: u64, size: Option<u64>) -> Result<Vec<u8>, Trap> {
        let mut format = Vec::new();
        for offset in 0..size.unwrap_or(FORMAT_MAX).min(FORMAT_MAX) {
            match self.bytes(address.wrapping_add(offset), 1)?.first() {
                Some(0) | None => break,
                Some(&byte) => format.push(byte),
            }
        }
        Ok(format)
    }

    /// The text; none where the kernel refuses the format.
    fn formatted(&mut self, format: &[u8], arguments: &[u64]) -> Result<Option<String>, Trap> {
        let mut text = String::new();
        let mut arguments = arguments.iter().copied();
        let mut bytes = format.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                text.push(char::from(byte));
                continue;
            }
            let Some(conversion) = Conversion::read(&mut bytes) else {
                return Ok(None);
            };
            if conversion.letter == '%' {
                text.push('%');
                continue;
            }
            let Some(value) = arguments.next() else {
                return Ok(None);
            };
            let piece = match conversion.letter {
                's' => self.text_argument(value)?,
                'p' => {
                    let mut suffix = String::new();
                    while let Some(letter) = bytes.next_if(u8::is_ascii_alphanumeric) {
                        suffix.push(char::from(letter));
                    }
                    self.pointer(value, &suffix)?
                }
                'c' => char::from((value & 0xff) as u8).to_string(),
                _ => conversion.number(value),
            };
            conversion.pad(&mut text, &piece);
        }
        Ok(Some(text))
    }

    /// `%s`: text of the kernel or of the program, empty where it can't be read.
    fn text_argument(&mut self, address: u64) -> Result<String, Trap> {
        let mut text = Vec::new();
        for offset in 0..TEXT_MAX as u64 {
            let mut byte = [0];
            let at = address.wrapping_add(offset);
            if !self.memory.peek(self.oracle, at, &mut byte) {
                return Ok(String::new());
            }
            if byte == [0] {
                break;
            }
            text.extend(byte);
        }
        Ok(text.into_iter().map(char::from).collect())
    }

    /// `%p` and what may follow it.
    fn pointer(&mut self, value: u64, suffix: &str) -> Result<String, Trap> {
        Ok(match suffix {
            "ks" | "us" => self.text_argument(value)?,
            "K" | "x" => format!("{value:016x}"),
            "i4" | "I4" => {
                let bytes = self.bytes(value, 4)?;
                let parts: Vec<_> = bytes.iter().map(u8::to_string).collect();
                parts.join(".")
            }
            "i6" | "I6" => {
                let bytes = self.bytes(value, 16)?;
                let parts: Vec<_> = bytes
                    .chunks(2)
                    .map(|pair| {
                        pair.iter()
                            .map(|byte| format!("{byte:02x}"))
                            .collect::<String>()
                    })
                    .collect();
                parts.join(":")
            }
            // The kernel hides addresses behind a hash of its own.
            _ => format!("{:016x}", hash_of(1, &value) & 0xffff_ffff),
        })
    }
}

impl Conversion {
    pub(in crate::verify) fn read(
        bytes: &mut std::iter::Peekable<impl Iterator<Item = u8>>,
    ) -> Option<Self> {
        let mut conversion = Self {
            size: 4,
            ..Self::default()
        };
        while let Some(flag) = bytes.next_if(|byte| b"-+ #0".contains(byte)) {
            match flag {
                b'-' => conversion.left = true,
                b'+' => conversion.plus = true,
                b' ' => conversion.space = true,
                b'#' => conversion.alternate = true,
                _ => conversion.zeros = true,
            }
        }
        conversion.width = digits(bytes).unwrap_or(0);
        if bytes.next_if_eq(&b'.').is_some() {
            conversion.precision = Some(digits(bytes).unwrap_or(0));
        }
        let mut halves = 0;
        while let Some(modifier) = bytes.next_if(|byte| b"hlLz".contains(byte)) {
            match modifier {
                b'h' => halves += 1,
                _ => conversion.size = 8,
            }
        }
        match halves {
            0 => {}
            1 => conversion.size = 2,
            _ => conversion.size = 1,
        }
        conversion.letter = char::from(bytes.next()?);
        "%diuxXocsp"
            .contains(conversion.letter)
            .then_some(conversion)
    }

    fn number(&self, value: u64) -> String {
        let unsigned = truncate(value, self.size);
        let signed = sign_extend(value, self.size).cast_signed();
        let (sign, digits) = match self.letter {
            'd' | 'i' => {
                let sign = match signed {
                    ..0 => "-",
                    _ if self.plus => "+",
                    _ if self.space => " ",
                    _ => "",
                };
                (sign, signed.unsigned_abs().to_string())
            }
            'x' if self.alternate => ("0x", format!("{unsigned:x}")),
            'X' if self.alternate => ("0X", format!("{unsigned:X}")),
            'x' => ("", format!("{unsigned:x}")),
            'X' => ("", format!("{unsigned:X}")),
            'o' => ("", format!("{unsigned:o}")),
            _ => ("", unsigned.to_string()),
        };
        let precision = self.precision.unwrap_or(0).min(TEXT_MAX);
        let digits = format!("{digits:0>precision$}");
        if self.zeros && !self.left && self.precision.is_none() {
            let width = self.width.min(TEXT_MAX).saturating_sub(sign.len());
            return format!("{sign}{digits:0>width$}");
        }
        format!("{sign}{digits}")
    }

    fn pad(&self, text: &mut String, piece: &str) {
        let piece: String = match (self.letter, self.precision) {
            ('s', Some(precision)) => piece.chars().take(precision).collect(),
            _ => piece.to_owned(),
        };
        let width = self.width.min(TEXT_MAX);
        let padded = if self.left {
            format!("{piece:<width$}")
        } else {
            format!("{piece:>width$}")
        };
        text.push_str(&padded);
    }
}

fn digits(bytes: &mut std::iter::Peekable<impl Iterator<Item = u8>>) -> Option<usize> {
    let mut number = None;
    while let Some(digit) = bytes.next_if(u8::is_ascii_digit) {
        let value = number.unwrap_or(0_usize).saturating_mul(10);
        number = Some(value.saturating_add(usize::from(digit - b'0')));
    }
    number
}
