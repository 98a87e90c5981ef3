//! A read that may fail, whose result is ignored and whose buffer is sent.
//!
//! `(void)` in front of the call says that it is meant so. Reads of the kernel's memory seldom fail;
//! those are found with `--confidence low` only.
//!
//! ## Why it matters
//! If the address is wrong, or its page not mapped in, the helper clears the buffer and returns an
//! error (`bpf_probe_read_user_common` in `kernel/trace/bpf_trace.c`): the record says that the path
//! was empty or the number 0, which isn't what happened.
//!
//! ## Example
//! ```c
//! bpf_probe_read_user(&e->family, sizeof(e->family), &addr->sa_family);
//! ```
//!
//! Use instead:
//! ```c
//! if (bpf_probe_read_user(&e->family, sizeof(e->family), &addr->sa_family))
//!     e->family = AF_UNSPEC;
//! ```

use std::collections::BTreeSet;

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::Context,
        flow::{Action, Sink, Taint, Used},
        rule::Check,
        tables::helpers::{Space, probed},
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0605", "ignored-read"),
    severity: Severity::Note,
    confidence: Confidence::Medium,
    category: Category::Leaks,
    fix: None,
    source: include_str!("ignored_read.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for flow in &cx.flows {
        let sent: BTreeSet<_> = flow
            .events
            .iter()
            .filter_map(|event| match &event.kind {
                Action::Send(send) if !matches!(send.by, Sink::Key { .. }) => {
                    Some(send.place.object)
                }
                _ => None,
            })
            .collect();
        for event in &flow.events {
            let Action::Helper(helper) = &event.kind else {
                continue;
            };
            let read = probed(helper.id).filter(|(at, _)| *at > 0);
            let Some((at, space)) = read.filter(|_| helper.result == Used::No) else {
                continue;
            };
            let (Some((_, to)), Some((_, from))) = (helper.args.first(), helper.args.get(at)) else {
                continue;
            };
            // The program's own memory and the context are always there.
            let there = from.place.is_some() || from.taint.has(Taint::CONTEXT);
            if there || !cx.is_own(event.span) {
                continue;
            }
            if to.place.is_some_and(|place| sent.contains(&place.object)) {
                let mut finding = RULE
                    .at(
                        helper.name_span,
                        "if this fails, zeros are sent as if they had been read",
                    )
                    .help("look at the result, or write (void) before the call");
                if space != Space::User && !from.taint.has(Taint::USER_POINTER) {
                    finding.confidence = Confidence::Low;
                }
                findings.push(finding);
            }
        }
    }
}
