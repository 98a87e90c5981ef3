//! The size of a pointer, given as that of what it points to.
//!
//! ## Why it matters
//! A pointer has 8 bytes whatever is behind it: the helper reads, writes or sends as many, and the
//! rest of the buffer stays what it was. (The kernel takes the length as it stands: `ARG_CONST_SIZE`
//! in `kernel/bpf/verifier.c`.)
//!
//! ## Example
//! ```c
//! char *name = event->name;
//!
//! bpf_get_current_comm(name, sizeof(name));
//! ```
//!
//! Use instead:
//! ```c
//! bpf_get_current_comm(event->name, sizeof(event->name));
//! ```
//!
//! ## Fix
//! Where the pointer's type says how large the object is, it writes the size of that. Unsafe: the
//! program may have relied on 8 bytes.

use crate::{
    c::{
        tree::{Expr, ExprKind},
        types::Kind,
    },
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::{Call, Context, peel, pointee},
        rule::Check,
        tables::helpers::helper,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0506", "size-of-pointer"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Memory,
    fix: Some(Applicability::Unsafe),
    source: include_str!("size_of_pointer.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for call in &cx.calls {
        for (buffer, length) in buffers(call) {
            let (Some(buffer), Some(length)) = (call.args.get(buffer), call.args.get(length)) else {
                continue;
            };
            let length = peel(length);
            let ExprKind::SizeOf(_, of) = &length.kind else {
                continue;
            };
            let buffer = place(buffer);
            if !matches!(of.kind, Kind::Pointer(_))
                || pointee(&buffer.ty).is_none_or(|to| matches!(to.kind, Kind::Pointer(_)))
                || matches!(buffer.kind, ExprKind::AddressOf(_))
                || !cx.is_own(length.span)
            {
                continue;
            }
            // `void *` may well point to a pointer, and a word is as large as one.
            let to = pointee(&buffer.ty).and_then(|to| cx.size_of(to));
            let character = pointee(&buffer.ty)
                .and_then(|to| cx.tree.types.integer(to))
                .is_some_and(|(bits, _)| bits == 8);
            if to.is_none_or(|size| size == 8) || to == Some(1) && !character {
                continue;
            }
            let finding = RULE.at(length.span, "this is the size of a pointer: 8");
            let record = pointee(&buffer.ty).is_some_and(|to| matches!(to.kind, Kind::Record(_)));
            let (name, written) = (cx.written(buffer.span), cx.written(length.span));
            findings.push(if record && written == format!("sizeof({name})") {
                let text = format!("sizeof(*{name})");
                let title = format!("use `{text}`");
                finding.fix(Applicability::Unsafe, title, [(length.span, text)])
            } else {
                finding.help("give the size of the buffer")
            });
        }
    }
}

/// The expression below conversions.
fn place(mut expr: &Expr) -> &Expr {
    while let ExprKind::Cast { value, .. } = &expr.kind {
        expr = value;
    }
    expr
}

/// The arguments that are a buffer and its length.
fn buffers(call: &Call<'_>) -> Vec<(usize, usize)> {
    if let Some(id) = call.helper {
        let letters = helper(id).map_or("", |helper| helper.arguments);
        let letters = letters.trim_start_matches(['!', '=']);
        return letters
            .bytes()
            .enumerate()
            .filter(|(_, letter)| matches!(letter, b'r' | b'w'))
            .map(|(at, _)| (at, at + 1))
            .collect();
    }
    match call.name {
        "memcpy" | "memset" | "memcmp" | "memmove" | "__builtin_memcpy" | "__builtin_memset"
        | "__builtin_memcmp" | "__builtin_memmove" => vec![(0, 2)],
        "__c2aya_core_read_mem" | "__c2aya_core_read_str" | "__c2aya_core_read_user_mem"
        | "__c2aya_core_read_user_str" => vec![(0, 1)],
        _ => Vec::new(),
    }
}
