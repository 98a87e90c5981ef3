//! An argument that is signed where the kernel's isn't, or the reverse.
//!
//! ## Why it matters
//! Comparisons and conversions to 64 bits give other results: an `unsigned int` is never negative,
//! so that neither `AT_FDCWD` nor -1 is told from large numbers. The kernel's type is that of its
//! `SYSCALL_DEFINEn`; it isn't always the C library's (`read` takes an `unsigned int fd`).
//!
//! ## Example
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, unsigned int dfd)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd)
//! ```
//!
//! ## Fix
//! Writes the kernel's type. Unsafe: comparisons change.

use crate::{
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule, context::Context, rule::Check, shared,
        tables::syscalls::ArgKind,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0107", "argument-sign"),
    severity: Severity::Note,
    confidence: Confidence::High,
    category: Category::Arguments,
    fix: Some(Applicability::Unsafe),
    source: include_str!("argument_sign.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for arg in shared::arguments(cx) {
        let (Some((bits, signed)), ArgKind::Int { bits: wanted, signed: kernel, .. }) =
            (arg.int, arg.kernel.kind)
        else {
            continue;
        };
        if bits != wanted || signed == kernel {
            continue;
        }
        let is = |signed| if signed { "signed" } else { "unsigned" };
        let finding = RULE.at(
            arg.own.span,
            format!(
                "`{}` is {}, and the kernel's `{}` is {}",
                arg.name(),
                is(signed),
                arg.kernel.text,
                is(kernel)
            ),
        );
        findings.push(arg.offer(cx, finding));
    }
}
