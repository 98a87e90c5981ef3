//! The fourth argument of a system call, read as the fourth parameter of a function.
//!
//! ## Why it matters
//! On x86_64 the instruction `syscall` overwrites `rcx`, in which functions take their fourth
//! parameter; system calls take it in `r10` (`arch/x86/entry/entry_64.S`). libbpf's
//! `PT_REGS_PARM4` is the former, `PT_REGS_PARM4_SYSCALL` the latter (`bpf_tracing.h`).
//!
//! ## Example
//! ```c
//! struct pt_regs *regs = PT_REGS_SYSCALL_REGS(ctx);
//! int mode = PT_REGS_PARM4_CORE(regs);
//! ```
//!
//! Use instead:
//! ```c
//! struct pt_regs *regs = PT_REGS_SYSCALL_REGS(ctx);
//! int mode = PT_REGS_PARM4_CORE_SYSCALL(regs);
//! ```
//!
//! ## Fix
//! Safe: it writes the macro for system calls, which differs in nothing else.

use crate::{
    arch::Arch,
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::Context,
        rule::Check,
        shared::{self, Regs},
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0203", "fourth-argument"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Convention,
    fix: Some(Applicability::Safe),
    source: include_str!("fourth_argument.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    if !cx.settings.archs.contains(&Arch::X86_64) {
        return;
    }
    for read in shared::registers(cx) {
        if read.parameter != Some(4)
            || read.syscall
            || !matches!(read.regs, Regs::Saved | Regs::Copied)
        {
            continue;
        }
        findings.push(super::first_argument::syscall_macro(
            cx,
            &read,
            RULE.at(
                read.span,
                format!(
                    "`PT_REGS_{}` is rcx on x86_64, and the fourth argument of a system call is r10",
                    read.name
                ),
            ),
        ));
    }
}
