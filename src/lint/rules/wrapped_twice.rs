//! Saved registers that are taken for the registers of the wrapper.
//!
//! ## Why it matters
//! `PT_REGS_SYSCALL_REGS(ctx)` is the first parameter of the function that a program sits on
//! (`bpf_tracing.h`): a pointer to the caller's registers. Applied to those, it is the first
//! argument of the system call, and whatever is read through it is wrong. `BPF_KSYSCALL` has done
//! that step already: its arguments are the call's, `struct pt_regs *` isn't one of them.
//!
//! ## Example
//! ```c
//! SEC("kprobe/__x64_sys_openat")
//! int BPF_KPROBE(openat_enter, struct pt_regs *regs)
//! {
//!     int dfd = PT_REGS_PARM1_CORE_SYSCALL(PT_REGS_SYSCALL_REGS(regs));
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd)
//! ```

use crate::{
    diag::{Code, Severity},
    ir::program::EntryMacro,
    lint::{
        Category, Confidence, Finding, Rule,
        context::{Context, pointee},
        flow::Taint,
        rule::Check,
        shared,
    },
    source::markers,
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0209", "wrapped-twice"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Convention,
    fix: None,
    source: include_str!("wrapped_twice.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (_, _, marker) in shared::marks(cx) {
        let (markers::SYSCALL_REGS, [(_, regs), ..]) = (marker.name, marker.args.as_slice()) else {
            continue;
        };
        if regs.taint.has(Taint::KERNEL_POINTER) && cx.is_own(marker.expr.span) {
            findings.push(RULE.at(
                marker.expr.span,
                "these are the caller's registers already, not the wrapper's",
            ));
        }
    }
    for program in &cx.programs {
        if shared::macro_of(program) != Some(EntryMacro::Ksyscall) {
            continue;
        }
        for arg in &program.args {
            if pointee(arg.ty).is_some_and(|to| shared::is_pt_regs(cx, to)) {
                findings.push(
                    RULE.at(
                        arg.span,
                        "BPF_KSYSCALL hands out the call's arguments, not registers",
                    )
                    .help("name the arguments here, or use BPF_KPROBE"),
                );
            }
        }
    }
}
