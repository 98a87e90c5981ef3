//! A pointer of the kernel's that the program declares as a number.
//!
//! ## Why it matters
//! The value is the same, but nothing says any more that it is an address of the process: neither
//! the compiler nor a reader, nor what checks that it is read by the right helper (`__user` in the
//! kernel's `SYSCALL_DEFINEn`).
//!
//! ## Example
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd, unsigned long filename)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd, const char *filename)
//! ```
//!
//! ## Fix
//! Writes the kernel's type. Unsafe: the program may calculate with the number.

use crate::{
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule, context::Context, rule::Check, shared,
        tables::syscalls::ArgKind,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0104", "pointer-as-number"),
    severity: Severity::Note,
    confidence: Confidence::High,
    category: Category::Arguments,
    fix: Some(Applicability::Unsafe),
    source: include_str!("pointer_as_number.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for arg in shared::arguments(cx) {
        // A narrower one is another rule's.
        if arg.kernel.kind != ArgKind::Pointer || arg.int.is_none_or(|(bits, _)| bits < 64) {
            continue;
        }
        let finding = RULE.at(
            arg.own.span,
            format!(
                "`{}` is a number, and the kernel's `{}` a pointer",
                arg.name(),
                arg.kernel.text
            ),
        );
        findings.push(arg.offer(cx, finding));
    }
}
