//! A pointer that was never set, given to a helper.
//!
//! ## Why it matters
//! The value is whatever the compiler leaves there: clang takes it for undefined, and drops code
//! that depends on it. Where something is left, the verifier refuses the register
//! (`R1 !read_ok`, or the wrong type, `check_reg_arg` in `kernel/bpf/verifier.c`).
//!
//! ## Example
//! ```c
//! char *name;
//!
//! bpf_probe_read_user_str(name, 16, filename);
//! ```
//!
//! Use instead:
//! ```c
//! char name[16];
//!
//! bpf_probe_read_user_str(name, sizeof(name), filename);
//! ```

use crate::{
    c::types::Kind,
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::{Context, peel},
        flow::Taint,
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0510", "unset-pointer"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Memory,
    fix: None,
    source: include_str!("unset_pointer.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let args = shared::helpers(cx).flat_map(|(.., helper)| &helper.args);
    let macros = shared::marks(cx).flat_map(|(.., marker)| &marker.args);
    for (expr, value) in args.chain(macros) {
        let expr = peel(expr);
        if value.taint.has(Taint::UNWRITTEN)
            && matches!(expr.ty.kind, Kind::Pointer(_))
            && cx.is_own(expr.span)
        {
            findings.push(RULE.at(expr.span, "nothing has set this pointer"));
        }
    }
}
