//! `ctx`, declared again or set, in a program whose macro brings a `ctx` along.
//!
//! ## Why it matters
//! libbpf's macros give the context to the body by the name `ctx` (`BPF_KSYSCALL`, `BPF_KPROBE`,
//! `BPF_PROG` in `bpf_tracing.h`). Where another variable has the name, helpers that want the
//! context get that; and what is set to something else isn't the context any more
//! (`dereference of modified ctx ptr`, `kernel/bpf/verifier.c`).
//!
//! ## Example
//! ```c
//! SEC("ksyscall/close")
//! int BPF_KSYSCALL(close_enter, unsigned int fd)
//! {
//!     if (fd > 2) {
//!         struct state *ctx = bpf_map_lookup_elem(&states, &fd);
//! ```
//!
//! Use instead:
//! ```c
//!         struct state *state = bpf_map_lookup_elem(&states, &fd);
//! ```

use crate::{
    c::tree::ExprKind,
    diag::{Code, Severity},
    lint::{Category, Confidence, Finding, Rule, context::Context, rule::Check},
    lower::c_walk,
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0701", "shadowed-context"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::State,
    fix: None,
    source: include_str!("shadowed_context.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        let (Some(_), Some(body)) = (&program.entry, &program.function.body) else {
            continue;
        };
        let Some(&context) = program.function.params.first() else {
            continue;
        };
        for (at, local) in program.function.locals.iter().enumerate() {
            if at != context.0 as usize
                && local.name.as_deref() == Some("ctx")
                && cx.is_own(local.span)
            {
                findings.push(RULE.at(local.span, "`ctx` is the program's context already"));
            }
        }
        c_walk::exprs_of_block(body, &mut |expr| {
            let target = match &expr.kind {
                ExprKind::Assign(target, _)
                | ExprKind::CompoundAssign { target, .. }
                | ExprKind::IncDec { target, .. } => target,
                _ => return,
            };
            if matches!(target.kind, ExprKind::Local(id) if id == context) && cx.is_own(expr.span) {
                findings.push(RULE.at(expr.span, "`ctx` isn't the context any more behind this"));
            }
        });
    }
}
