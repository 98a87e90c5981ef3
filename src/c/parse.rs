//! Parsing with lang-c, again and again until what it can't read is set aside and reported.

use std::collections::{BTreeSet, HashSet};

use lang_c::{
    ast::TranslationUnit,
    driver::{Config, Flavor, SyntaxError, parse_preprocessed},
};

use super::{
    codes,
    prepare::Prepared,
    sema::Origin,
    suggest,
    token::{Token, TokenKind, lex},
};
use crate::diag::Diagnostic;

/// Errors after which nobody reads on.
const MAX_ERRORS: usize = 50;

/// A parsed text.
pub(super) struct Parsed {
    pub prepared: Prepared,
    pub unit: TranslationUnit,
    pub diagnostics: Vec<Diagnostic>,
    /// Type names that are declared nowhere.
    pub unknown_types: Vec<String>,
}

/// Parses `source`. What can't be parsed is reported and left out: a function keeps its
/// declaration.
///
/// Recurses; see [`super::STACK_BYTES`].
pub(super) fn parse(source: &str, origin: &dyn Origin) -> Parsed {
    let mut diagnostics = Vec::new();
    let mut types = BTreeSet::new();
    let mut unknown_types = Vec::new();
    let mut prepared = Prepared::new(source, &types);
    remove_too_deep(&mut prepared, origin, &mut diagnostics);
    let config = Config {
        cpp_command: String::new(),
        cpp_options: Vec::new(),
        flavor: Flavor::ClangC11,
    };
    loop {
        let error = match parse_preprocessed(&config, prepared.text.clone()) {
            Ok(parsed) => {
                return Parsed {
                    prepared,
                    unit: parsed.unit,
                    diagnostics,
                    unknown_types,
                };
            }
            Err(error) => error,
        };
        let index = prepared.item_at(error.offset);
        if diagnostics.len() >= MAX_ERRORS || index.is_none() {
            diagnostics.push(match index {
                Some(_) => too_many(),
                None => syntax_error(&prepared, origin, &error).0,
            });
            return Parsed {
                prepared,
                unit: TranslationUnit(Vec::new()),
                diagnostics,
                unknown_types,
            };
        }
        let (diagnostic, unknown) = syntax_error(&prepared, origin, &error);
        match unknown {
            Some(name) if types.insert(name.clone()) => {
                unknown_types.push(name);
                diagnostics.push(diagnostic);
                let poisoned = std::mem::take(&mut prepared.poisoned);
                prepared = Prepared::new(source, &types);
                prepared.poisoned.extend(poisoned);
                // What was set aside is whole again, and will be found again.
                remove_too_deep(&mut prepared, origin, &mut Vec::new());
            }
            _ => {
                if !diagnostics.contains(&diagnostic) {
                    diagnostics.push(diagnostic);
                }
                let before = prepared.text.clone();
                if let Some(index) = index {
                    prepared.remove(index);
                }
                // What was taken away wasn't to blame, and never will be.
                if prepared.text == before {
                    diagnostics.push(too_many());
                    return Parsed {
                        prepared,
                        unit: TranslationUnit(Vec::new()),
                        diagnostics,
                        unknown_types,
                    };
                }
            }
        }
    }
}

fn too_many() -> Diagnostic {
    let message = "too many syntax errors to read on";
    Diagnostic::error(codes::TOO_MANY_ERRORS, None, message)
}

fn remove_too_deep(
    prepared: &mut Prepared,
    origin: &dyn Origin,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (at, what, item) in std::mem::take(&mut prepared.too_deep) {
        let (start, end) = (prepared.back(at), prepared.back(at + 1));
        let message = format!("{what} nest deeper than any compiler takes");
        diagnostics.push(
            Diagnostic::error(codes::TOO_DEEP, origin.span(start, end), message)
                .help("clang stops at 256 levels of brackets; split this up"),
        );
        prepared.remove(item);
    }
}

/// What to say about an error, and the name of the type that is unknown if that is the cause.
fn syntax_error(
    prepared: &Prepared,
    origin: &dyn Origin,
    error: &SyntaxError,
) -> (Diagnostic, Option<String>) {
    let item = prepared
        .item_at(error.offset)
        .and_then(|index| prepared.items.get(index));
    let text = &prepared.text;
    let from = item.map_or(0, |item| item.range.start);
    let to = item.map_or(text.len(), |item| item.range.end.max(error.offset));
    let (tokens, _) = lex(text.get(from..to).unwrap_or_default());
    let at = tokens.partition_point(|token| from + token.end <= error.offset);
    let word = |token: Option<&Token>| {
        let token = token?;
        text.get(from + token.start..from + token.end)
    };
    let place = |token: &Token| {
        origin.span(
            prepared.back(from + token.start),
            prepared.back(from + token.end),
        )
    };
    let found = tokens.get(at);
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    if let Some((token, name)) = unknown_type(text, from, &tokens, at) {
        let mut diagnostic = Diagnostic::error(
            codes::UNDECLARED,
            place(&token),
            format!("unknown type name `{name}`"),
        );
        diagnostic = match suggest::closest(&name, typedefs(text).iter().map(|name| &**name)) {
            Some(similar) => diagnostic.help(format!("did you mean `{similar}`?")),
            None => diagnostic.help(
                "include the header that defines it, or a vmlinux.h that has it (`--vmlinux`, \
                 `--btf`)",
            ),
        };
        return (diagnostic, Some(name));
    }
    if word(found) == Some("goto") && before.is_some_and(|_| word(before) != Some(";")) {
        let diagnostic = Diagnostic::error(
            codes::UNSUPPORTED,
            found.and_then(place),
            "`asm goto` can't be ported",
        );
        return (diagnostic, None);
    }
    let expected = expected(&error.expected);
    let (span, message) = match (word(found), found) {
        (Some(text), Some(token)) => (
            place(token).or_else(|| before.and_then(place)),
            format!("unexpected `{}`{expected}", shorten(text)),
        ),
        _ => (
            before.and_then(place),
            format!("the file ends within a declaration{expected}"),
        ),
    };
    let mut diagnostic = Diagnostic::error(codes::SYNTAX, span, message);
    if let Some(text) = word(before) {
        let text = shorten(text);
        diagnostic = diagnostic.note(before.and_then(place), format!("after `{text}`"));
    }
    (diagnostic, None)
}

/// The unknown type name that makes the parser stop at token `at`: two identifiers in a row, or an
/// identifier where only a type can stand.
fn unknown_type(text: &str, from: usize, tokens: &[Token], at: usize) -> Option<(Token, String)> {
    let get = |index: usize| {
        let token = tokens.get(index)?;
        Some((token, text.get(from + token.start..from + token.end)?))
    };
    let known = typedefs(text);
    let is_unknown = |token: &Token, word: &str| {
        token.kind == TokenKind::Word && !is_keyword(word) && !known.contains(word)
    };
    // The parser stops at the name, or at what follows it.
    for index in [Some(at), at.checked_sub(1)].into_iter().flatten() {
        let Some((token, word)) = get(index) else {
            continue;
        };
        if !is_unknown(token, word) {
            continue;
        }
        let next = get(index + 1);
        let previous = index.checked_sub(1).and_then(get).map(|(_, word)| word);
        let begins = matches!(
            previous,
            None | Some(
                ";" | "{"
                    | "}"
                    | "("
                    | ","
                    | ")"
                    | "const"
                    | "static"
                    | "extern"
                    | "volatile"
                    | "typedef"
            )
        );
        let declares = next.is_some_and(|(token, word)| {
            (token.kind == TokenKind::Word && (!is_keyword(word) || word == "const"))
                || (word == "*" && previous != Some(")"))
        });
        if begins && declares {
            return Some((*token, word.to_owned()));
        }
    }
    None
}

fn is_keyword(word: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "asm", "auto", "break", "case", "char", "const", "continue", "default", "do", "double",
        "else", "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long",
        "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct",
        "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "typeof",
    ];
    // What begins like `__int128` and `_Bool` is C's own.
    let reserved = |second: char| second == '_' || second.is_ascii_uppercase();
    KEYWORDS.contains(&word)
        || word
            .strip_prefix('_')
            .is_some_and(|rest| rest.starts_with(reserved))
}

/// The names that the text's file-scope typedefs declare, roughly: what stands last in each.
fn typedefs(text: &str) -> HashSet<String> {
    let (tokens, _) = lex(text);
    let word = |token: &Token| text.get(token.start..token.end).unwrap_or_default();
    let mut names = HashSet::new();
    let mut in_typedef = false;
    let mut depth = 0usize;
    let mut last = "";
    for token in &tokens {
        match token.kind {
            TokenKind::Word if word(token) == "typedef" => in_typedef = true,
            TokenKind::Word if depth == 0 || in_typedef => last = word(token),
            TokenKind::Punct(b'{') => depth += 1,
            TokenKind::Punct(b'}') => depth = depth.saturating_sub(1),
            TokenKind::Punct(b';') if depth == 0 && in_typedef => {
                names.insert(last.to_owned());
                in_typedef = false;
            }
            _ => {}
        }
    }
    names
}

/// `, expected …`: the tokens that would have been right, if they are few enough to help.
fn expected(tokens: &HashSet<&'static str>) -> String {
    let readable: BTreeSet<String> = tokens
        .iter()
        .filter_map(|token| match *token {
            "" | "#" | "u8" | "[uUL]" => None,
            "[_a-zA-Z]" | "[_a-zA-Z0-9]" | "identifier" => Some("a name".to_owned()),
            "<typedef_name>" => Some("a type".to_owned()),
            "[0-9]" | "[1-9]" => Some("a number".to_owned()),
            "\"" => Some("a string".to_owned()),
            token => Some(format!("`{token}`")),
        })
        .collect();
    // An expression can begin, or go on, with so much that naming it says nothing.
    if readable.contains("`sizeof`") || readable.contains("`~`") {
        return ", expected an expression".to_owned();
    }
    let mut useful: Vec<&String> = readable
        .iter()
        .filter(|token| {
            matches!(
                &***token,
                "`;`" | "`)`" | "`]`" | "`}`" | "`:`" | "`{`" | "`while`"
            ) || matches!(&***token, "a type" | "a number")
        })
        .collect();
    if useful.len() > 4 {
        useful.retain(|token| !token.starts_with('`') || matches!(&***token, "`;`" | "`)`"));
    }
    match &useful[..] {
        [] => String::new(),
        [only] => format!(", expected {only}"),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(|token| &***token).collect();
            format!(", expected {} or {last}", first.join(", "))
        }
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 40 {
        return text.to_owned();
    }
    text.chars().take(37).chain("...".chars()).collect()
}
