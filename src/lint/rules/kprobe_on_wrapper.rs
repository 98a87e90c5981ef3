//! `BPF_KPROBE` with the arguments of a system call, on a function that doesn't take them.
//!
//! ## Why it matters
//! Where the kernel has system call wrappers (`arch/x86/include/asm/syscall_wrapper.h`, and
//! likewise for arm64, s390 and riscv), `__x64_sys_openat` takes one argument: a pointer to the
//! registers that hold the caller's. `BPF_KPROBE` hands out the wrapper's own registers, so that the
//! first argument is that pointer, and the others are garbage. `BPF_KSYSCALL` knows both.
//!
//! ## Example
//! ```c
//! SEC("kprobe/__x64_sys_openat")
//! int BPF_KPROBE(openat_enter, int dfd, const char *filename)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd, const char *filename)
//! ```
//!
//! ## Fix
//! Writes `BPF_KSYSCALL`. Safe with two arguments and more, as no wrapper has two; unsafe with one.

use crate::{
    c::types::Kind,
    diag::{Code, Severity},
    ir::program::EntryMacro,
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::{Context, Program, pointee},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0201", "kprobe-on-wrapper"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Convention,
    fix: Some(Applicability::Unsafe),
    source: include_str!("kprobe_on_wrapper.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        if shared::macro_of(program) != Some(EntryMacro::Kprobe) || !shared::wrapped(program) {
            continue;
        }
        if program.args.is_empty() || takes_registers(cx, program) {
            continue;
        }
        let finding = RULE.at(
            program.function.name_span,
            format!(
                "`{}` reads the registers of the wrapper, not the system call's arguments",
                program.function.name
            ),
        );
        findings.push(match shared::written_macro(program) {
            Some((_, place)) => {
                let applicability = if program.args.len() > 1 {
                    Applicability::Safe
                } else {
                    Applicability::Unsafe
                };
                let edit = (place, "BPF_KSYSCALL".to_owned());
                finding.fix(applicability, "use `BPF_KSYSCALL`", [edit])
            }
            None => finding.help("use BPF_KSYSCALL"),
        });
    }
}

/// Whether the first argument is the registers, by whatever pointer: as a number it is no more than
/// unusual.
pub(super) fn takes_registers(cx: &Context<'_>, program: &Program<'_>) -> bool {
    let first = program.args.first().and_then(|first| pointee(first.ty));
    first.is_some_and(|to| shared::is_pt_regs(cx, to) || matches!(to.kind, Kind::Void))
}
