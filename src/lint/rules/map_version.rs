//! A map of a type that the oldest kernel which is aimed at doesn't have.
//!
//! It looks only where `min-kernel` is set.
//!
//! ## Why it matters
//! `BPF_MAP_CREATE` fails with `EINVAL` (`map_create` in `kernel/bpf/syscall.c`), and with it the
//! whole object isn't loaded.
//!
//! ## Example
//! ```c
//! // min-kernel: 5.4
//! struct {
//!     __uint(type, BPF_MAP_TYPE_RINGBUF);
//!     __uint(max_entries, 4096);
//! } events SEC(".maps");
//! ```
//!
//! Use instead:
//! ```c
//! struct {
//!     __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
//!     __uint(key_size, 4);
//!     __uint(value_size, 4);
//! } events SEC(".maps");
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule, context::Context, rule::Check,
        tables::versions::map_type,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0802", "map-version"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Portability,
    fix: None,
    source: include_str!("map_version.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let Some(oldest) = cx.settings.min_kernel else {
        return;
    };
    for map in &cx.maps {
        let Some((name, needed)) = map.def.and_then(|def| map_type(def.map_type)) else {
            continue;
        };
        if needed > oldest && cx.is_own(map.variable.name_span) {
            findings.push(RULE.at(
                map.variable.name_span,
                format!("`{name}` is there since Linux {needed}, and {oldest} is to do"),
            ));
        }
    }
}
