//! A record whose padding was never written, on its way out of the program.
//!
//! Records on the stack are found, and keys of maps; `stale-record` finds those in a ring buffer.
//!
//! ## Why it matters
//! What lies between the fields is sent too, and holds what an earlier function left on the stack:
//! parts of kernel addresses, for one. In the key of a map it decides whether the key is found: hash
//! maps compare all bytes (`lookup_elem_raw` in `kernel/bpf/hashtab.c`). Older kernels refuse the
//! program (`invalid indirect read from stack`); since Linux 6.3 privileged ones may do it.
//!
//! ## Example
//! ```c
//! struct event { u32 pid; u64 when; } e;
//!
//! e.pid = bpf_get_current_pid_tgid() >> 32;
//! e.when = bpf_ktime_get_ns();
//! bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e, sizeof(e));
//! ```
//!
//! Use instead:
//! ```c
//! struct event { u32 pid; u64 when; } e = {};
//!
//! e.pid = bpf_get_current_pid_tgid() >> 32;
//! e.when = bpf_ktime_get_ns();
//! bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e, sizeof(e));
//! ```
//!
//! ## Fix
//! Adds `= {}`, which clears padding too. Safe: it changes nothing but what wasn't written.

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
    code: Code::new("L0602", "padding-leak"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Leaks,
    fix: Some(Applicability::Safe),
    source: include_str!("padding_leak.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (_, flow, event, send) in shared::sent(cx) {
        let Some(object) = flow.object(send.place.object) else {
            continue;
        };
        let local = matches!(object.kind, ObjectKind::Local(..) | ObjectKind::Literal);
        if !local || !cx.is_own(event.span) || send.by == Sink::Submit {
            continue;
        }
        let Some(gaps) = shared::missing(cx, send, flow).filter(|gaps| gaps.padding > 0) else {
            continue;
        };
        let bytes = match gaps.padding {
            1 => "a byte".to_owned(),
            many => format!("{many} bytes"),
        };
        let key = matches!(send.by, Sink::Key { .. });
        let finding = RULE.at(
            event.span,
            format!(
                "{bytes} between its fields {}",
                if key { "are part of the key" } else { "leave the program unwritten" }
            ),
        );
        findings.push(shared::cleared(cx, object, finding));
    }
}
