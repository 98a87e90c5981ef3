//! `vmlinux.h`, and any other file of declarations that is too long to be read whole.
//!
//! Such a file is neither preprocessed nor parsed as a whole. The preprocessor sees its directives;
//! its declarations are indexed by the names that they declare, once a run; and those that a file
//! reaches, by name, by value or through pointers that it follows, are put in front of it.

pub(crate) mod btf;
mod decl;
mod index;
mod names;
mod scan;
mod slice;

use std::path::Path;

pub(crate) use index::Index;
pub(crate) use slice::Slicer;

/// The include guard that bpftool writes.
const GUARD: &str = "__VMLINUX_H__";
/// How far into a file the guard is looked for.
const GUARD_WITHIN: usize = 2048;

/// A shorter file of another name than `vmlinux.h` is read whole: it adds to one, and may need what
/// that declares.
const LONG: usize = 64 << 10;

/// Whether the file at `path` is one of the kernel's types.
pub(crate) fn looks_like(path: &Path, text: &str) -> bool {
    let named = path
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| {
            let addition = name.starts_with("vmlinux") && name.ends_with(".h");
            name == "vmlinux.h" || addition && text.len() > LONG
        });
    let head = text.as_bytes().get(..GUARD_WITHIN);
    let head = head.unwrap_or(text.as_bytes());
    // Other headers ask whether it was included.
    let guarded = memchr::memmem::find(head, GUARD.as_bytes()).is_some_and(|at| {
        let (before, behind) = head.split_at(at);
        let behind = behind.get(GUARD.len()..).unwrap_or_default();
        let defines = behind.trim_ascii_start().strip_prefix(b"#define");
        before.trim_ascii_end().ends_with(b"#ifndef")
            && defines.is_some_and(|rest| rest.trim_ascii_start().starts_with(GUARD.as_bytes()))
    });
    named || guarded
}

#[cfg(test)]
mod tests;
