//! An argument of a type that is narrower than the kernel's.
//!
//! ## Why it matters
//! `BPF_KSYSCALL` converts the whole register to the type that the program declares (the
//! `unsigned long long` casts of `___bpf_syswrap_args` in libbpf's `bpf_tracing.h`), which cuts off
//! the upper bits: lengths and offsets from 4 GiB on, and half of every address.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/write")
//! int BPF_KSYSCALL(write_enter, unsigned int fd, const char *buf, int count)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/write")
//! int BPF_KSYSCALL(write_enter, unsigned int fd, const char *buf, size_t count)
//! ```
//!
//! ## Fix
//! Writes the kernel's type. Unsafe: what the program does with the argument may have to change too.

use crate::{
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule, context::Context, rule::Check, shared,
        tables::syscalls::ArgKind,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0103", "narrow-argument"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Arguments,
    fix: Some(Applicability::Unsafe),
    source: include_str!("narrow_argument.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for arg in shared::arguments(cx) {
        let Some((bits, _)) = arg.int else { continue };
        let wanted = match arg.kernel.kind {
            ArgKind::Pointer => 64,
            ArgKind::Int { bits, .. } => bits,
        };
        if bits >= wanted {
            continue;
        }
        let finding = RULE.at(
            arg.own.span,
            format!(
                "`{}` has {bits} bits, and the kernel's `{}` has {wanted}",
                arg.name(),
                arg.kernel.text
            ),
        );
        findings.push(arg.offer(cx, finding));
    }
}
