//! Attributes where lang-c can't read them, or as it can't.

use crate::source::token::{Token, close_of};

/// C23's `[[…]]` goes, as it only ever changes warnings here.
pub(super) fn standard(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let opens = token.is("[") && tokens.get(at + 1).is_some_and(|next| next.is("["));
        let indexes = at
            .checked_sub(1)
            .and_then(|before| tokens.get(before))
            .is_some_and(|before| before.word().is_some() || before.is_any(&[")", "]"]));
        let behind = if opens && !indexes {
            close_of(tokens, at)
        } else {
            None
        };
        match behind {
            Some(behind) => drop(tokens.drain(at..behind)),
            None => at += 1,
        }
    }
}

/// `__attribute__((fallthrough));` goes: every case that doesn't end falls through.
pub(super) fn fallthrough(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let is_attribute = token.is_any(&["__attribute__", "__attribute"]);
        let names = |token: &Token| token.is_any(&["fallthrough", "__fallthrough__"]);
        let behind = if is_attribute {
            close_of(tokens, at + 1)
        } else {
            None
        };
        match behind {
            Some(behind)
                if tokens.get(at..behind).unwrap_or_default().iter().any(names)
                    && behind - at <= 8 =>
            {
                // The empty statement that it stands on stays.
                tokens.drain(at..behind);
            }
            _ => at += 1,
        }
    }
}

/// Attributes between `enum` and its tag move behind the body, those behind a label go, and those
/// between a function's parameters and its body move in front of the declaration.
pub(super) fn misplaced(tokens: &mut Vec<Token>) {
    let mut at = 0;
    // Where the declaration that is being read begins.
    let mut declaration = 0;
    let mut depth = 0usize;
    while let Some(token) = tokens.get(at) {
        if token.is("{") {
            depth += 1;
        } else if token.is("}") {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 && token.is_any(&[";", "}"]) {
            declaration = at + 1;
        }
        if !token.is_any(&["__attribute__", "__attribute"]) {
            at += 1;
            continue;
        }
        let Some(mut behind) = close_of(tokens, at + 1) else {
            return;
        };
        // Several in a row move together.
        while tokens
            .get(behind)
            .is_some_and(|token| token.is_any(&["__attribute__", "__attribute"]))
            && let Some(next) = close_of(tokens, behind + 1)
        {
            behind = next;
        }
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let next = tokens.get(behind);
        let behind_enum = before.is_some_and(|before| before.is("enum"));
        let on_body = depth == 0
            && before.is_some_and(|before| before.is(")"))
            && next.is_some_and(|next| next.is("{"));
        let on_label = depth > 0
            && before.is_some_and(|before| before.is(":"))
            && next.is_some_and(|next| !next.is("{"))
            && is_label(tokens, at);
        if behind_enum {
            let moved: Vec<Token> = tokens.drain(at..behind).collect();
            let tag = usize::from(tokens.get(at).is_some_and(|tag| tag.word().is_some()));
            let body = tokens.get(at + tag).filter(|body| body.is("{"));
            if let Some(end) = body.and_then(|_| close_of(tokens, at + tag)) {
                tokens.splice(end..end, moved);
            }
        } else if on_label {
            tokens.drain(at..behind);
        } else if on_body {
            let moved: Vec<Token> = tokens.drain(at..behind).collect();
            tokens.splice(declaration..declaration, moved);
            at = behind;
        } else {
            at = behind;
        }
    }
}

/// `__label__ a, b;` goes, and what it declares gets a name of its own: lang-c takes every label for
/// one of the function. The last comes first, so that inner blocks are done before those around them.
pub(super) fn local_labels(tokens: &mut Vec<Token>) {
    let mut from = tokens.len();
    while let Some(at) = last_of(tokens, from, "__label__") {
        from = at;
        let length = tokens.iter().skip(at).position(|token| token.is(";"));
        let Some(length) = length else { continue };
        let declared: Vec<Token> = tokens.drain(at..=at + length).skip(1).collect();
        for label in declared.iter().filter_map(Token::word) {
            rename_label(tokens, at, label);
        }
    }
}

/// Where `word` is for the last time in front of `end`.
fn last_of(tokens: &[Token], end: usize, word: &str) -> Option<usize> {
    tokens.get(..end)?.iter().rposition(|token| token.is(word))
}

/// Renames a label in the block that goes on at `from`, if there is another one of that name.
fn rename_label(tokens: &mut [Token], from: usize, label: &str) {
    let mut depth = 0usize;
    let end = tokens.iter().enumerate().skip(from).find(|(_, token)| {
        if token.is("{") {
            depth += 1;
        } else if token.is("}") {
            match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => return true,
            }
        }
        false
    });
    let block = from..end.map_or(tokens.len(), |(end, _)| end);
    let places = tokens.iter().enumerate().filter(|(at, token)| {
        let jumps = at.checked_sub(1).and_then(|before| tokens.get(before));
        token.is(label)
            && (is_label(tokens, at + 2) || jumps.is_some_and(|before| before.is("goto")))
    });
    let places: Vec<usize> = places.map(|(at, _)| at).collect();
    if places.iter().all(|at| block.contains(at)) {
        return;
    }
    for at in places.into_iter().filter(|at| block.contains(at)) {
        if let Some(token) = tokens.get_mut(at) {
            token.text = format!("{label}_{from}").into();
        }
    }
}

/// Whether the colon in front of `at` ends a label.
fn is_label(tokens: &[Token], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
    before(2).is_some_and(|name| name.word().is_some())
        && before(3).is_some_and(|start| start.is_any(&[";", "{", "}", ":"]))
}
