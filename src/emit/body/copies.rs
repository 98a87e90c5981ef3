//! `memcpy` of all that lies in one place to another of its type: an assignment.

use super::{expr::strip_pointer_casts, memory::WORDS_MAX};
use crate::{
    emit::types,
    ir::{
        Object,
        body::{Builtin, Expr, ExprKind, Function, Place, PlaceKind, Stmt, StmtKind},
        constant,
        ty::{self, Ty},
        walk::VisitMut,
    },
};

/// Turns such copies into assignments, so that all that is known of these holds for them too.
pub fn assign_copies(object: &Object, function: &mut Function) {
    Copies(object).function(function);
}

struct Copies<'a>(&'a Object);

impl VisitMut for Copies<'_> {
    fn stmt(&mut self, stmt: &mut Stmt) {
        if let StmtKind::Expr(expr) = &stmt.kind
            && let Some((to, value)) = self.copied(expr.peeled())
        {
            stmt.kind = StmtKind::Assign(to, value);
        }
        self.stmt_parts(stmt);
    }
}

impl Copies<'_> {
    fn copied(&self, expr: &Expr) -> Option<(Place, Expr)> {
        let ExprKind::Builtin(Builtin::Memcpy, args) = &expr.kind else {
            return None;
        };
        let [to, from, size] = args.as_slice() else {
            return None;
        };
        let (to, from) = (pointed(to)?, pointed(from)?);
        let bytes = ty::size_of(self.0, &to.ty);
        let words = bytes / types::align_of(self.0, &to.ty).clamp(1, 8);
        if to.ty != from.ty
            || to.volatile
            || from.volatile
            || constant::number(self.0, size)? != i128::from(bytes)
            || !(1..=WORDS_MAX).contains(&words)
        {
            return None;
        }
        let value = Expr {
            ty: to.ty.clone(),
            kind: ExprKind::Load(Box::new(from)),
            ..expr.clone()
        };
        Some((to, value))
    }
}

/// The place of a type that a pointer is of.
fn pointed(pointer: &Expr) -> Option<Place> {
    let inner = strip_pointer_casts(pointer);
    match (&inner.kind, &inner.ty) {
        (ExprKind::Decay(place) | ExprKind::AddressOf(place), _) => Some((**place).clone()),
        (_, Ty::Pointer { to, .. }) if matches!(**to, Ty::Record(_)) => Some(Place {
            kind: PlaceKind::Deref(Box::new(inner.clone())),
            ty: (**to).clone(),
            volatile: false,
        }),
        _ => None,
    }
}
