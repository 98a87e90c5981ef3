//! From tokens to a unit's text and its positions.

use std::{collections::BTreeMap, ops::Range};

use crate::source::{
    token::{Token, TokenKind, Unroll},
    unit::{MacroUse, MacroUses, PositionMap},
};

/// What tokens come to.
pub(crate) struct Text {
    /// Themselves, with blanks in between.
    pub(crate) text: String,
    /// Where they came from.
    pub(crate) map: PositionMap,
    /// The range of text of each original token by its [`index`](Token::index).
    pub(crate) ranges: Vec<Option<Range<usize>>>,
    /// Where the statements behind `#pragma unroll` begin, and what it says.
    pub(crate) unroll: BTreeMap<usize, Unroll>,
}

/// Writes `tokens` out.
pub(crate) fn text(tokens: &[Token]) -> Text {
    let mut text = String::with_capacity(tokens.len() * 6);
    let mut map = PositionMap::default();
    let mut ranges: Vec<Option<Range<usize>>> = Vec::new();
    let mut before: Option<&Token> = None;
    let mut unroll = BTreeMap::new();
    for token in tokens {
        // lang-c skips pragmas; those that matter were turned into something else.
        if token.kind == TokenKind::Pragma {
            continue;
        }
        if let Some(before) = before {
            if token.line_start {
                text.push('\n');
            } else if token.space || would_join(before, token) {
                text.push(' ');
            }
        }
        let start = text.len();
        text.push_str(&token.text);
        let range = start..text.len();
        if let Some(asked) = token.unroll {
            unroll.insert(start, asked);
        }
        if let Some(place) = token.place {
            map.push(range.clone(), place, token.spelled.unwrap_or(place));
        }
        let index = token.index as usize;
        if ranges.len() <= index {
            ranges.resize(index + 1, None);
        }
        if let Some(slot) = ranges.get_mut(index) {
            *slot = Some(match slot.take() {
                Some(known) => known.start.min(range.start)..known.end.max(range.end),
                None => range,
            });
        }
        before = Some(token);
    }
    text.push('\n');
    Text {
        text,
        map,
        ranges,
        unroll,
    }
}

/// Whether two tokens without blanks in between would read as something else.
fn would_join(before: &Token, token: &Token) -> bool {
    let touching = before.spelled.zip(token.spelled).is_some_and(|(a, b)| {
        a.file == b.file && a.end == b.start && before.from_macro == token.from_macro
    });
    if touching && before.kind == TokenKind::Punct && token.kind == TokenKind::Punct {
        return false;
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let ends = before.text.chars().next_back();
    let starts = token.text.chars().next();
    ends.zip(starts).is_some_and(|(last, first)| {
        let words = is_word(last) && (is_word(first) || matches!(first, '"' | '\''));
        let operators = "+-*/%&|<>=!^:#.";
        let number = before.kind == TokenKind::Number && first == '.'
            || token.kind == TokenKind::Number && last == '.';
        words || number || operators.contains(last) && operators.contains(first)
    })
}

/// Turns uses over a range of original tokens into uses over text.
pub(crate) fn uses(
    found: &[crate::source::uses::Found],
    ranges: &[Option<Range<usize>>],
) -> MacroUses {
    let mut uses = MacroUses::default();
    for found in found {
        let mut covered = ranges
            .get(found.first as usize..=found.last as usize)
            .unwrap_or_default()
            .iter()
            .flatten();
        let Some(first) = covered.next() else {
            continue;
        };
        let last = covered.next_back().unwrap_or(first);
        uses.push(MacroUse {
            name: found.name.clone(),
            function_like: found.function_like,
            range: first.start..last.end,
            span: found.span,
        });
    }
    uses
}
