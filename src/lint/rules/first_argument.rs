//! An argument of a system call, read from the register that holds a function's parameter, where
//! some architectures keep it elsewhere.
//!
//! The first argument is found, and on s390x the sixth.
//!
//! ## Why it matters
//! The register of the first argument is also that of the result. So arm64, s390x, riscv64 and
//! powerpc64 keep the argument in `orig_x0`, `orig_gpr2`, `orig_a0` and `orig_gpr3`, which is what
//! libbpf's `PT_REGS_PARM1_SYSCALL` reads; `PT_REGS_PARM1` is the other one (`bpf_tracing.h`). They
//! differ where a debugger or seccomp has changed the call. For s390x, libbpf has no sixth parameter
//! at all.
//!
//! ## Example
//! ```c
//! struct pt_regs *regs = PT_REGS_SYSCALL_REGS(ctx);
//! int fd = PT_REGS_PARM1_CORE(regs);
//! ```
//!
//! Use instead:
//! ```c
//! struct pt_regs *regs = PT_REGS_SYSCALL_REGS(ctx);
//! int fd = PT_REGS_PARM1_CORE_SYSCALL(regs);
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
        shared::{self, Register, Regs},
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0204", "first-argument"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Convention,
    fix: Some(Applicability::Safe),
    source: include_str!("first_argument.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for read in shared::registers(cx) {
        let Some(number) = read.parameter else {
            continue;
        };
        if read.syscall || number == 4 || !matches!(read.regs, Regs::Saved | Regs::Copied) {
            continue;
        }
        let at = usize::from(number).saturating_sub(1);
        let differs = |arch: &Arch| {
            let table = arch.table();
            let (call, function) = (table.syscall.get(at), table.parameters.get(at));
            call.is_some() && call.map(|found| found.name) != function.map(|found| found.name)
        };
        let archs: Vec<_> = cx.settings.archs.iter().copied().filter(differs).collect();
        if archs.is_empty() {
            continue;
        }
        let message = format!(
            "`PT_REGS_{}` isn't where {} keep{} argument {number} of a system call",
            read.name,
            shared::list(&archs),
            if archs.len() == 1 { "s" } else { "" },
        );
        findings.push(syscall_macro(cx, &read, RULE.at(read.span, message)));
    }
}

/// Offers the macro for system calls in place of one for functions.
pub(super) fn syscall_macro(
    cx: &Context<'_>,
    read: &Register<'_, '_>,
    finding: Finding,
) -> Finding {
    let core = read.name.ends_with("_CORE") || read.regs == Regs::Saved;
    let better = format!(
        "PT_REGS_PARM{}{}_SYSCALL",
        read.parameter.unwrap_or(1),
        if core { "_CORE" } else { "" },
    );
    let title = format!("use `{better}`");
    match cx.text.word_at(read.span) {
        Some(word) if word.text.starts_with("PT_REGS_PARM") => {
            finding.fix(Applicability::Safe, title, [(word.span, better)])
        }
        _ => finding.help(title),
    }
}
