//! Types that lang-c can't read.

use super::expressions::value_of;
use crate::source::{
    markers,
    token::{Token, TokenKind, close_of},
};

/// `__int128`, with `signed` or `unsigned` before or behind it, becomes a type name.
pub(super) fn int128(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if !token.is_any(&["__int128", "__int128_t", "__uint128_t"]) {
            at += 1;
            continue;
        }
        let mut unsigned = token.is("__uint128_t");
        let is_sign = |token: &Token| token.is_any(&["unsigned", "signed", "__signed__"]);
        while tokens.get(at + 1).is_some_and(is_sign) {
            unsigned |= tokens.remove(at + 1).is("unsigned");
        }
        while at > 0 && tokens.get(at - 1).is_some_and(is_sign) {
            at -= 1;
            unsigned |= tokens.remove(at).is("unsigned");
        }
        if let Some(token) = tokens.get_mut(at) {
            let name = if unsigned {
                markers::UINT128
            } else {
                markers::INT128
            };
            token.text = name.into();
        }
        at += 1;
    }
}

/// `__auto_type` becomes a type name.
pub(super) fn auto_type(tokens: &mut [Token]) {
    for token in tokens {
        if token.is("__auto_type") {
            token.text = markers::AUTO.into();
        }
    }
}

/// `typeof(typeof(char[60]))` becomes `typeof(char[60])`: inside of one, the parser takes the word for
/// a function.
pub(super) fn nested_typeof(tokens: &mut Vec<Token>) {
    let is_typeof = |token: &Token| token.is_any(&["typeof", "__typeof__", "__typeof"]);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let outer = is_typeof(token).then(|| close_of(tokens, at + 1)).flatten();
        let inner = tokens.get(at + 2).filter(|inner| is_typeof(inner));
        if let (Some(outer), Some(inner)) = (outer, inner.and_then(|_| close_of(tokens, at + 3)))
            && inner + 1 == outer
        {
            tokens.remove(inner - 1);
            tokens.drain(at + 2..at + 4);
        } else {
            at += 1;
        }
    }
}

/// `typeof(u64 *)` becomes `typeof((u64 *)0)`: the parser takes a word in front for an expression.
pub(super) fn pointer_typeof(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        if !token.is_any(&["typeof", "__typeof__", "__typeof"]) {
            continue;
        }
        let Some(behind) = close_of(tokens, at) else {
            continue;
        };
        let Some([first, rest @ .., last]) = tokens.get(at + 1..behind - 1) else {
            continue;
        };
        let is_part = |token: &Token| token.kind == TokenKind::Word || token.is("*");
        if first.kind != TokenKind::Word || !last.is("*") || !rest.iter().all(is_part) {
            continue;
        }
        let (open, close) = (first.punct_here("("), last.punct_here(")"));
        let zero = Token {
            kind: TokenKind::Number,
            text: "0".into(),
            ..last.punct_here("0")
        };
        tokens.splice(behind - 1..behind - 1, [close, zero]);
        tokens.insert(at + 1, open);
    }
}

/// `typeof_unqual(x)` becomes `typeof(__c2aya_unqual(x))`, with a value for x where x is a type.
pub(super) fn typeof_unqual(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while let Some(token) = tokens.get_mut(at) {
        at += 1;
        if !token.is_any(&["typeof_unqual", "__typeof_unqual__", "__typeof_unqual"]) {
            continue;
        }
        token.text = "typeof".into();
        let Some(behind) = close_of(tokens, at) else {
            continue;
        };
        let Some(inside) = tokens.get(at + 1..behind - 1) else {
            continue;
        };
        let Some(near) = inside.first() else { continue };
        let mut call = vec![near.word_here(markers::UNQUAL), near.punct_here("(")];
        if is_type(inside) {
            call.extend(value_of(inside));
        } else {
            call.extend(inside.iter().cloned());
        }
        call.push(near.punct_here(")"));
        tokens.splice(at + 1..behind - 1, call);
    }
}

/// Whether `tokens` begin with a word that only types begin with.
fn is_type(tokens: &[Token]) -> bool {
    let words = [
        "struct", "union", "enum", "const", "volatile", "unsigned", "signed", "void", "char",
        "short", "int", "long", "_Bool", "float", "double",
    ];
    tokens.first().is_some_and(|first| first.is_any(&words))
}

/// C23's `enum e : T { … }` becomes an enumeration whose attribute `c2aya_base(n)` says what T is: n is
/// twice its size, and one more if it is signed. T is kept where the enum is not followed by a body, as
/// a bit-field's declarator.
pub(super) fn enum_base(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        if !token.is("enum") {
            continue;
        }
        let tag = usize::from(tokens.get(at).is_some_and(|tag| tag.word().is_some()));
        let colon = at + tag;
        if !tokens.get(colon).is_some_and(|colon| colon.is(":")) {
            continue;
        }
        let words = tokens
            .iter()
            .skip(colon + 1)
            .take_while(|token| token.word().is_some())
            .count();
        let brace = colon + 1 + words;
        if words > 0
            && tokens.get(brace).is_some_and(|brace| brace.is("{"))
            && let Some(behind) = close_of(tokens, brace)
            && let Some(near) = tokens.get(behind - 1).cloned()
        {
            let base: Vec<String> = tokens
                .iter()
                .take(brace)
                .skip(colon + 1)
                .map(|token| token.text.to_string())
                .collect();
            let base = base.join(" ");
            let attribute = format!(
                "__attribute__ ( ( c2aya_base ( sizeof ( {base} ) * 2 + ( ( {base} ) - 1 < ( {base} ) 1 ) ) ) )"
            );
            // lang-c wants the parentheses of an attribute close together.
            let words = attribute.split(' ').map(|word| Token {
                space: false,
                ..near.word_here(word.to_owned())
            });
            tokens.splice(behind..behind, words.collect::<Vec<_>>());
            tokens.drain(colon..brace);
        }
    }
}

/// `struct s { int a; int b }` gets the `;` that clang does without behind the last member.
pub(super) fn last_member(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        if !token.is_any(&["struct", "union"]) {
            continue;
        }
        let mut open = at;
        while let Some(word) = tokens.get(open).filter(|token| token.word().is_some()) {
            open = if word.is_any(&["__attribute__", "__attribute"]) {
                close_of(tokens, open + 1).unwrap_or(tokens.len())
            } else {
                open + 1
            };
        }
        if tokens.get(open).is_some_and(|token| token.is("{"))
            && let Some(behind) = close_of(tokens, open)
            && let Some(last) = tokens.get(behind - 2)
            && (matches!(last.kind, TokenKind::Word | TokenKind::Number)
                || last.is_any(&["]", ")", "}"]))
        {
            let missing = last.punct_here(";");
            tokens.insert(behind - 1, missing);
        }
    }
}

/// Declares the type names that the other rewrites left, in front.
pub(super) fn declare(tokens: &mut Vec<Token>) {
    let uses = |name: &str| tokens.iter().any(|token| token.is(name));
    let lines: Vec<(&str, &str)> = [
        (markers::AUTO, "typedef int __c2aya_auto;"),
        (markers::INT128, WIDE_SIGNED),
        (markers::UINT128, WIDE_UNSIGNED),
    ]
    .into_iter()
    .filter(|(name, _)| uses(name))
    .collect();
    let made: Vec<Token> = lines.iter().flat_map(|(_, line)| made_up(line)).collect();
    tokens.splice(0..0, made);
}

const WIDE_SIGNED: &str = "typedef struct { unsigned long long low ; long long high ; } __attribute__((aligned(16))) __c2aya_int128 ;";
const WIDE_UNSIGNED: &str = "typedef struct { unsigned long long low ; unsigned long long high ; } __attribute__((aligned(16))) __c2aya_uint128 ;";

/// Tokens of `line` that stand nowhere; enough of a lexer for the lines above.
fn made_up(line: &'static str) -> Vec<Token> {
    let token = |(at, word): (usize, &'static str)| Token {
        kind: TokenKind::Word,
        text: word.into(),
        space: true,
        line_start: at == 0,
        place: None,
        spelled: None,
        from_macro: false,
        unroll: None,
        index: 0,
    };
    line.split(' ').enumerate().map(token).collect()
}
