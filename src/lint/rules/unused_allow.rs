//! A comment allows a finding that isn't there.
//!
//! ## Why it matters
//! It would hide the next finding of that rule, which nobody has looked at.
//!
//! ## Example
//! ```c
//! /* c2aya: allow(deprecated-probe-read, reason = "runs on x86 only") */
//! bpf_probe_read_kernel(&flags, sizeof(flags), &task->flags);
//! ```
//!
//! Use instead:
//! ```c
//! bpf_probe_read_kernel(&flags, sizeof(flags), &task->flags);
//! ```
//!
//! ## Fix
//! Safe: it takes the code out of the comment, or the comment away where nothing is left.

use crate::{
    diag::{Code, Severity},
    lint::{Applicability, Category, Confidence, Finding, Rule, rule::Check},
    source::span::Span,
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0001", "unused-allow"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Lint,
    fix: Some(Applicability::Safe),
    source: include_str!("unused_allow.rs"),
    check: Check::Engine,
};

/// `gone` is what has to go.
pub(in crate::lint) fn report(place: Span, name: &str, gone: Span) -> Finding {
    RULE.at(place, format!("`{name}` isn't found here")).fix(
        Applicability::Safe,
        "remove it",
        [(gone, String::new())],
    )
}
