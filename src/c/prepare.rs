//! From preprocessed text to what lang-c reads: its gaps bridged, its recursion bounded.
//!
//! lang-c takes an attribute behind `struct` for the end of the type, refuses `(T){}`, attributes
//! behind labels, `__label__`, `fallthrough` statements and lone semicolons between declarations,
//! and overflows its stack where brackets nest by the thousand.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    sync::Arc,
};

use super::{
    edit::Edits,
    items::{Finder, Item},
    token::{TokenKind, lex},
    tree::Attribute,
};

/// Stands for the missing first item of `(T){}`.
pub(super) const NOTHING: &str = "__c2aya_nothing";

/// Types that the parser has to know as such: name and an equivalent that C can declare.
const MARKER_TYPES: [&str; 3] = ["__c2aya_auto", "__c2aya_int128", "__c2aya_uint128"];

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

impl Prepared {
    /// Prepares `source`; `types` are names that are to be read as types although nothing declares
    /// them.
    pub fn new(source: &str, types: &BTreeSet<String>) -> Self {
        let edits = Edits::of(source);
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
        prepared.text = edits.apply(source, prelude, &mut prepared.shifts);
        let moved = |attributes: HashMap<usize, Vec<Attribute>>| {
            attributes
                .into_iter()
                .map(|(at, attributes)| (prepared.forward(at), attributes))
                .collect()
        };
        let tag_attributes = moved(edits.tag_attributes);
        let body_attributes = moved(edits.body_attributes);
        prepared.tag_attributes = tag_attributes;
        prepared.body_attributes = body_attributes;
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

/// A name for diagnostics and trees.
pub(super) fn name(text: &str) -> Arc<str> {
    Arc::from(text)
}
