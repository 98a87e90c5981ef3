//! State that a program keeps for a call's return, and that none deletes there.
//!
//! ## Why it matters
//! A hash map that is full takes no new keys (`-E2BIG`, `alloc_htab_elem` in
//! `kernel/bpf/hashtab.c`): after `max_entries` threads nothing is seen any more. Before that, the
//! id of a thread that ended is given to another, whose state isn't its own. (Maps of type
//! `BPF_MAP_TYPE_LRU_HASH` drop what is oldest, and aren't found.)
//!
//! ## Example
//! ```c
//! SEC("kretsyscall/openat")
//! int BPF_KRETPROBE(openat_exit, int ret)
//! {
//!     u32 id = bpf_get_current_pid_tgid();
//!     u64 *start = bpf_map_lookup_elem(&starts, &id);
//!
//!     return 0;
//! ```
//!
//! Use instead:
//! ```c
//!     bpf_map_delete_elem(&starts, &id);
//!     return 0;
//! ```

use std::collections::BTreeSet;

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
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0705", "kept-state"),
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::State,
    fix: None,
    source: include_str!("kept_state.rs"),
    check: Check::File(check),
};

/// `BPF_MAP_TYPE_HASH`, `BPF_MAP_TYPE_PERCPU_HASH`
const HASHES: [u32; 2] = [1, 5];

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut deleted: BTreeSet<VariableId> = BTreeSet::new();
    let mut fetched: BTreeSet<VariableId> = BTreeSet::new();
    for call in &cx.calls {
        if call.helper == Some(3)
            && let Some(map) = call.args.first().and_then(|map| cx.map_of(map))
        {
            deleted.insert(map.id);
        }
    }
    for (program, _, _, send) in shared::sent(cx) {
        let returns = shared::at_return(program)
            || program.target.as_ref().is_some_and(|target| target.returns);
        if let (Sink::Key { update: false, .. }, true, Some(map)) = (send.by, returns, send.map)
            && send.value.id.is_some()
        {
            fetched.insert(map);
        }
    }
    for (program, _, event, send) in shared::sent(cx) {
        let (Sink::Key { update: true, .. }, Some(map)) = (send.by, send.map) else {
            continue;
        };
        let entry = program.target.as_ref().is_some_and(|target| !target.returns);
        let hash = cx.maps.iter().any(|found| {
            found.id == map && found.def.is_some_and(|def| HASHES.contains(&def.map_type))
        });
        // State of a whole process is kept as long as that lives.
        let thread = matches!(send.value.id, Some(Id::Both | Id::Thread));
        if !entry || !hash || !thread || deleted.contains(&map) || !fetched.contains(&map) {
            continue;
        }
        if let Some(variable) = cx.tree.variables.get(map.0 as usize)
            && cx.is_own(event.span)
        {
            findings.push(
                RULE.at(
                    event.span,
                    format!("what is kept in `{}` here is never deleted", variable.name),
                )
                .help("delete it when the call returns, or use BPF_MAP_TYPE_LRU_HASH"),
            );
        }
    }
}
