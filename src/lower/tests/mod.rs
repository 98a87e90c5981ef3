//! What C becomes, as pseudo-code of the IR.

mod comments;
mod control;
mod core;
mod differential;
mod expressions;
mod idioms;
mod programs;

use std::path::PathBuf;

use super::{Options, lower};
use crate::{
    arch::Arch,
    c,
    diag::{Diagnostic, Severity},
    ir::{Object, dump},
    source::{self, span::SourceMap},
};

const HEAD: &str = r#"#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
"#;

/// A file of the user's, lowered; and what there is to say about it.
fn port(text: &str) -> (Object, Vec<Diagnostic>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path: PathBuf = folder.path().join("probe.bpf.c");
    std::fs::write(&path, text).expect("a file");
    let mut files = SourceMap::default();
    let cache = source::Cache::default();
    let options = source::Options::default();
    let (unit, mut diagnostics) = source::read(&path, &options, Arch::X86_64, &cache, &mut files);
    let unit = unit.unwrap_or_else(|| panic!("{diagnostics:#?}"));
    let (tree, more) = c::analyze(&unit, &files);
    diagnostics.extend(more);
    let (object, more) = lower(&files, unit.main, &tree, &Options::default());
    diagnostics.extend(more);
    (object, diagnostics)
}

/// Lowers text that has no errors.
#[track_caller]
fn port_well(text: &str) -> Object {
    let (object, diagnostics) = port(text);
    let errors: Vec<_> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{text}\n{errors:#?}");
    object
}

/// What a program in `SEC("kprobe/f")` with parameters of common types becomes.
#[track_caller]
fn check(statements: &str, expected: &str) {
    check_with("", statements, expected);
}

/// Likewise, behind declarations.
#[track_caller]
fn check_with(declarations: &str, statements: &str, expected: &str) {
    let text = format!(
        "{HEAD}{declarations}\nSEC(\"kprobe/f\")\nint BPF_KPROBE(probe, int a, unsigned int b, \
         long c, unsigned long d, char *p, struct task_struct *t)\n{{\n{statements}\n}}\n"
    );
    let object = port_well(&text);
    let program = object.programs.first().expect("a program");
    let found = dump::body(&object, &program.function);
    assert_eq!(trimmed(&found), trimmed(expected), "{found}");
}

/// What all of a file becomes.
#[track_caller]
fn check_object(text: &str, expected: &str) {
    let object = port_well(&format!("{HEAD}{text}"));
    let found = dump::object(&object);
    let found = found.strip_prefix("object probe\n").unwrap_or(&found);
    assert_eq!(trimmed(found), trimmed(expected), "{found}");
}

/// The codes and messages of all errors, and how many programs are left.
#[track_caller]
fn check_errors(text: &str, expected: &[&str], programs: usize) {
    let (object, diagnostics) = port(&format!("{HEAD}{text}"));
    let found: Vec<String> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| format!("{} {}", diagnostic.code.id, diagnostic.message))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(object.programs.len(), programs);
}

/// Lines without indentation, empty ones left out.
fn trimmed(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n")
}
