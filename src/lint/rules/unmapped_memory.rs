//! A decision by memory of the process that may not have been read.
//!
//! ## Why it matters
//! At the entry of a system call, pages that the process hasn't touched yet aren't mapped in: a
//! constant string on its first use, for one. `bpf_probe_read_user` doesn't wait for them
//! (`copy_from_user_nofault` in `mm/maccess.c`); it fails, and clears the buffer
//! (`bpf_probe_read_user_common` in `kernel/trace/bpf_trace.c`). Where the result is ignored, the
//! program decides by zeros.
//!
//! ## Example
//! ```c
//! bpf_probe_read_user(&family, sizeof(family), &addr->sa_family);
//! if (family != AF_INET)
//!     return 0;
//! ```
//!
//! Use instead:
//! ```c
//! if (bpf_probe_read_user(&family, sizeof(family), &addr->sa_family))
//!     return 0;
//! if (family != AF_INET)
//!     return 0;
//! ```

use std::collections::BTreeSet;

use crate::{
    c::tree::{Block, Expr, ExprKind, LocalId, StmtKind},
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::Context,
        flow::{self, Action, Flow, Helper, ObjectKind, Taint, Used},
        rule::Check,
        shared,
    },
    lower::{c_walk, calls},
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0508", "unmapped-memory"),
    severity: Severity::Note,
    confidence: Confidence::Medium,
    category: Category::Memory,
    fix: None,
    source: include_str!("unmapped_memory.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    // Programs that go on, or not, by what they read.
    let decides: BTreeSet<_> = shared::events(cx)
        .filter(|(.., event)| event.control.has(Taint::USER_DATA))
        .map(|(program, ..)| program.id)
        .collect();
    for (program, flow, event) in shared::events(cx) {
        let Action::Helper(helper) = &event.kind else {
            continue;
        };
        let ignored = matches!(helper.id, 112 | 114) && helper.result == Used::No;
        let before = !event.control.has(Taint::USER_DATA);
        if ignored
            && before
            && flow::is_entry(program)
            && decides.contains(&program.id)
            && cx.is_own(event.span)
            && may_decide(cx, flow, helper)
        {
            findings.push(RULE.at(
                helper.name_span,
                "if this fails, the program decides by zeros",
            ));
        }
    }
}

/// Whether something may be decided by what a helper reads: not, if that goes to a variable by which
/// its function decides nothing, and which it gives to no other.
fn may_decide(cx: &Context<'_>, flow: &Flow<'_>, helper: &Helper<'_>) -> bool {
    let place = helper.args.first().and_then(|(_, to)| to.place);
    let object = place.and_then(|place| flow.object(place.object));
    let Some(ObjectKind::Local(function, local)) = object.map(|object| object.kind) else {
        return true;
    };
    let body = cx.function(function).and_then(|function| function.body.as_ref());
    let Some(body) = body else { return true };
    let mut derived = BTreeSet::from([local]);
    loop {
        let known = derived.len();
        if decides(cx, body, &mut derived) {
            return true;
        }
        if derived.len() == known {
            return false;
        }
    }
}

/// Whether a condition, a returned value or a call of the file's own mentions one of `derived`, to
/// which the variables are added that get their values from these.
fn decides(cx: &Context<'_>, body: &Block, derived: &mut BTreeSet<LocalId>) -> bool {
    let mut found = false;
    for stmt in &body.stmts {
        c_walk::stmts(stmt, &mut |stmt| match &stmt.kind {
            StmtKind::If(cond, ..)
            | StmtKind::While(cond, _)
            | StmtKind::DoWhile(_, cond)
            | StmtKind::Switch(cond, _)
            | StmtKind::For {
                cond: Some(cond), ..
            }
            | StmtKind::Return(Some(cond)) => found |= mentions(cond, derived),
            StmtKind::Local(local, Some(init)) => {
                let mut from = false;
                c_walk::exprs_of_init(init, &mut |expr| from |= is_one(expr, derived));
                if from {
                    derived.insert(*local);
                }
            }
            _ => {}
        });
    }
    c_walk::exprs_of_block(body, &mut |expr| match &expr.kind {
        ExprKind::And(a, b) | ExprKind::Or(a, b) => {
            found |= mentions(a, derived) || mentions(b, derived);
        }
        ExprKind::Conditional(cond, ..) => found |= mentions(cond, derived),
        ExprKind::Assign(target, value) | ExprKind::CompoundAssign { target, value, .. }
            if mentions(value, derived) =>
        {
            locals(target, derived);
        }
        ExprKind::Call(callee, args) if args.iter().any(|arg| mentions(arg, derived)) => {
            let function = calls::callee_of(callee).and_then(|id| cx.function(id));
            found |= function.is_none_or(|function| function.body.is_some());
            copied(args, derived);
        }
        ExprKind::Builtin(_, args) if args.iter().any(|arg| mentions(arg, derived)) => {
            copied(args, derived);
        }
        _ => {}
    });
    found
}

/// Adds what a call copies to: its first argument.
fn copied(args: &[Expr], derived: &mut BTreeSet<LocalId>) {
    if let Some(to) = args.first() {
        locals(to, derived);
    }
}

fn mentions(expr: &Expr, derived: &BTreeSet<LocalId>) -> bool {
    let mut found = false;
    c_walk::exprs(expr, &mut |expr| found |= is_one(expr, derived));
    found
}

fn is_one(expr: &Expr, derived: &BTreeSet<LocalId>) -> bool {
    matches!(&expr.kind, ExprKind::Local(local) if derived.contains(local))
}

fn locals(expr: &Expr, derived: &mut BTreeSet<LocalId>) {
    c_walk::exprs(expr, &mut |expr| {
        if let ExprKind::Local(local) = &expr.kind {
            derived.insert(*local);
        }
    });
}
