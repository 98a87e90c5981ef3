//! Finding and reading files: the user's, those of folders that the user named, the embedded ones.

use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    io::{self, Read},
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    arch::Arch,
    source::{
        Cache, Options, VmlinuxSource, blanks, bombs, copies,
        span::FileKind,
        standins,
        vmlinux::{self, Index},
    },
};

/// The folder that embedded headers seem to lie in.
pub(crate) const EMBEDDED: &str = "<c2aya>";
/// A C source larger than this is no C source; the largest `vmlinux.h` has 5 MB.
pub(crate) const MAX_FILE: u64 = 32 << 20;
/// How many files, with repetitions, one file may include.
const MAX_READS: usize = 20_000;
/// How many bytes, with repetitions, one file may include.
const MAX_BYTES: usize = 256 << 20;

/// A file that an include found.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    /// As the search named it; embedded files lie in [`EMBEDDED`].
    pub path: PathBuf,
    /// All of it, as the positions of diagnostics count.
    pub text: Arc<str>,
    pub kind: FileKind,
    /// What the preprocessor is to see, where that is something else.
    pub edited: Option<Arc<str>>,
    /// The index, for kernel types that are pulled in by name.
    pub index: Option<Arc<Index>>,
}

impl Opened {
    /// What the preprocessor is to see of it: all, or its directives only.
    pub fn visible(&self) -> Arc<str> {
        if let Some(edited) = &self.edited {
            return Arc::clone(edited);
        }
        self.index
            .as_ref()
            .map_or_else(|| blanks::plain(&self.text), |index| index.directives())
    }
}

/// Why reading stopped for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    TooManyIncludes(PathBuf),
    TooLarge(PathBuf),
    InvalidUtf8 {
        path: PathBuf,
        offset: usize,
    },
    Unreadable {
        path: PathBuf,
        why: String,
    },
    InvalidBtf {
        path: PathBuf,
        why: String,
    },
    /// Macros that this file defines or uses expand to too much.
    TooMuch(PathBuf),
}

/// The files of one unit.
#[derive(Debug)]
pub(crate) struct Headers<'a> {
    options: &'a Options,
    cache: &'a Cache,
    arch: Arch,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    opened: HashMap<PathBuf, Opened>,
    reads: usize,
    bytes: usize,
    stop: Option<Stop>,
    /// What was looked for and isn't there.
    missing: BTreeSet<PathBuf>,
    /// The user's own files so far, for what their macros expand to.
    own: Vec<Arc<str>>,
}

impl<'a> Headers<'a> {
    pub fn new(options: &'a Options, cache: &'a Cache, arch: Arch) -> Self {
        Self {
            options,
            cache,
            arch,
            state: Mutex::default(),
        }
    }

    /// The folder for embedded headers, which a search tries last.
    pub fn embedded_folder() -> PathBuf {
        PathBuf::from(EMBEDDED)
    }

    /// Reads the main file.
    pub fn main(&self, path: &Path) -> Result<Opened, Stop> {
        let text = self.cache.read(path)?;
        let opened = Opened {
            edited: None,
            path: path.to_owned(),
            text,
            kind: FileKind::Main,
            index: None,
        };
        let mut state = self.lock();
        state.opened.insert(path.to_owned(), opened.clone());
        match state.watch(&opened) {
            Some(stop) => Err(stop),
            None => Ok(opened),
        }
    }

    /// The file at `path`, which a search for an include tries.
    ///
    /// # Errors
    ///
    /// Not found, also after reading has stopped for good; see [`stopped`](Self::stopped).
    pub fn open(&self, path: &Path) -> io::Result<Opened> {
        let not_found = || io::Error::from(io::ErrorKind::NotFound);
        {
            let mut state = self.lock();
            if state.stop.is_some() {
                return Err(not_found());
            }
            if let Some(opened) = state.opened.get(path).cloned() {
                state.count(&opened);
                return if state.stop.is_some() {
                    Err(not_found())
                } else {
                    Ok(opened)
                };
            }
        }
        match self.find(path) {
            Ok(Some(opened)) => {
                let mut state = self.lock();
                state.count(&opened);
                state.opened.insert(path.to_owned(), opened.clone());
                if let Some(stop) = state.watch(&opened) {
                    state.stop.get_or_insert(stop);
                }
                if state.stop.is_some() {
                    return Err(not_found());
                }
                Ok(opened)
            }
            Ok(None) => Err(not_found()),
            Err(stop) => {
                self.lock().stop.get_or_insert(stop);
                Err(not_found())
            }
        }
    }

    /// Why reading stopped for good, if it did.
    pub fn stopped(&self) -> Option<Stop> {
        self.lock().stop.clone()
    }

    /// What was looked for and isn't there.
    pub fn missing(&self) -> BTreeSet<PathBuf> {
        self.lock().missing.clone()
    }

    /// What [`open`](Self::open) and [`main`](Self::main) found at `path`.
    pub fn opened(&self, path: &Path) -> Option<Opened> {
        self.lock().opened.get(path).cloned()
    }

    /// Everything found, sorted by path.
    pub fn all(&self) -> Vec<Opened> {
        let mut all: Vec<_> = self.lock().opened.values().cloned().collect();
        all.sort_by(|a, b| a.path.cmp(&b.path));
        all.dedup_by(|a, b| a.path == b.path);
        all
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, path: &Path) -> Result<Option<Opened>, Stop> {
        if let Some(copied) = copies::as_written(path) {
            return self.as_written(copied).map(Some);
        }
        if let Some((name, text)) = standins::libbpf(path) {
            return self.libbpf(path, name, text);
        }
        let is_vmlinux = path.file_name().is_some_and(|name| name == "vmlinux.h");
        if is_vmlinux && let Some(source) = &self.options.vmlinux {
            let (path, text, index) = self.cache.vmlinux(source)?;
            return Ok(Some(Opened {
                edited: None,
                path,
                text,
                kind: FileKind::Vmlinux,
                index: Some(index),
            }));
        }
        if let Ok(inside) = path.strip_prefix(EMBEDDED) {
            if is_vmlinux {
                return Ok(Some(self.cache.embedded_vmlinux(self.arch)));
            }
            return Ok(
                standins::kernel(&normal(inside)).map(|(name, text)| self.embedded(name, text))
            );
        }
        if !path.is_file() {
            self.lock().missing.insert(path.to_owned());
            return Ok(None);
        }
        let text = self.cache.read(path)?;
        let index = vmlinux::looks_like(path, &text).then(|| self.cache.index(path, &text));
        let kind = if index.as_ref().is_some_and(Option::is_some) {
            FileKind::Vmlinux
        } else if self
            .options
            .system_includes
            .iter()
            .any(|folder| path.starts_with(folder))
        {
            FileKind::System
        } else {
            FileKind::Local
        };
        Ok(Some(Opened {
            edited: None,
            path: path.to_owned(),
            text,
            kind,
            index: index.flatten(),
        }))
    }

    /// A header of libbpf's: what stands in for it, which knows of a copy of the program's own.
    fn libbpf(&self, path: &Path, name: &str, text: &'static str) -> Result<Option<Opened>, Stop> {
        if path.starts_with(EMBEDDED) {
            return Ok(Some(self.embedded(name, text)));
        }
        if !path.is_file() {
            self.lock().missing.insert(path.to_owned());
            return Ok(None);
        }
        let mut system = self.options.system_includes.iter();
        if standins::macros().all(|(macros, _)| macros != name)
            || system.any(|folder| path.starts_with(folder))
        {
            return Ok(Some(self.embedded(name, text)));
        }
        let text = self.cache.read(path)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let stand_in: Arc<str> = copies::stand_in(&file, &text).into();
        Ok(Some(Opened {
            edited: None,
            path: Path::new(EMBEDDED)
                .join("copies")
                .join(path.strip_prefix("/").unwrap_or(path)),
            text: stand_in,
            kind: FileKind::StandIn,
            index: None,
        }))
    }

    fn as_written(&self, path: PathBuf) -> Result<Opened, Stop> {
        let text = self.cache.read(&path)?;
        Ok(Opened {
            edited: Some(copies::visible(&text).into()),
            path,
            text,
            kind: FileKind::System,
            index: None,
        })
    }

    fn embedded(&self, name: &str, text: &'static str) -> Opened {
        let path = Path::new(EMBEDDED).join(name);
        let text = self.cache.embedded(name, text);
        let index = standins::is_indexed(name)
            .then(|| self.cache.index(&path, &text))
            .flatten();
        Opened {
            edited: None,
            path,
            text,
            kind: FileKind::StandIn,
            index,
        }
    }
}

impl State {
    /// Adds one of the user's own files; whether all of them expand to too much then.
    fn watch(&mut self, opened: &Opened) -> Option<Stop> {
        if opened.index.is_some() || !matches!(opened.kind, FileKind::Main | FileKind::Local) {
            return None;
        }
        self.own.push(Arc::clone(&opened.text));
        bombs::explode(&self.own).then(|| Stop::TooMuch(opened.path.clone()))
    }

    fn count(&mut self, opened: &Opened) {
        self.reads += 1;
        self.bytes += opened.index.as_ref().map_or(opened.text.len(), |_| 0);
        if self.reads > MAX_READS || self.bytes > MAX_BYTES {
            self.stop
                .get_or_insert_with(|| Stop::TooManyIncludes(opened.path.clone()));
        }
    }
}

/// `path` with `.` and, where that is only a matter of text, `..` resolved.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(normal.components().next_back(), Some(Component::Normal(_))) =>
            {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// Reads the whole of a file, at most [`MAX_FILE`] bytes.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Stop> {
    let unreadable = |why: String| Stop::Unreadable {
        path: path.to_owned(),
        why,
    };
    if path.is_dir() {
        return Err(unreadable("it is a directory".into()));
    }
    let file = File::open(path).map_err(|error| unreadable(reason(&error)))?;
    // One more, so that the end is seen without growing. A file of the kernel's own may say nothing.
    let length = file.metadata().map_or(0, |about| about.len()).min(MAX_FILE);
    let mut bytes = Vec::with_capacity(usize::try_from(length + 1).unwrap_or_default());
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(reason(&error)))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Stop::TooLarge(path.to_owned()));
    }
    Ok(bytes)
}

/// What went wrong, without the number of the operating system.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}

impl Cache {
    /// The text of a file, read once.
    pub(crate) fn read(&self, path: &Path) -> Result<Arc<str>, Stop> {
        if let Some(known) = lock(&self.texts).get(path) {
            return known.clone();
        }
        let text = read_bytes(path).and_then(|bytes| {
            String::from_utf8(bytes)
                .map(Arc::from)
                .map_err(|error| Stop::InvalidUtf8 {
                    path: path.to_owned(),
                    offset: error.utf8_error().valid_up_to(),
                })
        });
        lock(&self.texts).insert(path.to_owned(), text.clone());
        text
    }

    /// Takes `text` for what the file holds from now on.
    pub fn replace(&self, path: &Path, text: Arc<str>) {
        lock(&self.texts).insert(path.to_owned(), Ok(text));
        lock(&self.indices).remove(path);
    }

    /// The text of an embedded file, shared.
    fn embedded(&self, name: &str, text: &'static str) -> Arc<str> {
        let path = Path::new(EMBEDDED).join(name);
        let mut texts = lock(&self.texts);
        match texts.get(&path) {
            Some(Ok(known)) => Arc::clone(known),
            _ => {
                let text: Arc<str> = Arc::from(text);
                texts.insert(path, Ok(Arc::clone(&text)));
                text
            }
        }
    }

    /// The index of a file of declarations, made once; none where it has to be preprocessed.
    pub(crate) fn index(&self, path: &Path, text: &Arc<str>) -> Option<Arc<Index>> {
        if let Some(known) = lock(&self.indices).get(path) {
            return known.clone();
        }
        let index = Index::new(text).map(Arc::new);
        lock(&self.indices).insert(path.to_owned(), index.clone());
        index
    }

    fn embedded_vmlinux(&self, arch: Arch) -> Opened {
        let (name, text) = standins::vmlinux(arch);
        let path = Path::new(EMBEDDED).join(name);
        let known = lock(&self.texts).get(&path).cloned();
        let text = match known {
            Some(Ok(text)) => text,
            _ => {
                let text: Arc<str> = Arc::from(text());
                lock(&self.texts).insert(path.clone(), Ok(Arc::clone(&text)));
                text
            }
        };
        Opened {
            edited: None,
            index: self.index(&path, &text),
            path,
            text,
            kind: FileKind::Vmlinux,
        }
    }

    fn vmlinux(&self, source: &VmlinuxSource) -> Result<(PathBuf, Arc<str>, Arc<Index>), Stop> {
        let (path, text) = match source {
            VmlinuxSource::File(path) => (path, self.read(path)?),
            VmlinuxSource::Btf(path) => (path, self.read_btf(path)?),
        };
        let index = match self.index(path, &text) {
            Some(index) => index,
            None => Arc::new(Index::unconditional(&text)),
        };
        Ok((path.clone(), text, index))
    }

    fn read_btf(&self, path: &Path) -> Result<Arc<str>, Stop> {
        if let Some(known) = lock(&self.texts).get(path) {
            return known.clone();
        }
        let text = read_bytes(path).and_then(|bytes| {
            vmlinux::btf::to_c(&bytes)
                .map(Arc::from)
                .map_err(|why| Stop::InvalidBtf {
                    path: path.to_owned(),
                    why,
                })
        });
        lock(&self.texts).insert(path.to_owned(), text.clone());
        text
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
