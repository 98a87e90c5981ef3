//! Variables that both branches of an `if` give a value: `let x = if … { … } else { … };`

use super::declare::mentions;
use crate::ir::{
    Notes,
    body::{Block, Expr, ExprKind, Init, LocalId, PlaceKind, Stmt, StmtKind},
    ty::Ty,
};

/// The value that a statement gives a variable, if it does so last in each of its branches.
pub(super) fn value(stmt: &Stmt, local: LocalId) -> Option<Expr> {
    let StmtKind::If(cond, then, Some(other)) = &stmt.kind else {
        return None;
    };
    let condition = Stmt {
        kind: StmtKind::Expr(cond.clone()),
        notes: Notes::default(),
        span: None,
    };
    if mentions(&condition, local) {
        return None;
    }
    let (then, other) = (last(then, local)?, last(other, local)?);
    Some(Expr {
        ty: then.ty.clone(),
        kind: ExprKind::Conditional(Box::new(cond.clone()), Box::new(then), Box::new(other)),
        span: cond.span,
    })
}

/// What a branch leaves in the variable.
fn last(block: &Block, local: LocalId) -> Option<Expr> {
    let (end, before) = block.stmts.split_last()?;
    // A value has no place for what is said about it.
    if end.notes != Notes::default()
        || !block.trailing.is_empty()
        || before.iter().any(|s| mentions(s, local))
    {
        return None;
    }
    let end = match &end.kind {
        StmtKind::Assign(place, value)
            if place.kind == PlaceKind::Local(local)
                && matches!(place.ty, Ty::Int { .. } | Ty::Bool | Ty::Enum(_)) =>
        {
            let value = value.clone();
            let whole = Stmt {
                kind: StmtKind::Let(LocalId(u32::MAX), Some(Init::Expr(value.clone()))),
                notes: Notes::default(),
                span: None,
            };
            (!mentions(&whole, local)).then_some(value)?
        }
        _ => value(end, local)?,
    };
    Some(if before.is_empty() {
        end
    } else {
        Expr {
            ty: end.ty.clone(),
            span: end.span,
            kind: ExprKind::Block(before.to_vec(), Box::new(end)),
        }
    })
}
