//! A key of another size than the map's keys.
//!
//! ## Why it matters
//! The helper takes as many bytes as the map's definition says (`ARG_PTR_TO_MAP_KEY` in
//! `kernel/bpf/verifier.c`). Of a larger variable it takes the first, which are the lower half of a
//! number on little-endian machines and the upper one on others; of a smaller one also what lies
//! behind it, if the verifier lets it.
//!
//! ## Example
//! ```c
//! struct {
//!     __uint(type, BPF_MAP_TYPE_HASH);
//!     __type(key, u32);
//!     …
//! } starts SEC(".maps");
//!
//! u64 id = bpf_get_current_pid_tgid();
//!
//! bpf_map_lookup_elem(&starts, &id);
//! ```
//!
//! Use instead:
//! ```c
//! u32 id = bpf_get_current_pid_tgid();
//!
//! bpf_map_lookup_elem(&starts, &id);
//! ```

use crate::{
    c::{
        tree::{Expr, ExprKind},
        types::{CType, Kind},
    },
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::{Context, peel, pointee},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0606", "key-type"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Leaks,
    fix: None,
    source: include_str!("key_type.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for call in &cx.calls {
        if !matches!(call.helper, Some(1..=3 | 195)) {
            continue;
        }
        let (Some(map), Some(key)) = (call.args.first(), call.args.get(1)) else {
            continue;
        };
        let Some(map) = cx.map_of(map) else { continue };
        let wanted = map
            .key
            .and_then(|ty| cx.size_of(ty))
            .or(map.def.map(|def| def.key_size).filter(|&size| size > 0));
        let Some(wanted) = wanted else { continue };
        let Some(ty) = given(key) else { continue };
        let Some(size) = cx.size_of(ty).filter(|&size| size != wanted) else {
            continue;
        };
        if cx.is_own(key.span) {
            let wanted = (map, "keys", wanted);
            findings.push(shared::of_other_size(cx, &RULE, key, (ty, size), wanted));
        }
    }
}

/// The type of what an argument points to, if that is said.
pub(super) fn given(argument: &Expr) -> Option<&CType> {
    let inner = peel(argument);
    match &inner.kind {
        ExprKind::AddressOf(place) => Some(&place.ty),
        ExprKind::Decay(array) => Some(&array.ty),
        // A pointer to bytes is a pointer to anything.
        _ => pointee(&inner.ty).filter(|to| matches!(to.kind, Kind::Record(_))),
    }
}
