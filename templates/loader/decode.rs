//! What the bytes of C's types say, as text and as JSON.

use std::fmt::{self, Display};

use serde_json::{Map, Value};

/// A type of C.
#[derive(Clone, Copy)]
#[allow(dead_code, reason = "a port has the types that its programs use")]
pub enum Type {
    /// So many bytes.
    Unsigned(usize),
    Signed(usize),
    Bool,
    Pointer,
    /// A character array: what precedes its null byte.
    Text(usize),
    /// Anything else.
    Bytes(usize),
    /// Its integer, and its constants.
    Enum(&'static Type, &'static [(&'static str, i128)]),
    Array(&'static Type, usize),
    /// Bytes, and members: name, offset and type.
    Record(usize, &'static [(&'static str, usize, Type)]),
    /// A bit-field: its integer, the first of its bits there, and how many they are.
    Bits(&'static Type, usize, usize),
}

#[allow(dead_code, reason = "a port has the types that its programs use")]
impl Type {
    pub const U8: Self = Self::Unsigned(1);
    pub const U16: Self = Self::Unsigned(2);
    pub const U32: Self = Self::Unsigned(4);
    pub const U64: Self = Self::Unsigned(8);
    pub const I8: Self = Self::Signed(1);
    pub const I16: Self = Self::Signed(2);
    pub const I32: Self = Self::Signed(4);
    pub const I64: Self = Self::Signed(8);

    pub fn size(&self) -> usize {
        match self {
            Self::Unsigned(size) | Self::Signed(size) => *size,
            Self::Text(size) => *size,
            Self::Bytes(size) => *size,
            Self::Bool => 1,
            Self::Pointer => 8,
            Self::Enum(integer, _) => integer.size(),
            Self::Bits(integer, ..) => integer.size(),
            Self::Array(element, length) => element.size() * length,
            Self::Record(size, _) => *size,
        }
    }

    /// What `bytes` say; of a record that was cut off, the members that are there.
    pub fn decode(&self, bytes: &[u8]) -> Value {
        match self {
            Self::Text(size) => until_null(bytes.get(..*size).unwrap_or(bytes)).into(),
            Self::Bytes(size) => hex(bytes.get(..*size).unwrap_or(bytes)).into(),
            Self::Bool => self.integer(bytes).map_or(Value::Null, |n| (n != 0).into()),
            Self::Pointer => self
                .integer(bytes)
                .map_or(Value::Null, |address| format!("{address:#x}").into()),
            Self::Enum(integer, constants) => {
                let Some(value) = integer.integer(bytes) else {
                    return Value::Null;
                };
                match constants.iter().find(|constant| constant.1 == value) {
                    Some((name, _)) => (*name).into(),
                    None => number(value),
                }
            }
            Self::Array(element, length) => (bytes.chunks_exact(element.size().max(1)))
                .take(*length)
                .map(|bytes| element.decode(bytes))
                .collect(),
            Self::Record(_, members) => {
                let decoded = members.iter().filter_map(|(name, offset, type_)| {
                    let bytes = bytes.get(*offset..)?;
                    let value = type_.decode(bytes.get(..type_.size()).unwrap_or(bytes));
                    Some(((*name).to_owned(), value))
                });
                Value::Object(decoded.collect::<Map<_, _>>())
            }
            Self::Bits(..) => self.integer(bytes).map_or(Value::Null, number),
            Self::Unsigned(_) | Self::Signed(_) => self.integer(bytes).map_or(Value::Null, number),
        }
    }

    /// The number of an integer type.
    pub fn integer(&self, bytes: &[u8]) -> Option<i128> {
        if let Self::Bits(integer, first, count) = *self {
            let unit = integer.size() * 8;
            let below = if cfg!(target_endian = "little") {
                first
            } else {
                unit.checked_sub(first + count)?
            };
            let above = 128usize.checked_sub(below + count)?;
            let bits = integer.integer(bytes)? << above;
            return Some(match integer {
                Self::Signed(_) => bits >> (above + below),
                _ => (bits.cast_unsigned() >> (above + below)).cast_signed(),
            });
        }
        let size = self.size();
        let bytes = bytes.get(..size)?;
        let mut all = [0; 16];
        if cfg!(target_endian = "little") {
            all.get_mut(..size)?.copy_from_slice(bytes);
        } else {
            all.get_mut(16usize.checked_sub(size)?..)?
                .copy_from_slice(bytes);
        }
        let value = u128::from_ne_bytes(all).cast_signed();
        let unused = 128 - 8 * size as u32;
        Some(match self {
            Self::Signed(_) => value << unused >> unused,
            _ => value,
        })
    }
}

/// A number, as text where JSON's readers would round it.
fn number(value: i128) -> Value {
    if let Ok(value) = i64::try_from(value) {
        value.into()
    } else if let Ok(value) = u64::try_from(value) {
        value.into()
    } else {
        value.to_string().into()
    }
}

fn until_null(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0);
    String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A value as people read it: `pid=12 comm="sh" args=["a", "b"]`.
pub struct Text<'a>(pub &'a Value);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Object(members) => {
                for (i, (name, value)) in members.iter().enumerate() {
                    let space = if i == 0 { "" } else { " " };
                    match value {
                        Value::Object(_) => write!(f, "{space}{name}={{{}}}", Text(value))?,
                        _ => write!(f, "{space}{name}={}", Text(value))?,
                    }
                }
                Ok(())
            }
            Value::Array(elements) => {
                f.write_str("[")?;
                for (i, element) in elements.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    match element {
                        Value::Object(_) => write!(f, "{comma}{{{}}}", Text(element))?,
                        _ => write!(f, "{comma}{}", Text(element))?,
                    }
                }
                f.write_str("]")
            }
            Value::String(text) if text.starts_with("0x") => f.write_str(text),
            Value::String(text) => write!(f, "{text:?}"),
            Value::Null => f.write_str("?"),
            other => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Text, Type};

    #[track_caller]
    fn check(type_: Type, bytes: &[u8], expected: &str) {
        let value = type_.decode(bytes);
        assert_eq!(Text(&value).to_string(), expected);
    }

    #[test]
    fn numbers_have_their_sign() {
        check(Type::I32, &(-2i32).to_ne_bytes(), "-2");
        check(Type::U32, &(-2i32).to_ne_bytes(), "4294967294");
        check(Type::U64, &u64::MAX.to_ne_bytes(), "18446744073709551615");
        check(Type::Bool, &[2], "true");
        check(Type::Pointer, &255u64.to_ne_bytes(), "0xff");
    }

    #[test]
    fn text_ends_at_its_null_byte() {
        check(Type::Text(4), b"sh\0x", "\"sh\"");
        check(Type::Array(&Type::Text(2), 2), b"a\0bc", "[\"a\", \"bc\"]");
        check(Type::Bytes(2), &[1, 255], "\"01ff\"");
    }

    #[test]
    fn constants_have_names() {
        const STATE: Type = Type::Enum(&Type::U32, &[("ALL", 0), ("CUT", 1)]);
        check(STATE, &1u32.to_ne_bytes(), "\"CUT\"");
        check(STATE, &7u32.to_ne_bytes(), "7");
    }

    #[test]
    fn records_have_members() {
        const INNER: Type = Type::Record(2, &[("a", 0, Type::U8), ("b", 1, Type::I8)]);
        const OUTER: Type = Type::Record(4, &[("in", 0, INNER), ("out", 2, Type::U16)]);
        check(OUTER, &[1, 255, 0, 0], "in={a=1 b=-1} out=0");
        check(OUTER, &[1, 255], "in={a=1 b=-1} out=?");
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn bit_fields_lie_in_their_unit() {
        check(Type::Bits(&Type::U8, 1, 3), &[0b1010], "5");
        check(Type::Bits(&Type::I8, 1, 3), &[0b1010], "-3");
    }
}
