//! `sys_…`, which kernels with system call wrappers don't have.
//!
//! ## Why it matters
//! Since Linux 4.17 the functions of system calls are called `__x64_sys_…` on x86_64, and likewise
//! on other architectures (`include/linux/syscalls.h`, `CONFIG_ARCH_HAS_SYSCALL_WRAPPER`); there is
//! no `sys_openat` to attach to. With `ksyscall/openat` libbpf finds the function
//! (`attach_ksyscall` in `libbpf.c`).
//!
//! ## Example
//! ```c
//! SEC("kprobe/sys_openat")
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
//! Writes `ksyscall/…` or `kretsyscall/…`. Safe where libbpf's macros for system calls are used;
//! else unsafe, as the arguments are read otherwise then.

use crate::{
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::{Context, Way},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0208", "missing-symbol"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Convention,
    fix: Some(Applicability::Unsafe),
    source: include_str!("missing_symbol.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let archs = shared::with_wrapper(cx);
    if archs.is_empty() {
        return;
    }
    for program in &cx.programs {
        let Some(target) = &program.target else {
            continue;
        };
        let plain = |function: &str| function.starts_with("sys_") || function.starts_with("SyS_");
        let Some(function) = shared::probed_function(program).filter(|name| plain(name)) else {
            continue;
        };
        // powerpc64's wrappers keep the name.
        if !matches!(target.way, Way::Function | Way::Wrapper(_)) || function.contains('+') {
            continue;
        }
        let span = program.section_span.unwrap_or(program.function.name_span);
        let finding = RULE.at(
            span,
            format!("kernels for {} have no `{function}`", shared::list(&archs)),
        );
        findings.push(super::hard_coded_symbol::portable(cx, program, finding));
    }
}
