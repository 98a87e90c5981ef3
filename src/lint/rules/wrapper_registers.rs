//! `PT_REGS_PARMn(ctx)` on a function whose one argument is a pointer to the caller's registers.
//!
//! ## Why it matters
//! Where the kernel has system call wrappers (`arch/x86/include/asm/syscall_wrapper.h`, and
//! likewise for arm64, s390 and riscv), the context of a probe holds the wrapper's registers. The
//! first is the pointer to those that were saved, the others hold nothing of the call's. libbpf's
//! `BPF_KSYSCALL`, or `PT_REGS_SYSCALL_REGS` with `PT_REGS_PARMn_CORE_SYSCALL`, reads the saved
//! ones (`bpf_tracing.h`).
//!
//! ## Example
//! ```c
//! SEC("ksyscall/kill")
//! int kill_enter(struct pt_regs *ctx)
//! {
//!     int sig = PT_REGS_PARM2(ctx);
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/kill")
//! int BPF_KSYSCALL(kill_enter, pid_t pid, int sig)
//! ```

use std::collections::BTreeSet;

use crate::{
    c::{
        tree::{ExprKind, FunctionId},
        types::Kind,
    },
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::Context,
        rule::Check,
        shared::{self, Regs},
    },
    lower::c_walk,
    source::{markers, span::Span},
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0202", "wrapper-registers"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Convention,
    fix: None,
    source: include_str!("wrapper_registers.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for read in shared::registers(cx) {
        if read.regs != Regs::Context || !shared::wrapped(read.program) {
            continue;
        }
        let wrong = match read.parameter {
            None => false,
            // Or what libbpf's macro for a kernel without wrappers reads.
            Some(_) if read.syscall => true,
            // The saved registers, unless it is taken for something else.
            Some(1) => numbers(cx, read.program.id).contains(&read.span),
            Some(_) => true,
        };
        if wrong {
            findings.push(
                RULE.at(
                    read.span,
                    format!(
                        "`PT_REGS_{}` of the context is no argument of the system call where the \
                         kernel has wrappers",
                        read.name
                    ),
                )
                .help("use BPF_KSYSCALL, or read from PT_REGS_SYSCALL_REGS(ctx)"),
            );
        }
    }
}

/// Where a function makes a number of fewer than 64 bits of a register.
fn numbers(cx: &Context<'_>, id: FunctionId) -> BTreeSet<Span> {
    let mut found = BTreeSet::new();
    let body = cx.function(id).and_then(|function| function.body.as_ref());
    let Some(body) = body else { return found };
    c_walk::exprs_of_block(body, &mut |expr| {
        if let ExprKind::Cast { value, .. } = &expr.kind
            && let ExprKind::Builtin(name, _) = &value.kind
            && name.as_ref() == markers::PT_REGS
            && let Kind::Int(kind) = expr.ty.kind
            && kind.bits() < 64
        {
            found.insert(value.span);
        }
    });
    found
}
