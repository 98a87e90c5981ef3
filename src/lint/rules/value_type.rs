//! A value of another size than the map's values.
//!
//! ## Why it matters
//! `bpf_map_update_elem` copies as many bytes as the map's definition says (`ARG_PTR_TO_MAP_VALUE`
//! in `kernel/bpf/verifier.c`): what doesn't fit is lost, and what is missing comes from behind the
//! variable. A value that is looked up through another type than it was stored by means something
//! else, which the verifier doesn't mind as long as it is no larger.
//!
//! ## Example
//! ```c
//! struct {
//!     __uint(type, BPF_MAP_TYPE_HASH);
//!     __type(value, u32);
//!     …
//! } counts SEC(".maps");
//!
//! u64 one = 1;
//!
//! bpf_map_update_elem(&counts, &key, &one, BPF_ANY);
//! ```
//!
//! Use instead:
//! ```c
//! u32 one = 1;
//!
//! bpf_map_update_elem(&counts, &key, &one, BPF_ANY);
//! ```

use super::key_type::given;
use crate::{
    c::{
        tree::Expr,
        types::{CType, Kind},
    },
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::{Context, Map},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0607", "value-type"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Leaks,
    fix: None,
    source: include_str!("value_type.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for call in &cx.calls {
        if call.helper != Some(2) {
            continue;
        }
        let (Some(map), Some(value)) = (call.args.first(), call.args.get(2)) else {
            continue;
        };
        let Some(map) = cx.map_of(map) else { continue };
        let (Some(wanted), Some(ty)) = (value_size(cx, map), given(value)) else {
            continue;
        };
        if let Some(size) = cx.size_of(ty)
            && size != wanted
            && cx.is_own(value.span)
        {
            findings.push(finding(cx, map, value, (ty, size), wanted));
        }
    }
    shared::converted_results(cx, 1, |to, call, args| {
        findings.extend(looked_up(cx, to, call, args));
    });
}

/// A looked-up value that becomes a pointer to a structure of another size.
fn looked_up(cx: &Context<'_>, ty: &CType, call: &Expr, args: &[Expr]) -> Option<Finding> {
    let map = cx.map_of(args.first()?)?;
    let wanted = value_size(cx, map)?;
    let record = map.value.is_some_and(|value| matches!(value.kind, Kind::Record(_)));
    let size = cx.size_of(ty)?;
    // The first field of a structure, or bytes of anything.
    let part = size < wanted && record || size == 1 || element(cx, map, size);
    (size != wanted && !part && cx.is_own(call.span))
        .then(|| finding(cx, map, call, (ty, size), wanted))
}

/// Whether a map's values are arrays of elements of that size.
fn element(cx: &Context<'_>, map: &Map<'_>, size: u64) -> bool {
    let mut ty = map.value;
    while let Some(Kind::Array(inner, _)) = ty.map(|ty| &ty.kind) {
        if cx.size_of(inner) == Some(size) {
            return true;
        }
        ty = Some(inner);
    }
    false
}

fn value_size(cx: &Context<'_>, map: &Map<'_>) -> Option<u64> {
    // Values of these are files, maps and programs.
    let kind = map.def.map(|def| def.map_type);
    if matches!(kind, None | Some(3 | 4 | 8 | 12 | 13 | 14..=18 | 20 | 25)) {
        return None;
    }
    map.value
        .and_then(|ty| cx.size_of(ty))
        .or(map.def.map(|def| def.value_size).filter(|&size| size > 0))
}

fn finding(
    cx: &Context<'_>,
    map: &Map<'_>,
    at: &Expr,
    given: (&CType, u64),
    wanted: u64,
) -> Finding {
    shared::of_other_size(cx, &RULE, at, given, (map, "values", wanted))
}
