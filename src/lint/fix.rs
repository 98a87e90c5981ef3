//! Makes the changes that findings offer.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};

use super::{Applicability, Category, Edit, Job, Linted, additions, context::is_own, lint_files};
use crate::{
    diag::Severity,
    source::{Cache, span::SourceMap},
};

/// What became of files.
#[derive(Debug, Default)]
pub struct Fixed {
    /// What is found in them now.
    pub linted: Vec<Linted>,
    /// Their texts before and now, of those that changed.
    pub texts: BTreeMap<PathBuf, Changed>,
    /// How many fixes were made.
    pub fixes: usize,
}

/// A text before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// As it is in the file.
    pub before: Arc<str>,
    /// As it shall be.
    pub after: Arc<str>,
}

/// One fix can make room for the next; no more often than this.
const MAX_ROUNDS: usize = 20;

/// Fixes what can be fixed, in memory. `filter` takes out what the user doesn't want to see.
pub fn fix(
    jobs: &[Job],
    most: Applicability,
    cache: &Cache,
    filter: &dyn Fn(&mut Vec<Linted>),
) -> Fixed {
    let mut fixed = Fixed::default();
    let mut blocked = BTreeSet::new();
    let lint = || {
        let mut linted = lint_files(jobs, cache);
        let broken = errors(&linted);
        filter(&mut linted);
        (linted, broken)
    };
    let (mut linted, mut broken) = lint();
    for _ in 0..MAX_ROUNDS {
        let edits = choose(&linted, most, &blocked);
        if edits.is_empty() {
            break;
        }
        let before = fixed.texts.clone();
        for (path, (text, edits)) in &edits {
            let after: Arc<str> = Arc::from(apply(text, edits));
            cache.replace(path, Arc::clone(&after));
            let changed = Changed {
                before: Arc::clone(text),
                after: Arc::clone(&after),
            };
            fixed
                .texts
                .entry(path.clone())
                .and_modify(|changed| changed.after = after)
                .or_insert(changed);
        }
        let (now, errors) = lint();
        if errors > broken {
            // A fix that breaks the file isn't one.
            for (path, (text, _)) in edits {
                cache.replace(&path, text);
                blocked.insert(path);
            }
            fixed.texts = before;
            (linted, broken) = lint();
            continue;
        }
        fixed.fixes += edits.values().map(|(_, edits)| edits.fixes).sum::<usize>();
        (linted, broken) = (now, errors);
    }
    fixed
        .texts
        .retain(|_, changed| changed.before != changed.after);
    fixed.linted = linted;
    fixed
}

/// How much of the C can't be read.
fn errors(linted: &[Linted]) -> usize {
    let findings = linted.iter().flat_map(|file| &file.findings);
    findings
        .filter(|finding| {
            finding.category == Category::Lint && finding.severity() == Severity::Error
        })
        .count()
}

/// Changes of one text that don't touch each other.
#[derive(Debug, Default)]
struct Edits {
    /// By start.
    ranges: BTreeMap<(u32, u32), String>,
    fixes: usize,
}

impl Edits {
    fn is_free(&self, edit: &Edit) -> bool {
        // Neighbours can't be put in an order where one of them only inserts.
        let (start, end) = (edit.span.start, edit.span.end);
        self.ranges.keys().all(|&(from, to)| {
            let empty = start == end || from == to;
            if empty {
                end < from || to < start
            } else {
                end <= from || to <= start
            }
        })
    }
}

/// The fixes to make now: each whole or not at all, none in the way of another.
fn choose(
    linted: &[Linted],
    most: Applicability,
    blocked: &BTreeSet<PathBuf>,
) -> BTreeMap<PathBuf, (Arc<str>, Edits)> {
    let mut chosen: BTreeMap<PathBuf, (Arc<str>, Edits)> = BTreeMap::new();
    for file in linted {
        let fixes = file
            .findings
            .iter()
            .filter_map(|finding| finding.fix.as_ref())
            .filter(|fix| fix.applicability <= most && !fix.edits.is_empty());
        for fix in fixes {
            let Some(edits) = placed(&fix.edits, &file.files) else {
                continue;
            };
            let free = edits.iter().enumerate().all(|(at, (path, _, edit))| {
                let own = edits
                    .iter()
                    .take(at)
                    .any(|(other, _, before)| other == path && before.span.end > edit.span.start);
                let others = chosen
                    .get(path)
                    .is_none_or(|(_, edits)| edits.is_free(edit));
                !own && others && !blocked.contains(path)
            });
            if !free {
                continue;
            }
            let mut first = true;
            for (path, text, edit) in edits {
                let (_, edits) = chosen.entry(path).or_insert((text, Edits::default()));
                edits
                    .ranges
                    .insert((edit.span.start, edit.span.end), edit.text.clone());
                edits.fixes += usize::from(std::mem::take(&mut first));
            }
        }
    }
    chosen
}

/// Edits with the files that they are in, by place; none if one of them isn't the user's.
fn placed<'a>(edits: &'a [Edit], files: &SourceMap) -> Option<Vec<(PathBuf, Arc<str>, &'a Edit)>> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort();
    let placed = sorted.into_iter().map(|edit| {
        let file = files.get(edit.span.file)?;
        let range = edit.span.start as usize..edit.span.end as usize;
        let whole = is_own(files, edit.span) && file.text.get(range).is_some();
        whole.then(|| (file.path.clone(), Arc::clone(&file.text), edit))
    });
    placed.collect()
}

fn apply(text: &str, edits: &Edits) -> String {
    let mut done = String::with_capacity(text.len());
    let mut at = 0;
    for ((start, end), new) in &edits.ranges {
        done.push_str(text.get(at..*start as usize).unwrap_or_default());
        done.push_str(new);
        at = *end as usize;
    }
    done.push_str(text.get(at..).unwrap_or_default());
    done
}

/// The texts of files with comments that allow what was found.
pub fn insert(linted: &[Linted], reason: &str) -> BTreeMap<PathBuf, Changed> {
    let mut all: BTreeMap<PathBuf, (Arc<str>, Edits)> = BTreeMap::new();
    for file in linted {
        for (place, comment) in additions(&file.findings, &file.files, reason) {
            let Some(found) = file.files.get(place.file) else {
                continue;
            };
            let (_, edits) = all
                .entry(found.path.clone())
                .or_insert((Arc::clone(&found.text), Edits::default()));
            let edit = edits.ranges.entry((place.start, place.end)).or_default();
            edit.push_str(&comment);
        }
    }
    let changed = all.into_iter().map(|(path, (before, edits))| {
        let after = Arc::from(apply(&before, &edits));
        (path, Changed { before, after })
    });
    changed.collect()
}

/// Writes a text over a file, at once, if that still has the text that was changed.
///
/// # Errors
///
/// It has another one by now, or can't be written.
pub fn write(path: &Path, changed: &Changed) -> Result<()> {
    let name = path.display();
    // Through a link, to what it names.
    let target = path
        .canonicalize()
        .with_context(|| format!("can't find {name}"))?;
    let now = std::fs::read(&target).with_context(|| format!("can't read {name}"))?;
    if now != changed.before.as_bytes() {
        bail!("{name} was changed by somebody else in the meantime");
    }
    let failed = || format!("can't write {name}");
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
    file.write_all(changed.after.as_bytes())
        .with_context(failed)?;
    let permissions = std::fs::metadata(&target)
        .with_context(failed)?
        .permissions();
    file.as_file()
        .set_permissions(permissions)
        .with_context(failed)?;
    file.persist(&target).with_context(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::Code,
        lint::{Confidence, Finding, Fix},
        source::span::{FileId, FileKind, Span},
    };

    /// The text after fixes of these edits each, as far as they can be made at once.
    #[track_caller]
    fn check(text: &str, fixes: &[&[(u32, u32, &str)]], expected: &str) {
        let mut files = SourceMap::default();
        files.add("a.bpf.c".into(), Arc::from(text), FileKind::Main);
        let finding = |edits: &&[(u32, u32, &str)]| Finding {
            diagnostic: crate::diag::Diagnostic::warning(Code::new("L0000", "x"), None, "x"),
            confidence: Confidence::High,
            category: Category::Lint,
            fix: Some(Fix {
                title: String::new(),
                applicability: Applicability::Safe,
                edits: edits
                    .iter()
                    .map(|&(start, end, text)| Edit {
                        span: Span {
                            file: FileId(0),
                            start,
                            end,
                        },
                        text: text.to_owned(),
                    })
                    .collect(),
            }),
        };
        let linted = Linted {
            findings: fixes.iter().map(finding).collect(),
            files,
            path: "a.bpf.c".into(),
        };
        let chosen = choose(&[linted], Applicability::Safe, &BTreeSet::new());
        let after = chosen
            .get(Path::new("a.bpf.c"))
            .map_or(text.to_owned(), |(text, edits)| apply(text, edits));
        assert_eq!(after, expected);
    }

    #[test]
    fn fixes_that_dont_meet_are_made_together() {
        check("abcdef", &[&[(4, 5, "E")], &[(0, 1, "A")]], "AbcdEf");
        check(
            "abcdef",
            &[&[(0, 1, "A"), (2, 3, "C")], &[(1, 2, "B")]],
            "ABCdef",
        );
    }

    #[test]
    fn of_fixes_that_meet_the_first_is_made() {
        check("abcdef", &[&[(0, 3, "X")], &[(2, 4, "Y")]], "Xdef");
        check("abcdef", &[&[(2, 2, "X")], &[(2, 2, "Y")]], "abXcdef");
        check(
            "abcdef",
            &[&[(2, 4, "X")], &[(0, 1, "Y"), (3, 5, "Z")]],
            "abXef",
        );
    }

    #[test]
    fn a_fix_that_meets_itself_isnt_made() {
        check("abcdef", &[&[(0, 3, "X"), (1, 2, "Y")]], "abcdef");
        check("abcdef", &[&[(0, 9, "X")]], "abcdef");
    }
}
