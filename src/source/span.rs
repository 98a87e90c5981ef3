//! Places in files, and the files themselves.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

/// Which file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A range of bytes in a file that the user (or an embedded header) wrote, never in preprocessed
/// text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// Behind the last byte.
    pub end: u32,
}

impl Span {
    /// From the start of `self` to the end of `other`, where both lie in one file; else `self`.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self {
            end: self.end.max(other.end),
            start: self.start.min(other.start),
            ..self
        }
    }
}

/// Where a file came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// Named on the command line.
    Main,
    /// Included, and the user's own.
    Local,
    /// Included from a system folder (`-isystem`).
    System,
    /// Embedded in c2aya in place of libbpf's or the kernel's.
    StandIn,
    /// The kernel's types.
    Vmlinux,
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As the user would name it.
    pub path: PathBuf,
    /// Its text; invalid UTF-8 was replaced.
    pub text: Arc<str>,
    /// Where it came from.
    pub kind: FileKind,
    /// Byte offset at which each line starts, once somebody asked.
    lines: OnceLock<Vec<u32>>,
}

impl SourceFile {
    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let starts = memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at + 1);
            std::iter::once(0)
                .chain(starts)
                .filter_map(|at| u32::try_from(at).ok())
                .collect()
        })
    }
}

/// All files of one run, by [`FileId`].
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    missing: BTreeSet<PathBuf>,
}

impl SourceMap {
    /// Says what was looked for and isn't there.
    pub fn add_missing(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        self.missing.extend(paths);
    }

    /// What was looked for and isn't there: if it were, it would have been read.
    pub const fn missing(&self) -> &BTreeSet<PathBuf> {
        &self.missing
    }

    /// Adds a file; texts of 4 GiB and more are cut, which [`crate::source`] refuses before.
    pub fn add(&mut self, path: PathBuf, text: Arc<str>, kind: FileKind) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile {
            path,
            text,
            kind,
            lines: OnceLock::new(),
        });
        id
    }

    /// The file at `path`, where one with this text was added before; else adds it.
    pub fn find_or_add(&mut self, path: PathBuf, text: Arc<str>, kind: FileKind) -> FileId {
        let known = self
            .iter()
            .find(|(_, file)| {
                file.path == path && (Arc::ptr_eq(&file.text, &text) || file.text == text)
            })
            .map(|(id, _)| id);
        known.unwrap_or_else(|| self.add(path, text, kind))
    }

    /// The file that `id` names.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files, in the order in which they were read.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// Line and column of the start of `span`, both from 1, the column in characters.
    pub fn line_column(&self, span: Span) -> Option<(u32, u32)> {
        let file = self.get(span.file)?;
        let lines = file.lines();
        let line = lines.partition_point(|&start| start <= span.start);
        let start = *lines.get(line.checked_sub(1)?)?;
        let column = file
            .text
            .get(start as usize..span.start as usize)
            .map_or(1, |before| before.chars().count() + 1);
        Some((u32::try_from(line).ok()?, u32::try_from(column).ok()?))
    }

    /// The text that `span` covers; empty where there is none.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file)
            .and_then(|file| file.text.get(span.start as usize..span.end as usize))
            .unwrap_or_default()
    }
}
