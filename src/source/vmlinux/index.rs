//! The declarations of a file by the names that they declare.

use std::{collections::HashMap, ops::Range, sync::Arc};

use super::{names::Names, scan};

/// A file of declarations, cut into its top-level declarations by a scan that knows comments,
/// brackets and directives and nothing else of C.
#[derive(Debug)]
pub(crate) struct Index {
    pub(super) text: Arc<str>,
    pub(super) directives: Arc<str>,
    /// Where each line of `directives` begins there and in `text`.
    pub(super) lines: Vec<(usize, usize)>,
    pub(super) decls: Vec<Decl>,
    pub(super) tags: Names,
    pub(super) ordinary: Names,
    pub(super) macros: HashMap<Box<str>, Box<str>>,
}

/// A top-level declaration or function definition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decl {
    pub start: u32,
    pub end: u32,
    /// Whether `#pragma clang attribute push` puts `preserve_access_index` on its records.
    pub relocated: bool,
    /// Whether a program's own declaration of the name takes its place.
    pub yields: bool,
}

impl Index {
    /// Indexes `text`. None where declarations stand under conditions, so that only a preprocessor
    /// can tell which of them are there, and where there is none at all.
    pub fn new(text: &Arc<str>) -> Option<Self> {
        let (index, conditional) = scan::run(text);
        (!conditional && !index.decls.is_empty()).then_some(index)
    }

    /// Indexes `text` as if no declaration stood under a condition.
    pub fn unconditional(text: &Arc<str>) -> Self {
        scan::run(text).0
    }

    /// All of the file.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The directives of the file, one behind the other.
    pub fn directives(&self) -> Arc<str> {
        Arc::clone(&self.directives)
    }

    /// From an offset in the [`directives`](Self::directives) to the same place in the file.
    pub fn original(&self, offset: usize) -> usize {
        let line = self.lines.partition_point(|&(here, _)| here <= offset);
        line.checked_sub(1)
            .and_then(|line| self.lines.get(line))
            .map_or(0, |&(here, there)| there + (offset - here))
    }

    /// The declaration that defines the struct, union or enum `tag`.
    pub fn tag(&self, tag: &str) -> Option<u32> {
        self.tags.get(self.text.as_bytes(), tag)
    }

    /// The declaration of the typedef, enumerator, function or variable `name`.
    pub fn ordinary(&self, name: &str) -> Option<u32> {
        self.ordinary.get(self.text.as_bytes(), name)
    }

    /// What an object-like macro of the file stands for.
    pub fn expansion(&self, name: &str) -> Option<&str> {
        self.macros.get(name).map(AsRef::as_ref)
    }

    /// The bytes of a declaration, its `;` or `}` included.
    pub fn range(&self, decl: u32) -> Range<usize> {
        self.decls
            .get(decl as usize)
            .map_or(0..0, |decl| decl.start as usize..decl.end as usize)
    }

    /// Whether accesses to a declaration's records are relocated by CO-RE.
    pub fn relocated(&self, decl: u32) -> bool {
        self.decls
            .get(decl as usize)
            .is_some_and(|decl| decl.relocated)
    }

    /// Whether a program's own declaration of the name takes the place of this one.
    pub fn yields(&self, decl: u32) -> bool {
        self.decls
            .get(decl as usize)
            .is_some_and(|decl| decl.yields)
    }
}
