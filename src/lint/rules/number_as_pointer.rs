//! A number of the kernel's that the program declares as a pointer.
//!
//! Numbers as wide as a register (`unsigned long arg`) may be addresses, and aren't found.
//!
//! ## Why it matters
//! An argument that isn't an address can't be read from. Most often it is the argument beside that
//! was meant: the kernel's order is that of its `SYSCALL_DEFINEn`.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, const char *path)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd, const char *path)
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule, context::Context, rule::Check, shared,
        tables::syscalls::ArgKind,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0105", "number-as-pointer"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Arguments,
    fix: None,
    source: include_str!("number_as_pointer.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for arg in shared::arguments(cx) {
        let number = matches!(arg.kernel.kind, ArgKind::Int { word: false, .. });
        if arg.pointer && number {
            findings.push(RULE.at(
                arg.own.span,
                format!(
                    "`{}` is a pointer, and the kernel's `{}` a number",
                    arg.name(),
                    arg.kernel.text
                ),
            ));
        }
    }
}
