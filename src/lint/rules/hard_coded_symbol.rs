//! The function of a system call by one architecture's name for it.
//!
//! ## Why it matters
//! `__x64_sys_openat` is there on x86_64 only; on arm64 it is `__arm64_sys_openat`, on s390x
//! `__s390x_sys_openat`, and a kernel without wrappers has other names still. With `ksyscall/openat`
//! libbpf finds out (`attach_ksyscall` and `arch_specific_syscall_pfx` in `libbpf.c`); so there is
//! no need for a `SYS_PREFIX` of one's own.
//!
//! ## Example
//! ```c
//! SEC("kprobe/__x64_sys_openat")
//! int BPF_KSYSCALL(openat_enter, int dfd, const char *filename)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd, const char *filename)
//! ```
//!
//! ## Fix
//! Writes `ksyscall/…` or `kretsyscall/…`, and `BPF_KSYSCALL` for `BPF_KPROBE`. Safe where libbpf's macros for system calls are used;
//! else unsafe, as the program may rely on the wrapper.

use super::kprobe_on_wrapper::takes_registers;
use crate::{
    diag::{Code, Severity},
    ir::program::EntryMacro,
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::{Context, Program, Way},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0207", "hard-coded-symbol"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Convention,
    fix: Some(Applicability::Unsafe),
    source: include_str!("hard_coded_symbol.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        let Some(target) = &program.target else {
            continue;
        };
        let Way::Wrapper(arch) = target.way else {
            continue;
        };
        let Some(function) = shared::probed_function(program) else {
            continue;
        };
        if function.starts_with("sys_") || function.contains('+') {
            continue;
        }
        let span = program.section_span.unwrap_or(program.function.name_span);
        let finding = RULE.at(
            span,
            format!("`{function}` is there on {} only", arch.name()),
        );
        findings.push(portable(cx, program, finding));
    }
}

/// Offers the section by which libbpf finds the function.
pub(super) fn portable(cx: &Context<'_>, program: &Program<'_>, finding: Finding) -> Finding {
    let Some(target) = &program.target else {
        return finding;
    };
    let head = if target.returns { "kretsyscall" } else { "ksyscall" };
    let section = format!("{head}/{}", target.call);
    let title = format!("use `{section}`");
    let macro_ = shared::macro_of(program);
    let applicability = match macro_ {
        Some(EntryMacro::Ksyscall) if !target.returns => Applicability::Safe,
        Some(EntryMacro::Kretprobe) if target.returns => Applicability::Safe,
        _ => Applicability::Unsafe,
    };
    match program.section_span.filter(|span| cx.is_own(*span)) {
        Some(span) if cx.written(span).starts_with('"') => {
            let mut edits = vec![(span, format!("\"{section}\""))];
            // There, arguments are read by the macro for system calls only.
            let arguments = macro_ == Some(EntryMacro::Kprobe)
                && !target.returns
                && !takes_registers(cx, program)
                && !program.args.is_empty();
            if let (true, Some((_, name))) = (arguments, shared::written_macro(program)) {
                edits.push((name, "BPF_KSYSCALL".to_owned()));
            }
            finding.fix(applicability, title, edits)
        }
        _ => finding.help(title),
    }
}
