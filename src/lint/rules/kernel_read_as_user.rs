//! Memory of the kernel, read as the process's.
//!
//! ## Why it matters
//! `bpf_probe_read_user` refuses what isn't below the end of user space (`access_ok`,
//! `copy_from_user_nofault` in `mm/maccess.c`): the result is an error and a buffer of zeros.
//!
//! ## Example
//! ```c
//! struct task_struct *task = (void *)bpf_get_current_task();
//!
//! bpf_probe_read_user(&tgid, sizeof(tgid), &task->tgid);
//! ```
//!
//! Use instead:
//! ```c
//! bpf_probe_read_kernel(&tgid, sizeof(tgid), &task->tgid);
//! ```
//!
//! ## Fix
//! Safe: it writes the helper or macro that reads from the kernel.

use crate::{
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule, context::Context, flow::Taint, reads,
        rule::Check, tables::helpers::Space,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0504", "kernel-read-as-user"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Memory,
    fix: Some(Applicability::Safe),
    source: include_str!("kernel_read_as_user.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let message = "the address is the kernel's, and the process's memory is read";
    for read in reads::reads(cx, Space::User, Taint::KERNEL_POINTER) {
        findings.push(read.found(cx, &RULE, message, "bpf_probe_read_kernel"));
    }
}
