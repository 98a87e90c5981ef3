//! Variables that are one function all along: `int (*tell)(u64) = note;`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::c_walk;
use crate::c::{
    tree::{Block, Expr, ExprKind, FunctionId, Init, LocalId, StmtKind},
    types::Kind,
};

/// The variables that are initialised with a function, and then called or handed on, no more.
pub(super) fn functions(block: &Block) -> HashMap<LocalId, FunctionId> {
    let mut found = HashMap::new();
    for stmt in &block.stmts {
        c_walk::stmts(stmt, &mut |stmt| {
            if let StmtKind::Local(local, Some(Init::Expr(value))) = &stmt.kind
                && matches!(value.ty.kind, Kind::Pointer(_))
                && let Some(function) = function(value)
            {
                found.insert(*local, function);
            }
        });
    }
    if found.is_empty() {
        return found;
    }
    let others = other_uses(block, |_, _| true);
    found.retain(|local, _| !others.contains(local));
    found
}

/// The variables that something else is done with than to call them, and to hand them to such
/// callees.
pub(super) fn other_uses(block: &Block, takes: impl Fn(&Expr, usize) -> bool) -> BTreeSet<LocalId> {
    let mut others: BTreeMap<LocalId, i32> = BTreeMap::new();
    c_walk::exprs_of_block(block, &mut |expr| match &expr.kind {
        ExprKind::Local(local) => *others.entry(*local).or_default() += 1,
        ExprKind::Call(callee, args) => {
            let args = args.iter().enumerate().filter_map(|(at, arg)| {
                let local = local(arg)?;
                takes(callee, at).then_some(local)
            });
            for local in local(callee).into_iter().chain(args) {
                *others.entry(local).or_default() -= 1;
            }
        }
        _ => {}
    });
    others.retain(|_, others| *others != 0);
    others.into_keys().collect()
}

/// The function that a pointer to one names, as its own type says.
pub(super) fn function(value: &Expr) -> Option<FunctionId> {
    match &value.kind {
        ExprKind::Function(id) => Some(*id),
        ExprKind::Decay(inner)
        | ExprKind::AddressOf(inner)
        | ExprKind::Cast {
            value: inner,
            explicit: false,
        } => function(inner),
        _ => None,
    }
}

/// The variable whose value it is.
pub(super) fn local(value: &Expr) -> Option<LocalId> {
    match &value.kind {
        ExprKind::Local(local) => Some(*local),
        ExprKind::Cast { value, .. } => local(value),
        _ => None,
    }
}
