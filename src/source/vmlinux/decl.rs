//! What one declaration declares and what it needs, told by the order of its words.

use crate::source::lex::{Kind, Lexeme, is_word, lex};

/// The typedef, function or variable that `text`, one whole declaration, declares; none for a
/// declaration of a tag alone. `tail` is what stands behind its last brace.
pub(super) fn declared_name<'a>(text: &'a str, tail: Option<&'a str>) -> Option<&'a str> {
    plain_name(text, tail).unwrap_or_else(|| any_name(text, tail))
}

/// What else `typedef struct { … } name, *other;` declares, in front of what
/// [`declared_name`] finds.
pub(super) fn others<'a>(text: &'a str, tail: Option<&'a str>) -> impl Iterator<Item = &'a str> {
    let tail = tail.filter(|tail| text.starts_with("typedef") && tail.contains(','));
    let parts = tail.and_then(|tail| Some(tail.rsplit_once(',')?.0));
    let parts = parts.into_iter().flat_map(|parts| parts.split(','));
    parts.filter_map(last_name)
}

/// As [`declared_name`], for the forms in which nearly all declarations are written; nothing for others.
fn plain_name<'a>(text: &'a str, tail: Option<&'a str>) -> Option<Option<&'a str>> {
    let mut words = 0;
    let mut last = "";
    let part = match tail {
        // Behind a record's or an enum's body.
        Some(tail) if RECORDS.iter().any(|keyword| text.starts_with(keyword)) => {
            return (tail.trim_ascii() == ";").then_some(None);
        }
        Some(tail) if text.starts_with("typedef") => tail,
        Some(_) => return None,
        None => text,
    };
    let mut at = 0;
    while let Some(&byte) = part.as_bytes().get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'*' => at += 1,
            byte if is_word(byte) => {
                let rest = part.as_bytes().get(at..)?;
                let length = rest.iter().take_while(|&&byte| is_word(byte)).count();
                last = part.get(at..at + length)?;
                words += 1;
                at += length;
            }
            b';' if words == 2 && RECORDS.iter().any(|keyword| text.starts_with(keyword)) => {
                return Some(None);
            }
            b';' | b'[' if words > 0 => return Some(Some(last)),
            b'(' if words > 0 && !last.starts_with("__") => {
                return match part.get(at + 1..)?.strip_prefix('*') {
                    None => Some(Some(last)),
                    // `(*name)(…)`
                    Some(pointed) => {
                        let name = pointed.bytes().take_while(|&byte| is_word(byte)).count();
                        let (name, behind) = pointed.split_at_checked(name)?;
                        (!name.is_empty() && behind.starts_with(')')).then_some(Some(name))
                    }
                };
            }
            _ => return None,
        }
    }
    None
}

/// With the blank that bpftool writes, so that no longer word is taken for one.
const RECORDS: [&str; 3] = ["struct ", "union ", "enum "];

fn any_name<'a>(text: &'a str, tail: Option<&'a str>) -> Option<&'a str> {
    if let Some(tail) = tail
        && !text.starts_with("typedef")
    {
        // A function's body has no tail; a variable's declarator may be there.
        let head_is_record = starts_with_record(text);
        return if head_is_record {
            last_name(tail)
        } else {
            last_name(text.split('{').next()?)
        };
    }
    let part = tail.unwrap_or(text);
    let is_forward = starts_with_record(text)
        && lex(text).filter(|lexeme| lexeme.kind == Kind::Word).count() <= 2;
    (!is_forward).then(|| last_name(part)).flatten()
}

fn starts_with_record(text: &str) -> bool {
    lex(text)
        .find(|lexeme| lexeme.kind == Kind::Word)
        .is_some_and(|first| is_record(first.of(text)))
}

/// The name that a declarator declares: the word in `(*name)`, else the one in front of the first
/// parenthesis, else the last one outside brackets.
fn last_name(text: &str) -> Option<&str> {
    let words: Vec<Lexeme> = lex(text).filter(|lexeme| !lexeme.is_comment()).collect();
    let mut name = None;
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(&lexeme) = words.get(at) {
        match lexeme.kind {
            Kind::Word if lexeme.of(text) == "__attribute__" => {
                at = behind_brackets(&words, at + 1);
                continue;
            }
            Kind::Word if depth == 0 => name = Some(lexeme.of(text)),
            Kind::Punct(b'(') if depth == 0 => {
                if words.get(at + 1).map(|next| next.kind) == Some(Kind::Punct(b'*')) {
                    return pointed_name(text, &words, at + 2);
                }
                return name;
            }
            Kind::Punct(b'[' | b'(') => depth += 1,
            Kind::Punct(b']' | b')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    name
}

/// The last word in front of the parenthesis that closes `(* …`.
fn pointed_name<'a>(text: &'a str, words: &[Lexeme], from: usize) -> Option<&'a str> {
    words
        .iter()
        .skip(from)
        .take_while(|lexeme| !matches!(lexeme.kind, Kind::Punct(b')' | b'(' | b'[')))
        .filter(|lexeme| lexeme.kind == Kind::Word)
        .last()
        .map(|lexeme| lexeme.of(text))
}

/// The index behind the brackets that open at `open`.
fn behind_brackets(words: &[Lexeme], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, lexeme) in words.iter().enumerate().skip(open) {
        match lexeme.kind {
            Kind::Punct(b'(' | b'[' | b'{') => depth += 1,
            Kind::Punct(b')' | b']' | b'}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ if depth == 0 => return at,
            _ => {}
        }
    }
    words.len()
}

pub(super) fn is_record(word: &str) -> bool {
    matches!(word, "struct" | "union" | "enum")
}

/// What a declaration mentions.
#[derive(Debug, Default)]
pub(super) struct Needs<'a> {
    /// Tags whose definition it needs.
    pub tags: Vec<&'a str>,
    /// Names that may be typedefs or enumerators, which it needs if they are.
    pub names: Vec<&'a str>,
    /// Tags that it only points to, and the member, variable or nothing that does.
    pub pointers: Vec<(&'a str, Option<&'a str>)>,
    /// The members of all its records.
    pub fields: Vec<&'a str>,
}

impl<'a> Needs<'a> {
    /// Of a declaration in `text`.
    pub fn of(text: &'a str) -> Self {
        let words: Vec<Lexeme> = lex(text)
            .filter(|lexeme| !lexeme.is_comment() && lexeme.kind != Kind::Newline)
            .collect();
        let mut needs = Self::default();
        let mut brackets: Vec<u8> = Vec::new();
        let mut at = 0;
        while let Some(&lexeme) = words.get(at) {
            at += 1;
            match lexeme.kind {
                Kind::Punct(open @ (b'(' | b'[' | b'{')) => brackets.push(open),
                Kind::Punct(b')' | b']' | b'}') => {
                    brackets.pop();
                }
                Kind::Word if is_record(lexeme.of(text)) => {
                    at = needs.record(text, &words, at, brackets.contains(&b'('));
                }
                Kind::Word => needs.word(text, &words, at, lexeme.of(text), brackets.last()),
                _ => {}
            }
        }
        needs
    }

    /// The tag at `at`, behind `struct`, `union` or `enum`; the index behind it.
    fn record(&mut self, text: &'a str, words: &[Lexeme], at: usize, in_params: bool) -> usize {
        let mut at = at;
        if words
            .get(at)
            .is_some_and(|word| word.of(text) == "__attribute__")
        {
            at = behind_brackets(words, at + 1);
        }
        let Some(tag) = words.get(at).filter(|tag| tag.kind == Kind::Word) else {
            return at;
        };
        let behind = at + 1;
        let kind = |at: usize| words.get(at).map(|next| next.kind);
        match kind(behind) {
            Some(Kind::Punct(b'{')) => {}
            Some(Kind::Punct(b'*')) => {
                let member = words
                    .iter()
                    .skip(behind)
                    .take_while(|next| matches!(next.kind, Kind::Punct(b'*' | b'(') | Kind::Word))
                    .filter(|next| next.kind == Kind::Word)
                    .map(|next| next.of(text))
                    .find(|word| !matches!(*word, "const" | "volatile" | "restrict"));
                // What only a parameter points to is nothing that a program can follow.
                if !in_params {
                    self.pointers.push((tag.of(text), member));
                }
            }
            _ => self.tags.push(tag.of(text)),
        }
        behind
    }

    fn word(
        &mut self,
        text: &'a str,
        words: &[Lexeme],
        behind: usize,
        word: &'a str,
        bracket: Option<&u8>,
    ) {
        let next = words.get(behind).map(|next| next.kind);
        let is_field = matches!(next, Some(Kind::Punct(b';' | b'[' | b',' | b':' | b'=')))
            || next == Some(Kind::Punct(b')')) && bracket == Some(&b'(');
        if is_field && bracket == Some(&b'{') {
            self.fields.push(word);
            return;
        }
        if next == Some(Kind::Punct(b')'))
            && words.get(behind + 1).map(|n| n.kind) == Some(Kind::Punct(b'('))
        {
            // The name in `(*name)(…)`.
            self.fields.push(word);
            return;
        }
        let _ = text;
        self.names.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_name(text: &str, expected: Option<&str>) {
        let tail = text.rfind('}').and_then(|at| text.get(at + 1..));
        assert_eq!(declared_name(text, tail), expected, "{text}");
        assert_eq!(any_name(text, tail), expected, "{text}");
    }

    #[test]
    fn names() {
        check_name("typedef unsigned int u32;", Some("u32"));
        check_name("typedef u8 a[2][3];", Some("a"));
        check_name("typedef int (* const f)(int, char *);", Some("f"));
        check_name("typedef void f(int);", Some("f"));
        check_name("typedef u64 x __attribute__((aligned(8)));", Some("x"));
        check_name("extern void *f(void) __weak;", Some("f"));
        check_name("extern const int v;", Some("v"));
        check_name("static int f(int a) { return a; }", Some("f"));
        check_name("struct a;", None);
        check_name("struct a { int x; };", None);
        check_name("struct a *f(int);", Some("f"));
    }

    #[test]
    fn needs() {
        let needs = Needs::of(
            "struct a { u32 x; struct b y; struct c *z; int (*f)(struct d *, loff_t); enum e k : 3; char n[LEN]; struct { pid_t p; }; };",
        );
        assert_eq!(needs.tags, ["b", "e"]);
        assert_eq!(needs.pointers, [("c", Some("z"))]);
        assert_eq!(needs.fields, ["x", "y", "z", "f", "k", "n", "p"]);
        for name in ["u32", "loff_t", "LEN", "pid_t"] {
            assert!(needs.names.contains(&name), "{name}");
        }
    }
}
