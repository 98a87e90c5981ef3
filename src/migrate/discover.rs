//! Finds what there is to do in a repository: BPF sources, files that say how they are compiled, and
//! files of user space that load the objects.

use std::{
    collections::HashSet,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ignore::{
    WalkBuilder, WalkState,
    overrides::{Override, OverrideBuilder},
};
use memchr::memmem;

use super::codes;
use crate::diag::Diagnostic;

/// Larger files are neither C sources nor build files.
const MAX_FILE: u64 = 4 << 20;

/// Where to look, and for what.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// The repository's folder.
    pub repository: &'a Path,
    /// The folder that is written to, which isn't searched.
    pub output: Option<&'a Path>,
    /// Globs of the only sources that are taken; all where there is none.
    pub include: &'a [String],
    /// Globs of sources that are left out.
    pub exclude: &'a [String],
    /// Takes BPF sources without system call probes too.
    pub all_bpf: bool,
    /// How many threads to search with.
    pub jobs: usize,
}

/// A C file, and why it is a BPF source or stays out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// From the repository's folder.
    pub path: PathBuf,
    /// What speaks for it, or against it.
    pub why: String,
}

/// What kind of file says how sources are compiled, or loads objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `Makefile`, `*.mk`
    Make,
    /// `CMakeLists.txt`, `*.cmake`
    CMake,
    /// `meson.build`
    Meson,
    /// `compile_commands.json`
    Database,
    /// Go.
    Go,
    /// Rust; a build script is one called `build.rs`.
    Rust,
    /// C or C++ of user space.
    C,
}

/// A file beside the sources, with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// From the repository's folder.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// Its text; that of a database isn't read here.
    pub text: String,
}

/// What was found, each list sorted by path.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What is to be ported.
    pub sources: Vec<Source>,
    /// C files with BPF programs that aren't taken, and with `all_bpf` those without that lie beside
    /// sources.
    pub left_out: Vec<Source>,
    /// Build files and user space.
    pub beside: Vec<Beside>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

/// Searches a repository.
///
/// # Errors
///
/// It is no folder, or a glob is none.
pub fn discover(search: &Search<'_>) -> Result<Found, Box<Diagnostic>> {
    let bad = |message: String| Box::new(Diagnostic::error(codes::NO_REPOSITORY, None, message));
    let root = search.repository;
    if !root.is_dir() {
        return Err(bad(format!("`{}` is no folder", root.display())));
    }
    let real_root = root
        .canonicalize()
        .map_err(|error| bad(format!("can't read `{}`: {error}", root.display())))?;
    let globs = |globs: &[String]| -> Result<Override, Box<Diagnostic>> {
        let mut builder = OverrideBuilder::new(root);
        for glob in globs {
            builder.add(glob).map_err(|error| bad(error.to_string()))?;
        }
        builder.build().map_err(|error| bad(error.to_string()))
    };
    let (include, exclude) = (globs(search.include)?, globs(search.exclude)?);
    let taken = |path: &Path| {
        let fits = |set: &Override| {
            path.ancestors()
                .any(|part| set.matched(part, false).is_whitelist())
        };
        (search.include.is_empty() || fits(&include))
            && (search.exclude.is_empty() || !fits(&exclude))
    };

    let output = search.output.and_then(|output| output.canonicalize().ok());
    let walk = WalkBuilder::new(root)
        .follow_links(true)
        .require_git(false)
        // The same on every machine.
        .git_global(false)
        .git_exclude(false)
        .threads(search.jobs.max(1))
        .filter_entry(move |entry| {
            if entry.depth() == 0 {
                return true;
            }
            let real = || entry.path().canonicalize().unwrap_or_default();
            if entry.path_is_symlink() && !real().starts_with(&real_root) {
                return false;
            }
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            // What c2aya wrote, now or before, is no source.
            !(is_folder
                && (entry.path().join(".c2aya/manifest.json").is_file()
                    || output.as_ref().is_some_and(|output| *output == real())))
        })
        .build_parallel();

    let found = Mutex::new(Found::default());
    // C files without programs.
    let others = Mutex::new(Vec::new());
    let visit = |entry: Result<ignore::DirEntry, ignore::Error>| {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                found.diagnostics.push(unreadable(&error, root));
                return WalkState::Continue;
            }
        };
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            return WalkState::Continue;
        }
        let Ok(path) = entry.path().strip_prefix(root) else {
            return WalkState::Continue;
        };
        let source = look_at(path, entry.path(), search.all_bpf, &taken, &found);
        if !source && search.all_bpf && path.extension().is_some_and(|extension| extension == "c") {
            let mut others = others.lock().unwrap_or_else(PoisonError::into_inner);
            others.push(path.to_owned());
        }
        WalkState::Continue
    };
    walk.run(|| Box::new(visit));

    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    beside_sources(others, &mut found);
    databases(root, &mut found);
    found.sources.sort_by(|a, b| a.path.cmp(&b.path));
    found.left_out.sort_by(|a, b| a.path.cmp(&b.path));
    found.beside.sort_by(|a, b| a.path.cmp(&b.path));
    found.diagnostics.sort_by(|a, b| a.message.cmp(&b.message));
    once(root, &mut found);
    Ok(found)
}

/// Who wants all that is BPF wants to know why a file isn't.
fn beside_sources(others: Mutex<Vec<PathBuf>>, found: &mut Found) {
    let folders: HashSet<Option<&Path>> = found
        .sources
        .iter()
        .map(|source| source.path.parent())
        .collect();
    let others = others.into_inner().unwrap_or_else(PoisonError::into_inner);
    let beside = others
        .into_iter()
        .filter(|path| folders.contains(&path.parent()))
        .map(|path| Source {
            path,
            why: "no BPF program stands in it".to_owned(),
        });
    found.left_out.extend(beside);
}

/// Sorts one file into what was found; whether it is a C file with programs, or named so.
fn look_at(
    path: &Path,
    full: &Path,
    all_bpf: bool,
    taken: &dyn Fn(&Path) -> bool,
    found: &Mutex<Found>,
) -> bool {
    let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
    let beside = |kind, text| {
        lock().beside.push(Beside {
            path: path.to_owned(),
            kind,
            text,
        });
    };
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    let extension = path.extension().and_then(|extension| extension.to_str());
    let kind = match (name, extension) {
        ("compile_commands.json", _) => {
            beside(Kind::Database, String::new());
            return false;
        }
        ("Makefile" | "GNUmakefile" | "makefile" | "Kbuild", _) | (_, Some("mk")) => Kind::Make,
        ("CMakeLists.txt", _) | (_, Some("cmake")) => Kind::CMake,
        ("meson.build", _) => Kind::Meson,
        (_, Some("go")) => Kind::Go,
        (_, Some("rs")) => Kind::Rust,
        (_, Some("c" | "cc" | "cpp" | "cxx" | "h" | "hpp")) => Kind::C,
        _ => return false,
    };
    let named = name.ends_with(".bpf.c") || name.ends_with("_kern.c");
    let text = match read(full) {
        Ok(text) => text,
        Err(why) => {
            if named && taken(full) {
                // It is named as one that can't be ported.
                let why = "its name".to_owned();
                let path = path.to_owned();
                lock().sources.push(Source { path, why });
            } else {
                let message = format!("can't read `{}`: {why}", path.display());
                lock()
                    .diagnostics
                    .push(Diagnostic::warning(codes::UNREADABLE, None, message));
            }
            return true;
        }
    };
    if kind != Kind::C {
        let wanted = match kind {
            Kind::Go => ["bpf2go", "cilium/ebpf"].as_slice(),
            Kind::Rust => &["libbpf_cargo", "libbpf_rs", ".skel.rs"],
            _ => &["bpf"],
        };
        if wanted.iter().any(|word| has(&text, word)) {
            beside(kind, text);
        }
        return false;
    }
    if extension == Some("c") {
        match recognise(name, &text, all_bpf, full) {
            Recognised::Source(why) => {
                let path = path.to_owned();
                if taken(full) {
                    lock().sources.push(Source { path, why });
                } else {
                    let why = "left out by --include or --exclude".to_owned();
                    lock().left_out.push(Source { path, why });
                }
                return true;
            }
            Recognised::LeftOut(why) => {
                let (path, why) = (path.to_owned(), why.to_owned());
                lock().left_out.push(Source { path, why });
                return true;
            }
            Recognised::No => {}
        }
    }
    if has(&text, ".skel.h\"") || has(&text, "bpf_object__open") {
        beside(kind, text);
    }
    false
}

/// What a C file is.
#[derive(Debug, PartialEq, Eq)]
enum Recognised {
    Source(String),
    LeftOut(&'static str),
    No,
}

fn recognise(name: &str, text: &str, all_bpf: bool, full: &Path) -> Recognised {
    let wanted = all_bpf || name.ends_with("_kern.c");
    let programs = has_programs(text) || wanted && includes_programs(text, full);
    let calls = ["BPF_KSYSCALL", "BPF_KPROBE_SYSCALL"]
        .into_iter()
        .find(|word| has(text, word));
    match (programs, calls) {
        _ if name.ends_with(".bpf.c") => Recognised::Source("its name ends in .bpf.c".to_owned()),
        (true, _) if name.ends_with("_kern.c") => {
            Recognised::Source("its name ends in _kern.c, and it has programs".to_owned())
        }
        (true, Some(word)) => Recognised::Source(format!("it has programs and uses {word}")),
        (true, None) if all_bpf => Recognised::Source("it has programs (--all-bpf)".to_owned()),
        (true, None) => {
            Recognised::LeftOut("it has programs, but no system call probes: --all-bpf takes it")
        }
        (false, _) if all_bpf && includes_bpf(text) && has(text, "SEC(") => {
            Recognised::Source("it has BPF sections (--all-bpf)".to_owned())
        }
        (false, _) => Recognised::No,
    }
}

fn includes_bpf(text: &str) -> bool {
    has(text, "bpf_helpers.h") || has(text, "vmlinux.h")
}

/// Whether anything stands in a section that programs stand in.
fn has_programs(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = memmem::find(rest.as_bytes(), b"SEC(\"") {
        rest = rest.get(at + 5..).unwrap_or_default();
        let section = rest.split('"').next().unwrap_or_default();
        let data =
            section.starts_with('.') || matches!(section, "license" | "version" | "maps" | "");
        if !data {
            return true;
        }
    }
    false
}

/// Whether a file beside the source, which it includes, has programs: that is all that some sources do.
fn includes_programs(text: &str, full: &Path) -> bool {
    let folder = full.parent().unwrap_or(Path::new(""));
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix('#'))
        .filter_map(|line| line.trim_start().strip_prefix("include"))
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        .filter(|name| *name != "vmlinux.h")
        .any(|name| read(&folder.join(name)).is_ok_and(|text| has_programs(&text)))
}

fn has(text: &str, word: &str) -> bool {
    memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

/// The text of a file; what isn't UTF-8 in it doesn't matter here.
fn read(path: &Path) -> Result<String, String> {
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

fn unreadable(error: &ignore::Error, root: &Path) -> Diagnostic {
    if let Some((ancestor, child)) = loop_of(error) {
        let shown = |path: &Path| {
            path.strip_prefix(root)
                .unwrap_or(path)
                .display()
                .to_string()
        };
        let message = format!(
            "`{}` leads back to `{}`, and isn't followed",
            shown(child),
            shown(ancestor)
        );
        return Diagnostic::warning(codes::LINK_LOOP, None, message);
    }
    let text = error.to_string();
    let root = format!("{}/", root.display());
    let message = format!("can't read {}", text.replace(&root, ""));
    Diagnostic::warning(codes::UNREADABLE, None, message)
}

fn loop_of(error: &ignore::Error) -> Option<(&Path, &Path)> {
    match error {
        ignore::Error::Loop { ancestor, child } => Some((ancestor, child)),
        ignore::Error::WithPath { err, .. }
        | ignore::Error::WithDepth { err, .. }
        | ignore::Error::WithLineNumber { err, .. } => loop_of(err),
        _ => None,
    }
}

/// Databases lie where they are often ignored: in the repository's folder, or in that of the build.
fn databases(root: &Path, found: &mut Found) {
    for folder in ["", "build", "builddir", "out"] {
        let path = Path::new(folder).join("compile_commands.json");
        let known = found.beside.iter().any(|beside| beside.path == path);
        if !known && root.join(&path).is_file() {
            found.beside.push(Beside {
                path,
                kind: Kind::Database,
                text: String::new(),
            });
        }
    }
}

/// Leaves one of several ways to the same source.
fn once(root: &Path, found: &mut Found) {
    let mut paths: Vec<(bool, PathBuf, PathBuf)> = found
        .sources
        .iter()
        .filter_map(|source| {
            let real = root.join(&source.path).canonicalize().ok()?;
            let direct = root.canonicalize().ok()?.join(&source.path) == real;
            Some((!direct, source.path.clone(), real))
        })
        .collect();
    paths.sort();
    let mut seen = HashSet::new();
    let again: HashSet<PathBuf> = paths
        .into_iter()
        .filter_map(|(_, path, real)| (!seen.insert(real)).then_some(path))
        .collect();
    let (again, sources) = std::mem::take(&mut found.sources)
        .into_iter()
        .partition(|source| again.contains(&source.path));
    found.sources = sources;
    for source in again {
        found.left_out.push(Source {
            path: source.path,
            why: "another way to a source that is taken".to_owned(),
        });
    }
}

#[cfg(test)]
mod tests;
