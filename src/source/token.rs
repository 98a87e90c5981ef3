//! What preprocessing yields and rewriting works on.

use std::borrow::Cow;

use crate::source::span::Span;

/// What a [`Token`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// An identifier or keyword.
    Word,
    /// A preprocessing number.
    Number,
    /// A string literal.
    Str,
    /// A character constant.
    Char,
    /// Punctuation, of one or more characters.
    Punct,
    /// What is left of a `#pragma` line: the words behind `#pragma`.
    Pragma,
}

/// What a pragma says about unrolling the loop behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unroll {
    /// All turns stand one behind the other.
    All,
    /// So many turns stand in one; with 1 the loop stays as it is.
    Turns(u32),
}

/// One token of the preprocessed text.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub kind: TokenKind,
    pub text: Cow<'static, str>,
    /// Whether blanks or comments stand before it.
    pub space: bool,
    /// Whether it is the first of its line.
    pub line_start: bool,
    /// The token itself in the file, or the name of the outermost macro that it came out of.
    pub place: Option<Span>,
    /// Where its letters stand, in the macro's definition for instance.
    pub spelled: Option<Span>,
    /// Whether it came out of a macro.
    pub from_macro: bool,
    /// What `#pragma unroll` says before it.
    pub unroll: Option<Unroll>,
    /// Its number in the preprocessed stream, which rewriting keeps, and gives to what it puts in
    /// a token's place.
    pub index: u32,
}

impl Token {
    /// Whether it is the punctuation or word `text`; never true of a literal.
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Punct) && self.text == text
    }

    /// Whether it is one of the words or punctuation marks `texts`.
    pub fn is_any(&self, texts: &[&str]) -> bool {
        texts.iter().any(|text| self.is(text))
    }

    /// The identifier or keyword that it is.
    pub fn word(&self) -> Option<&str> {
        (self.kind == TokenKind::Word).then_some(&*self.text)
    }

    /// A token that nobody wrote, at the place of `self`.
    pub fn with(&self, kind: TokenKind, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            text: text.into(),
            space: true,
            line_start: false,
            unroll: None,
            ..*self
        }
    }

    /// A word that nobody wrote, at the place of `self`.
    pub fn word_here(&self, text: impl Into<Cow<'static, str>>) -> Self {
        self.with(TokenKind::Word, text)
    }

    /// Punctuation that nobody wrote, at the place of `self`.
    pub fn punct_here(&self, text: &'static str) -> Self {
        self.with(TokenKind::Punct, text)
    }
}

/// The index behind the bracket that closes the one at `open`; none where it stays open.
pub(crate) fn close_of(tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is_any(&["(", "[", "{"]) {
            depth += 1;
        } else if token.is_any(&[")", "]", "}"]) {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}
