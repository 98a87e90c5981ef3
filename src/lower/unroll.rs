//! `#pragma unroll`: the kernel's verifier walks through what is unrolled at less cost than through
//! the loop, and some walks are too long for it otherwise.

use super::body::Body;
use crate::ir::{
    Object,
    body::{BinaryOp, Expr, ExprKind, Init, LocalId, PlaceKind, Stmt, StmtKind},
    constant,
    walk::Visit,
};

/// From how many instructions on a loop is marked, about: smaller ones LLVM unrolls by itself, or
/// they are walked through as they are.
const FEW: i128 = 1000;

/// What LLVM makes of `#pragma unroll` at most (`PragmaUnrollThreshold` in LoopUnrollPass.cpp).
const MOST: i128 = 16384;

impl Body<'_, '_> {
    /// Marks the loop that `stmts` end with, if it is long and its turns are known.
    pub(super) fn unroll(&mut self, stmts: &mut [Stmt]) {
        let object = &self.cx.object;
        let Some((last, before)) = stmts.split_last_mut() else {
            return;
        };
        let StmtKind::Loop {
            cond: Some(cond),
            post_check: false,
            body,
            step,
            unroll,
            ..
        } = &mut last.kind
        else {
            return;
        };
        let Some(turns) = turns(object, before, cond, step) else {
            return;
        };
        let mut size = Size(0);
        size.block(body);
        if (FEW..=MOST).contains(&size.0.saturating_mul(turns)) {
            *unroll = true;
            self.cx.object.unrolls = true;
        }
    }
}

/// How often a loop turns that counts from a number to a number.
fn turns(object: &Object, before: &[Stmt], cond: &Expr, step: &[Stmt]) -> Option<i128> {
    let ExprKind::Compare(_, left, right) = &cond.kind else {
        return None;
    };
    let counter = local(left.peeled())?;
    let end = constant::number(object, right)?;
    let start = before.iter().rev().find_map(|s| match &s.kind {
        StmtKind::Let(id, Some(Init::Expr(value))) if *id == counter => Some(value),
        StmtKind::Assign(place, value) if place.kind == PlaceKind::Local(counter) => Some(value),
        _ => None,
    })?;
    let [
        Stmt {
            kind: StmtKind::AssignOp(place, BinaryOp::Add | BinaryOp::Sub, by),
            ..
        },
    ] = step
    else {
        return None;
    };
    let by = constant::number(object, by).filter(|_| place.kind == PlaceKind::Local(counter))?;
    let way = end.checked_sub(constant::number(object, start)?)?;
    way.abs().checked_div(by.abs())
}

fn local(e: &Expr) -> Option<LocalId> {
    match &e.kind {
        ExprKind::Load(place) => match place.kind {
            PlaceKind::Local(id) => Some(id),
            _ => None,
        },
        _ => None,
    }
}

/// About how many instructions something comes to.
struct Size(i128);

impl Visit for Size {
    fn stmt(&mut self, stmt: &Stmt) {
        self.0 += 1;
        self.stmt_parts(stmt);
    }

    fn expr(&mut self, expr: &Expr) {
        self.0 += match expr.kind {
            ExprKind::Helper(..) | ExprKind::ProbeRead(..) | ExprKind::Printk(..) => 6,
            ExprKind::Call(..) | ExprKind::CallParam(..) => 20,
            ExprKind::Binary(..) | ExprKind::Compare(..) => 1,
            _ => 0,
        };
        self.expr_parts(expr);
    }
}
