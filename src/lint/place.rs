//! Where findings are, for people and for machines that remember them.

use std::{
    collections::HashMap,
    path::{Component, Path},
};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{Finding, Linted};
use crate::source::span::{FileKind, SourceMap, Span};

/// A range of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file: relative to the current folder where it is in it, with `/`.
    pub path: String,
    /// First character.
    pub start: Point,
    /// Behind the last character.
    pub end: Point,
}

/// A position in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Point {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// From 0, in bytes.
    pub offset: u32,
}

impl Place {
    /// The place of a span; none in files that are nobody's.
    pub fn of(span: Span, files: &SourceMap) -> Option<Self> {
        let file = files.get(span.file)?;
        if file.kind == FileKind::StandIn {
            return None;
        }
        let point = |offset: u32| {
            let span = Span {
                start: offset,
                end: offset,
                ..span
            };
            let (line, column) = files.line_column(span)?;
            Some(Point {
                line,
                column,
                offset,
            })
        };
        Some(Self {
            path: shown(&file.path),
            start: point(span.start)?,
            end: point(span.end)?,
        })
    }

    /// The place of a finding; the start of its file if it has none.
    pub fn of_finding(finding: &Finding, linted: &Linted) -> Self {
        let own = finding
            .span()
            .and_then(|span| Self::of(span, &linted.files));
        let first = Point {
            line: 1,
            column: 1,
            offset: 0,
        };
        own.unwrap_or_else(|| Self {
            path: shown(&linted.path),
            start: first,
            end: first,
        })
    }
}

/// A path relative to the current folder where it is in it, with `/`.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let mut parts: Vec<String> = Vec::new();
    let inside = path.strip_prefix(&here).unwrap_or(path);
    for component in inside.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if parts.last().is_some_and(|last| last != "..") => {
                parts.pop();
            }
            Component::RootDir => parts.push(String::new()),
            other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    parts.join("/")
}

/// What stays the same of each finding of a file while other lines of it change: code, path, the
/// text of its line, and which one of those alike it is.
pub fn fingerprints(linted: &Linted) -> Vec<String> {
    let mut seen: HashMap<(String, &str, String), u32> = HashMap::new();
    let findings = linted.findings.iter();
    findings
        .map(|finding| {
            let place = Place::of_finding(finding, linted);
            let line = finding.span().map_or("", |span| line(span, &linted.files));
            let key = (place.path, finding.code().id, line.trim().to_owned());
            let count = seen.entry(key.clone()).or_default();
            *count += 1;
            let mut hash = Sha256::new();
            for part in [key.1, &key.0, &key.2, &count.to_string()] {
                hash.update(part.as_bytes());
                hash.update([0]);
            }
            let digest = hash.finalize();
            let bytes = digest.iter().take(16);
            bytes.map(|byte| format!("{byte:02x}")).collect()
        })
        .collect()
}

/// The text of the line that a span begins on.
fn line(span: Span, files: &SourceMap) -> &str {
    let Some(file) = files.get(span.file) else {
        return "";
    };
    let at = span.start as usize;
    let before = file.text.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let rest = file.text.get(start..).unwrap_or_default();
    rest.split('\n').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_short() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(shown(&here.join("a/b.c")), "a/b.c");
        assert_eq!(shown(Path::new("./a/../b.c")), "b.c");
        assert_eq!(shown(Path::new("../b.c")), "../b.c");
        assert_eq!(shown(Path::new("/nowhere/b.c")), "/nowhere/b.c");
    }
}
