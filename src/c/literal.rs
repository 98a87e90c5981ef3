//! What literals of C stand for: integers with their types, characters, strings.

use lang_c::ast::{Constant, Float, FloatFormat, Integer, IntegerBase, IntegerSize};

use super::{tree::Literal, types::IntKind};

/// How many bits the type of a floating-point constant has.
pub(super) const fn float_bits(float: &Float) -> u16 {
    match float.suffix.format {
        FloatFormat::Float => 32,
        FloatFormat::Double => 64,
        FloatFormat::LongDouble | FloatFormat::TS18661Format(_) => 128,
    }
}

/// Value and type of an integer constant (C11 6.4.4.1 on an LP64 target).
///
/// `None` if it is larger than any type.
pub(super) fn integer(literal: &Integer) -> Option<(i128, IntKind)> {
    use IntKind::{Int, Long, LongLong, UInt, ULong, ULongLong};
    let radix = match literal.base {
        IntegerBase::Decimal => 10,
        IntegerBase::Octal => 8,
        IntegerBase::Hexadecimal => 16,
        IntegerBase::Binary => 2,
    };
    // The parser leaves the 0 of an octal constant away, so that 0 itself has no digits.
    let value = match &*literal.number {
        "" => 0,
        digits => u64::from_str_radix(digits, radix).ok()?,
    };
    let decimal = radix == 10;
    let candidates: &[IntKind] = match (literal.suffix.size, literal.suffix.unsigned, decimal) {
        // A decimal constant that fits no signed type is unsigned, as clang takes it.
        (IntegerSize::Int, false, true) => &[Int, Long, ULong],
        (IntegerSize::Int, false, false) => &[Int, UInt, Long, ULong],
        (IntegerSize::Int, true, _) => &[UInt, ULong],
        (IntegerSize::Long, false, _) => &[Long, ULong],
        (IntegerSize::Long, true, _) => &[ULong],
        (IntegerSize::LongLong, false, _) => &[LongLong, ULongLong],
        (IntegerSize::LongLong, true, _) => &[ULongLong],
    };
    let value = i128::from(value);
    candidates
        .iter()
        .find(|kind| value <= max(**kind))
        .map(|kind| (value, *kind))
}

/// How a constant is written.
pub(super) fn written(constant: &Constant) -> Option<Literal> {
    match constant {
        Constant::Integer(integer) => Some(match integer.base {
            IntegerBase::Decimal => Literal::Decimal,
            // 0 itself.
            IntegerBase::Octal if integer.number.is_empty() => Literal::Decimal,
            IntegerBase::Octal => Literal::Octal,
            IntegerBase::Hexadecimal => Literal::Hexadecimal,
            IntegerBase::Binary => Literal::Binary,
        }),
        Constant::Character(_) => Some(Literal::Character),
        Constant::Float(_) => None,
    }
}

fn max(kind: IntKind) -> i128 {
    let bits = u32::from(kind.bits()) - u32::from(kind.signed());
    1i128.checked_shl(bits).map_or(i128::MAX, |limit| limit - 1)
}

/// Value and type of a character constant as written: quotes, prefix and escapes included.
pub(super) fn character(text: &str) -> Option<(i128, IntKind)> {
    let (prefix, quoted) = split_prefix(text, '\'')?;
    let units = decode(quoted)?;
    if units.is_empty() {
        return None;
    }
    let wide = |kind: IntKind| {
        let [unit] = wide_units(&units)?[..] else {
            return None;
        };
        Some((i128::from(unit), kind))
    };
    match prefix {
        "" => {
            let bytes = narrow_bytes(&units)?;
            if let [byte] = bytes[..] {
                // `char` is signed on BPF.
                return Some((i128::from(byte.cast_signed()), IntKind::Int));
            }
            let value = bytes
                .iter()
                .fold(0u32, |value, byte| value.wrapping_shl(8) | u32::from(*byte));
            Some((i128::from(value.cast_signed()), IntKind::Int))
        }
        "L" => wide(IntKind::Int),
        "u" => wide(IntKind::UShort),
        "U" => wide(IntKind::UInt),
        _ => None,
    }
}

/// Element type and elements of adjacent string literals as written, without the ending zero.
pub(super) fn string(parts: &[String]) -> Option<(IntKind, Vec<u32>)> {
    let mut kind = IntKind::Char;
    let mut decoded = Vec::new();
    for part in parts {
        let (prefix, quoted) = split_prefix(part, '"')?;
        match prefix {
            "L" => kind = IntKind::Int,
            "u" => kind = IntKind::UShort,
            "U" => kind = IntKind::UInt,
            _ => {}
        }
        decoded.extend(decode(quoted)?);
    }
    let units = if kind == IntKind::Char {
        narrow_bytes(&decoded)?.into_iter().map(u32::from).collect()
    } else {
        wide_units(&decoded)?
    };
    Some((kind, units))
}

/// The bytes of adjacent narrow string literals.
pub(super) fn bytes(parts: &[String]) -> Option<Vec<u8>> {
    let (kind, units) = string(parts)?;
    if kind != IntKind::Char {
        return None;
    }
    units
        .into_iter()
        .map(|unit| u8::try_from(unit).ok())
        .collect()
}

/// A character of a literal: written as itself (or as `\u`), or as the number of an escape.
enum Unit {
    Char(char),
    Number(u32),
}

fn narrow_bytes(units: &[Unit]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for unit in units {
        match unit {
            Unit::Char(char) => {
                bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Unit::Number(number) => bytes.push(u8::try_from(*number).ok()?),
        }
    }
    Some(bytes)
}

fn wide_units(units: &[Unit]) -> Option<Vec<u32>> {
    Some(
        units
            .iter()
            .map(|unit| match unit {
                Unit::Char(char) => u32::from(*char),
                Unit::Number(number) => *number,
            })
            .collect(),
    )
}

/// Splits `u8"text"` into `u8` and `text`.
fn split_prefix(text: &str, quote: char) -> Option<(&str, &str)> {
    let (prefix, rest) = text.split_once(quote)?;
    Some((prefix, rest.strip_suffix(quote)?))
}

fn decode(text: &str) -> Option<Vec<Unit>> {
    let mut units = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(char) = rest.next() {
        if char != '\\' {
            units.push(Unit::Char(char));
            continue;
        }
        let escape = rest.next()?;
        let number = match escape {
            'a' => 7,
            'b' => 8,
            't' => 9,
            'n' => 10,
            'v' => 11,
            'f' => 12,
            'r' => 13,
            'e' | 'E' => 27,
            '\\' | '\'' | '"' | '?' => u32::from(escape),
            'x' => digits(&mut rest, 16, usize::MAX)?,
            'u' | 'U' => {
                let count = if escape == 'u' { 4 } else { 8 };
                units.push(Unit::Char(char::from_u32(digits(&mut rest, 16, count)?)?));
                continue;
            }
            '0'..='7' => {
                let mut number = escape.to_digit(8)?;
                for _ in 0..2 {
                    let Some(digit) = rest.peek().and_then(|next| next.to_digit(8)) else {
                        break;
                    };
                    rest.next();
                    number = number * 8 + digit;
                }
                number
            }
            _ => return None,
        };
        units.push(Unit::Number(number));
    }
    Some(units)
}

/// Reads at least one digit and at most `limit`.
fn digits(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    radix: u32,
    limit: usize,
) -> Option<u32> {
    let mut number = rest.next()?.to_digit(radix)?;
    let mut read = 1;
    while read < limit
        && let Some(digit) = rest.peek().and_then(|next| next.to_digit(radix))
    {
        rest.next();
        read += 1;
        number = number.checked_mul(radix)?.checked_add(digit)?;
    }
    Some(number)
}
