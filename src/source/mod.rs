//! A C file and all that it includes: finding headers, preprocessing, `vmlinux.h` slices, positions.
//!
//! [`read`] turns a file into a [`Unit`]: GNU C that lang-c parses, each byte of which knows the
//! place in the user's file that it came from. libbpf's macros arrive as the [`markers`] that
//! later stages know, never as what they expand to.

pub mod asks;
mod assemble;
mod blanks;
mod bombs;
pub mod codes;
pub mod compile_commands;
mod copies;
mod headers;
pub mod lex;
pub mod markers;
mod meanings;
mod messages;
mod outside;
mod preprocess;
mod read;
mod rewrite;
pub mod span;
pub(crate) mod standins;
mod token;
pub mod trivia;
pub mod unit;
mod uses;
mod vmlinux;

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

pub(crate) use headers::normal;
pub use token::Unroll;
pub use trivia::{Comment, CommentKind, Trivia};
pub use unit::{Define, KernelTypes, MacroUse, MacroUses, PositionMap, Unit};

use crate::{
    arch::Arch,
    diag::Diagnostic,
    source::{
        headers::Stop,
        span::{FileId, FileKind, SourceFile, SourceMap},
        vmlinux::Index,
    },
};

/// How to read C files: the command line's part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-I`, in order.
    pub includes: Vec<PathBuf>,
    /// `-isystem`, in order, searched behind all of [`includes`](Self::includes).
    pub system_includes: Vec<PathBuf>,
    /// `-D`: `NAME`, `NAME=VALUE` or `NAME(PARAMETERS)=VALUE`.
    pub defines: Vec<String>,
    /// `-U`, heeded after every [`defines`](Self::defines).
    pub undefines: Vec<String>,
    /// `--include`: files read before the main one.
    pub forced: Vec<PathBuf>,
    /// `--cpp`: a preprocessor to run instead of the built-in one, as a shell would split it.
    pub cpp: Option<String>,
    /// Where kernel types come from if the file's own includes don't say; the embedded set if
    /// this doesn't either.
    pub vmlinux: Option<VmlinuxSource>,
}

impl fmt::Display for Options {
    /// As a compiler's command line has them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths = |flag: &str, list: &[PathBuf]| -> Vec<String> {
            list.iter()
                .map(|path| format!("{flag}{}", path.display()))
                .collect()
        };
        let texts = |flag: &str, list: &[String]| -> Vec<String> {
            list.iter().map(|text| format!("{flag}{text}")).collect()
        };
        let words = [
            paths("-I", &self.includes),
            paths("-isystem ", &self.system_includes),
            paths("-include ", &self.forced),
            texts("-D", &self.defines),
            texts("-U", &self.undefines),
        ];
        f.write_str(&words.concat().join(" "))
    }
}

/// Where the kernel's types come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VmlinuxSource {
    /// A `vmlinux.h` (`--vmlinux FILE`).
    File(PathBuf),
    /// Raw BTF, as in `/sys/kernel/btf/vmlinux` (`--btf FILE`).
    Btf(PathBuf),
}

/// What one run reads once: files and indices of `vmlinux.h`. Can be shared between threads.
#[derive(Debug, Default)]
pub struct Cache {
    texts: Mutex<HashMap<PathBuf, Result<Arc<str>, Stop>>>,
    indices: Mutex<HashMap<PathBuf, Option<Arc<Index>>>>,
}

/// Reads `file` as for one architecture. Definitions that are about another one are left out.
///
/// The unit is absent only where nothing can be made of the file; diagnostics of severity error
/// can come with a unit, where the rest is still worth looking at.
pub fn read(
    file: &Path,
    options: &Options,
    arch: Arch,
    cache: &Cache,
    files: &mut SourceMap,
) -> (Option<Unit>, Vec<Diagnostic>) {
    let mut options = options.clone();
    options.defines.retain(|define| {
        let name = define.split(['=', '(']).next().unwrap_or(define);
        !asks::of_another(name, arch)
    });
    read::Reader::new(&options, arch, cache, files).read(file)
}

/// The comments and blank lines of a file of the user's own.
pub fn trivia(files: &SourceMap, file: FileId) -> Option<Trivia> {
    let SourceFile { text, kind, .. } = files.get(file)?;
    matches!(kind, FileKind::Main | FileKind::Local).then(|| Trivia::new(file, text))
}

#[cfg(test)]
mod tests;
