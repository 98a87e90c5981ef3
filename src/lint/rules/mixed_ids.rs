//! A map that is filled by one id of the task and looked up by another.
//!
//! ## Why it matters
//! `bpf_get_current_pid_tgid()` has what user space calls the process id in its upper half and what
//! it calls the thread id in its lower one (`kernel/bpf/helpers.c`). They are equal in the first
//! thread of a process only: in tests the two programs find each other, in threads they don't.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/openat")
//! …    u32 id = bpf_get_current_pid_tgid() >> 32;
//!     bpf_map_update_elem(&starts, &id, &now, BPF_ANY);
//!
//! SEC("kretsyscall/openat")
//! …    u32 id = bpf_get_current_pid_tgid();
//!     start = bpf_map_lookup_elem(&starts, &id);
//! ```
//!
//! Use instead:
//! ```c
//! …    u32 id = bpf_get_current_pid_tgid();
//!     bpf_map_update_elem(&starts, &id, &now, BPF_ANY);
//! ```

use std::collections::BTreeMap;

use crate::{
    c::tree::VariableId,
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::Context,
        flow::{Id, Sink},
        rule::Check,
        shared,
    },
    source::span::Span,
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0704", "mixed-ids"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::State,
    fix: None,
    source: include_str!("mixed_ids.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    // By map: the ids under which something is stored; none for keys that aren't ids.
    let mut stored: BTreeMap<VariableId, Vec<(Option<Id>, Span)>> = BTreeMap::new();
    for (.., event, send) in shared::sent(cx) {
        if let (Sink::Key { update: true, .. }, Some(map)) = (send.by, send.map) {
            stored.entry(map).or_default().push((send.value.id, event.span));
        }
    }
    for (.., event, send) in shared::sent(cx) {
        let Sink::Key { update: false, .. } = send.by else {
            continue;
        };
        let (Some(map), Some(id)) = (send.map, send.value.id) else {
            continue;
        };
        let Some(updates) = stored.get(&map) else {
            continue;
        };
        if updates.iter().any(|(other, _)| other.is_none_or(|other| other == id)) {
            continue;
        }
        if let Some(&(Some(other), span)) = updates.first()
            && cx.is_own(event.span)
        {
            findings.push(
                RULE.at(
                    event.span,
                    format!("this key is {}, and the map is filled by {}", name(id), name(other)),
                )
                .note(span, "here"),
            );
        }
    }
}

fn name(id: Id) -> &'static str {
    match id {
        Id::Both => "process and thread id",
        Id::Process => "the process id",
        Id::Thread => "the thread id",
    }
}
