//! Expressions that lang-c can't read.

use crate::source::{
    markers,
    token::{Token, TokenKind, close_of},
};

/// `a ?: b` becomes `a ? __c2aya_same : b`.
pub(super) fn elvis(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at + 1 < tokens.len() {
        if let [question, colon, ..] = tokens.get(at..).unwrap_or_default()
            && question.is("?")
            && colon.is(":")
        {
            let same = question.word_here(markers::SAME);
            tokens.insert(at + 1, same);
        }
        at += 1;
    }
}

/// `__builtin_types_compatible_p(T, U)` becomes a call with a value of each type.
pub(super) fn types_compatible(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        if !token.is("__builtin_types_compatible_p") {
            continue;
        }
        let Some(behind) = close_of(tokens, at) else {
            continue;
        };
        let Some(comma) = argument_comma(tokens, at, behind) else {
            continue;
        };
        let (Some(first), Some(second)) =
            (tokens.get(at + 1..comma), tokens.get(comma + 1..behind - 1))
        else {
            continue;
        };
        let name = tokens
            .get(at - 1)
            .map(|t| t.word_here(markers::TYPES_COMPATIBLE));
        let open = tokens.get(at).cloned();
        let close = tokens.get(behind - 1).cloned();
        let comma = tokens.get(comma).cloned();
        let (Some(name), Some(open), Some(close), Some(comma)) = (name, open, close, comma) else {
            continue;
        };
        let mut call = vec![name, open];
        call.extend(value_of(first));
        call.push(comma);
        call.extend(value_of(second));
        call.push(close);
        tokens.splice(at - 1..behind, call);
    }
}

/// `*(typeof(T) *)0`: an lvalue of type T that is never evaluated.
pub(super) fn value_of(kind: &[Token]) -> Vec<Token> {
    let Some(near) = kind.first() else {
        return Vec::new();
    };
    let punct = |text| near.punct_here(text);
    let mut value = vec![punct("*"), punct("("), near.word_here("typeof"), punct("(")];
    value.extend(kind.iter().cloned());
    let zero = near.with(TokenKind::Number, "0");
    value.extend([punct(")"), punct("*"), punct(")"), zero]);
    value
}

/// The comma between the two arguments in the parentheses `open..behind`.
fn argument_comma(tokens: &[Token], open: usize, behind: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().take(behind).skip(open) {
        if token.is_any(&["(", "[", "{"]) {
            depth += 1;
        } else if token.is_any(&[")", "]", "}"]) {
            depth = depth.saturating_sub(1);
        } else if depth == 1 && token.is(",") {
            return Some(at);
        }
    }
    None
}

/// `\e` becomes `\033` in literals.
pub(super) fn escapes(tokens: &mut [Token]) {
    for token in tokens {
        if matches!(token.kind, TokenKind::Str | TokenKind::Char)
            && (token.text.contains("\\e") || token.text.contains("\\E"))
        {
            token.text = without_e(&token.text).into();
        }
    }
}

fn without_e(literal: &str) -> String {
    let mut out = String::with_capacity(literal.len() + 4);
    let mut letters = literal.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            // Three digits, so that a digit behind it stays a character of its own.
            Some('e' | 'E') => out.push_str("\\033"),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// `1'000` becomes `1000`, `0b101` a hexadecimal number.
pub(super) fn separators(tokens: &mut [Token]) {
    for token in tokens {
        if token.kind == TokenKind::Number && token.text.contains('\'') {
            token.text = token.text.replace('\'', "").into();
        }
    }
}

/// `_Static_assert(x)` gets an empty message; C23's `static_assert` its old name.
pub(super) fn static_assert(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while let Some(token) = tokens.get_mut(at) {
        at += 1;
        if !token.is_any(&["_Static_assert", "static_assert"]) {
            continue;
        }
        token.text = "_Static_assert".into();
        let Some(behind) = close_of(tokens, at) else {
            continue;
        };
        if argument_comma(tokens, at, behind).is_none()
            && let Some(close) = tokens.get(behind - 1)
        {
            let message = [close.punct_here(","), close.with(TokenKind::Str, "\"\"")];
            tokens.splice(behind - 1..behind - 1, message);
        }
    }
}
