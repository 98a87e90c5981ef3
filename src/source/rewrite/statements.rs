//! Statements that lang-c can't read.

use crate::source::token::{Token, TokenKind, close_of};

/// `asm goto ("…" : : … : … : labels)` loses its labels, and says by `%l` that it had some: that is
/// how assembly names a label, and no text with it is ported.
pub(super) fn asm_goto(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        if !token.is_any(&["asm", "__asm__", "__asm"]) {
            continue;
        }
        let is_word = |token: &&Token| token.word().is_some();
        let qualifiers = tokens.iter().skip(at).take_while(is_word);
        let goto = qualifiers.clone().position(|word| word.is("goto"));
        let open = at + qualifiers.count();
        let (Some(goto), Some(behind)) = (goto, close_of(tokens, open)) else {
            continue;
        };
        if let Some(labels) = labels(tokens, open, behind) {
            tokens.drain(labels..behind - 1);
        }
        if let Some(text) = tokens.get(open).map(|t| t.with(TokenKind::Str, "\"%l \"")) {
            tokens.insert(open + 1, text);
        }
        tokens.remove(at + goto);
    }
}

/// `asm("…")`, which lang-c takes for a call, says that it is `volatile`: it is. What stands behind a
/// declarator names its symbol instead.
pub(super) fn plain_asm(tokens: &mut Vec<Token>) {
    let (mut at, mut depth) = (0, 0usize);
    while let Some(token) = tokens.get(at) {
        depth = match token.text.as_ref() {
            "{" => depth + 1,
            "}" => depth.saturating_sub(1),
            _ => depth,
        };
        at += 1;
        let before = at.checked_sub(2).and_then(|before| tokens.get(before));
        if depth == 0
            || !token.is_any(&["asm", "__asm__", "__asm"])
            || !before.is_some_and(|before| before.is_any(BEFORE_STATEMENTS))
            || !is_text(tokens, at)
        {
            continue;
        }
        let volatile = token.word_here("volatile");
        tokens.insert(at, volatile);
    }
}

/// Whether nothing but strings stands in the parentheses at `open`.
fn is_text(tokens: &[Token], open: usize) -> bool {
    let is_open = tokens.get(open).is_some_and(|token| token.is("("));
    let mut inner = tokens.iter().skip(open + 1);
    is_open
        && inner
            .find(|token| token.kind != TokenKind::Str)
            .is_some_and(|token| token.is(")"))
}

/// What a statement can follow.
const BEFORE_STATEMENTS: &[&str] = &[";", "{", "}", ")", ":", "else", "do"];

/// Two that stand together are one token in newer C.
const COLONS: &[&str] = &[":", "::"];

/// Where the labels begin, with all colons in front, in the parentheses `open..behind`.
fn labels(tokens: &[Token], open: usize, behind: usize) -> Option<usize> {
    let (mut depth, mut colons) = (0usize, 0);
    for (at, token) in tokens.iter().enumerate().take(behind).skip(open) {
        if token.is_any(&["(", "[", "{"]) {
            depth += 1;
        } else if token.is_any(&[")", "]", "}"]) {
            depth = depth.saturating_sub(1);
        } else if depth == 1 && token.is_any(COLONS) {
            colons += token.text.len();
            if colons >= 4 {
                let before = tokens.iter().take(at).rev();
                return Some(at - before.take_while(|token| token.is_any(COLONS)).count());
            }
        }
    }
    None
}
