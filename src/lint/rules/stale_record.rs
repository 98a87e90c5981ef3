//! A record of a ring buffer that is submitted without having been written whole.
//!
//! ## Why it matters
//! `bpf_ringbuf_reserve` doesn't clear the memory (`__bpf_ringbuf_reserve` in
//! `kernel/bpf/ringbuf.c`): it holds the records of one turn before, whole. What isn't written goes
//! out again, to a reader that takes it for this event's.
//!
//! ## Example
//! ```c
//! struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
//!
//! if (!e)
//!     return 0;
//! e->pid = bpf_get_current_pid_tgid() >> 32;
//! bpf_ringbuf_submit(e, 0);
//! ```
//!
//! Use instead:
//! ```c
//! if (!e)
//!     return 0;
//! __builtin_memset(e, 0, sizeof(*e));
//! e->pid = bpf_get_current_pid_tgid() >> 32;
//! bpf_ringbuf_submit(e, 0);
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::Context,
        flow::{ObjectKind, Sink},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0603", "stale-record"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Leaks,
    fix: None,
    source: include_str!("stale_record.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (_, flow, event, send) in shared::sent(cx) {
        let object = flow.object(send.place.object);
        let record = object.is_some_and(|object| matches!(object.kind, ObjectKind::Record(_)));
        if send.by != Sink::Submit || !record || !cx.is_own(event.span) {
            continue;
        }
        let Some(gaps) = shared::missing(cx, send, flow) else {
            continue;
        };
        let what = match (gaps.fields.as_slice(), gaps.padding) {
            ([], 0) => continue,
            ([], 1) => "a byte between its fields".to_owned(),
            ([], bytes) => format!("{bytes} bytes between its fields"),
            (fields, _) => shared::names(fields),
        };
        let one = gaps.fields.len() == 1 || gaps.fields.is_empty() && gaps.padding == 1;
        findings.push(
            RULE.at(
                event.span,
                format!(
                    "{what} still hold{} what an earlier record left",
                    if one { "s" } else { "" }
                ),
            )
            .help("write all of it, or clear it with __builtin_memset first"),
        );
    }
}
