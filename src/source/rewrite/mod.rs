//! What lang-c can't read, as something that it can: see [`markers`](crate::source::markers) for
//! the names that stand for what was there.

mod attributes;
mod expressions;
mod pragmas;
mod statements;
mod types;

use crate::{
    diag::Diagnostic,
    source::{codes, token::Token},
};

/// How deep brackets may nest. lang-c recurses some twenty calls deep for each.
const MAX_NESTING: usize = 256;

/// Rewrites a whole program for lang-c.
pub(crate) fn rewrite(mut tokens: Vec<Token>) -> Vec<Token> {
    pragmas::attach(&mut tokens);
    attributes::standard(&mut tokens);
    attributes::fallthrough(&mut tokens);
    attributes::misplaced(&mut tokens);
    attributes::local_labels(&mut tokens);
    expressions::elvis(&mut tokens);
    expressions::types_compatible(&mut tokens);
    expressions::escapes(&mut tokens);
    expressions::separators(&mut tokens);
    statements::asm_goto(&mut tokens);
    statements::plain_asm(&mut tokens);
    expressions::static_assert(&mut tokens);
    types::int128(&mut tokens);
    types::auto_type(&mut tokens);
    types::nested_typeof(&mut tokens);
    types::pointer_typeof(&mut tokens);
    types::typeof_unqual(&mut tokens);
    types::enum_base(&mut tokens);
    types::last_member(&mut tokens);
    types::declare(&mut tokens);
    tokens
}

/// Complains where brackets nest too deep for a parser.
pub(crate) fn check_nesting(tokens: &[Token]) -> Option<Diagnostic> {
    let mut depth = 0usize;
    for token in tokens {
        if token.is_any(&["(", "[", "{"]) {
            depth += 1;
            if depth > MAX_NESTING {
                return Some(
                    Diagnostic::error(
                        codes::NESTING_TOO_DEEP,
                        token.place,
                        format!("brackets nest more than {MAX_NESTING} deep here"),
                    )
                    .help("split the expression or move the inner blocks to functions"),
                );
            }
        } else if token.is_any(&[")", "]", "}"]) {
            depth = depth.saturating_sub(1);
        }
    }
    None
}

/// Complains about C that neither lang-c nor a rewrite can read.
pub(crate) fn check_syntax(tokens: &[Token]) -> Option<Diagnostic> {
    let unsupported = |token: &Token, what: &str| {
        let message = format!("{what} can't be ported");
        Diagnostic::error(codes::UNSUPPORTED_SYNTAX, token.place, message)
    };
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        // Behind an operand, it is the logical operator.
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let takes_address = before.is_none_or(|before| {
            before.is_any(&["(", "{", "[", ",", "=", ";", "return", "?", ":"])
        });
        if token.is("&&") && takes_address && next.is_some_and(|next| next.word().is_some()) {
            return Some(unsupported(token, "the address of a label"));
        }
    }
    None
}

#[cfg(test)]
mod tests;
