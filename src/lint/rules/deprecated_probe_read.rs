//! `bpf_probe_read` or `bpf_probe_read_str`, which don't say whose memory they read.
//!
//! ## Why it matters
//! The helpers can't know whether an address is the kernel's or the process's. Kernels whose
//! address spaces overlap don't have them (`CONFIG_ARCH_HAS_NON_OVERLAPPING_ADDRESS_SPACE`,
//! `bpf_tracing_func_proto` in `kernel/trace/bpf_trace.c`): on s390x, for one, a program that uses
//! them isn't loaded. Since Linux 5.5 there are `bpf_probe_read_user` and `bpf_probe_read_kernel`.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd, const char *path)
//! {
//!     char name[64];
//!
//!     bpf_probe_read_str(name, sizeof(name), path);
//! ```
//!
//! Use instead:
//! ```c
//!     bpf_probe_read_user_str(name, sizeof(name), path);
//! ```
//!
//! ## Fix
//! Safe where the address is an argument of the system call: it is the process's. Elsewhere unsafe:
//! the kernel's memory is taken for meant.

use crate::{
    c::tree::ExprKind,
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::{Call, Context, peel},
        rule::Check,
    },
    lower::c_walk,
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0503", "deprecated-probe-read"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Memory,
    fix: Some(Applicability::Unsafe),
    source: include_str!("deprecated_probe_read.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for call in &cx.calls {
        let (user, kernel) = match call.name {
            "bpf_probe_read" => ("bpf_probe_read_user", "bpf_probe_read_kernel"),
            "bpf_probe_read_str" => ("bpf_probe_read_user_str", "bpf_probe_read_kernel_str"),
            _ => continue,
        };
        if !cx.is_own(call.name_span) {
            continue;
        }
        let (better, applicability) = if reads_argument(cx, call) {
            (user, Applicability::Safe)
        } else {
            (kernel, Applicability::Unsafe)
        };
        let name = call.name;
        let mut finding = RULE.at(
            call.name_span,
            format!("`{name}` doesn't say whose memory it reads"),
        );
        // A macro may stand for the name.
        if cx.written(call.name_span) == name {
            let edit = (call.name_span, better.to_owned());
            finding = finding.fix(applicability, format!("use `{better}`"), [edit]);
        }
        findings.push(finding.help(format!("use `{user}` or `{kernel}`")));
    }
}

/// Whether the address is an argument of a system call, or lies behind what one points to.
fn reads_argument(cx: &Context<'_>, call: &Call<'_>) -> bool {
    let Some(program) = cx
        .programs
        .iter()
        .find(|program| program.id == call.function && program.target.is_some())
    else {
        return false;
    };
    let Some(address) = call.args.get(2) else {
        return false;
    };
    let mut of_argument = false;
    c_walk::exprs(peel(address), &mut |expr| {
        if let ExprKind::Local(id) = expr.kind {
            of_argument |= program.args.iter().any(|argument| argument.id == id);
        }
    });
    of_argument
}
