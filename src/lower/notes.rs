//! Comments and blank lines, each carried by exactly one node.
//!
//! A comment belongs to what follows it, or to what ends on its line. Comments inside an
//! expression go before its statement; what no node claimed is handed to the next item.

use std::collections::BTreeMap;

use crate::{
    ir::{Comment, Notes},
    source::{
        self,
        span::{FileId, FileKind, SourceMap, Span},
    },
};

/// The comments of the user's files that no node carries yet.
pub(super) struct Comments {
    files: BTreeMap<FileId, FileComments>,
    /// Items at file scope and in records, by start.
    items: BTreeMap<FileId, Vec<Span>>,
}

struct FileComments {
    trivia: source::Trivia,
    taken: Vec<bool>,
    text: std::sync::Arc<str>,
}

/// Which comments nodes carry already.
pub(super) struct Taken(BTreeMap<FileId, Vec<bool>>);

impl Comments {
    /// How things stand, for [`Comments::give_back`].
    pub(super) fn taken(&self) -> Taken {
        let files = self.files.iter();
        Taken(files.map(|(id, file)| (*id, file.taken.clone())).collect())
    }

    /// Makes things stand as they did.
    pub(super) fn give_back(&mut self, before: Taken) {
        for (id, taken) in before.0 {
            if let Some(file) = self.files.get_mut(&id) {
                file.taken = taken;
            }
        }
    }

    pub(super) fn new(files: &SourceMap, main: FileId) -> Self {
        let files = files
            .iter()
            .filter(|(_, file)| matches!(file.kind, FileKind::Main | FileKind::Local))
            .filter_map(|(id, file)| {
                let trivia = source::trivia(files, id)?;
                // The port has one licence, that of the file that was named.
                let is_licence = |text: &str| id != main && spdx_of(text).is_some();
                let comments = trivia.comments().iter();
                let taken = comments
                    .map(|comment| comment.text.lines().any(is_licence))
                    .collect();
                let text = file.text.clone();
                Some((
                    id,
                    FileComments {
                        trivia,
                        taken,
                        text,
                    },
                ))
            })
            .collect();
        Self {
            files,
            items: BTreeMap::new(),
        }
    }

    /// Says which items there are, so that each takes the comments before it and no more.
    pub(super) fn set_items(&mut self, spans: impl IntoIterator<Item = Span>) {
        for span in spans {
            self.items.entry(span.file).or_default().push(span);
        }
        for spans in self.items.values_mut() {
            spans.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        }
    }

    /// The head of the file: its SPDX expression, and its first comments.
    pub(super) fn head(&mut self, main: FileId) -> (Option<String>, Vec<Comment>) {
        let Some(file) = self.files.get_mut(&main) else {
            return (None, Vec::new());
        };
        let mut spdx = None;
        let mut doc = Vec::new();
        let mut at = 0;
        for index in 0..file.taken.len() {
            let Some(comment) = file.trivia.comments().get(index) else {
                break;
            };
            let between = file.text.get(at..comment.span.start as usize);
            if between.is_none_or(|text| !text.trim().is_empty()) {
                break;
            }
            at = comment.span.end as usize;
            let mut lowered = file.lower(index);
            if let Some(taken) = file.taken.get_mut(index) {
                *taken = true;
            }
            lowered.lines.retain(|line| match spdx_of(line) {
                Some(found) => {
                    spdx.get_or_insert(found);
                    false
                }
                None => true,
            });
            while lowered.lines.first().is_some_and(String::is_empty) {
                lowered.lines.remove(0);
            }
            if !lowered.lines.is_empty() {
                doc.push(lowered);
            }
        }
        (spdx, doc)
    }

    /// The comments before and behind an item at file scope or a named record in another one.
    pub(super) fn item(&mut self, span: Span) -> Notes {
        let from = self.boundary(span);
        self.notes(span, from)
    }

    /// The comments before and behind a part (field, constant, parameter) of the item around it.
    pub(super) fn part(&mut self, span: Span) -> Notes {
        let from = self.enclosing(span);
        self.notes(span, from)
    }

    /// Those before a statement of the function that starts at `from`.
    pub(super) fn before(&mut self, span: Span, from: u32) -> Notes {
        // What a macro writes stands where the macro does, and the blank line is the item's.
        let within = from < span.start;
        let blank = self.files.get(&span.file).is_some_and(|file| {
            within && file.begins_line(span.start) && file.trivia.blank_before(span.start)
        });
        Notes {
            blank,
            before: self.take(span.file, from, span.start),
            after: None,
        }
    }

    /// The one behind `span`, on its last line.
    pub(super) fn after(&mut self, span: Span) -> Option<Comment> {
        let file = self.files.get_mut(&span.file)?;
        let found = file.trivia.trailing(span.end)?.span;
        let index = file
            .trivia
            .comments()
            .iter()
            .position(|comment| comment.span == found)?;
        file.take(index)
    }

    /// The end of `span` and of the comments that follow it with nothing between.
    pub(super) fn behind_comments(&self, span: Span) -> u32 {
        let Some(file) = self.files.get(&span.file) else {
            return span.end;
        };
        let comments = file.trivia.comments();
        let first = comments.partition_point(|comment| comment.span.start < span.end);
        let mut end = span.end;
        for comment in comments.get(first..).unwrap_or_default() {
            let between = file.text.get(end as usize..comment.span.start as usize);
            if between.is_none_or(|text| !text.trim().is_empty()) {
                break;
            }
            end = comment.span.end;
        }
        end
    }

    /// Those between two places of a file.
    pub(super) fn take(&mut self, file: FileId, from: u32, to: u32) -> Vec<Comment> {
        let Some(file) = self.files.get_mut(&file) else {
            return Vec::new();
        };
        let comments = file.trivia.comments();
        let first = comments.partition_point(|comment| comment.span.start < from);
        let behind = comments.partition_point(|comment| comment.span.end <= to);
        (first..behind)
            .filter_map(|index| {
                let end = file.trivia.comments().get(index)?.span.end;
                let comment = file.take(index)?;
                (!file.leaves_branch(end, to)).then_some(comment)
            })
            .collect()
    }

    /// Those within an item that none of its parts has claimed.
    pub(super) fn rest_of_item(&mut self, span: Span) -> Vec<Comment> {
        self.take(span.file, span.start, span.end)
    }

    fn notes(&mut self, span: Span, from: u32) -> Notes {
        let mut notes = self.before(span, from);
        notes.after = self.after(span);
        if let Some(file) = self.files.get(&span.file)
            && file.passes_item(from, span.start)
        {
            for comment in &mut notes.before {
                comment.apart = true;
            }
        }
        notes
    }

    /// Where the comments that belong to `span` may begin: behind the last item before it, or at
    /// the start of the one around it.
    fn boundary(&self, span: Span) -> u32 {
        let items = self.items.get(&span.file).map(Vec::as_slice);
        items
            .unwrap_or_default()
            .iter()
            .take_while(|item| item.start < span.start)
            .map(|item| {
                if item.end <= span.start {
                    item.end
                } else {
                    item.start
                }
            })
            .max()
            .unwrap_or(0)
    }

    fn enclosing(&self, span: Span) -> u32 {
        let items = self.items.get(&span.file).map(Vec::as_slice);
        items
            .unwrap_or_default()
            .iter()
            .take_while(|item| item.start <= span.start)
            .filter(|item| item.end >= span.end && **item != span)
            .map(|item| item.start)
            .max()
            .unwrap_or(span.start)
    }
}

impl FileComments {
    /// Whether nothing stands before `offset` on its line, comments apart.
    fn begins_line(&self, offset: u32) -> bool {
        let before = self.text.get(..offset as usize).unwrap_or("");
        let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
        line.trim().is_empty() || line.trim_end().ends_with("*/")
    }

    /// Whether a branch of `#if` ends between two places: then what stands before its end is about
    /// something in it, which may not have been read.
    fn leaves_branch(&self, from: u32, to: u32) -> bool {
        let text = self.text.get(from as usize..to as usize).unwrap_or("");
        let mut depth = 0u32;
        for line in text.lines() {
            let Some(directive) = line.trim_start().strip_prefix('#') else {
                continue;
            };
            let directive = directive.trim_start();
            if directive.starts_with("if") {
                depth += 1;
            } else if directive.starts_with("endif") {
                match depth.checked_sub(1) {
                    Some(outer) => depth = outer,
                    None => return true,
                }
            } else if directive.starts_with("el") && depth == 0 {
                return true;
            }
        }
        false
    }

    /// Whether something that became no item ends between the last comment before `to` and there:
    /// a type definition, a macro. What the comment says is about that, then.
    fn passes_item(&self, from: u32, to: u32) -> bool {
        let comments = self.trivia.comments();
        let behind = comments.partition_point(|comment| comment.span.end <= to);
        let last = behind.checked_sub(1).and_then(|at| comments.get(at));
        let Some(last) = last.filter(|last| last.span.start >= from) else {
            return false;
        };
        let text = self.text.get(last.span.end as usize..to as usize);
        // The item's own line is none of it.
        let text = text.and_then(|text| text.rsplit_once('\n'));
        let text = text.map_or("", |(before, _)| before);
        // Nor is what stands there in other cases.
        let branch = ["\n#el", "\n# el"]
            .iter()
            .filter_map(|start| text.rfind(start));
        let text = text.get(branch.max().unwrap_or(0)..).unwrap_or_default();
        let directives = text
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix('#'));
        let mut names = directives.map(str::trim_start);
        text.contains(';') || names.any(|name| name.starts_with("define"))
    }

    fn take(&mut self, index: usize) -> Option<Comment> {
        let taken = self.taken.get_mut(index)?;
        if std::mem::replace(taken, true) {
            return None;
        }
        Some(self.lower(index))
    }

    fn lower(&self, index: usize) -> Comment {
        let Some(comment) = self.trivia.comments().get(index) else {
            return Comment {
                lines: Vec::new(),
                apart: false,
            };
        };
        let mut lines: Vec<String> = comment.text.lines().map(str::to_owned).collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        let behind = self.text.get(comment.span.end as usize..).unwrap_or("");
        let blanks = behind.len() - behind.trim_start().len();
        let apart = behind
            .get(..blanks)
            .is_some_and(|blank| blank.matches('\n').count() > 1);
        Comment { lines, apart }
    }
}

/// The expression behind `SPDX-License-Identifier:`.
fn spdx_of(line: &str) -> Option<String> {
    let (_, behind) = line.split_once("SPDX-License-Identifier:")?;
    let expression = behind.trim().trim_end_matches("*/").trim();
    let expression = expression
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or(expression);
    (!expression.is_empty()).then(|| expression.to_owned())
}
