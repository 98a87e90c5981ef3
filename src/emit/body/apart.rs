//! Tests of looked-up pointers that stand in one condition with others, each in a statement of its own:
//! so that the others can follow what isn't null.

use super::{
    Body, declare,
    lookup::{tests_for_null, tests_for_some},
};
use crate::ir::{
    Notes,
    body::{Block, Expr, ExprKind, Init, LocalId, PlaceKind, Stmt, StmtKind},
};

/// Takes such conditions apart.
pub(super) fn take(stmts: &mut Vec<Stmt>) {
    let mut declared_later = Vec::new();
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
            let (mut inner, rest) = ahead(rest);
            inner.push(Stmt {
                kind: StmtKind::If(rest, std::mem::take(then), None),
                notes: Notes::default(),
                span: stmt.span,
            });
            let outer = Block {
                stmts: inner,
                ..Block::default()
            };
            stmt.kind = StmtKind::If(first, outer, None);
        } else if let Some((first, rest)) = split(cond, local, false)
            && Body::diverges(&then.stmts)
            && is_short(then)
        {
            let (mut second, rest) = ahead(rest);
            second.push(Stmt {
                kind: StmtKind::If(rest, then.clone(), None),
                notes: Notes::default(),
                span: stmt.span,
            });
            *cond = first;
            // What is said before a condition is about what it tests beside the lookup.
            if let Some(second) = second.first_mut() {
                second.notes = std::mem::take(&mut stmt.notes);
            }
            for second in &mut second {
                if let StmtKind::Assign(place, value) = &second.kind
                    && let PlaceKind::Local(id) = place.kind
                    && is_first(stmts, test, id)
                    && !mentions(value, id)
                {
                    second.kind = StmtKind::Let(id, Some(Init::Expr(value.clone())));
                    declared_later.push(id);
                }
            }
            stmts.splice(test + 1..test + 1, second);
        }
    }
    stmts.retain(|stmt| match &stmt.kind {
        StmtKind::Let(id, None) => !declared_later.contains(id),
        _ => true,
    });
}

fn mentions(value: &Expr, local: LocalId) -> bool {
    let stmt = Stmt {
        kind: StmtKind::Expr(value.clone()),
        notes: Notes::default(),
        span: None,
    };
    declare::mentions(&stmt, local)
}

/// Whether a variable is declared without a value or a comment, and not used up to this statement.
fn is_first(stmts: &[Stmt], end: usize, local: LocalId) -> bool {
    let declares = |stmt: &Stmt| {
        matches!(stmt.kind, StmtKind::Let(id, None) if id == local)
            && stmt.notes == Notes::default()
    };
    let before = stmts.get(..=end).unwrap_or_default();
    before.iter().any(declares)
        && before
            .iter()
            .all(|stmt| declares(stmt) || !declare::mentions(stmt, local))
}

/// What a condition assigns before it tests, as statements before it. Variables of its own stay inside:
/// others may have their names.
fn ahead(cond: Expr) -> (Vec<Stmt>, Expr) {
    match cond.kind {
        ExprKind::Block(stmts, value)
            if stmts
                .iter()
                .all(|stmt| matches!(stmt.kind, StmtKind::Assign(..))) =>
        {
            (stmts, *value)
        }
        kind => (Vec::new(), Expr { kind, ..cond }),
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
