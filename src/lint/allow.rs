//! `// c2aya: allow(code, reason = "…")`: findings that the user knows about.
//!
//! A comment behind code is about its line. One on lines of its own is about what follows: a whole
//! function, variable or type if one begins there, else the next line. Before all code of a file it
//! is about the file.

use std::{collections::HashSet, path::PathBuf};

use super::{
    Finding, Settings,
    context::Context,
    registry,
    rules::{allow_without_reason, unknown_allow, unused_allow},
};
use crate::{
    c::tree::Tree,
    source::{
        lex::{Kind, Lexeme},
        span::{FileId, SourceMap, Span},
    },
};

/// One comment that allows findings.
#[derive(Clone, Debug)]
pub(super) struct Allow {
    /// The codes or names, each where it stands.
    codes: Vec<(String, Span)>,
    /// Whether it says why.
    reason: bool,
    /// The directive: from `c2aya:` to its parenthesis.
    span: Span,
    /// The comment that holds it.
    comment: Span,
    /// Where findings have to begin.
    range: Span,
    /// Whether it is about the file.
    whole_file: bool,
}

/// Before a list of codes.
const DIRECTIVE: &str = "c2aya:";

/// All comments of the user's own files that allow something.
pub(super) fn find(cx: &Context<'_>) -> Vec<Allow> {
    let items = Items::new(cx.tree);
    let mut found = Vec::new();
    for (file, text) in cx.text.files() {
        let lexemes = cx.text.lexemes(file);
        for (at, lexeme) in lexemes.iter().enumerate() {
            if lexeme.is_comment()
                && let Some(mut allow) = parse(file, text, *lexeme)
            {
                allow.scope(lexemes, at, text, &items);
                found.push(allow);
            }
        }
    }
    found
}

/// Where functions, variables and types begin.
struct Items(Vec<Span>);

impl Items {
    fn new(tree: &Tree) -> Self {
        let functions = tree.functions.iter().map(|function| function.span);
        let variables = tree.variables.iter().map(|variable| variable.span);
        let records = tree.types.records.iter().filter_map(|record| record.span);
        Self(functions.chain(variables).chain(records).collect())
    }

    /// The largest that begins at an offset.
    fn at(&self, file: FileId, start: usize) -> Option<Span> {
        let begins = |span: &&Span| span.file == file && span.start as usize == start;
        let items = self.0.iter().filter(begins);
        items.max_by_key(|span| span.end).copied()
    }
}

fn parse(file: FileId, text: &str, comment: Lexeme) -> Option<Allow> {
    let letters = comment.of(text);
    let start = letters.find(DIRECTIVE)?;
    let rest = letters.get(start + DIRECTIVE.len()..)?;
    let list = rest.trim_start().strip_prefix("allow")?.trim_start();
    let list = list.strip_prefix('(')?;
    let offset = |part: &str| comment.start + (part.as_ptr() as usize - letters.as_ptr() as usize);
    let mut codes = Vec::new();
    let mut reason = false;
    let mut left = list;
    loop {
        left = left.trim_start_matches([' ', '\t', '\n', '\r', ',']);
        if let Some(behind) = left.strip_prefix(')') {
            left = behind;
            break;
        }
        let word_end = left.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')?;
        let (word, behind) = left.split_at_checked(word_end).filter(|_| word_end > 0)?;
        if word == "reason" {
            let said = behind.trim_start().strip_prefix('=')?.trim_start();
            let (said, behind) = said.strip_prefix('"')?.split_once('"')?;
            reason = !said.trim().is_empty();
            left = behind;
        } else {
            let start = offset(word);
            codes.push((word.to_owned(), span(file, start, start + word.len())?));
            left = behind;
        }
    }
    let end = offset(left);
    let comment_span = span(file, comment.start, comment.end)?;
    Some(Allow {
        codes,
        reason,
        span: span(file, comment.start + start, end)?,
        comment: comment_span,
        range: comment_span,
        whole_file: false,
    })
}

fn span(file: FileId, start: usize, end: usize) -> Option<Span> {
    Some(Span {
        file,
        start: u32::try_from(start).ok()?,
        end: u32::try_from(end).ok()?,
    })
}

impl Allow {
    /// Finds out what it is about.
    fn scope(&mut self, lexemes: &[Lexeme], at: usize, text: &str, items: &Items) {
        let file = self.comment.file;
        let code = |lexeme: &&Lexeme| !lexeme.is_comment() && lexeme.kind != Kind::Newline;
        let before = lexemes.get(..at).unwrap_or_default();
        let behind = lexemes.get(at..).unwrap_or_default();
        let line_before = before.iter().rev();
        let trailing = line_before
            .take_while(|lexeme| lexeme.kind != Kind::Newline)
            .any(|lexeme| code(&lexeme));
        let range = if trailing {
            line(text, self.comment.start as usize)
        } else if !before.iter().any(|lexeme| code(&lexeme)) {
            self.whole_file = true;
            Some((0, text.len()))
        } else {
            let next = behind.iter().find(code).map(|lexeme| lexeme.start);
            next.and_then(|start| match items.at(file, start) {
                Some(item) => Some((item.start as usize, item.end as usize)),
                None => continued_line(text, start),
            })
        };
        if let Some(range) = range.and_then(|(start, end)| span(file, start, end)) {
            self.range = range;
        }
    }

    fn covers(&self, finding: &Finding, main: FileId) -> bool {
        match finding.span() {
            Some(span) if span.file == self.range.file => {
                self.range.start <= span.start && span.start <= self.range.end
            }
            Some(_) => false,
            None => self.whole_file && self.range.file == main,
        }
    }
}

/// The line that an offset lies in.
fn line(text: &str, at: usize) -> Option<(usize, usize)> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let end = text
        .get(at..)?
        .find('\n')
        .map_or(text.len(), |end| at + end);
    Some((start, end))
}

/// As [`line`], with the lines that a backslash at its end continues it by.
fn continued_line(text: &str, at: usize) -> Option<(usize, usize)> {
    let (start, mut end) = line(text, at)?;
    while end < text.len() {
        let written = text.get(start..end)?.trim_end_matches('\r');
        if !written.ends_with('\\') {
            break;
        }
        end = line(text, end + 1)?.1;
    }
    Some((start, end))
}

/// Which codes of which comments allow something: a header's do it in any file that includes it.
#[derive(Debug, Default)]
pub(super) struct Used(HashSet<(PathBuf, u32)>);

impl Used {
    /// Drops the findings that are allowed.
    pub(super) fn apply(
        &mut self,
        allows: &[Allow],
        findings: &mut Vec<Finding>,
        files: &SourceMap,
    ) {
        let main = FileId(0);
        for allow in allows {
            findings.retain(|finding| {
                let code = finding.code();
                let mut codes = allow.codes.iter();
                let named = codes.find(|(name, _)| name == code.id || name == code.name);
                match named {
                    Some((_, span)) if allow.covers(finding, main) => {
                        self.0.extend(key(*span, files));
                        false
                    }
                    _ => true,
                }
            });
        }
    }

    /// What is wrong with the comments themselves.
    pub(super) fn faults(
        &self,
        allows: &[Allow],
        files: &SourceMap,
        settings: &Settings,
    ) -> Vec<Finding> {
        let faults = allows.iter().flat_map(|allow| {
            let used = |span| key(span, files).is_some_and(|key| self.0.contains(&key));
            allow.faults(&used, files, settings)
        });
        faults.collect()
    }
}

fn key(span: Span, files: &SourceMap) -> Option<(PathBuf, u32)> {
    Some((files.get(span.file)?.path.clone(), span.start))
}

impl Allow {
    fn faults(
        &self,
        used: &dyn Fn(Span) -> bool,
        files: &SourceMap,
        settings: &Settings,
    ) -> Vec<Finding> {
        let mut faults = Vec::new();
        if !self.reason {
            faults.push(allow_without_reason::report(self.span));
        }
        let mut unused = Vec::new();
        for (name, span) in &self.codes {
            match registry::known(name) {
                None => faults.push(unknown_allow::report(*span, name)),
                Some(known) => {
                    let looked = settings.wants(known.code, known.category, known.confidence);
                    if looked && !used(*span) {
                        unused.push((name.as_str(), *span));
                    }
                }
            }
        }
        let all = unused.len() == self.codes.len();
        for (name, span) in unused {
            let gone = if all {
                removal(self.comment, files)
            } else {
                without(span, files)
            };
            faults.push(unused_allow::report(span, name, gone));
        }
        faults
    }
}

/// The comment, and its line where nothing else stands on it.
fn removal(comment: Span, files: &SourceMap) -> Span {
    let Some(file) = files.get(comment.file) else {
        return comment;
    };
    let text = &*file.text;
    let Some((start, end)) = line(text, comment.start as usize) else {
        return comment;
    };
    let before = text.get(start..comment.start as usize).unwrap_or_default();
    let behind = text.get(comment.end as usize..end);
    let alone = before.trim().is_empty() && behind.is_some_and(|behind| behind.trim().is_empty());
    let (from, to) = if alone {
        (start, (end + 1).min(text.len()))
    } else {
        (start + before.trim_end().len(), comment.end as usize)
    };
    span(comment.file, from, to).unwrap_or(comment)
}

/// A code in a list, with the comma behind it.
fn without(code: Span, files: &SourceMap) -> Span {
    let rest = files
        .get(code.file)
        .and_then(|file| file.text.get(code.end as usize..))
        .unwrap_or_default();
    let trimmed = rest.trim_start();
    let comma = trimmed.strip_prefix(',').map(str::trim_start);
    let more = comma.map_or(0, |behind| rest.len() - behind.len());
    Span {
        end: code.end + u32::try_from(more).unwrap_or(0),
        ..code
    }
}

/// Where comments go that allow `findings`, one for each line: the offset, and the text.
pub fn additions(findings: &[Finding], files: &SourceMap, reason: &str) -> Vec<(Span, String)> {
    let mut lines: std::collections::BTreeMap<(FileId, usize), Vec<&'static str>> =
        std::collections::BTreeMap::new();
    for finding in findings {
        let Some(place) = finding.span() else {
            continue;
        };
        let Some(file) = files.get(place.file) else {
            continue;
        };
        if !super::context::is_own(files, place) {
            continue;
        }
        if let Some(start) = statement_line(&file.text, place) {
            let codes = lines.entry((place.file, start)).or_default();
            if !codes.contains(&finding.code().name) {
                codes.push(finding.code().name);
            }
        }
    }
    lines
        .into_iter()
        .filter_map(|((file, start), codes)| {
            let text = &files.get(file)?.text;
            let (_, end) = line(text, start)?;
            let written = text.get(start..end)?;
            let indent = written.get(..written.len() - written.trim_start().len())?;
            let list = codes.join(", ");
            let comment = format!("{indent}// c2aya: allow({list}, reason = \"{reason}\")\n");
            Some((span(file, start, start)?, comment))
        })
        .collect()
}

/// The start of the line of a place, unless a comment can't stand above it: in a macro's body that
/// goes on from the line before, the line where that begins.
fn statement_line(text: &str, place: Span) -> Option<usize> {
    let (mut start, _) = line(text, place.start as usize)?;
    while start > 0 {
        let before = text.get(..start - 1)?;
        if !before.trim_end_matches('\r').ends_with('\\') {
            break;
        }
        start = before.rfind('\n').map_or(0, |end| end + 1);
    }
    Some(start)
}
