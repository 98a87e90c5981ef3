//! A record that is reserved or sent with the size of another type.
//!
//! ## Why it matters
//! Reader and program agree on a record by its type alone. With another type's size, the reader gets
//! part of the record, or bytes of the stack behind it, which the kernel copies as asked
//! (`bpf_ringbuf_reserve` in `kernel/bpf/ringbuf.c`, `bpf_perf_event_output` in
//! `kernel/trace/bpf_trace.c`).
//!
//! ## Example
//! ```c
//! struct exit_event *e = bpf_ringbuf_reserve(&events, sizeof(struct open_event), 0);
//! ```
//!
//! Use instead:
//! ```c
//! struct exit_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
//! ```

use crate::{
    c::{
        tree::{Expr, ExprKind},
        types::{CType, Kind},
    },
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::{Context, peel},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0608", "record-size"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Leaks,
    fix: None,
    source: include_str!("record_size.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for call in &cx.calls {
        let (data, size) = match call.helper {
            Some(25) => (call.args.get(3), call.args.get(4)),
            Some(130) => (call.args.get(1), call.args.get(2)),
            _ => continue,
        };
        let (Some(data), Some(size)) = (data, size) else {
            continue;
        };
        let ExprKind::AddressOf(object) = &peel(data).kind else {
            continue;
        };
        findings.extend(compare(cx, &object.ty, size));
    }
    // `T *e = bpf_ringbuf_reserve(&map, sizeof(U), flags)`
    shared::converted_results(cx, 131, |to, _, args| {
        findings.extend(args.get(1).and_then(|size| compare(cx, to, size)));
    });
}

fn compare(cx: &Context<'_>, ty: &CType, size: &Expr) -> Option<Finding> {
    let size = peel(size);
    let ExprKind::SizeOf(bytes, of) = &size.kind else {
        return None;
    };
    let known = cx.size_of(ty)?;
    let records = matches!(ty.kind, Kind::Record(_)) && matches!(of.kind, Kind::Record(_));
    if !records || ty.kind == of.kind || known == *bytes || !cx.is_own(size.span) {
        return None;
    }
    Some(RULE.at(
        size.span,
        format!(
            "the size of `{}` is {bytes}, and the record is a `{}` of {known}",
            shared::type_name(cx, of),
            shared::type_name(cx, ty)
        ),
    ))
}
