//! A program that forbids a system call, or ends who makes it, and doesn't see 32-bit programs.
//!
//! Programs that only watch miss those calls too. As nearly every probe does, and for most purposes
//! may, that is said with `--confidence low` only.
//!
//! ## Why it matters
//! On a 64-bit kernel, 32-bit programs enter other functions: `__ia32_sys_…` and
//! `__ia32_compat_sys_…` on x86_64 (`arch/x86/include/asm/syscall_wrapper.h`), and `compat_sys_…` on
//! other architectures where a call has such a function. `ksyscall/…` attaches to the native one
//! only, as libbpf documents (`bpf_program__attach_ksyscall` in `libbpf.h`): the same call from a
//! 32-bit program goes through.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/ptrace")
//! int BPF_KSYSCALL(ptrace_enter, long request)
//! {
//!     bpf_override_return(ctx, -1);
//! ```
//!
//! Use instead:
//! ```c
//! SEC("lsm/ptrace_access_check")
//! int BPF_PROG(ptrace_check, struct task_struct *child, unsigned int mode)
//! {
//!     return -1;
//! ```

use std::collections::BTreeSet;

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::{Context, Program, Way},
        rule::Check,
        shared,
        tables::syscalls,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0304", "compat-bypass"),
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Quirks,
    fix: None,
    source: include_str!("compat_bypass.rs"),
    check: Check::File(check),
};

/// `bpf_override_return`, `bpf_send_signal`, `bpf_send_signal_thread`
pub(super) const ENFORCING: [u32; 3] = [58, 109, 117];

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    // The function of 32-bit programs has a probe of its own.
    let covered = cx.programs.iter().any(|other| {
        shared::probed_function(other).is_some_and(|function| {
            function.contains("compat_sys_") || function.starts_with("__ia32_sys_")
        })
    });
    if covered {
        return;
    }
    let mut seen = BTreeSet::new();
    for (program, event, helper) in shared::helpers(cx) {
        if ENFORCING.contains(&helper.id)
            && cx.is_own(event.span)
            && seen.insert(program.id)
            && let Some(message) = message(cx, program)
        {
            findings.push(RULE.at(event.span, message));
        }
    }
    for program in &cx.programs {
        if !seen.contains(&program.id)
            && let Some(message) = message(cx, program)
        {
            let place = program.section_span.unwrap_or(program.function.name_span);
            let mut finding = RULE.at(place, message);
            finding.confidence = Confidence::Low;
            finding.diagnostic.severity = Severity::Note;
            findings.push(finding);
        }
    }
}

/// What to say of a program whose system call 32-bit programs make by another function.
fn message(cx: &Context<'_>, program: &Program<'_>) -> Option<String> {
    let target = program.target.as_ref().filter(|target| !target.returns)?;
    if !matches!(target.way, Way::Ksyscall | Way::Wrapper(_)) {
        return None;
    }
    let archs = cx.settings.archs.iter().copied();
    let archs: Vec<_> = archs
        .filter(|&arch| {
            let call = syscalls::entered(&target.call, arch);
            call.is_some_and(|call| call.apart(arch))
        })
        .collect();
    (!archs.is_empty()).then(|| {
        format!(
            "on {}, `{}` of 32-bit programs doesn't come here",
            shared::list(&archs),
            target.call
        )
    })
}
