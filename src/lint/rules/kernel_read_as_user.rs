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

use super::user_read_as_kernel::PAIRS;
use crate::{
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::Context,
        flow::Taint,
        rule::Check,
        shared,
        tables::helpers::{Space, probed},
    },
    source::{markers, span::Span},
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
    for (_, _, helper) in shared::helpers(cx) {
        if let Some((at, Space::User)) = probed(helper.id)
            && let Some((_, from)) = helper.args.get(at)
            && from.taint.has(Taint::KERNEL_POINTER)
        {
            findings.extend(found(cx, helper.name_span));
        }
    }
    for (_, _, marker) in shared::marks(cx) {
        let at = match marker.name {
            markers::CORE_READ_USER | markers::PROBE_READ_CHAIN_USER => 0,
            markers::CORE_READ_USER_INTO | markers::CORE_READ_USER_STR_INTO => 1,
            markers::CORE_READ_USER_MEM | markers::CORE_READ_USER_STR => 2,
            _ => continue,
        };
        if let Some((_, from)) = marker.args.get(at)
            && from.taint.has(Taint::KERNEL_POINTER)
        {
            findings.extend(found(cx, marker.expr.span));
        }
    }
}

fn found(cx: &Context<'_>, span: Span) -> Option<Finding> {
    if !cx.is_own(span) {
        return None;
    }
    let finding = RULE.at(span, "the address is the kernel's, and the process's memory is read");
    let written = cx.text.word_at(span);
    let pair = written.and_then(|word| PAIRS.iter().find(|(_, user)| *user == word.text));
    Some(match written.zip(pair) {
        Some((word, (kernel, _))) => finding.fix(
            Applicability::Safe,
            format!("use `{kernel}`"),
            [(word.span, (*kernel).to_owned())],
        ),
        None => finding.help("use bpf_probe_read_kernel"),
    })
}
