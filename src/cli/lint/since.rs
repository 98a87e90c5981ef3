//! Which lines have changed since a revision, as git knows it.

use std::{
    collections::HashMap,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::lint::{Linted, place::Place};

/// The lines of files that aren't as they were.
#[derive(Debug)]
pub struct Changes {
    root: PathBuf,
    /// By path under the root.
    lines: HashMap<PathBuf, Vec<RangeInclusive<u32>>>,
}

impl Changes {
    /// What has changed in the repository around `folder` since `base`.
    ///
    /// # Errors
    ///
    /// There is no git, no repository or no such revision.
    pub fn since(base: &str, folder: &Path) -> Result<Self> {
        let root = git(folder, &["rev-parse", "--show-toplevel"])?;
        let root = PathBuf::from(root.trim_end_matches('\n'));
        // A revision can't be taken for an option.
        let commit = git(
            &root,
            &[
                "rev-parse",
                "--verify",
                "--end-of-options",
                &format!("{base}^{{commit}}"),
            ],
        )?;
        let diff = git(
            &root,
            &[
                "-c",
                "core.quotepath=off",
                "diff",
                "--unified=0",
                "--no-color",
                "--no-ext-diff",
                "--no-renames",
                "--src-prefix=a/",
                "--dst-prefix=b/",
                commit.trim(),
                "--",
            ],
        )?;
        let mut lines = parse(&diff);
        let new = git(&root, &["ls-files", "-z", "--others", "--exclude-standard"])?;
        for path in new.split('\0').filter(|path| !path.is_empty()) {
            lines.insert(PathBuf::from(path), vec![1..=u32::MAX]);
        }
        Ok(Self { root, lines })
    }

    /// Takes out of `linted` what stands on other lines.
    pub fn keep(&self, linted: &mut [Linted]) {
        for file in linted {
            let mut findings = std::mem::take(&mut file.findings);
            findings.retain(|finding| {
                let place = Place::of_finding(finding, file);
                self.touch(&place)
            });
            file.findings = findings;
        }
    }

    fn touch(&self, place: &Place) -> bool {
        let Ok(path) = Path::new(&place.path).canonicalize() else {
            return false;
        };
        let inside = path.strip_prefix(&self.root).unwrap_or(&path);
        let changed = self.lines.get(inside);
        changed
            .into_iter()
            .flatten()
            .any(|range| *range.start() <= place.end.line && place.start.line <= *range.end())
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .context("can't run git")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The lines that a diff without context adds or changes.
fn parse(diff: &str) -> HashMap<PathBuf, Vec<RangeInclusive<u32>>> {
    let mut found: HashMap<PathBuf, Vec<RangeInclusive<u32>>> = HashMap::new();
    let mut path = None;
    let mut left = 0;
    for line in diff.lines() {
        // Lines of the files could be taken for the diff's own.
        if left > 0 && line.starts_with(['+', '-']) {
            left -= 1;
        } else if let Some(name) = line.strip_prefix("+++ ") {
            path = name.strip_prefix("b/").map(PathBuf::from);
        } else if let Some((old, new)) = hunk(line) {
            left = old.1 + new.1;
            if let Some(path) = &path
                && new.1 > 0
            {
                let lines = found.entry(path.clone()).or_default();
                lines.push(new.0..=new.0 + new.1 - 1);
            }
        }
    }
    found
}

/// First line and count on both sides, of `@@ -1,2 +3,4 @@`.
fn hunk(line: &str) -> Option<((u32, u32), (u32, u32))> {
    let (old, rest) = line.strip_prefix("@@ -")?.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let side = |text: &str| {
        let (first, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((first.parse().ok()?, count.parse().ok()?))
    };
    Some((side(old)?, side(new)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_diff() {
        let diff = "--- a/x.c\n+++ b/x.c\n@@ -1 +1,2 @@\n--- a\n+++ b/y.c\n+b\n@@ -9,2 +10,0 @@\n-a\n-b\n\
                    --- /dev/null\n+++ b/z.c\n@@ -0,0 +1,3 @@\n+1\n+2\n+3\n";
        let found = parse(diff);
        assert_eq!(found.len(), 2);
        assert_eq!(found[Path::new("x.c")], [1..=2]);
        assert_eq!(found[Path::new("z.c")], [1..=3]);
    }
}
