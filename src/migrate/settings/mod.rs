//! How each source is compiled, as far as the repository's build files say it.
//!
//! Nothing is run: lines that call clang for the BPF target are read, with variables filled in
//! where their values stand in the same files. A word in which something stays unknown is dropped.

mod cargo;
mod cmake;
mod go;
mod make;
mod meson;

use std::path::{Path, PathBuf};

pub(super) use cargo::skeletons;
pub(super) use go::bpf2go;

use super::{
    codes,
    discover::{Beside, Found, Kind},
};
use crate::{
    diag::Diagnostic,
    source::{
        self,
        compile_commands::{CompileCommands, take},
        normal,
    },
};

/// Stands for what isn't known in a word.
const UNKNOWN: char = '\u{1}';
/// Longer words are made by mistake.
const MAX_LENGTH: usize = 64 << 10;

/// A call of clang.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Where it stands, as `net/Makefile:12`.
    pub at: String,
    /// The folder that its paths start from, from the repository's.
    pub folder: PathBuf,
    /// The sources that it names, from the repository's folder; none where it is for all in its
    /// folder and below.
    pub sources: Vec<PathBuf>,
    /// Its words.
    pub words: Vec<String>,
}

/// All that a repository says about how its sources are compiled.
#[derive(Debug, Default)]
pub struct Settings {
    databases: Vec<(PathBuf, CompileCommands)>,
    calls: Vec<Call>,
}

impl Settings {
    /// Reads the build files that were found, and the database that the user named.
    pub fn read(
        repository: &Path,
        found: &Found,
        database: Option<&Path>,
    ) -> (Self, Vec<Diagnostic>) {
        let mut settings = Self::default();
        let mut diagnostics = Vec::new();
        let found_databases = found
            .beside
            .iter()
            .filter(|beside| beside.kind == Kind::Database)
            .map(|beside| repository.join(&beside.path));
        for path in database
            .map(Path::to_owned)
            .into_iter()
            .chain(found_databases)
        {
            match CompileCommands::read(&path) {
                Ok(commands) => {
                    let shown = path.strip_prefix(repository).unwrap_or(&path);
                    settings.databases.push((shown.to_owned(), commands));
                }
                Err(error) => diagnostics.push(
                    Diagnostic::warning(codes::BAD_DATABASE, None, format!("{error:#}"))
                        .help("sources are read as the other build files say"),
                ),
            }
        }
        for beside in &found.beside {
            settings.calls.extend(match beside.kind {
                Kind::Make => make::calls(repository, beside),
                Kind::CMake => cmake::calls(beside),
                Kind::Meson => meson::calls(beside),
                Kind::Go => go::calls(beside),
                Kind::Rust if is_build_script(&beside.path) => cargo::calls(beside),
                _ => Vec::new(),
            });
        }
        (settings, diagnostics)
    }

    /// Sources that a build file names.
    pub fn named(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.calls.iter().flat_map(|call| {
            let sources = call.sources.iter();
            sources.map(|source| (source.as_path(), call.at.as_str()))
        })
    }

    /// The options for a source, behind `options`, and where they come from.
    pub fn of(
        &self,
        repository: &Path,
        source: &Path,
        options: &source::Options,
    ) -> (source::Options, Vec<String>) {
        let full = repository.join(source);
        for (path, commands) in &self.databases {
            if commands.has(&full)
                && let Ok(options) = commands.add(&full, options)
            {
                return (tidy(options), vec![path.display().to_string()]);
            }
        }
        let mut calls: Vec<&Call> = self
            .calls
            .iter()
            .filter(|call| call.sources.iter().any(|named| named == source))
            .collect();
        if calls.is_empty() {
            let around = |call: &&Call| call.sources.is_empty() && source.starts_with(&call.folder);
            let nearest = self.calls.iter().filter(around);
            let depth = nearest.map(|call| call.folder.components().count()).max();
            calls = self
                .calls
                .iter()
                .filter(around)
                .filter(|call| Some(call.folder.components().count()) == depth)
                .collect();
        }
        let mut options = options.clone();
        let mut from = Vec::new();
        for call in calls {
            take(
                &known(&call.words),
                &repository.join(&call.folder),
                &mut options,
            );
            from.push(call.at.clone());
        }
        (tidy(options), from)
    }
}

/// Each folder and macro once, paths without detours.
fn tidy(mut options: source::Options) -> source::Options {
    fn once<T: PartialEq>(list: &mut Vec<T>) {
        let mut at = 0;
        while at < list.len() {
            if list
                .iter()
                .take(at)
                .any(|earlier| Some(earlier) == list.get(at))
            {
                list.remove(at);
            } else {
                at += 1;
            }
        }
    }
    for list in [
        &mut options.includes,
        &mut options.system_includes,
        &mut options.forced,
    ] {
        for path in list.iter_mut() {
            *path = normal(path);
        }
        once(list);
    }
    once(&mut options.defines);
    once(&mut options.undefines);
    options
}

/// The words without those in which something is unknown, and without options that these belong to.
fn known(words: &[String]) -> Vec<String> {
    const TAKES_ONE: [&str; 7] = [
        "-I",
        "-D",
        "-U",
        "-isystem",
        "-idirafter",
        "-iquote",
        "-include",
    ];
    let mut known: Vec<String> = Vec::new();
    for word in words {
        if word.contains(UNKNOWN) {
            let open = |last: &String| TAKES_ONE.contains(&last.as_str());
            if known.last().is_some_and(open) {
                known.pop();
            }
        } else {
            known.push(word.clone());
        }
    }
    known
}

/// Whether a command compiles for BPF.
fn is_bpf(words: &[String]) -> bool {
    let mut before = "";
    words.iter().any(|word| {
        let joined = ["-target=", "--target="]
            .iter()
            .find_map(|option| word.strip_prefix(option));
        let apart = matches!(before, "-target" | "--target").then_some(word.as_str());
        before = word;
        joined
            .or(apart)
            .is_some_and(|target| target.starts_with("bpf"))
    })
}

/// The C files that a command names.
fn sources(words: &[String], folder: &Path) -> Vec<PathBuf> {
    let named = words
        .iter()
        .filter(|word| word.ends_with(".c") && !word.starts_with('-') && !word.contains(UNKNOWN));
    named.map(|word| normal(&folder.join(word))).collect()
}

/// A build script of a Rust package.
pub(super) fn is_build_script(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "build.rs")
}

/// The folder of a file that was found.
fn folder_of(beside: &Beside) -> PathBuf {
    beside.path.parent().unwrap_or(Path::new("")).to_owned()
}

#[cfg(test)]
mod tests;
