//! Memory of the process, read as the kernel's.
//!
//! ## Why it matters
//! `bpf_probe_read_kernel` refuses addresses of user space (`copy_from_kernel_nofault_allowed` in
//! `mm/maccess.c` and `arch/x86/mm/maccess.c`), and where both share addresses, as on s390x, it reads
//! something else. The same goes for `BPF_CORE_READ` and `bpf_core_read`, which call it
//! (`bpf_core_read.h`).
//!
//! ## Example
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd, const char *filename)
//! {
//!     bpf_probe_read_kernel_str(name, sizeof(name), filename);
//! ```
//!
//! Use instead:
//! ```c
//!     bpf_probe_read_user_str(name, sizeof(name), filename);
//! ```
//!
//! ## Fix
//! Safe: it writes the helper or macro that reads from user space.

use crate::{
    c::tree::{Expr, ExprKind, FunctionId},
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::{Context, peel},
        flow::Taint,
        rule::Check,
        shared,
        tables::helpers::{Space, probed},
    },
    source::{markers, span::Span},
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0502", "user-read-as-kernel"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Memory,
    fix: Some(Applicability::Safe),
    source: include_str!("user_read_as_kernel.rs"),
    check: Check::File(check),
};

/// What reads the kernel's memory, and what the process's.
pub(super) const PAIRS: &[(&str, &str)] = &[
    ("bpf_probe_read_kernel", "bpf_probe_read_user"),
    ("bpf_probe_read_kernel_str", "bpf_probe_read_user_str"),
    ("bpf_core_read", "bpf_core_read_user"),
    ("bpf_core_read_str", "bpf_core_read_user_str"),
    ("BPF_CORE_READ", "BPF_CORE_READ_USER"),
    ("BPF_CORE_READ_INTO", "BPF_CORE_READ_USER_INTO"),
    ("BPF_CORE_READ_STR_INTO", "BPF_CORE_READ_USER_STR_INTO"),
    ("BPF_PROBE_READ", "BPF_PROBE_READ_USER"),
    ("BPF_PROBE_READ_INTO", "BPF_PROBE_READ_USER_INTO"),
    ("BPF_PROBE_READ_STR_INTO", "BPF_PROBE_READ_USER_STR_INTO"),
];

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (_, event, helper) in shared::helpers(cx) {
        if let Some((at, Space::Kernel)) = probed(helper.id)
            && let Some((_, from)) = helper.args.get(at)
            && from.taint.has(Taint::USER_POINTER)
            && !chooses(cx, event.function, helper.args.get(at).map(|(expr, _)| *expr))
        {
            findings.extend(found(cx, helper.name_span));
        }
    }
    for (function, marker) in shared::marks_in(cx) {
        let at = match marker.name {
            markers::CORE_READ | markers::PROBE_READ_CHAIN => 0,
            markers::CORE_READ_INTO
            | markers::CORE_READ_STR_INTO
            | markers::PROBE_READ_INTO
            | markers::PROBE_READ_STR_INTO => 1,
            markers::CORE_READ_MEM | markers::CORE_READ_STR => 2,
            _ => continue,
        };
        if let Some((_, from)) = marker.args.get(at)
            && from.taint.has(Taint::USER_POINTER)
            && !chooses(cx, function, marker.args.get(at).map(|(expr, _)| *expr))
        {
            findings.extend(found(cx, marker.expr.span));
        }
    }
}

/// Whether a function also reads the same address from the process: by a flag, then, that tells
/// whose it is.
fn chooses(cx: &Context<'_>, function: FunctionId, address: Option<&Expr>) -> bool {
    let variable = |expr: &Expr| match &peel(expr).kind {
        ExprKind::Local(id) => Some(*id),
        _ => None,
    };
    let Some(wanted) = address.and_then(variable) else {
        return false;
    };
    cx.calls_in(function).any(|call| {
        let user = matches!(call.helper, Some(112 | 114 | 148)) || call.name.contains("read_user");
        user && call.args.iter().any(|arg| variable(arg) == Some(wanted))
    })
}

fn found(cx: &Context<'_>, span: Span) -> Option<Finding> {
    if !cx.is_own(span) {
        return None;
    }
    let finding = RULE.at(span, "the address is the process's, and the kernel's memory is read");
    let written = cx.text.word_at(span);
    let pair = written.and_then(|word| PAIRS.iter().find(|(kernel, _)| *kernel == word.text));
    Some(match written.zip(pair) {
        Some((word, (_, user))) => finding.fix(
            Applicability::Safe,
            format!("use `{user}`"),
            [(word.span, (*user).to_owned())],
        ),
        None => finding.help("use bpf_probe_read_user"),
    })
}
