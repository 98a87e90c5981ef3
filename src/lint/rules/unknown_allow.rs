//! A comment allows findings of a rule that there isn't.
//!
//! ## Why it matters
//! It allows nothing.
//!
//! ## Example
//! ```c
//! /* c2aya: allow(deprecated-proberead, reason = "runs on x86 only") */
//! ```
//!
//! Use instead:
//! ```c
//! /* c2aya: allow(deprecated-probe-read, reason = "runs on x86 only") */
//! ```

use crate::{
    c::suggest::closest,
    diag::{Code, Severity},
    lint::{Category, Confidence, Finding, Rule, registry, rule::Check},
    source::span::Span,
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0003", "unknown-allow"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Lint,
    fix: None,
    source: include_str!("unknown_allow.rs"),
    check: Check::Engine,
};

pub(in crate::lint) fn report(place: Span, name: &str) -> Finding {
    let names = registry::codes().iter().map(|known| known.code.name);
    let finding = RULE.at(place, format!("there is no rule `{name}`"));
    match closest(name, names) {
        Some(near) => finding.help(format!("is it `{near}`?")),
        None => finding.help("`c2aya rules` lists them"),
    }
}
