//! Writes generated files into a folder that people work in.
//!
//! The folder holds a `.c2aya/` to be committed: `manifest.json`, which names every generated file
//! and the hashes of all inputs, and `base/`, a copy of each file as it was generated: what an edited
//! file was edited from, and what a merge begins with. Only files
//! that the manifest names are ever replaced, and only where nobody edited them since.
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
    let run = Run::prepare(&tree, request)?;
    if run.is_done() {
        return Ok(run.report);
    }
    if let Err(error) = run.stage(request) {
        tree.clean();
        return Err(error);
    }
    run.commit()?;
    Ok(run.report)
}

/// What will be done about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Write,
    Remove,
    Leave,
}

struct Run<'a> {
    tree: &'a Tree,
    next: Manifest,
    /// The manifest that is there, if no run was cut off.
    whole: Option<Manifest>,
    actions: BTreeMap<PathBuf, Action>,
    report: Report,
}

impl<'a> Run<'a> {
    fn prepare(tree: &'a Tree, request: &Request<'_>) -> Result<Self, Box<Diagnostic>> {
        let last = tree.manifest("manifest.json")?;
        let journal = tree.manifest("journal.json")?;
        if last.is_none() && journal.is_none() && !tree.is_empty()? {
            return Err(Diagnostic::error(
                FOREIGN_FOLDER,
                None,
                format!("`{}` is not empty, and c2aya didn't write it", tree.shown()),
            )
            .help("name a new folder, or an empty one")
            .into());
        }
        let mut next = Manifest::new(&request.inputs, &request.options);
        let mut report = Report::default();
        let mut actions = BTreeMap::new();
        let known = |path: &str| -> BTreeSet<&str> {
            let hashes = [&last, &journal].into_iter().flatten();
            hashes
                .filter_map(|manifest| manifest.files.get(path).map(String::as_str))
                .collect()
        };

        for (path, text) in request.files {
            let name = tree::name(path)?;
            let new = hash(text.as_bytes());
            let before = known(&name);
            let at = tree.at(path)?;
            let action = match &at {
                At::Nothing => Action::Write,
                At::File(now) if *now == new => Action::Leave,
                At::File(now) if before.contains(now.as_str()) => Action::Write,
                At::File(_) | At::Link if request.force => Action::Write,
                At::Folder => {
                    return Err(
                        tree.not_written(path, &io::Error::from(io::ErrorKind::IsADirectory))
                    );
                }
                At::File(_) | At::Link => {
                    report.keep(path, !before.is_empty());
                    Action::Leave
                }
            };
            match action {
                Action::Write => report.written.push(path.clone()),
                _ if !report.kept.contains(path) => report.unchanged.push(path.clone()),
                _ => {}
            }
            // What is kept still descends from what was generated before; the user's own file from
            // nothing.
            if !report.kept.contains(path) {
                next.files.insert(name, new);
            } else if let Some(&before) = before.first() {
                next.files.insert(name, before.to_owned());
            }
            actions.insert(path.clone(), action);
        }

        let stale: BTreeSet<&String> = [&last, &journal]
            .into_iter()
            .flatten()
            .flat_map(|manifest| manifest.files.keys())
            .filter(|name| !request.files.contains_key(Path::new(name)))
            .collect();
        for name in stale {
            let path = PathBuf::from(name);
            let before = known(name);
            match tree.at(&path)? {
                At::Nothing => {}
                At::File(now) if request.force || before.contains(now.as_str()) => {
                    report.removed.push(path.clone());
                    actions.insert(path, Action::Remove);
                }
                _ => report.keep(&path, true),
            }
        }
        let whole = last.filter(|_| journal.is_none());
        Ok(Self {
            tree,
            next,
            whole,
            actions,
            report,
        })
    }

    /// Whether all is as it should be.
    fn is_done(&self) -> bool {
        self.whole.as_ref() == Some(&self.next)
            && self.actions.values().all(|action| *action == Action::Leave)
    }

    /// Writes all new text aside, and the journal.
    fn stage(&self, request: &Request<'_>) -> Result<(), Box<Diagnostic>> {
        self.tree.make()?;
        for (at, (path, text)) in request.files.iter().enumerate() {
            if self.actions.get(path) == Some(&Action::Write) {
                self.tree.make_parents(path)?;
                self.tree.stage(&at.to_string(), text)?;
            }
            if !self.report.kept.contains(path) {
                self.tree.stage(&format!("base-{at}"), text)?;
            }
        }
        self.tree.stage("journal.json", &self.next.text())?;
        self.tree
            .publish("journal.json", &self.tree.own("journal.json"))
    }

    /// Moves everything to its place, the manifest last.
    fn commit(&self) -> Result<(), Box<Diagnostic>> {
        let files = self
            .actions
            .iter()
            .filter(|(_, action)| **action != Action::Remove);
        for (at, (path, action)) in files.enumerate() {
            if *action == Action::Write {
                self.tree.publish(&at.to_string(), &self.tree.path(path))?;
            }
            if !self.report.kept.contains(path) {
                let base = self.tree.own("base").join(path);
                self.tree.publish(&format!("base-{at}"), &base)?;
            }
        }
        for (path, action) in &self.actions {
            if *action == Action::Remove {
                self.tree.remove(path)?;
            }
        }
        self.tree.forget_bases(&self.next)?;
        let manifest = self.tree.own("manifest.json");
        let journal = self.tree.own("journal.json");
        fs::rename(&journal, &manifest)
            .map_err(|error| self.tree.not_written(&manifest, &error))?;
        self.tree.clean();
        Ok(())
    }
}

impl Report {
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
                format!("what would have been written is in `.c2aya/base/{shown}`"),
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
