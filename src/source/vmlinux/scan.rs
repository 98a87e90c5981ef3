//! The scan that cuts a file into its top-level declarations.

use std::{collections::HashMap, sync::Arc};

use memchr::{memchr, memchr2, memchr3, memmem};

use super::{
    decl::{declared_name, others},
    index::{Decl, Index},
    names::Names,
};
use crate::source::lex::is_word;

/// The index of `text`, and whether a declaration in it depends on a condition.
pub(super) fn run(text: &Arc<str>) -> (Index, bool) {
    // Measured on what bpftool writes of kernels 5.8 to 6.18: so that no table grows.
    let (decls, names) = (text.len() / 128, text.len() / 64);
    let mut scan = Scan {
        text,
        bytes: text.as_bytes(),
        at: 0,
        special: 0,
        index: Index {
            text: Arc::clone(text),
            directives: Arc::from(""),
            lines: Vec::new(),
            decls: Vec::with_capacity(decls),
            tags: Names::with_capacity(decls),
            ordinary: Names::with_capacity(names),
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

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Up to here at least, nothing from `at` on hides a bracket; see [`is_plain`](Self::is_plain).
    special: usize,
    index: Index,
    directives: String,
    /// The open conditions.
    conditions: Vec<Condition>,
    /// Nesting of `#pragma clang attribute push`: whether each is about `preserve_access_index`.
    pushed: Vec<bool>,
    conditional: bool,
}

/// What `#if` and its like ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    /// Whether the file was included before.
    Guard,
    /// Whether the program declares the kernel's functions itself.
    Kfuncs,
    Other,
}

/// By this name, what bpftool writes asks a program whether it declares the kernel's functions itself.
const NO_KFUNCS: &str = "BPF_NO_KFUNC_PROTOTYPES";

impl<'a> Scan<'a> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Passes what means nothing to the scan; the byte behind it.
    fn next_mark(&mut self) -> Option<u8> {
        let rest = self.rest();
        let marks = |&byte: &u8| MARKS.get(usize::from(byte)).copied().unwrap_or_default();
        match rest.iter().position(marks) {
            Some(ahead) => {
                self.at += ahead;
                rest.get(ahead).copied()
            }
            None => {
                self.at = self.bytes.len();
                None
            }
        }
    }

    /// Passes blanks and comments; the byte behind them.
    fn skip_blanks(&mut self) -> Option<u8> {
        loop {
            let &byte = self.bytes.get(self.at)?;
            if byte.is_ascii_whitespace() {
                self.at += 1;
            } else if byte != b'/' || !self.skip_comment() {
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
        self.skip_directive();
        let line = self.text.get(start..self.at).unwrap_or_default();
        let words = line.trim_start_matches('#').trim_start();
        let (name, rest) = words.split_at(word_length(words.as_bytes()));
        match name {
            "if" | "ifdef" | "ifndef" => {
                let first = self.conditions.is_empty() && self.index.decls.is_empty();
                self.conditions.push(match name {
                    "ifndef" if first => Condition::Guard,
                    "ifndef" if rest.trim() == NO_KFUNCS => Condition::Kfuncs,
                    _ => Condition::Other,
                });
            }
            "endif" => {
                self.conditions.pop();
            }
            "else" | "elif" | "elifdef" | "elifndef" => {
                if let Some(condition) = self.conditions.last_mut() {
                    *condition = Condition::Other;
                }
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

    /// Passes a line, and those that continue it.
    fn skip_directive(&mut self) {
        loop {
            let rest = self.rest();
            let Some(end) = memchr(b'\n', rest) else {
                self.at = self.bytes.len();
                return;
            };
            self.at += end + 1;
            let line = rest.get(..end).unwrap_or_default();
            if !line.trim_ascii_end().ends_with(b"\\") {
                return;
            }
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
        let (name, body) = rest.split_at(word_length(rest.as_bytes()));
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
        while let Some(byte) = self.next_mark() {
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
                b'#' if self.begins_line() => self.inner_directive(),
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
            yields: self.conditions.contains(&Condition::Kfuncs),
        });
        if self.conditions.contains(&Condition::Other) {
            self.conditional = true;
        }
        let text = self.text.get(start..end).unwrap_or_default();
        let tail = body.and_then(|body| self.text.get(body..end));
        for name in declared_name(text, tail)
            .into_iter()
            .chain(others(text, tail))
        {
            let at = name.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
            let names = &mut self.index.ordinary;
            names.insert(self.bytes, at, name.as_bytes(), number);
        }
    }

    /// Whether only blanks are in front on the line.
    fn begins_line(&self) -> bool {
        let before = self.bytes.get(..self.at).unwrap_or_default();
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
        let before = before.iter().rev().find(|byte| !blank(byte));
        before.is_none_or(|&byte| byte == b'\n')
    }

    /// A directive inside a declaration: what is declared, only a preprocessor can tell.
    fn inner_directive(&mut self) {
        self.conditional = true;
        self.skip_directive();
    }

    /// Whether the brace here opens a function's body.
    fn is_function_body(&self, start: usize) -> bool {
        let before = self.bytes.get(start..self.at).unwrap_or_default();
        before.trim_ascii_end().ends_with(b")") && self.tag_before(self.at).is_none()
    }

    /// Whether nothing between here and `end` could hide a bracket: no comment, literal, directive
    /// or continued line. All of a file that bpftool wrote is so, but for its first and last lines.
    fn is_plain(&mut self, end: usize) -> bool {
        if self.special < self.at {
            let rest = self.rest();
            let quote = memchr3(b'"', b'\'', b'\\', rest).unwrap_or(rest.len());
            let rest = rest.get(..quote).unwrap_or_default();
            self.special = self.at + memchr2(b'/', b'#', rest).unwrap_or(quote);
        }
        self.special >= end
    }

    /// Passes balanced braces and registers the tags and enumerators that they define.
    fn braces(&mut self, number: u32) {
        let mut depth = 0usize;
        while let Some(next) = self.next_brace() {
            self.at = next;
            if self.peek(0) == b'}' {
                self.at += 1;
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return;
                }
                continue;
            }
            let found = self.tag_before(self.at);
            self.at += 1;
            depth += 1;
            if let Some((keyword, tag)) = found {
                let name = self.bytes.get(tag..tag + word_length_at(self.bytes, tag));
                let name = name.unwrap_or_default();
                // Where there is no tag, the brace is there, which is no name.
                self.index.tags.insert(self.bytes, tag, name, number);
                if keyword == b"enum" {
                    self.enumerators(number);
                }
            }
        }
        self.at = self.bytes.len();
    }

    /// Where the next brace is.
    fn next_brace(&mut self) -> Option<usize> {
        let next = self.at + memchr2(b'{', b'}', self.rest())?;
        if self.is_plain(next) {
            return Some(next);
        }
        while let Some(byte) = self.next_mark() {
            match byte {
                b'{' | b'}' => return Some(self.at),
                b'"' | b'\'' => self.literal(byte),
                b'/' if self.skip_comment() => {}
                b'#' if self.begins_line() => self.inner_directive(),
                _ => self.at += 1,
            }
        }
        None
    }

    /// Registers what an enum's body declares, up to its closing brace.
    fn enumerators(&mut self, number: u32) {
        while let Some(byte) = self.skip_blanks() {
            if byte == b'}' || byte == b'{' {
                return;
            }
            let start = self.at;
            let length = word_length_at(self.bytes, start);
            if length == 0 {
                match byte {
                    b'#' => self.inner_directive(),
                    _ => self.at += 1,
                }
                continue;
            }
            self.at += length;
            let name = self.bytes.get(start..self.at).unwrap_or_default();
            let names = &mut self.index.ordinary;
            names.insert(self.bytes, start, name, number);
            self.value();
        }
    }

    /// Passes what stands behind an enumerator, its comma included.
    fn value(&mut self) {
        while let Some(byte) = self.next_mark() {
            match byte {
                b',' => {
                    self.at += 1;
                    return;
                }
                b'}' => return,
                b'(' => self.parentheses(),
                b'"' | b'\'' => self.literal(byte),
                b'/' if self.skip_comment() => {}
                b'#' if self.begins_line() => return,
                _ => self.at += 1,
            }
        }
    }

    fn parentheses(&mut self) {
        let mut depth = 0usize;
        while let Some(byte) = self.next_mark() {
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
                b'#' if self.begins_line() => {
                    self.inner_directive();
                    continue;
                }
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

    /// The keyword in front of the brace at `brace`, and where the tag is: at the brace where there
    /// is none. Attributes are passed.
    fn tag_before(&self, brace: usize) -> Option<(&'a [u8], usize)> {
        let mut before = self.bytes.get(..brace)?.trim_ascii_end();
        loop {
            let word = last_word(before);
            let rest = before.get(..before.len() - word.len())?.trim_ascii_end();
            if is_record(word) {
                return Some((word, brace));
            }
            if word.is_empty() {
                before = strip_parentheses(before)?.trim_ascii_end();
                continue;
            }
            if word == b"__attribute__" {
                before = rest;
                continue;
            }
            let tag = before.len() - word.len();
            let mut keyword = rest;
            while !is_record(last_word(keyword)) {
                let inner = strip_parentheses(keyword)?.trim_ascii_end();
                keyword = inner.strip_suffix(b"__attribute__")?.trim_ascii_end();
            }
            return Some((last_word(keyword), tag));
        }
    }
}

/// The bytes that mean something to the scan.
static MARKS: [bool; 256] = {
    let mut table = [false; 256];
    let mut marks: &[u8] = b";,(){}\"'/#";
    while let [mark, rest @ ..] = marks {
        table[*mark as usize] = true;
        marks = rest;
    }
    table
};

fn word_length(text: &[u8]) -> usize {
    text.iter().take_while(|&&byte| is_word(byte)).count()
}

fn word_length_at(text: &[u8], at: usize) -> usize {
    word_length(text.get(at..).unwrap_or_default())
}

fn last_word(text: &[u8]) -> &[u8] {
    let length = text.iter().rev().take_while(|&&byte| is_word(byte)).count();
    text.get(text.len() - length..).unwrap_or_default()
}

/// `text` without the parentheses at its end.
fn strip_parentheses(text: &[u8]) -> Option<&[u8]> {
    let mut depth = 0usize;
    for (at, byte) in text.iter().enumerate().rev() {
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

fn is_record(word: &[u8]) -> bool {
    matches!(word, b"struct" | b"union" | b"enum")
}
