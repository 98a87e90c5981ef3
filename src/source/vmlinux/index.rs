//! The declarations of a file by the names that they declare.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    ops::Range,
    sync::Arc,
};

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

/// Declarations by name. The names themselves stay in the text, of which there are a hundred
/// thousand.
#[derive(Debug, Default)]
struct Names(HashMap<u64, Name, BuildHasherDefault<Hashed>>);

#[derive(Clone, Copy, Debug)]
struct Name {
    start: u32,
    length: u32,
    decl: u32,
}

impl Names {
    /// Adds `name`, a part of `text`, unless it is there already.
    fn insert(&mut self, text: &str, name: &str, decl: u32) {
        let start = name.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
        let (Ok(start), Ok(length)) = (u32::try_from(start), u32::try_from(name.len())) else {
            return;
        };
        let new = Name {
            start,
            length,
            decl,
        };
        let mut hash = hash(name);
        // Names with the same hash take the next free numbers.
        while let Some(known) = self.0.get(&hash) {
            if known.of(text) == name {
                return;
            }
            hash = hash.wrapping_add(1);
        }
        self.0.insert(hash, new);
    }

    fn get(&self, text: &str, name: &str) -> Option<u32> {
        let mut hash = hash(name);
        loop {
            let known = self.0.get(&hash)?;
            if known.of(text) == name {
                return Some(known.decl);
            }
            hash = hash.wrapping_add(1);
        }
    }
}

impl Name {
    fn of(self, text: &str) -> &str {
        let start = self.start as usize;
        text.get(start..start + self.length as usize)
            .unwrap_or_default()
    }
}

/// FNV-1a.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Takes a hash for what it is.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn index(text: &str) -> Option<Index> {
        Index::new(&Arc::from(text))
    }

    #[track_caller]
    fn check(text: &str, name: &str, expected: &str) {
        let index = index(text).unwrap();
        let decl = match name.strip_prefix("tag ") {
            Some(tag) => index.tag(tag),
            None => index.ordinary(name),
        };
        let found = decl.and_then(|decl| text.get(index.range(decl)));
        assert_eq!(found.unwrap_or("none"), expected);
    }

    #[test]
    fn typedefs() {
        check("typedef int a; typedef long b;", "b", "typedef long b;");
        check(
            "typedef int (*fn)(void *, int);",
            "fn",
            "typedef int (*fn)(void *, int);",
        );
        check("typedef char name[16];", "name", "typedef char name[16];");
        check(
            "typedef struct { int x; } t;",
            "t",
            "typedef struct { int x; } t;",
        );
        check(
            "typedef struct s { int x; } t;",
            "tag s",
            "typedef struct s { int x; } t;",
        );
        check(
            "typedef __int128 unsigned __u128;",
            "__u128",
            "typedef __int128 unsigned __u128;",
        );
    }

    #[test]
    fn records_and_enumerators() {
        check(
            "struct a; struct a { int x; };",
            "tag a",
            "struct a { int x; };",
        );
        check(
            "struct a { struct { int y; } x; };",
            "tag a",
            "struct a { struct { int y; } x; };",
        );
        check(
            "struct a { struct b { int y; } x; };",
            "tag b",
            "struct a { struct b { int y; } x; };",
        );
        check(
            "enum { A = (1 << 3), B, };",
            "B",
            "enum { A = (1 << 3), B, };",
        );
        check(
            "enum e { A = 1, /* B */ C };",
            "tag e",
            "enum e { A = 1, /* B */ C };",
        );
        check("enum e { A = 1, /* B */ C };", "B", "none");
        check(
            "struct a { int x; } __attribute__((packed));",
            "tag a",
            "struct a { int x; } __attribute__((packed));",
        );
        check(
            "struct a __attribute__((packed)) { int x; };",
            "tag a",
            "struct a __attribute__((packed)) { int x; };",
        );
    }

    #[test]
    fn functions() {
        check(
            "extern int f(struct a *, int) __weak __ksym;",
            "f",
            "extern int f(struct a *, int) __weak __ksym;",
        );
        check(
            "static inline int f(void) { return 0; } int g(void);",
            "g",
            "int g(void);",
        );
    }

    #[test]
    fn directives_are_kept_apart() {
        let text = "#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n#define N \\\n 16\nstruct a { int x; };\n#endif\n";
        let index = index(text).unwrap();
        assert_eq!(
            &*index.directives(),
            "#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n#define N \\\n 16\n#endif\n"
        );
        let endif = index.directives().find("#endif").unwrap();
        assert_eq!(text.get(index.original(endif)..), Some("#endif\n"));
    }

    #[test]
    fn relocated_records_are_known() {
        let text = "struct a { int x; };\n#ifndef NO\n#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n#endif\nstruct b { int x; };\n#pragma clang attribute pop\nstruct c { int x; };";
        let index = index(text).unwrap();
        let relocated = |tag| index.relocated(index.tag(tag).unwrap());
        assert_eq!(
            (relocated("a"), relocated("b"), relocated("c")),
            (false, true, false)
        );
    }

    #[test]
    fn conditional_declarations_need_a_preprocessor() {
        assert!(index("#ifndef A\nstruct a { int x; };\n#endif\n").is_some());
        assert!(index("struct b {};\n#ifdef A\nstruct a { int x; };\n#endif\n").is_none());
        assert!(index("#include \"x.h\"\n").is_none());
    }

    #[test]
    fn broken_text_ends() {
        for text in [
            "struct a {",
            "typedef int (",
            "/*",
            "enum { A = (",
            "{}{}}}",
            "#define",
            "\"",
            "a ) { ; }",
        ] {
            let _ = Index::unconditional(&Arc::from(text));
        }
    }
}
