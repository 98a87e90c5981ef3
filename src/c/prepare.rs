//! From preprocessed text to what lang-c reads: its gaps bridged, its recursion bounded.
//!
//! lang-c takes an attribute behind `struct` for the end of the type, refuses `(T){}`, attributes
//! behind labels, `__label__`, `fallthrough` statements and lone semicolons between declarations, and overflows
//! its stack where brackets nest by the thousand.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    sync::Arc,
};

use super::{
    attribute,
    token::{Token, TokenKind, lex},
    tree::Attribute,
};

/// Stands for the missing first item of `(T){}`.
pub(super) const NOTHING: &str = "__c2aya_nothing";

/// Types that the parser has to know as such: name and an equivalent that C can declare.
const MARKER_TYPES: [&str; 3] = ["__c2aya_auto", "__c2aya_int128", "__c2aya_uint128"];

/// Levels of brackets; clang's `-fbracket-depth` is the same by default.
const MAX_BRACKETS: usize = 256;
/// Operators between two commas or semicolons, and `else`s in one definition.
const MAX_RUN: usize = 1000;

/// Text that is ready for the parser.
#[derive(Clone, Debug, Default)]
pub(super) struct Prepared {
    pub text: String,
    /// Position in `text`, and how far it is behind the same position of the original, ascending.
    shifts: Vec<(usize, usize)>,
    /// Attributes between `struct`, `union` or `enum` and the tag, by the position of the keyword.
    pub tag_attributes: HashMap<usize, Vec<Attribute>>,
    /// Attributes between a function's declarator and its body, by the position of the brace.
    pub body_attributes: HashMap<usize, Vec<Attribute>>,
    /// Declarations and definitions at file scope.
    pub items: Vec<Item>,
    /// Where nesting is too deep: position, what nests, and the item.
    pub too_deep: Vec<(usize, &'static str, usize)>,
    /// Names that an error that has been reported would have declared.
    pub poisoned: BTreeSet<String>,
    /// Positions of function definitions that were cut down to declarations.
    pub cut: Vec<usize>,
}

/// A declaration or definition at file scope.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub range: Range<usize>,
    /// From brace to brace, of a function.
    pub body: Option<Range<usize>>,
}

impl Prepared {
    /// Prepares `source`; `types` are names that are to be read as types although nothing declares
    /// them.
    pub fn new(source: &str, types: &BTreeSet<String>) -> Self {
        let (tokens, comments) = lex(source);
        let mut editor = Editor {
            source,
            tokens: &tokens,
            blanks: comments,
            inserts: Vec::new(),
            tag_attributes: HashMap::new(),
            body_attributes: HashMap::new(),
        };
        editor.scan();
        let Editor {
            mut blanks,
            inserts,
            tag_attributes,
            body_attributes,
            ..
        } = editor;
        let mut prelude = String::new();
        let declared = |name: &str| {
            source.contains(&format!(" {name};")) || source.contains(&format!(" {name} ;"))
        };
        for name in MARKER_TYPES {
            if !declared(name) && source.contains(name) {
                prelude.push_str(&format!("typedef int {name}; "));
            }
        }
        for name in types {
            prelude.push_str(&format!("typedef int {name}; "));
        }
        let mut prepared = Self {
            poisoned: types.clone(),
            ..Self::default()
        };
        prepared.shifts.push((0, prelude.len()));
        blanks.sort_by_key(|range| range.start);
        prepared.text = assemble(source, prelude, &blanks, &inserts, &mut prepared.shifts);
        prepared.tag_attributes = tag_attributes
            .into_iter()
            .map(|(at, attributes)| (prepared.forward(at), attributes))
            .collect();
        prepared.body_attributes = body_attributes
            .into_iter()
            .map(|(at, attributes)| (prepared.forward(at), attributes))
            .collect();
        prepared.find_items();
        prepared
    }

    /// The range of the original for a range of [`text`](Self::text), blanks at its ends left
    /// away.
    pub fn trimmed(&self, start: usize, end: usize) -> (usize, usize) {
        let inside = self.text.get(start..end).unwrap_or_default();
        let start = start + (inside.len() - inside.trim_start().len());
        let end = (start + inside.trim().len()).max(start);
        (self.back(start), self.back(end))
    }

    /// The position in the original.
    pub fn back(&self, at: usize) -> usize {
        let index = self.shifts.partition_point(|(from, _)| *from <= at);
        let shift = index
            .checked_sub(1)
            .and_then(|index| self.shifts.get(index))
            .map_or(0, |(_, shift)| *shift);
        at.saturating_sub(shift)
    }

    /// The position in the prepared text of one in the original.
    fn forward(&self, at: usize) -> usize {
        let index = self
            .shifts
            .partition_point(|(from, shift)| from.saturating_sub(*shift) <= at);
        let shift = index
            .checked_sub(1)
            .and_then(|index| self.shifts.get(index))
            .map_or(0, |(_, shift)| *shift);
        at + shift
    }

    /// The item that `at` lies in, or else the last one before it.
    pub fn item_at(&self, at: usize) -> Option<usize> {
        self.items
            .partition_point(|item| item.range.start <= at)
            .checked_sub(1)
    }

    /// Takes the body from a function, or all of another item, and remembers what it would have
    /// declared.
    pub fn remove(&mut self, index: usize) {
        let Some(item) = self.items.get(index).cloned() else {
            return;
        };
        if let Some(body) = item.body {
            self.cut.push(item.range.start);
            self.blank(body.clone());
            self.overwrite(body.start, ";");
            if let Some(item) = self.items.get_mut(index) {
                item.body = None;
            }
            return;
        }
        let text = self.text.get(item.range.clone()).unwrap_or_default();
        let (tokens, _) = lex(text);
        let words: Vec<&str> = tokens
            .iter()
            .filter(|token| token.kind == TokenKind::Word)
            .filter_map(|token| text.get(token.start..token.end))
            .collect();
        // Later uses of the name must still parse as uses of a type.
        let stub = match (words.first(), words.last()) {
            (Some(&"typedef"), Some(name)) => format!("typedef int {name};"),
            _ => String::new(),
        };
        self.poisoned
            .extend(words.into_iter().map(ToOwned::to_owned));
        self.blank(item.range.clone());
        if stub.len() <= item.range.len() {
            self.overwrite(item.range.start, &stub);
        }
        self.cut.retain(|at| *at != item.range.start);
    }

    fn blank(&mut self, range: Range<usize>) {
        if self.text.get(range.clone()).is_some() {
            let blanks = " ".repeat(range.len());
            self.text.replace_range(range, &blanks);
        }
    }

    fn overwrite(&mut self, at: usize, with: &str) {
        if self.text.get(at..at + with.len()).is_some() {
            self.text.replace_range(at..at + with.len(), with);
        }
    }

    fn find_items(&mut self) {
        let (tokens, _) = lex(&self.text);
        let mut finder = Finder::default();
        for token in &tokens {
            let word = if token.kind == TokenKind::Word {
                self.text.get(token.start..token.end).unwrap_or_default()
            } else {
                ""
            };
            finder.take(*token, word);
        }
        if let Some(start) = finder.start {
            finder.items.push(Item {
                range: start..self.text.len(),
                body: None,
            });
        }
        self.items = finder.items;
        self.too_deep = finder.too_deep;
        self.too_deep
            .retain(|(_, _, item)| *item < self.items.len());
    }
}

/// Replaces blanks by spaces and applies insertions, noting how positions shift.
fn assemble(
    source: &str,
    prelude: String,
    blanks: &[Range<usize>],
    inserts: &[(usize, &str)],
    shifts: &mut Vec<(usize, usize)>,
) -> String {
    let mut text = prelude;
    let mut shift = text.len();
    text.reserve(source.len());
    let mut inserts = inserts.iter().peekable();
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
    for blank in blanks {
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

/// Finds what has to be changed.
struct Editor<'a> {
    source: &'a str,
    tokens: &'a [Token],
    blanks: Vec<Range<usize>>,
    /// Position in the source and what goes in front of it, ascending.
    inserts: Vec<(usize, &'static str)>,
    tag_attributes: HashMap<usize, Vec<Attribute>>,
    body_attributes: HashMap<usize, Vec<Attribute>>,
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
        self.inserts.sort_by_key(|(at, _)| *at);
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
            self.blanks.push(first.start..last.end);
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
            self.inserts.push((brace.start, NOTHING));
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
            self.tag_attributes
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
            self.inserts.push((open.start, "__attribute__((aligned"));
            self.inserts.push((close.end, "))"));
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
            self.body_attributes.insert(brace.start, attributes);
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

/// Splits text into items and watches how deep they nest.
#[derive(Default)]
struct Finder {
    items: Vec<Item>,
    too_deep: Vec<(usize, &'static str, usize)>,
    start: Option<usize>,
    depth: usize,
    parens: usize,
    body: Option<usize>,
    last_punct: Option<u8>,
    operators: usize,
    keywords: usize,
    elses: usize,
}

impl Finder {
    fn take(&mut self, token: Token, word: &str) {
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

/// A name for diagnostics and trees.
pub(super) fn name(text: &str) -> Arc<str> {
    Arc::from(text)
}
