//! An argument of a type that is wider than the kernel's.
//!
//! ## Why it matters
//! The kernel looks at the lower half of the register only (`__SC_CAST` and `__SC_LONG` in
//! `include/linux/syscalls.h`); the upper half is what the process left in it. A negative number
//! that was passed as 32 bits, such as `AT_FDCWD`, appears as 4294967196.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, long dfd)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd)
//! ```
//!
//! ## Fix
//! Writes the kernel's type. Unsafe: what the program stores or prints may change its width.

use crate::{
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule, context::Context, rule::Check, shared,
        tables::syscalls::ArgKind,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0106", "wide-argument"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Arguments,
    fix: Some(Applicability::Unsafe),
    source: include_str!("wide_argument.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for arg in shared::arguments(cx) {
        // Modes have 16 bits in the kernel and 32 in user space.
        let (Some((64, _)), ArgKind::Int { bits: wanted, .. }) = (arg.int, arg.kernel.kind) else {
            continue;
        };
        if wanted > 32 {
            continue;
        }
        let finding = RULE.at(
            arg.own.span,
            format!(
                "`{}` has 64 bits, and the kernel's `{}` has {wanted}",
                arg.name(),
                arg.kernel.text
            ),
        );
        findings.push(arg.offer(cx, finding));
    }
}
