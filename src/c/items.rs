//! The declarations at file scope, found without parsing, and how deep they nest.

use std::ops::Range;

use super::token::{Token, TokenKind};

/// Levels of brackets; clang's `-fbracket-depth` is the same by default.
const MAX_BRACKETS: usize = 256;
/// Operators between two commas or semicolons, and `else`s in one definition.
const MAX_RUN: usize = 1000;

/// A declaration or definition at file scope.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub range: Range<usize>,
    /// From brace to brace, of a function.
    pub body: Option<Range<usize>>,
}

/// Splits text into items and watches how deep they nest.
#[derive(Default)]
pub(super) struct Finder {
    pub items: Vec<Item>,
    pub too_deep: Vec<(usize, &'static str, usize)>,
    pub start: Option<usize>,
    depth: usize,
    parens: usize,
    body: Option<usize>,
    last_punct: Option<u8>,
    operators: usize,
    keywords: usize,
    elses: usize,
}

impl Finder {
    /// Looks at the next token.
    pub fn take(&mut self, token: Token, word: &str) {
        let start = *self.start.get_or_insert(token.start);
        match token.kind {
            TokenKind::Punct(b'(' | b'[') => {
                self.parens += 1;
                self.open(token.start);
                self.operator(token.start);
            }
            TokenKind::Punct(b')' | b']') => {
                self.parens = self.parens.saturating_sub(1);
                self.depth = self.depth.saturating_sub(1);
            }
            TokenKind::Punct(b'{') => {
                if self.depth == 0 && (self.last_punct == Some(b')') || start == token.start) {
                    self.body = Some(token.start);
                }
                self.open(token.start);
                self.operators = 0;
            }
            TokenKind::Punct(b'}') => {
                self.depth = self.depth.saturating_sub(1);
                self.operators = 0;
                self.keywords = 0;
                if self.depth == 0
                    && let Some(body) = self.body
                {
                    self.end(token.end, Some(body..token.end));
                }
            }
            TokenKind::Punct(b';') => {
                self.operators = 0;
                if self.parens == 0 {
                    self.keywords = 0;
                }
                if self.depth == 0 {
                    self.end(token.end, None);
                }
            }
            TokenKind::Punct(b',') => self.operators = 0,
            TokenKind::Punct(
                b'!' | b'~' | b'-' | b'+' | b'*' | b'&' | b'?' | b':' | b'|' | b'/' | b'%' | b'^'
                | b'<' | b'>' | b'=' | b'.',
            ) => {
                self.operator(token.start);
            }
            TokenKind::Word => match word {
                "else" => {
                    self.elses += 1;
                    if self.elses == MAX_RUN {
                        self.report(token.start, "`else` branches");
                    }
                }
                "if" | "while" | "for" | "do" | "switch" | "case" | "default" | "sizeof" => {
                    self.keywords += 1;
                    if self.keywords == MAX_RUN {
                        self.report(token.start, "statements");
                    }
                }
                _ => {}
            },
            _ => {}
        }
        self.last_punct = match token.kind {
            TokenKind::Punct(punct) => Some(punct),
            _ => None,
        };
    }

    fn operator(&mut self, at: usize) {
        self.operators += 1;
        if self.operators == MAX_RUN {
            self.report(at, "operators");
        }
    }

    fn open(&mut self, at: usize) {
        self.depth += 1;
        if self.depth == MAX_BRACKETS + 1 {
            self.report(at, "brackets");
        }
    }

    fn report(&mut self, at: usize, what: &'static str) {
        let item = self.items.len();
        if self
            .too_deep
            .last()
            .is_none_or(|(_, _, last)| *last != item)
        {
            self.too_deep.push((at, what, item));
        }
    }

    fn end(&mut self, end: usize, body: Option<Range<usize>>) {
        if let Some(start) = self.start.take() {
            self.items.push(Item {
                range: start..end,
                body,
            });
        }
        self.body = None;
        self.parens = 0;
        self.depth = 0;
        self.operators = 0;
        self.keywords = 0;
        self.elses = 0;
    }
}
