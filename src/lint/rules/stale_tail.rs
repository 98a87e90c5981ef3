//! A buffer in a record that is sent whole, and was filled in part.
//!
//! ## Why it matters
//! `bpf_probe_read_user_str` writes up to the end of the string (`strncpy_from_user_nofault` in
//! `mm/maccess.c`), and a read of variable length no more than that. Behind it, a record in a ring
//! buffer or a per-CPU map still holds what earlier events left there: long paths under short ones.
//! A reader that stops at the zero byte doesn't see it; everybody else who gets the record does.
//!
//! ## Example
//! ```c
//! e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
//! if (!e)
//!     return 0;
//! bpf_probe_read_user_str(e->path, sizeof(e->path), filename);
//! bpf_ringbuf_submit(e, 0);
//! ```
//!
//! Use instead:
//! ```c
//! e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
//! if (!e)
//!     return 0;
//! __builtin_memset(e, 0, sizeof(*e));
//! bpf_probe_read_user_str(e->path, sizeof(e->path), filename);
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
    code: Code::new("L0604", "stale-tail"),
    severity: Severity::Note,
    confidence: Confidence::Medium,
    category: Category::Leaks,
    fix: None,
    source: include_str!("stale_tail.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (_, flow, event, send) in shared::sent(cx) {
        let out = matches!(send.by, Sink::Submit | Sink::Ringbuf | Sink::Perf);
        let object = flow.object(send.place.object);
        let own = object.is_some_and(|object| {
            matches!(object.kind, ObjectKind::Record(_) | ObjectKind::Local(..))
        });
        if !out || !own || !cx.is_own(event.span) {
            continue;
        }
        let Some(gaps) = shared::missing(cx, send, flow).filter(|gaps| !gaps.partly.is_empty())
        else {
            continue;
        };
        findings.push(
            RULE.at(
                event.span,
                format!(
                    "behind what was read into {}, old bytes are sent along",
                    shared::names(&gaps.partly)
                ),
            )
            .help("clear the record first"),
        );
    }
}
