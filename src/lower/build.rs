//! Small constructors of IR nodes.

use crate::{
    ir::{
        Notes,
        body::{Block, Expr, ExprKind, LocalId, Place, PlaceKind, Stmt, StmtKind},
        constant,
        ty::Ty,
    },
    source::span::Span,
};

/// C's `int`.
pub(super) const INT: Ty = Ty::signed(32);
/// 64 bits without a sign.
pub(super) const U64: Ty = Ty::unsigned(64);
/// 64 bits with a sign.
pub(super) const I64: Ty = Ty::signed(64);

/// An expression.
pub(super) fn expr(kind: ExprKind, ty: Ty, span: impl Into<Option<Span>>) -> Expr {
    Expr {
        kind,
        ty,
        span: span.into(),
    }
}

/// A number, reduced to the range of `ty`.
pub(super) fn int(value: i128, ty: Ty, span: impl Into<Option<Span>>) -> Expr {
    let value = wrap(value, &ty);
    expr(ExprKind::Int(value), ty, span)
}

/// `value` modulo the range of an integer type; unchanged for others.
pub(super) fn wrap(value: i128, ty: &Ty) -> i128 {
    match *ty {
        Ty::Int { bits, signed } => constant::wrap(value, bits, signed),
        _ => value,
    }
}

/// Whether an integer type holds `value`.
pub(super) fn fits(value: i128, ty: &Ty) -> bool {
    matches!(ty, Ty::Int { .. }) && wrap(value, ty) == value
}

/// What a place holds.
pub(super) fn load(place: Place, span: impl Into<Option<Span>>) -> Expr {
    let ty = place.ty.clone();
    // A value that stands in a temporary and is read at once needs no memory.
    if let PlaceKind::Temporary(init) = &place.kind
        && let crate::ir::body::Init::Expr(value) = init.as_ref()
        && value.ty == ty
    {
        return value.clone();
    }
    expr(ExprKind::Load(Box::new(place)), ty, span)
}

/// A pointer to a place.
pub(super) fn address_of(place: Place, span: impl Into<Option<Span>>) -> Expr {
    let ty = pointer_to(place.ty.clone(), true);
    if let PlaceKind::Deref(pointer) = place.kind {
        return if pointer.ty == ty || matches!(pointer.ty, Ty::Pointer { .. }) {
            *pointer
        } else {
            let place = Place {
                kind: PlaceKind::Deref(pointer),
                ty: place.ty,
                volatile: place.volatile,
            };
            expr(ExprKind::AddressOf(Box::new(place)), ty, span)
        };
    }
    expr(ExprKind::AddressOf(Box::new(place)), ty, span)
}

/// The type of a pointer to `to`.
pub(super) fn pointer_to(to: Ty, mutable: bool) -> Ty {
    Ty::Pointer {
        to: Box::new(to),
        mutable,
    }
}

/// A local variable as a place.
pub(super) fn local_place(local: LocalId, ty: Ty, volatile: bool) -> Place {
    Place {
        kind: PlaceKind::Local(local),
        ty,
        volatile,
    }
}

/// A statement without comments.
pub(super) fn stmt(kind: StmtKind, span: impl Into<Option<Span>>) -> Stmt {
    Stmt {
        kind,
        notes: Notes::default(),
        span: span.into(),
    }
}

/// A block without comments.
pub(super) fn block(stmts: Vec<Stmt>) -> Block {
    Block {
        stmts,
        trailing: Vec::new(),
    }
}
