//! A lexer for C as people write it: comments, directives and line continuations included.
//!
//! The preprocessor has its own; this one is for what a preprocessor throws away.

use std::ops::Range;

/// What a [`Lexeme`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or keyword.
    Word,
    /// A preprocessing number.
    Number,
    /// A string literal with its quotes.
    Str,
    /// A character constant with its quotes.
    Char,
    /// A punctuation mark, of one or more bytes, by its first.
    Punct(u8),
    /// `// …`, without the end of the line.
    LineComment,
    /// `/* … */`, to the end of the file where it isn't closed.
    BlockComment,
    /// The end of a line that the next one doesn't continue, outside comments and literals.
    Newline,
}

/// A piece of a source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lexeme {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
}

impl Lexeme {
    /// The bytes that it covers.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Its letters in `text`, from which it was lexed.
    pub fn of(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or_default()
    }

    /// Whether it is a comment.
    pub fn is_comment(self) -> bool {
        matches!(self.kind, Kind::LineComment | Kind::BlockComment)
    }
}

/// The lexemes of `text`, blanks and line continuations left out. Never fails: what belongs to
/// nothing is punctuation, and an unclosed literal ends at the end of its line.
pub fn lex(text: &str) -> impl Iterator<Item = Lexeme> + '_ {
    Lexer {
        bytes: text.as_bytes(),
        at: 0,
    }
}

/// Punctuation of more than one byte, the longest first.
const MARKS: &[&str] = &[
    "...", "<<=", ">>=", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "*=",
    "/=", "%=", "+=", "-=", "&=", "^=", "|=", "##",
];

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The length of a line continuation here, 0 where there is none.
    fn continuation(&self) -> usize {
        match (self.peek(0), self.peek(1), self.peek(2)) {
            (b'\\', b'\n', _) => 2,
            (b'\\', b'\r', b'\n') => 3,
            _ => 0,
        }
    }

    fn blanks(&mut self) {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'\\' if self.continuation() > 0 => self.at += self.continuation(),
                _ => return,
            }
        }
    }

    fn while_word(&mut self) {
        while is_word(self.peek(0)) || self.continuation() > 0 {
            self.at += self.continuation().max(1);
        }
    }

    fn number(&mut self) {
        loop {
            match self.peek(0) {
                b'e' | b'E' | b'p' | b'P' if matches!(self.peek(1), b'+' | b'-') => self.at += 2,
                b'\'' if self.peek(1).is_ascii_alphanumeric() => self.at += 2,
                b'.' => self.at += 1,
                byte if is_word(byte) => self.at += 1,
                _ => return,
            }
        }
    }

    fn literal(&mut self, quote: u8) {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' => self.at += self.continuation().max(2),
                b'\n' => return,
                byte => {
                    self.at += 1;
                    if byte == quote {
                        return;
                    }
                }
            }
        }
        self.at = self.bytes.len();
    }

    fn line_comment(&mut self) {
        while self.at < self.bytes.len() && self.peek(0) != b'\n' {
            self.at += self.continuation().max(1);
        }
        self.at = self.at.min(self.bytes.len());
    }

    fn block_comment(&mut self) {
        let rest = self.bytes.get(self.at + 2..).unwrap_or_default();
        self.at = memchr::memmem::find(rest, b"*/")
            .map_or(self.bytes.len(), |close| self.at + 2 + close + 2);
    }
}

impl Iterator for Lexer<'_> {
    type Item = Lexeme;

    fn next(&mut self) -> Option<Lexeme> {
        self.blanks();
        let start = self.at;
        let &first = self.bytes.get(start)?;
        let kind = match first {
            b'\n' => {
                self.at += 1;
                Kind::Newline
            }
            b'/' if self.peek(1) == b'/' => {
                self.line_comment();
                Kind::LineComment
            }
            b'/' if self.peek(1) == b'*' => {
                self.block_comment();
                Kind::BlockComment
            }
            b'"' | b'\'' => {
                self.literal(first);
                literal_kind(first)
            }
            b'0'..=b'9' => {
                self.number();
                Kind::Number
            }
            b'.' if self.peek(1).is_ascii_digit() => {
                self.number();
                Kind::Number
            }
            byte if is_word(byte) => {
                self.while_word();
                let prefix = self.bytes.get(start..self.at).unwrap_or_default();
                let quote = self.peek(0);
                if matches!(quote, b'"' | b'\'') && matches!(prefix, b"L" | b"u" | b"U" | b"u8") {
                    self.literal(quote);
                    literal_kind(quote)
                } else {
                    Kind::Word
                }
            }
            byte => {
                let rest = self.bytes.get(start..).unwrap_or_default();
                let mark = MARKS.iter().find(|mark| rest.starts_with(mark.as_bytes()));
                self.at += mark.map_or(1, |mark| mark.len());
                Kind::Punct(byte)
            }
        };
        self.at = self.at.min(self.bytes.len());
        Some(Lexeme {
            kind,
            start,
            end: self.at,
        })
    }
}

fn literal_kind(quote: u8) -> Kind {
    if quote == b'"' { Kind::Str } else { Kind::Char }
}

/// Whether a name can have the byte.
pub(crate) fn is_word(byte: u8) -> bool {
    WORD.get(usize::from(byte)).copied().unwrap_or_default()
}

static WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0u8;
    loop {
        table[byte as usize] =
            byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80;
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = lex(text).map(|lexeme| lexeme.of(text)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn words_numbers_and_punctuation() {
        check("a1 += 0x1p-3;", &["a1", "+=", "0x1p-3", ";"]);
        check("a->b>>=c...", &["a", "->", "b", ">>=", "c", "..."]);
        check("1'000 .5 x.y", &["1'000", ".5", "x", ".", "y"]);
        check("größe", &["größe"]);
        check("", &[]);
    }

    #[test]
    fn comments_are_lexemes_of_their_own() {
        check("a/*b*/c//d\ne", &["a", "/*b*/", "c", "//d", "\n", "e"]);
        check("/* open", &["/* open"]);
        check("// a\\\nb\nc", &["// a\\\nb", "\n", "c"]);
        check("a / b", &["a", "/", "b"]);
    }

    #[test]
    fn literals_hide_comments() {
        check(r#""/*" '"' "\"//""#, &[r#""/*""#, r#"'"'"#, r#""\"//""#]);
        check(r#"L"x" u8'c'"#, &[r#"L"x""#, "u8'c'"]);
        check("\"open\nx", &["\"open", "\n", "x"]);
        check("\"open\\", &["\"open\\"]);
    }

    #[test]
    fn continued_lines_are_one() {
        check("a \\\n b\nc", &["a", "b", "\n", "c"]);
        check("a \\\r\n b", &["a", "b"]);
    }
}
