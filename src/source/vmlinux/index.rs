//! The declarations of a file by the names that they declare.

use std::{collections::HashMap, ops::Range, sync::Arc};

use super::names::Names;
use memchr::{memchr, memchr3, memmem};

/// A file of declarations, cut into its top-level declarations by a scan that knows comments,
/// brackets and directives and nothing else of C.
#[derive(Debug)]
pub(crate) struct Index {
    text: Arc<str>,
    directives: Arc<str>,
    /// Where each line of `directives` begins there and in `text`.
    lines: Vec<(usize, usize)>,
    decls: Vec<Decl>,
    tags: Names,
    ordinary: Names,
    macros: HashMap<Box<str>, Box<str>>,
}

/// A top-level declaration or function definition.
#[derive(Clone, Copy, Debug)]
struct Decl {
    start: u32,
    end: u32,
    /// Whether `#pragma clang attribute push` puts `preserve_access_index` on its records.
    relocated: bool,
}

impl Index {
    /// Indexes `text`. None where declarations stand under conditions, so that only a preprocessor
    /// can tell which of them are there, and where there is none at all.
    pub fn new(text: &Arc<str>) -> Option<Self> {
        let (index, conditional) = Scan::run(text);
        (!conditional && !index.decls.is_empty()).then_some(index)
    }

    /// Indexes `text` as if no declaration stood under a condition.
    pub fn unconditional(text: &Arc<str>) -> Self {
        Scan::run(text).0
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
        self.tags.get(&self.text, tag)
    }

    /// The declaration of the typedef, enumerator, function or variable `name`.
    pub fn ordinary(&self, name: &str) -> Option<u32> {
        self.ordinary.get(&self.text, name)
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
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    index: Index,
    directives: String,
    /// One entry for each open condition: whether it is the include guard.
    conditions: Vec<bool>,
    /// Nesting of `#pragma clang attribute push`: whether each is about `preserve_access_index`.
    pushed: Vec<bool>,
    conditional: bool,
}

impl<'a> Scan<'a> {
    fn run(text: &'a Arc<str>) -> (Index, bool) {
        let mut scan = Scan {
            text,
            bytes: text.as_bytes(),
            at: 0,
            index: Index {
                text: Arc::clone(text),
                directives: Arc::from(""),
                lines: Vec::new(),
                decls: Vec::new(),
                tags: Names::default(),
                ordinary: Names::default(),
                macros: HashMap::new(),
            },
            directives: String::new(),
            conditions: Vec::new(),
            pushed: Vec::new(),
            conditional: false,
        };
        while let Some(byte) = scan.skip_blanks() {
            match byte {
                b'#' => scan.directive(),
                b';' | b'}' | b')' => scan.at += 1,
                _ => scan.declaration(),
            }
        }
        scan.index.directives = Arc::from(scan.directives);
        (scan.index, scan.conditional)
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Passes blanks and comments; the byte behind them.
    fn skip_blanks(&mut self) -> Option<u8> {
        loop {
            let &byte = self.bytes.get(self.at)?;
            if byte.is_ascii_whitespace() {
                self.at += 1;
            } else if !self.skip_comment() {
                return Some(byte);
            }
        }
    }

    fn skip_comment(&mut self) -> bool {
        let rest = self.bytes.get(self.at + 2..).unwrap_or_default();
        let length = match (self.peek(0), self.peek(1)) {
            (b'/', b'*') => memmem::find(rest, b"*/").map_or(rest.len(), |close| close + 2),
            (b'/', b'/') => memchr(b'\n', rest).unwrap_or(rest.len()),
            _ => return false,
        };
        self.at += 2 + length;
        true
    }

    fn directive(&mut self) {
        let start = self.at;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(end) = memchr(b'\n', rest) else {
                self.at = self.bytes.len();
                break;
            };
            let continued = rest.get(..end).unwrap_or_default();
            let continued = continued.trim_ascii_end().ends_with(b"\\");
            self.at += end + 1;
            if !continued {
                break;
            }
        }
        let line = self.text.get(start..self.at).unwrap_or_default();
        let words = line.trim_start_matches('#').trim_start();
        let name_length = words.bytes().take_while(|&byte| is_word(byte)).count();
        let (name, rest) = words.split_at(name_length);
        match name {
            "if" | "ifdef" | "ifndef" => {
                let guard =
                    name == "ifndef" && self.conditions.is_empty() && self.index.decls.is_empty();
                self.conditions.push(guard);
            }
            "endif" => {
                self.conditions.pop();
            }
            "define" => self.define(rest),
            "pragma" if self.pragma(rest) => return,
            _ => {}
        }
        self.index.lines.push((self.directives.len(), start));
        self.directives.push_str(line);
        if !line.ends_with('\n') {
            self.directives.push('\n');
        }
    }

    /// Whether the index itself heeds the pragma.
    fn pragma(&mut self, rest: &str) -> bool {
        let mut words = rest.split_whitespace();
        if words.next() != Some("clang")
            || !words.next().is_some_and(|w| w.starts_with("attribute"))
        {
            return false;
        }
        if rest.contains("push") {
            self.pushed.push(rest.contains("preserve_access_index"));
        } else if rest.contains("pop") {
            self.pushed.pop();
        }
        true
    }

    fn define(&mut self, rest: &str) {
        let rest = rest.trim_start();
        let length = rest.bytes().take_while(|&byte| is_word(byte)).count();
        let (name, body) = rest.split_at(length);
        if !name.is_empty() && !body.starts_with('(') {
            self.index.macros.insert(name.into(), body.trim().into());
        }
    }

    fn declaration(&mut self) {
        let start = self.at;
        let Ok(number) = u32::try_from(self.index.decls.len()) else {
            self.at = self.bytes.len();
            return;
        };
        let mut body = None;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b';' => {
                    self.at += 1;
                    break;
                }
                b'{' => {
                    let function = self.is_function_body(start);
                    self.braces(number);
                    body = Some(self.at);
                    if function {
                        break;
                    }
                }
                b'(' => self.parentheses(),
                b'"' | b'\'' => self.literal(byte),
                b'/' if self.skip_comment() => {}
                _ => self.at += 1,
            }
        }
        let end = self.at;
        let (Ok(first), Ok(behind)) = (u32::try_from(start), u32::try_from(end)) else {
            return;
        };
        self.index.decls.push(Decl {
            start: first,
            end: behind,
            relocated: self.pushed.contains(&true),
        });
        if self.conditions.contains(&false) {
            self.conditional = true;
        }
        let text = self.text.get(start..end).unwrap_or_default();
        let tail = body.and_then(|body| self.text.get(body..end));
        if let Some(name) = super::decl::declared_name(text, tail) {
            self.index.ordinary.insert(self.text, name, number);
        }
    }

    /// Whether the brace here opens a function's body.
    fn is_function_body(&self, start: usize) -> bool {
        let before = self.bytes.get(start..self.at).unwrap_or_default();
        before.trim_ascii_end().ends_with(b")") && self.tag_before(self.at).is_none()
    }

    /// Passes balanced braces and registers the tags and enumerators that they define.
    fn braces(&mut self, number: u32) {
        let mut depth = 0usize;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(next) = memchr3(b'{', b'}', b'/', rest) else {
                self.at = self.bytes.len();
                return;
            };
            self.at += next;
            match self.peek(0) {
                b'{' => {
                    let found = self.tag_before(self.at);
                    self.at += 1;
                    depth += 1;
                    if let Some((keyword, tag)) = found {
                        if let Some(tag) = tag {
                            self.index.tags.insert(self.text, tag, number);
                        }
                        if keyword == "enum" {
                            self.enumerators(number);
                        }
                    }
                }
                b'}' => {
                    self.at += 1;
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                _ if self.skip_comment() => {}
                _ => self.at += 1,
            }
        }
    }

    /// Registers what an enum's body declares, up to its closing brace.
    fn enumerators(&mut self, number: u32) {
        while let Some(byte) = self.skip_blanks() {
            if byte == b'}' || byte == b'{' {
                return;
            }
            let name = self.word();
            if name.is_empty() {
                self.at += 1;
                continue;
            }
            self.index.ordinary.insert(self.text, name, number);
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            self.at += memchr3(b',', b'}', b'(', rest).unwrap_or(rest.len());
            while self.peek(0) == b'(' {
                self.parentheses();
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                self.at += memchr3(b',', b'}', b'(', rest).unwrap_or(rest.len());
            }
            if self.peek(0) == b',' {
                self.at += 1;
            }
        }
    }

    fn word(&mut self) -> &'a str {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|&&byte| is_word(byte)).count();
        let word = self.text.get(self.at..self.at + length);
        self.at += length;
        word.unwrap_or_default()
    }

    fn parentheses(&mut self) {
        let mut depth = 0usize;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'(' => depth += 1,
                b')' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        self.at += 1;
                        return;
                    }
                }
                b'"' | b'\'' => {
                    self.literal(byte);
                    continue;
                }
                b'/' if self.skip_comment() => continue,
                _ => {}
            }
            self.at += 1;
        }
    }

    fn literal(&mut self, quote: u8) {
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1 + usize::from(byte == b'\\');
            if byte == quote || byte == b'\n' {
                break;
            }
        }
        self.at = self.at.min(self.bytes.len());
    }

    /// The keyword and the tag, if any, in front of the brace at `brace`; attributes are passed.
    fn tag_before(&self, brace: usize) -> Option<(&'a str, Option<&'a str>)> {
        let mut before = self.text.get(..brace)?.trim_end();
        loop {
            let word = last_word(before);
            if word.is_empty() {
                before = strip_parentheses(before)?.trim_end();
                continue;
            }
            let rest = before.get(..before.len() - word.len())?.trim_end();
            if word == "__attribute__" {
                before = rest;
                continue;
            }
            if is_record(word) {
                return Some((word, None));
            }
            let mut keyword = rest;
            while !is_record(last_word(keyword)) {
                let inner = strip_parentheses(keyword)?.trim_end();
                keyword = inner.strip_suffix("__attribute__")?.trim_end();
            }
            return Some((last_word(keyword), Some(word)));
        }
    }
}

fn last_word(text: &str) -> &str {
    let length = text.bytes().rev().take_while(|&byte| is_word(byte)).count();
    text.get(text.len() - length..).unwrap_or_default()
}

/// `text` without the parentheses at its end.
fn strip_parentheses(text: &str) -> Option<&str> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return text.get(..at);
                }
            }
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

fn is_record(word: &str) -> bool {
    matches!(word, "struct" | "union" | "enum")
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
