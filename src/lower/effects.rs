//! What the functions of a file do to memory.

use std::collections::BTreeSet;

use super::{body::root, c_walk, calls::callee_of};
use crate::c::tree::{Expr, ExprKind, FunctionId, StmtKind, Tree};

/// What a call may do that others can tell, its arguments apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Effects {
    /// It looks into memory that isn't its own.
    pub(super) reads: bool,
    /// It may do anything.
    pub(super) acts: bool,
}

/// What a function does.
pub(super) fn of(tree: &Tree, id: FunctionId) -> Effects {
    let mut effects = Effects::default();
    let mut seen = BTreeSet::new();
    let mut next = vec![id];
    while let Some(id) = next.pop() {
        if seen.insert(id) && !effects.acts {
            look(tree, id, &mut effects, &mut next);
        }
    }
    effects
}

/// Adds what a function does by itself, and whom it calls.
fn look(tree: &Tree, id: FunctionId, effects: &mut Effects, callees: &mut Vec<FunctionId>) {
    let function = tree.functions.get(id.0 as usize);
    // Another may take a weak one's place.
    let function = function.filter(|function| !function.weak && !function.broken);
    let body = function.and_then(|function| function.body.as_ref());
    let Some(body) = body else {
        effects.acts = true;
        return;
    };
    c_walk::exprs_of_block(body, &mut |e: &Expr| {
        let acts = match &e.kind {
            ExprKind::Assign(target, _)
            | ExprKind::CompoundAssign { target, .. }
            | ExprKind::IncDec { target, .. } => root(target).is_none(),
            ExprKind::Call(callee, _) => match callee_of(callee) {
                Some(callee) => {
                    callees.push(callee);
                    false
                }
                None => true,
            },
            ExprKind::Variable(_) | ExprKind::Deref(_) => {
                effects.reads = true;
                false
            }
            ExprKind::Builtin(..) | ExprKind::StmtExpr(_) => true,
            _ => false,
        };
        effects.acts |= acts || e.ty.volatile;
    });
    for s in &body.stmts {
        c_walk::stmts(s, &mut |s| {
            effects.acts |= matches!(s.kind, StmtKind::Asm(_));
        });
    }
}
