//! `BPF_KPROBE_SYSCALL`, which libbpf 1.0 renamed to `BPF_KSYSCALL`.
//!
//! ## Why it matters
//! libbpf keeps the old name "for backwards compatibility" only (`bpf_tracing.h`), and its
//! documentation, examples and newer macros know the new one.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/close")
//! int BPF_KPROBE_SYSCALL(close_enter, int fd)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/close")
//! int BPF_KSYSCALL(close_enter, int fd)
//! ```
//!
//! ## Fix
//! Safe: it writes the new name, which is the same macro.

use crate::{
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::Context,
        rule::Check,
    },
};

const OLD: &str = "BPF_KPROBE_SYSCALL";
const NEW: &str = "BPF_KSYSCALL";

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0703", "renamed-entry-macro"),
    severity: Severity::Note,
    confidence: Confidence::High,
    category: Category::State,
    fix: Some(Applicability::Safe),
    source: include_str!("renamed_entry_macro.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    findings.extend(cx.text.places(OLD).map(|place| {
        RULE.at(place, format!("`{OLD}` is the old name of `{NEW}`"))
            .fix(
                Applicability::Safe,
                format!("use `{NEW}`"),
                [(place, NEW.to_owned())],
            )
    }));
}
