//! A record with fields that were never written, on its way out of the program.
//!
//! Records on the stack are found; `stale-record` finds those in a ring buffer.
//!
//! ## Why it matters
//! The fields hold what an earlier function left on the stack: whoever reads the records takes it
//! for data, and it may be kernel addresses. Older kernels refuse to send such memory
//! (`invalid indirect read from stack`); since Linux 6.3 privileged programs may
//! (`check_stack_range_initialized` in `kernel/bpf/verifier.c`).
//!
//! ## Example
//! ```c
//! struct event e;
//!
//! e.pid = bpf_get_current_pid_tgid() >> 32;
//! bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e, sizeof(e));
//! ```
//!
//! Use instead:
//! ```c
//! struct event e = {};
//!
//! e.pid = bpf_get_current_pid_tgid() >> 32;
//! bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e, sizeof(e));
//! ```
//!
//! ## Fix
//! Adds `= {}`. Safe: it changes nothing but what wasn't written.

use crate::{
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::Context,
        flow::{ObjectKind, Sink},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0601", "unwritten-field"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Leaks,
    fix: Some(Applicability::Safe),
    source: include_str!("unwritten_field.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (_, flow, event, send) in shared::sent(cx) {
        let Some(object) = flow.object(send.place.object) else {
            continue;
        };
        if !matches!(object.kind, ObjectKind::Local(..)) || !cx.is_own(event.span) {
            continue;
        }
        let what = match send.by {
            Sink::Ringbuf | Sink::Perf => "sent",
            Sink::Value => "stored",
            Sink::Key { .. } => "looked up",
            Sink::Submit => continue,
        };
        let Some(gaps) = shared::missing(cx, send, flow).filter(|gaps| !gaps.fields.is_empty())
        else {
            continue;
        };
        let plural = gaps.fields.len() > 1;
        let finding = RULE.at(
            event.span,
            format!(
                "{} {} {what} without having been written on every way here",
                shared::names(&gaps.fields),
                if plural { "are" } else { "is" },
            ),
        );
        findings.push(shared::cleared(cx, object, finding));
    }
}
