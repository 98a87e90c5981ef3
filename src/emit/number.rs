//! Numbers as their writer wrote them: in base 16 where C has base 16.

use proc_macro2::{Literal, TokenStream};
use quote::ToTokens;

use crate::{
    ir::{Object, Radix},
    source::span::Span,
};

/// `b'a'`, if `n` is a character at `span` in C.
pub(super) fn character(object: &Object, n: i128, span: Option<Span>) -> Option<TokenStream> {
    let key = (span?, n.unsigned_abs());
    let is_character = object.radixes.get(&key) == Some(&Radix::Character);
    let byte = u8::try_from(n).ok().filter(|_| is_character)?;
    Some(Literal::byte_character(byte).into_token_stream())
}

/// A literal for `n` with a suffix, in the base in which it stands in C at `span`. Where nobody wrote
/// it, numbers that are round in hexadecimal are written so.
pub(super) fn number(object: &Object, n: u128, suffix: &str, span: Option<Span>) -> TokenStream {
    let radix = span.and_then(|span| object.radixes.get(&(span, n)).copied());
    let text = match radix {
        Some(Radix::Hexadecimal) => format!("0x{n:x}{suffix}"),
        // Octal says nothing in numbers of one digit.
        Some(Radix::Octal) if n > 7 => format!("0o{n:o}{suffix}"),
        Some(Radix::Binary) => format!("0b{n:b}{suffix}"),
        None if is_round(n) => format!("0x{n:x}{suffix}"),
        _ => format!("{n}{suffix}"),
    };
    text.parse().unwrap_or_default()
}

fn is_round(n: u128) -> bool {
    let decimal = n.to_string();
    let hex = format!("{n:x}");
    n >= 0x1000
        && hex.trim_end_matches(['0', 'f']).len() <= 2
        && decimal.trim_end_matches('0').len() > 3
}
