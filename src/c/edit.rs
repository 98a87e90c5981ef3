//! The places where text has to be changed before lang-c reads it.

use std::{collections::HashMap, ops::Range};

use super::{
    attribute,
    prepare::NOTHING,
    token::{Token, TokenKind, lex},
    tree::Attribute,
};

/// Changes to a text.
#[derive(Debug, Default)]
pub(super) struct Edits {
    /// What becomes blank.
    blanks: Vec<Range<usize>>,
    /// Position in the source and what goes in front of it, ascending.
    inserts: Vec<(usize, &'static str)>,
    /// Attributes between `struct`, `union` or `enum` and the tag, by the position of the keyword
    /// in the source.
    pub tag_attributes: HashMap<usize, Vec<Attribute>>,
    /// Attributes between a function's declarator and its body, by the position of the brace.
    pub body_attributes: HashMap<usize, Vec<Attribute>>,
}

impl Edits {
    /// The changes that `source` needs.
    pub fn of(source: &str) -> Self {
        let (tokens, comments) = lex(source);
        let mut editor = Editor {
            source,
            tokens: &tokens,
            edits: Self {
                blanks: comments,
                ..Self::default()
            },
        };
        editor.scan();
        let mut edits = editor.edits;
        edits.blanks.sort_by_key(|range| range.start);
        edits.inserts.sort_by_key(|(at, _)| *at);
        edits
    }

    /// The changed text behind `prelude`. Where positions shift, `shifts` gets the position in the
    /// result and how far it is behind the one in the source.
    pub fn apply(&self, source: &str, prelude: String, shifts: &mut Vec<(usize, usize)>) -> String {
        let mut text = prelude;
        let mut shift = text.len();
        text.reserve(source.len());
        let mut inserts = self.inserts.iter().peekable();
        let mut copy = |text: &mut String, range: Range<usize>| {
            let mut at = range.start;
            while let Some((place, inserted)) = inserts.next_if(|(place, _)| *place < range.end) {
                text.push_str(source.get(at..*place).unwrap_or_default());
                text.push_str(inserted);
                shift += inserted.len();
                shifts.push((text.len(), shift));
                at = *place;
            }
            text.push_str(source.get(at..range.end).unwrap_or_default());
        };
        let mut at = 0;
        for blank in &self.blanks {
            if blank.start < at {
                continue;
            }
            copy(&mut text, at..blank.start);
            let hidden = source.get(blank.clone()).unwrap_or_default();
            text.extend(
                hidden
                    .bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
            );
            at = blank.end;
        }
        copy(&mut text, at..source.len());
        text
    }
}

/// Finds what has to be changed.
struct Editor<'a> {
    source: &'a str,
    tokens: &'a [Token],
    edits: Edits,
}

impl Editor<'_> {
    fn word(&self, index: usize) -> &str {
        self.tokens
            .get(index)
            .filter(|token| token.kind == TokenKind::Word)
            .and_then(|token| self.source.get(token.start..token.end))
            .unwrap_or_default()
    }

    fn is(&self, index: usize, punct: u8) -> bool {
        self.tokens
            .get(index)
            .is_some_and(|token| token.kind == TokenKind::Punct(punct))
    }

    fn scan(&mut self) {
        let mut opened: Vec<usize> = Vec::new();
        let mut braces = 0usize;
        for index in 0..self.tokens.len() {
            let Some(token) = self.tokens.get(index) else {
                return;
            };
            match token.kind {
                TokenKind::Punct(b'(' | b'[') => opened.push(index),
                TokenKind::Punct(b'{') => {
                    opened.push(index);
                    braces += 1;
                }
                TokenKind::Punct(b'}') => {
                    opened.pop();
                    braces = braces.saturating_sub(1);
                    if braces == 0 && opened.is_empty() && self.ends_function(index) {
                        self.blank_semicolons(index + 1);
                    }
                }
                TokenKind::Punct(b']') => {
                    opened.pop();
                }
                TokenKind::Punct(b')') => {
                    let open = opened.pop();
                    self.empty_literal(index, open, braces);
                    if opened.is_empty() {
                        self.body_attributes(index + 1);
                    }
                }
                TokenKind::Punct(b';') if opened.is_empty() => self.blank_semicolons(index + 1),
                TokenKind::Punct(b':') => {
                    if let Some(end) = self.attributes_end(index + 1) {
                        self.blank_tokens(index + 1, end);
                    }
                }
                TokenKind::Word => match self.word(index) {
                    "struct" | "union" | "enum" => self.tag_attributes(index),
                    "__attribute__" | "__attribute" => self.fallthrough(index),
                    "__label__" => self.label_declaration(index),
                    "_Alignas" => self.alignas(index),
                    _ => {}
                },
                _ => {}
            }
        }
        // Semicolons before the first declaration.
        self.blank_semicolons(0);
    }

    /// Whether the `}` at `index` can be the end of a function's body: a declaration goes on with
    /// something else than a lone semicolon only after those of records.
    fn ends_function(&self, index: usize) -> bool {
        let mut depth = 0usize;
        for at in (0..=index).rev() {
            if self.is(at, b'}') {
                depth += 1;
            } else if self.is(at, b'{') {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at
                        .checked_sub(1)
                        .is_some_and(|before| self.is(before, b')') || self.is(before, b';'));
                }
            }
        }
        false
    }

    fn blank_semicolons(&mut self, mut index: usize) {
        while self.is(index, b';') {
            self.blank_tokens(index, index + 1);
            index += 1;
        }
    }

    fn blank_tokens(&mut self, from: usize, to: usize) {
        let first = self.tokens.get(from);
        let last = to.checked_sub(1).and_then(|last| self.tokens.get(last));
        if let (Some(first), Some(last)) = (first, last) {
            self.edits.blanks.push(first.start..last.end);
        }
    }

    /// `(T){}` gets an item, as the parser wants one.
    fn empty_literal(&mut self, close: usize, open: Option<usize>, braces: usize) {
        if !self.is(close + 1, b'{') || !self.is(close + 2, b'}') {
            return;
        }
        let Some(before) = open.and_then(|open| open.checked_sub(1)) else {
            return;
        };
        let is_operand = match self.tokens.get(before).map(|token| token.kind) {
            Some(TokenKind::Word) => matches!(self.word(before), "return" | "sizeof" | "case"),
            Some(TokenKind::Punct(b')')) => braces > 0,
            Some(TokenKind::Punct(b';' | b'{' | b'}')) => braces > 0,
            Some(TokenKind::Punct(_)) => true,
            _ => false,
        };
        if is_operand && let Some(brace) = self.tokens.get(close + 2) {
            self.edits.inserts.push((brace.start, NOTHING));
        }
    }

    /// Behind the attributes that start at token `index`, if any do.
    fn attributes_end(&self, mut index: usize) -> Option<usize> {
        let start = index;
        while matches!(self.word(index), "__attribute__" | "__attribute") {
            index = self.closing(index + 1)? + 1;
        }
        (index > start).then_some(index)
    }

    /// Attributes between `struct` and its tag are set aside.
    fn tag_attributes(&mut self, index: usize) {
        let Some(end) = self.attributes_end(index + 1) else {
            return;
        };
        let range = self.tokens.get(index + 1..end).unwrap_or_default();
        let attributes = attribute::from_tokens(self.source, range);
        if let Some(keyword) = self.tokens.get(index) {
            self.edits
                .tag_attributes
                .entry(keyword.start)
                .or_default()
                .extend(attributes);
        }
        self.blank_tokens(index + 1, end);
    }

    /// `_Alignas(8)` becomes an attribute, which the parser knows in records, too.
    fn alignas(&mut self, index: usize) {
        let names_type = matches!(
            self.word(index + 2),
            "char" | "short" | "int" | "long" | "unsigned" | "signed" | "struct" | "union" | "void"
        );
        let Some(close) = self.closing(index + 1).filter(|_| !names_type) else {
            return;
        };
        let (open, close) = (self.tokens.get(index + 1), self.tokens.get(close));
        if let (Some(open), Some(close)) = (open, close) {
            self.edits
                .inserts
                .push((open.start, "__attribute__((aligned"));
            self.edits.inserts.push((close.end, "))"));
            self.blank_tokens(index, index + 1);
        }
    }

    /// The parenthesis that closes the one at `index`.
    fn closing(&self, index: usize) -> Option<usize> {
        if !self.is(index, b'(') {
            return None;
        }
        let mut depth = 0usize;
        for at in index..self.tokens.len() {
            if self.is(at, b'(') {
                depth += 1;
            } else if self.is(at, b')') {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        None
    }

    /// `__label__ a, b;` says nothing that the labels themselves don't.
    fn label_declaration(&mut self, index: usize) {
        let mut end = index + 1;
        while !self.word(end).is_empty() || self.is(end, b',') {
            end += 1;
        }
        if self.is(end, b';') {
            self.blank_tokens(index, end);
        }
    }

    /// Attributes between a function's declarator and its body are set aside.
    fn body_attributes(&mut self, index: usize) {
        let Some(end) = self.attributes_end(index).filter(|end| self.is(*end, b'{')) else {
            return;
        };
        let range = self.tokens.get(index..end).unwrap_or_default();
        let attributes = attribute::from_tokens(self.source, range);
        if let Some(brace) = self.tokens.get(end) {
            self.edits.body_attributes.insert(brace.start, attributes);
        }
        self.blank_tokens(index, end);
    }

    /// `__attribute__((fallthrough));` becomes an empty statement.
    fn fallthrough(&mut self, index: usize) {
        let is_statement = index
            .checked_sub(1)
            .is_some_and(|before| [b';', b'{', b'}', b':'].iter().any(|p| self.is(before, *p)));
        if is_statement
            && let Some(end) = self.attributes_end(index)
            && self.is(end, b';')
            && (index..end).any(|at| self.word(at).trim_matches('_') == "fallthrough")
        {
            self.blank_tokens(index, end);
        }
    }
}
