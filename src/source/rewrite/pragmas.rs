//! Pragmas that mean something for types, as the attributes that mean the same, and those that unroll
//! loops.

use crate::source::token::{Token, TokenKind, Unroll, close_of};

/// Puts `preserve_access_index` and packing on the records that pragmas cover, marks the loops that
/// are unrolled, and drops all pragmas.
pub(super) fn attach(tokens: &mut Vec<Token>) {
    let mut state = State::default();
    // Behind which token, which attribute, with which number.
    let mut inserts: Vec<(usize, &'static str, u32)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.kind == TokenKind::Pragma {
            state.read(&token.text);
            continue;
        }
        if !token.is_any(&["struct", "union"]) {
            continue;
        }
        let Some(open) = body_of(tokens, at) else {
            continue;
        };
        let Some(behind) = close_of(tokens, open) else {
            continue;
        };
        if state.relocated() {
            inserts.push((behind, "preserve_access_index", 0));
        }
        match state.pack {
            Some(1) => inserts.push((behind, "packed", 0)),
            Some(most) => inserts.push((behind, "c2aya_pack", most)),
            None => {}
        }
    }
    inserts.sort_by_key(|insert| insert.0);
    let mut inserts = inserts.into_iter().peekable();
    let mut attached = Vec::with_capacity(tokens.len());
    let mut unroll = None;
    for (at, mut token) in std::mem::take(tokens).into_iter().enumerate() {
        // lang-c skips pragma lines; what they mean is in attributes now.
        if token.kind == TokenKind::Pragma {
            unroll = unroll_of(&token.text).or(unroll);
            continue;
        }
        token.unroll = unroll.take();
        attached.push(token);
        while let Some((_, name, number)) = inserts.next_if(|insert| insert.0 == at + 1) {
            if let Some(near) = attached.last().cloned() {
                attached.extend(attribute(&near, name, number));
            }
        }
    }
    *tokens = attached;
}

/// `__attribute__((name))`, or `__attribute__((name(number)))`.
fn attribute(near: &Token, name: &'static str, number: u32) -> Vec<Token> {
    let punct = |text| Token {
        space: false,
        ..near.punct_here(text)
    };
    let named = Token {
        space: false,
        ..near.word_here(name)
    };
    let mut attribute = vec![
        near.word_here("__attribute__"),
        punct("("),
        punct("("),
        named,
    ];
    if number > 0 {
        let number = near.with(TokenKind::Number, number.to_string());
        attribute.extend([punct("("), number, punct(")")]);
    }
    attribute.extend([punct(")"), punct(")")]);
    attribute
}

/// The brace that opens the body of the record whose keyword is at `at`, if it has one.
fn body_of(tokens: &[Token], at: usize) -> Option<usize> {
    let mut at = at + 1;
    while tokens.get(at)?.is("__attribute__") {
        at = close_of(tokens, at + 1)?;
    }
    if tokens.get(at)?.word().is_some() {
        at += 1;
    }
    while tokens.get(at)?.is("__attribute__") {
        at = close_of(tokens, at + 1)?;
    }
    tokens.get(at)?.is("{").then_some(at)
}

/// What pragmas have said so far.
#[derive(Default)]
struct State {
    pushed: Vec<bool>,
    pack: Option<u32>,
    packs: Vec<Option<u32>>,
}

impl State {
    fn relocated(&self) -> bool {
        self.pushed.contains(&true)
    }

    fn read(&mut self, pragma: &str) {
        match words(pragma).as_slice() {
            ["clang", "attribute", "push", rest @ ..] => {
                let record = rest.contains(&"record") || !rest.contains(&"apply_to");
                self.pushed
                    .push(record && rest.contains(&"preserve_access_index"));
            }
            ["clang", "attribute", "pop", ..] => {
                self.pushed.pop();
            }
            ["pack", "push", rest @ ..] => {
                self.packs.push(self.pack);
                if let Some(number) = rest.last().and_then(|word| word.parse().ok()) {
                    self.pack = Some(number);
                }
            }
            ["pack", "pop", ..] => self.pack = self.packs.pop().flatten(),
            ["pack", number] => self.pack = number.parse().ok(),
            ["pack"] => self.pack = None,
            _ => {}
        }
    }
}

/// What a pragma says about unrolling the loop behind it.
fn unroll_of(pragma: &str) -> Option<Unroll> {
    // A number that is a macro's is as a rule that of the turns.
    let turns = |number: &str| match number.parse() {
        Ok(turns) => Unroll::Turns(turns),
        Err(_) => Unroll::All,
    };
    match words(pragma).as_slice() {
        ["unroll"] | ["GCC", "unroll"] => Some(Unroll::All),
        ["unroll", number, ..] => Some(turns(number)),
        // Of GCC, 0 says the same as 1.
        ["GCC", "unroll", "0"] | ["nounroll"] => Some(Unroll::Turns(1)),
        ["GCC", "unroll", number, ..] => Some(turns(number)),
        ["clang", "loop", hints @ ..] => hints.windows(2).find_map(|hint| match hint {
            ["unroll_count", number] => Some(turns(number)),
            ["unroll", "full" | "enable"] => Some(Unroll::All),
            ["unroll", "disable"] => Some(Unroll::Turns(1)),
            _ => None,
        }),
        _ => None,
    }
}

fn words(pragma: &str) -> Vec<&str> {
    pragma
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .collect()
}
