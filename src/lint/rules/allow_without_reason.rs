//! A comment allows findings and doesn't say why.
//!
//! ## Why it matters
//! Who reads it later can't tell whether the reason still holds.
//!
//! ## Example
//! ```c
//! /* c2aya: allow(renamed-entry-macro) */
//! int BPF_KPROBE_SYSCALL(close_enter, int fd)
//! ```
//!
//! Use instead:
//! ```c
//! /* c2aya: allow(renamed-entry-macro, reason = "is built with libbpf 0.7 too") */
//! int BPF_KPROBE_SYSCALL(close_enter, int fd)
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{Category, Confidence, Finding, Rule, rule::Check},
    source::span::Span,
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0002", "allow-without-reason"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Lint,
    fix: None,
    source: include_str!("allow_without_reason.rs"),
    check: Check::Engine,
};

pub(in crate::lint) fn report(place: Span) -> Finding {
    RULE.at(place, "this doesn't say why")
        .help("add `reason = \"…\"` behind the codes")
}
