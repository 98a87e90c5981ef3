//! The folder that is written to.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    path::{Component, Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{BAD_MANIFEST, LOCKED, Manifest, NOT_WRITTEN, OUTSIDE, hash};
use crate::diag::Diagnostic;

/// The folder of c2aya's own.
const OWN: &str = ".c2aya";
/// Where text is written before it is moved to its place, in c2aya's own folder.
const STAGE: &str = "new";

/// A folder, made or not.
pub(super) struct Tree {
    root: PathBuf,
}

/// What stands at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum At {
    Nothing,
    /// A file of that [hash](super::hash).
    File(String),
    /// A symbolic link, or something else that isn't a file.
    Link,
    Folder,
}

impl Tree {
    /// The folder, which may be a symbolic link to one.
    pub(super) fn open(folder: &Path) -> Result<Self, Box<Diagnostic>> {
        let tree = Self {
            root: folder.to_owned(),
        };
        match fs::metadata(folder) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => {
                let error = io::Error::from(io::ErrorKind::NotADirectory);
                return Err(tree.not_written(folder, &error));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(tree.not_written(folder, &error)),
        }
        // What is c2aya's own must lie in the folder.
        if fs::symlink_metadata(tree.root.join(OWN)).is_ok_and(|own| !own.is_dir()) {
            return Err(outside(Path::new(OWN)));
        }
        Ok(tree)
    }

    /// Keeps other runs out of the folder, where it is there and the system can do that.
    pub(super) fn lock(&self) -> Result<Option<fs::File>, Box<Diagnostic>> {
        let Ok(folder) = fs::File::open(&self.root) else {
            return Ok(None);
        };
        match folder.try_lock() {
            Err(fs::TryLockError::WouldBlock) => Err(Diagnostic::error(
                LOCKED,
                None,
                format!("another run of c2aya writes to `{}`", self.shown()),
            )
            .into()),
            _ => Ok(Some(folder)),
        }
    }

    /// Makes what was moved within c2aya's own folder last, where the system can do that.
    pub(super) fn sync(&self) {
        if let Ok(folder) = fs::File::open(self.root.join(OWN)) {
            let _ = folder.sync_all();
        }
    }

    /// Writes texts aside. The disk is waited for by several threads, as it takes long for each.
    pub(super) fn stage_all(&self, texts: &[(String, &str)]) -> Result<(), Box<Diagnostic>> {
        const THREADS: usize = 16;
        let next = AtomicUsize::new(0);
        let failed = Mutex::new(None);
        thread::scope(|scope| {
            for _ in 0..THREADS.min(texts.len()) {
                scope.spawn(|| {
                    while let Some((name, text)) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if let Err(error) = self.stage(name, text) {
                            let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                            failed.get_or_insert(error);
                            return;
                        }
                    }
                });
            }
        });
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// As messages name it.
    pub(super) fn shown(&self) -> std::path::Display<'_> {
        self.root.display()
    }

    /// A file of c2aya's own.
    pub(super) fn own(&self, name: &str) -> PathBuf {
        self.root.join(OWN).join(name)
    }

    pub(super) fn path(&self, path: &Path) -> PathBuf {
        self.root.join(path)
    }

    /// Whether nothing is in it. What a run left that was cut off before it had a journal is nothing.
    pub(super) fn is_empty(&self) -> Result<bool, Box<Diagnostic>> {
        let unreadable = |error: io::Error| self.not_written(&self.root, &error);
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(unreadable(error)),
        };
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            if entry.file_name() != OWN && !is_empty_folder(&entry.path()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn manifest(&self, name: &str) -> Result<Option<Manifest>, Box<Diagnostic>> {
        let path = self.own(name);
        let bad = |reason: String| {
            Diagnostic::error(
                BAD_MANIFEST,
                None,
                format!("can't read `{}`: {reason}", path.display()),
            )
            .help("without it c2aya can't tell which files are its own: restore it, or write to a new folder")
        };
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Manifest::parse(&text).map_err(bad)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(bad(error.to_string()).into()),
        }
    }

    /// What stands at a path, whose folders must be real ones.
    pub(super) fn at(&self, path: &Path) -> Result<At, Box<Diagnostic>> {
        let mut parent = self.root.clone();
        let parts: Vec<_> = path.components().collect();
        for part in parts.iter().take(parts.len().saturating_sub(1)) {
            parent.push(part);
            match fs::symlink_metadata(&parent) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(metadata) if metadata.is_symlink() => return Err(outside(path)),
                Ok(_) => {
                    let error = io::Error::from(io::ErrorKind::NotADirectory);
                    return Err(self.not_written(&parent, &error));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(At::Nothing),
                Err(error) => return Err(self.not_written(&parent, &error)),
            }
        }
        let path = self.path(path);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Ok(At::Folder),
            Ok(metadata) if metadata.is_file() => match fs::read(&path) {
                Ok(bytes) => Ok(At::File(hash(&bytes))),
                Err(error) => Err(self.not_written(&path, &error)),
            },
            Ok(_) => Ok(At::Link),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(At::Nothing),
            Err(error) => Err(self.not_written(&path, &error)),
        }
    }

    /// Makes the folder, and an empty one for what is written aside.
    pub(super) fn make(&self) -> Result<(), Box<Diagnostic>> {
        let stage = self.own(STAGE);
        let _ = fs::remove_dir_all(&stage);
        fs::create_dir_all(&stage).map_err(|error| self.not_written(&self.root, &error))
    }

    pub(super) fn make_parents(&self, path: &Path) -> Result<(), Box<Diagnostic>> {
        let path = self.path(path);
        let parent = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(parent).map_err(|error| self.not_written(parent, &error))
    }

    /// Writes a text aside.
    pub(super) fn stage(&self, name: &str, text: &str) -> Result<(), Box<Diagnostic>> {
        let path = self.own(STAGE).join(name);
        let write = || -> io::Result<()> {
            let mut file = fs::File::create(&path)?;
            file.write_all(text.as_bytes())?;
            file.sync_data()
        };
        write().map_err(|error| self.not_written(&path, &error))
    }

    /// Moves what was written aside to its place.
    pub(super) fn publish(&self, name: &str, to: &Path) -> Result<(), Box<Diagnostic>> {
        let from = self.own(STAGE).join(name);
        let publish = || -> io::Result<()> {
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::rename(&from, to)
        };
        publish().map_err(|error| self.not_written(to, &error))
    }

    /// Removes a file, and the folders that are empty without it.
    pub(super) fn remove(&self, path: &Path) -> Result<(), Box<Diagnostic>> {
        let file = self.path(path);
        fs::remove_file(&file).map_err(|error| self.not_written(&file, &error))?;
        self.prune(&self.root, path.parent());
        Ok(())
    }

    fn prune(&self, root: &Path, mut folder: Option<&Path>) {
        while let Some(path) = folder.filter(|path| !path.as_os_str().is_empty()) {
            // Fails where something is left in it.
            if fs::remove_dir(root.join(path)).is_err() {
                return;
            }
            folder = path.parent();
        }
    }

    /// Removes the copies of files that aren't among `files`.
    pub(super) fn forget_copies(
        &self,
        place: &str,
        files: &BTreeMap<String, String>,
    ) -> Result<(), Box<Diagnostic>> {
        let base = self.own(place);
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(base.join(&folder)) else {
                continue;
            };
            for entry in entries.flatten() {
                let path = folder.join(entry.file_name());
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                } else if !name(&path).is_ok_and(|name| files.contains_key(&name)) {
                    let file = base.join(&path);
                    fs::remove_file(&file).map_err(|error| self.not_written(&file, &error))?;
                    self.prune(&base, path.parent());
                }
            }
        }
        let _ = fs::remove_dir(base);
        Ok(())
    }

    /// Removes what was written aside, and c2aya's folder if nothing else is in it.
    pub(super) fn clean(&self) {
        // What can't be removed does no harm: the next run begins with an empty folder.
        let _ = fs::remove_dir_all(self.own(STAGE));
        let _ = fs::remove_dir(self.root.join(OWN));
    }

    pub(super) fn not_written(&self, path: &Path, error: &io::Error) -> Box<Diagnostic> {
        let shown = path.strip_prefix(&self.root).unwrap_or(path);
        let shown = if shown.as_os_str().is_empty() {
            path
        } else {
            shown
        };
        Diagnostic::error(
            NOT_WRITTEN,
            None,
            format!("can't write `{}`: {error}", shown.display()),
        )
        .into()
    }
}

/// Whether a folder has nothing but empty folders in it, as one is that a run made which was cut off.
fn is_empty_folder(path: &Path) -> bool {
    if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        return false;
    }
    fs::read_dir(path).is_ok_and(|mut entries| {
        entries.all(|entry| entry.is_ok_and(|entry| is_empty_folder(&entry.path())))
    })
}

/// A path as a manifest names it: plain names with `/` between them.
pub(super) fn name(path: &Path) -> Result<String, Box<Diagnostic>> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str().ok_or_else(|| outside(path))?),
            _ => return Err(outside(path)),
        }
    }
    if parts.is_empty() || parts.first() == Some(&OWN) {
        return Err(outside(path));
    }
    Ok(parts.join("/"))
}

fn outside(path: &Path) -> Box<Diagnostic> {
    Diagnostic::error(
        OUTSIDE,
        None,
        format!("`{}` would lead out of the folder", path.display()),
    )
    .help("a symbolic link stands where a folder should be")
    .into()
}
