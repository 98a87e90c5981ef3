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
        reads,
        rule::Check,
        tables::helpers::Space,
    },
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

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let message = "the address is the process's, and the kernel's memory is read";
    for read in reads::reads(cx, Space::Kernel, Taint::USER_POINTER) {
        if !chooses(cx, read.function, read.address) {
            findings.push(read.found(cx, &RULE, message, "bpf_probe_read_user"));
        }
    }
}

/// Whether a function also reads the same address from the process: by a flag, then, that tells
/// whose it is.
fn chooses(cx: &Context<'_>, function: FunctionId, address: &Expr) -> bool {
    let variable = |expr: &Expr| match &peel(expr).kind {
        ExprKind::Local(id) => Some(*id),
        _ => None,
    };
    let Some(wanted) = variable(address) else {
        return false;
    };
    cx.calls_in(function).any(|call| {
        let user = matches!(call.helper, Some(112 | 114 | 148)) || call.name.contains("read_user");
        user && call.args.iter().any(|arg| variable(arg) == Some(wanted))
    })
}
