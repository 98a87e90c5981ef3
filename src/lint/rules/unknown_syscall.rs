//! A system call that Linux doesn't have.
//!
//! The names are those of Linux 6.12 and the few that were added since.
//!
//! ## Why it matters
//! The program loads, and attaching it fails: there is no function of that name
//! (`perf_event_open` gives `ENOENT`), and with it the whole skeleton isn't attached
//! (`bpf_object__attach_skeleton` in libbpf's `libbpf.c`).
//!
//! ## Example
//! ```c
//! SEC("ksyscall/opneat")
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/openat")
//! ```
//!
//! ## Fix
//! Writes the name that is nearest. Unsafe: another may have been meant.

use crate::{
    c::suggest::closest,
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::{Context, Way},
        rule::Check,
        tables::syscalls,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0401", "unknown-syscall"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::SystemCalls,
    fix: Some(Applicability::Unsafe),
    source: include_str!("unknown_syscall.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        let Some(target) = &program.target else {
            continue;
        };
        let call = target.call.as_str();
        if !matches!(target.way, Way::Ksyscall | Way::Wrapper(_))
            || !syscalls::named(call).is_empty()
            || syscalls::entering(call).next().is_some()
            || call.contains('+')
        {
            continue;
        }
        let span = program.section_span.unwrap_or(program.function.name_span);
        let finding = RULE.at(span, format!("Linux has no system call `{call}`"));
        let Some(near) = closest(call, syscalls::names()) else {
            findings.push(finding);
            continue;
        };
        let written = cx.written(span);
        findings.push(if cx.is_own(span) && written.matches(call).count() == 1 {
            let text = written.replace(call, &near);
            let title = format!("`{near}` has a similar name");
            finding.fix(Applicability::Unsafe, title, [(span, text)])
        } else {
            finding.help(format!("`{near}` has a similar name"))
        });
    }
}
