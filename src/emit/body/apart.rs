//! Tests of looked-up pointers that stand in one condition with others, each in a statement of its own:
//! so that the others can follow what isn't null.

use super::{
    Body, declare,
    lookup::{tests_for_null, tests_for_some},
};
use crate::ir::{
    Notes,
    body::{Block, Expr, ExprKind, Init, LocalId, Stmt, StmtKind},
};

/// Takes such conditions apart.
pub(super) fn take(stmts: &mut Vec<Stmt>) {
    for at in 0..stmts.len() {
        let Some(StmtKind::Let(local, Some(Init::Expr(value)))) = stmts.get(at).map(|s| &s.kind)
        else {
            continue;
        };
        let local = *local;
        if !matches!(
            super::expr::strip_pointer_casts(value).kind,
            ExprKind::Helper(1, ..) | ExprKind::Call(..)
        ) {
            continue;
        }
        let user = |s: &Stmt| declare::mentions(s, local);
        let Some(test) = (at + 1..stmts.len()).find(|&i| stmts.get(i).is_some_and(user)) else {
            continue;
        };
        let used_behind = stmts.iter().skip(test + 1).any(user);
        let Some(stmt) = stmts.get_mut(test) else {
            continue;
        };
        let StmtKind::If(cond, then, None) = &mut stmt.kind else {
            continue;
        };
        if let Some((first, rest)) = split(cond, local, true).filter(|_| !used_behind) {
            let inner = Stmt {
                kind: StmtKind::If(rest, std::mem::take(then), None),
                notes: Notes::default(),
                span: stmt.span,
            };
            let outer = Block {
                stmts: vec![inner],
                ..Block::default()
            };
            stmt.kind = StmtKind::If(first, outer, None);
        } else if let Some((first, rest)) = split(cond, local, false)
            && Body::diverges(&then.stmts)
            && is_short(then)
        {
            let second = Stmt {
                kind: StmtKind::If(rest, then.clone(), None),
                notes: Notes::default(),
                span: stmt.span,
            };
            *cond = first;
            // What is said before a condition is about what it tests beside the lookup.
            let mut second = second;
            second.notes = std::mem::take(&mut stmt.notes);
            stmts.insert(test + 1, second);
        }
    }
}

/// A block that may stand there twice: it only leaves.
fn is_short(block: &Block) -> bool {
    let [only] = block.stmts.as_slice() else {
        return false;
    };
    let leaves = match &only.kind {
        StmtKind::Return(value) => value
            .as_ref()
            .is_none_or(|value| matches!(value.kind, ExprKind::Int(_) | ExprKind::Constant(_))),
        StmtKind::Break(_) | StmtKind::Continue(_) => true,
        _ => false,
    };
    leaves && only.notes == Notes::default() && block.trailing.is_empty()
}

/// `p && rest`, or `!p || rest`, as its two parts. What stands in front of the test moves behind it:
/// nobody notices when it is computed.
fn split(cond: &Expr, local: LocalId, and: bool) -> Option<(Expr, Expr)> {
    let mut parts = Vec::new();
    flatten(cond, and, &mut parts);
    let is_test = |part: &Expr| match and {
        true => tests_for_some(part, local),
        false => tests_for_null(part, local),
    };
    let at = parts.iter().position(is_test)?;
    let quiet = |part: &Expr| !declare::acts(part) && !declare::value_mentions(part, local);
    if !parts.get(..at)?.iter().all(quiet) {
        return None;
    }
    let test = parts.remove(at);
    let rest = parts.into_iter().reduce(|left, right| {
        let (ty, span) = (left.ty.clone(), left.span);
        let (left, right) = (Box::new(left), Box::new(right));
        let kind = match and {
            true => ExprKind::And(left, right),
            false => ExprKind::Or(left, right),
        };
        Expr { kind, ty, span }
    })?;
    Some((test, rest))
}

fn flatten(cond: &Expr, and: bool, parts: &mut Vec<Expr>) {
    match (&cond.kind, and) {
        (ExprKind::And(left, right), true) | (ExprKind::Or(left, right), false) => {
            flatten(left, and, parts);
            flatten(right, and, parts);
        }
        _ => parts.push(cond.clone()),
    }
}
