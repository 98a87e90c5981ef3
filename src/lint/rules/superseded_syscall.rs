//! A system call that newer programs avoid, watched without the one that they make instead.
//!
//! All files of a run are looked at together.
//!
//! ## Why it matters
//! The C library's `open()` has made `openat` since glibc 2.26, and `fork()` makes `clone`; new
//! programs use `openat2` and `clone3` (`arch/x86/entry/syscalls/syscall_64.tbl` has them all). A
//! probe of the old call alone sees next to nothing, and whoever doesn't want to be seen knows it.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/open")
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/open")
//! SEC("ksyscall/openat")
//! SEC("ksyscall/openat2")
//! ```

use std::collections::BTreeSet;

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::{Run, Way},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0404", "superseded-syscall"),
    severity: Severity::Note,
    confidence: Confidence::Medium,
    category: Category::SystemCalls,
    fix: None,
    source: include_str!("superseded_syscall.rs"),
    check: Check::Run(check),
};

/// A call, and those of which at least the first has to be watched too.
const NEWER: &[(&str, &[&str])] = &[
    ("access", &["faccessat", "faccessat2"]),
    ("chmod", &["fchmodat", "fchmodat2"]),
    ("chown", &["fchownat"]),
    ("creat", &["openat"]),
    ("fork", &["clone", "clone3"]),
    ("link", &["linkat"]),
    ("mkdir", &["mkdirat"]),
    ("mknod", &["mknodat"]),
    ("newlstat", &["newfstatat", "statx"]),
    ("newstat", &["newfstatat", "statx"]),
    ("open", &["openat", "openat2"]),
    ("readlink", &["readlinkat"]),
    ("rename", &["renameat", "renameat2"]),
    ("rmdir", &["unlinkat"]),
    ("symlink", &["symlinkat"]),
    ("unlink", &["unlinkat"]),
    ("vfork", &["clone", "clone3"]),
];

fn check(run: &Run<'_>, findings: &mut Vec<(usize, Finding)>) {
    let programs = || run.files.iter().flat_map(|file| &file.programs);
    let watched: BTreeSet<&str> = programs()
        .filter_map(|program| Some(program.target.as_ref()?.call.as_str()))
        .collect();
    for (at, file) in run.files.iter().enumerate() {
        for program in &file.programs {
            let Some(target) = program.target.as_ref().filter(|target| !target.returns) else {
                continue;
            };
            let Some((_, newer)) = NEWER.iter().find(|(old, _)| *old == target.call) else {
                continue;
            };
            if newer.iter().any(|call| watched.contains(call))
                || !matches!(target.way, Way::Ksyscall | Way::Wrapper(_) | Way::Tracepoint)
            {
                continue;
            }
            let finding = RULE.at(
                program.section_span.unwrap_or(program.name_span),
                format!("most programs don't call `{}` any more", target.call),
            );
            findings.push((at, finding.help(format!("watch {} too", shared::join(newer)))));
        }
    }
}
