//! Writes generated files into a folder that people work in.
//!
//! The folder holds a `.c2aya/` to be committed: `manifest.json`, which names every generated file
//! and the hashes of all inputs, and `base/`, a copy of each file as it was generated: what an edited
//! file was edited from, and what a merge begins with. Only files
//! that the manifest names are ever replaced, and only where nobody edited them since.
//!
//! A new version of a file that somebody edited is merged into it, if that is wanted, three ways: from
//! the copy in `base/`. Where it doesn't fit it is put beside, as `FILE.new`, and a copy of it into
//! `pending/`; once somebody has removed `FILE.new`, both are taken to be put together.
//!
//! A run first writes all new text aside, then `journal.json` (the manifest to be), then moves each
//! file to its place, and at last the journal to that of the manifest. Whatever a run leaves behind
//! that was cut off in between, the next one finishes: it knows the files of both.

mod manifest;
mod tree;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

pub use manifest::{Manifest, hash};
use tree::{At, Tree};

use crate::diag::{Code, Diagnostic};

/// The folder isn't one that c2aya wrote.
pub const FOREIGN_FOLDER: Code = Code::new("E0510", "folder-not-empty");
/// The folder or something in it can't be read or written.
pub const NOT_WRITTEN: Code = Code::new("E0511", "not-written");
/// What tells which files are c2aya's can't be read.
pub const BAD_MANIFEST: Code = Code::new("E0512", "manifest-unreadable");
/// A path would leave the folder.
pub const OUTSIDE: Code = Code::new("E0513", "path-outside-folder");
/// A generated file that somebody edited stays as it is.
pub const EDITED: Code = Code::new("W0510", "edited-file-kept");
/// A new version doesn't fit to what somebody edited.
pub const CONFLICT: Code = Code::new("W0512", "merge-conflict");
/// Another run writes to the folder.
pub const LOCKED: Code = Code::new("E0514", "folder-in-use");
/// A file that isn't c2aya's stands where one should be written.
pub const FOREIGN_FILE: Code = Code::new("W0511", "own-file-kept");

/// What is to be written.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The folder; made where it isn't there.
    pub folder: &'a Path,
    /// Paths from the folder, and texts.
    pub files: &'a BTreeMap<PathBuf, String>,
    /// Hashes of what the files were made from, by name.
    pub inputs: BTreeMap<String, String>,
    /// What the user asked for, as far as it decides about the files.
    pub options: Vec<String>,
    /// Files of c2aya's own, by name in `.c2aya/`.
    pub own: &'a BTreeMap<String, String>,
    /// Merges new versions into files that were edited, instead of leaving them as they are.
    pub merge: bool,
    /// Replaces files that were edited, and the user's own where they stand in the way.
    pub force: bool,
}

/// What was done; paths from the folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// New or changed.
    pub written: Vec<PathBuf>,
    /// As they should be already.
    pub unchanged: Vec<PathBuf>,
    /// Generated once, and now no more.
    pub removed: Vec<PathBuf>,
    /// Edited since they were generated, and nothing new to merge into them.
    pub edited: Vec<PathBuf>,
    /// Edited, and now with what is new.
    pub merged: Vec<PathBuf>,
    /// Edited where the new version differs, which stands beside them.
    pub conflicts: Vec<PathBuf>,
    /// Not touched, although they differ from what was generated.
    pub kept: Vec<PathBuf>,
    /// A warning for each that was kept.
    pub diagnostics: Vec<Diagnostic>,
}

/// Writes the files.
///
/// # Errors
///
/// The folder holds something and isn't c2aya's, a path leaves it, or something can't be read or
/// written; what was there before is then still there, whole.
pub fn write(request: &Request<'_>) -> Result<Report, Box<Diagnostic>> {
    let tree = Tree::open(request.folder)?;
    let _lock = tree.lock()?;
    let run = Run::prepare(&tree, request)?;
    if run.is_done() {
        return Ok(run.report);
    }
    if let Err(error) = run.stage(request) {
        tree.clean();
        return Err(error);
    }
    run.commit(usize::MAX)?;
    Ok(run.report)
}

/// The copy of a file as it was generated last; none where it isn't that of the manifest.
pub fn base(folder: &Path, manifest: &Manifest, path: &str) -> Option<String> {
    let tree = Tree::open(folder).ok()?;
    let (place, expected) = match manifest.pending.get(path) {
        Some(hash) => (PENDING, hash),
        None => (BASE, manifest.files.get(path)?),
    };
    let text = fs::read_to_string(tree.own(place).join(path)).ok()?;
    (hash(text.as_bytes()) == *expected).then_some(text)
}

/// What tells which files of a folder are c2aya's, and whether a run was cut off there.
///
/// # Errors
///
/// It can't be read.
pub fn manifest(folder: &Path) -> Result<(Option<Manifest>, bool), Box<Diagnostic>> {
    let tree = Tree::open(folder)?;
    Ok((
        tree.manifest("manifest.json")?,
        tree.manifest("journal.json")?.is_some(),
    ))
}

/// Copies of files as they were generated.
const BASE: &str = "base";
/// Copies of new versions that didn't fit to what was edited, until somebody has put them together.
const PENDING: &str = "pending";

/// Where a new version of an edited file is put that doesn't fit to the edit.
pub fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Write a generated file, or what it was merged to.
    Write(PathBuf, Option<String>),
    /// Keep a copy of a generated file.
    Keep(&'static str, PathBuf),
    /// Write a file of c2aya's own.
    Own(String),
    /// Remove a file that is generated no more.
    Remove(PathBuf),
}

struct Run<'a> {
    tree: &'a Tree,
    next: Manifest,
    /// The manifest that is there, if no run was cut off.
    whole: Option<Manifest>,
    steps: Vec<Step>,
    report: Report,
}

/// What is known from the last run, and from one that was cut off.
struct Known {
    last: Option<Manifest>,
    journal: Option<Manifest>,
}

impl Known {
    fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        [&self.last, &self.journal].into_iter().flatten()
    }

    /// What a file was generated as.
    fn before(&self, name: &str) -> BTreeSet<&str> {
        self.manifests()
            .filter_map(|manifest| manifest.files.get(name).map(String::as_str))
            .collect()
    }
}

impl<'a> Run<'a> {
    fn prepare(tree: &'a Tree, request: &Request<'_>) -> Result<Self, Box<Diagnostic>> {
        let known = Known {
            last: tree.manifest("manifest.json")?,
            journal: tree.manifest("journal.json")?,
        };
        if known.last.is_none() && known.journal.is_none() && !tree.is_empty()? {
            return Err(Diagnostic::error(
                FOREIGN_FOLDER,
                None,
                format!("`{}` is not empty, and c2aya didn't write it", tree.shown()),
            )
            .help("name a new folder, or an empty one")
            .into());
        }
        let mut run = Self {
            tree,
            next: Manifest::new(&request.inputs, &request.options),
            whole: None,
            steps: Vec::new(),
            report: Report::default(),
        };
        for (path, text) in request.files {
            run.file(request, &known, path, text)?;
        }
        run.stale(request, &known)?;
        for (name, text) in request.own {
            if fs::read_to_string(tree.own(name)).ok().as_ref() != Some(text) {
                run.steps.push(Step::Own(name.clone()));
            }
        }
        run.whole = known.last.filter(|_| known.journal.is_none());
        Ok(run)
    }

    /// Decides about one generated file.
    fn file(
        &mut self,
        request: &Request<'_>,
        known: &Known,
        path: &Path,
        text: &str,
    ) -> Result<(), Box<Diagnostic>> {
        let tree = self.tree;
        let name = tree::name(path)?;
        let new = hash(text.as_bytes());
        let before = known.before(&name);
        let at = tree.at(path)?;
        let written = match &at {
            At::Nothing => true,
            At::File(now) if *now == new => false,
            At::File(now) if before.contains(now.as_str()) => true,
            At::File(_) | At::Link if request.force => true,
            At::Folder => {
                return Err(tree.not_written(path, &io::Error::from(io::ErrorKind::IsADirectory)));
            }
            At::File(_) if request.merge && !before.is_empty() => {
                return self.edited(known, path, &name, text, &new);
            }
            At::File(_) | At::Link => {
                self.report.keep(path, !before.is_empty());
                // What is kept still descends from what was generated before; the user's own file
                // from nothing.
                if let Some(&before) = before.first() {
                    self.next.files.insert(name, before.to_owned());
                }
                return Ok(());
            }
        };
        if written {
            self.steps.push(Step::Write(path.to_owned(), None));
            self.report.written.push(path.to_owned());
        } else {
            self.report.unchanged.push(path.to_owned());
        }
        self.keep_copy(known, BASE, path, &name, &new);
        self.forget_beside(known, path, &name);
        self.next.files.insert(name, new);
        Ok(())
    }

    /// Decides about a file that a person edited: what is new is merged into it.
    fn edited(
        &mut self,
        known: &Known,
        path: &Path,
        name: &str,
        text: &str,
        new: &str,
    ) -> Result<(), Box<Diagnostic>> {
        let beside = beside(path);
        let waits = self.tree.at(&beside)? != At::Nothing;
        // A version that somebody has put together with the edit is what the next one comes after.
        let pending = (known.last.iter())
            .filter_map(|manifest| manifest.pending.get(name))
            .find(|_| !waits);
        let copy = |place: &str| fs::read_to_string(self.tree.own(place).join(path)).ok();
        let base = match pending {
            Some(pending) => copy(PENDING).filter(|text| hash(text.as_bytes()) == *pending),
            None => copy(BASE)
                .filter(|text| known.before(name).contains(hash(text.as_bytes()).as_str())),
        };
        let ours = fs::read_to_string(self.tree.path(path)).ok();
        let merged = match (&base, &ours) {
            (Some(base), Some(ours)) if base == text => Some(ours.clone()),
            (Some(base), Some(ours)) => diffy::merge(base, ours, text).ok(),
            _ => None,
        };
        match merged {
            Some(merged) if Some(&merged) == ours.as_ref() => {
                self.report.edited.push(path.to_owned());
            }
            Some(merged) => {
                self.steps.push(Step::Write(path.to_owned(), Some(merged)));
                self.report.merged.push(path.to_owned());
            }
            None => {
                let old = known.before(name).first().map(|&old| old.to_owned());
                self.next
                    .files
                    .extend(old.map(|old| (name.to_owned(), old)));
                self.next.pending.insert(name.to_owned(), new.to_owned());
                if self.tree.at(&beside)? != At::File(new.to_owned()) {
                    self.steps
                        .push(Step::Write(beside.clone(), Some(text.to_owned())));
                }
                self.keep_copy(known, PENDING, path, name, new);
                self.report.conflict(path, &beside);
                return Ok(());
            }
        }
        self.keep_copy(known, BASE, path, name, new);
        self.forget_beside(known, path, name);
        self.next.files.insert(name.to_owned(), new.to_owned());
        Ok(())
    }

    /// Keeps a copy of what was generated, unless it is there.
    fn keep_copy(
        &mut self,
        known: &Known,
        place: &'static str,
        path: &Path,
        name: &str,
        new: &str,
    ) {
        let kept = |manifest: &Manifest| {
            let files = match place {
                BASE => &manifest.files,
                _ => &manifest.pending,
            };
            files.get(name).is_some_and(|old| old == new)
        };
        let is_there = known.journal.is_none()
            && known.last.as_ref().is_some_and(kept)
            && self.tree.own(place).join(path).is_file();
        if !is_there {
            self.steps.push(Step::Keep(place, path.to_owned()));
        }
    }

    /// Removes a version that waited beside a file, unless it was edited itself.
    fn forget_beside(&mut self, known: &Known, path: &Path, name: &str) {
        let beside = beside(path);
        let waited = known
            .manifests()
            .filter_map(|manifest| manifest.pending.get(name));
        for hash in waited {
            if matches!(self.tree.at(&beside), Ok(At::File(now)) if now == *hash) {
                self.steps.push(Step::Remove(beside));
                return;
            }
        }
    }

    /// Decides about files that are generated no more.
    fn stale(&mut self, request: &Request<'_>, known: &Known) -> Result<(), Box<Diagnostic>> {
        let stale: BTreeSet<&String> = known
            .manifests()
            .flat_map(|manifest| manifest.files.keys())
            .filter(|name| !request.files.contains_key(Path::new(name)))
            .collect();
        for name in stale {
            let path = PathBuf::from(name);
            match self.tree.at(&path)? {
                At::Nothing => {}
                At::File(now) if request.force || known.before(name).contains(now.as_str()) => {
                    self.report.removed.push(path.clone());
                    self.steps.push(Step::Remove(path));
                }
                _ => self.report.keep(&path, true),
            }
        }
        Ok(())
    }

    /// Whether all is as it should be.
    fn is_done(&self) -> bool {
        self.whole.as_ref() == Some(&self.next) && self.steps.is_empty()
    }

    /// Writes all new text aside, and the journal.
    fn stage(&self, request: &Request<'_>) -> Result<(), Box<Diagnostic>> {
        self.tree.make()?;
        let empty = String::new();
        let mut texts = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            let text = match step {
                Step::Write(path, text) => {
                    self.tree.make_parents(path)?;
                    text.as_ref().or_else(|| request.files.get(path))
                }
                Step::Keep(_, path) => request.files.get(path),
                Step::Own(name) => request.own.get(name),
                Step::Remove(_) => continue,
            };
            texts.push((at.to_string(), text.unwrap_or(&empty).as_str()));
        }
        self.tree.stage_all(&texts)?;
        self.tree.stage("journal.json", &self.next.text())?;
        self.tree
            .publish("journal.json", &self.tree.own("journal.json"))?;
        self.tree.sync();
        Ok(())
    }

    /// Moves everything to its place, the manifest last; the first `steps` only, in tests.
    fn commit(&self, steps: usize) -> Result<(), Box<Diagnostic>> {
        for (at, step) in self.steps.iter().enumerate().take(steps) {
            let publish = |to: PathBuf| self.tree.publish(&at.to_string(), &to);
            match step {
                Step::Write(path, _) => publish(self.tree.path(path))?,
                Step::Keep(place, path) => publish(self.tree.own(place).join(path))?,
                Step::Own(name) => publish(self.tree.own(name))?,
                Step::Remove(path) => self.tree.remove(path)?,
            }
        }
        if steps < self.steps.len() {
            return Ok(());
        }
        self.tree.forget_copies(BASE, &self.next.files)?;
        self.tree.forget_copies(PENDING, &self.next.pending)?;
        let manifest = self.tree.own("manifest.json");
        let journal = self.tree.own("journal.json");
        fs::rename(&journal, &manifest)
            .map_err(|error| self.tree.not_written(&manifest, &error))?;
        self.tree.clean();
        Ok(())
    }
}

impl Report {
    fn conflict(&mut self, path: &Path, beside: &Path) {
        self.conflicts.push(path.to_owned());
        self.diagnostics.push(
            Diagnostic::warning(
                CONFLICT,
                None,
                format!(
                    "`{}` was edited where the new version differs: that is in `{}`",
                    path.display(),
                    beside.display()
                ),
            )
            .help("put both together, and remove the second"),
        );
    }

    fn keep(&mut self, path: &Path, generated: bool) {
        self.kept.push(path.to_owned());
        let shown = path.display();
        self.diagnostics.push(if generated {
            Diagnostic::warning(
                EDITED,
                None,
                format!("`{shown}` was edited since it was generated, and stays as it is"),
            )
            .note(
                None,
                format!("what it was edited from is in `.c2aya/base/{shown}`"),
            )
            .help("--force replaces it")
        } else {
            Diagnostic::warning(
                FOREIGN_FILE,
                None,
                format!("`{shown}` isn't c2aya's, and stays as it is"),
            )
            .help("--force replaces it")
        });
    }
}

#[cfg(test)]
mod tests;
