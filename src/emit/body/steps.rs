//! Steps of pointers.
//!
//! C's own arithmetic stays inside of an object, and clang tells LLVM so. `add` says the same, by
//! which LLVM sees in a checked pointer and a followed one the same register, as the verifier has to.
//! Addresses that helpers alone read by are of no object of the program: those wrap.

use std::collections::HashSet;

use super::Body;
use crate::{
    emit::code::Code,
    ir::{
        RecordId,
        body::{Expr, ExprKind, Function, LocalId, Place, PlaceKind, Stmt, StmtKind},
        ty::Ty,
        walk::Visit,
    },
};

/// What becomes of a pointer that is being emitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Use {
    /// It is stored, passed, or converted.
    #[default]
    Other,
    /// It is compared with another.
    Compared,
    /// It is followed, in an `unsafe` block.
    Followed,
}

impl Body<'_> {
    /// A pointer, so many elements further.
    pub(super) fn step(&self, base: &Expr, by: &Expr, mutable: bool) -> Code {
        let what = self.use_.replace(Use::Other);
        let inside = what != Use::Other || self.is_walked(base);
        let code = self
            .pointer(base, mutable)
            .dot(self.offset_call(by, inside));
        self.use_.set(what);
        if inside && what != Use::Followed {
            self.operation(code)
        } else {
            code
        }
    }

    /// What a use of a pointer makes of it.
    pub(super) fn used<T>(&self, what: Use, emit: impl FnOnce() -> T) -> T {
        let before = self.use_.replace(what);
        let code = emit();
        self.use_.set(before);
        code
    }

    /// Whether a pointer points into memory that the program itself reads, writes or walks over.
    pub(super) fn is_walked(&self, pointer: &Expr) -> bool {
        match &pointer.kind {
            ExprKind::Load(place) => {
                Walked::of(place).is_some_and(|place| self.walked.contains(&place))
            }
            ExprKind::Cast(inner) | ExprKind::Offset(inner, _) => self.is_walked(inner),
            ExprKind::AddressOf(place) | ExprKind::Decay(place) => self.is_part_walked(place),
            _ => false,
        }
    }

    fn is_part_walked(&self, place: &Place) -> bool {
        match &place.kind {
            PlaceKind::Local(_) | PlaceKind::Global(_) => true,
            PlaceKind::Temporary(_) => false,
            PlaceKind::Deref(pointer) => self.is_walked(pointer),
            PlaceKind::Field(base, ..) | PlaceKind::Index(base, _) => self.is_part_walked(base),
        }
    }
}

/// What holds a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Walked {
    Local(LocalId),
    /// The field of whichever structure: a cursor, mostly.
    Field(RecordId, u32),
}

impl Walked {
    fn of(place: &Place) -> Option<Self> {
        match place.kind {
            PlaceKind::Local(id) => Some(Self::Local(id)),
            PlaceKind::Field(_, record, index) => Some(Self::Field(record, index)),
            _ => None,
        }
    }
}

/// The pointers that a function follows, compares with others or takes the distance of.
pub(super) fn walked(function: &Function) -> HashSet<Walked> {
    let mut finder = Finder::default();
    finder.function(function);
    finder.0
}

#[derive(Default)]
struct Finder(HashSet<Walked>);

impl Finder {
    fn walk(&mut self, pointer: &Expr) {
        match &pointer.kind {
            ExprKind::Load(place) => self.0.extend(Walked::of(place)),
            ExprKind::Cast(inner) | ExprKind::Offset(inner, _) => self.walk(inner),
            ExprKind::AddressOf(place) | ExprKind::Decay(place) => self.follow(place),
            _ => {}
        }
    }

    fn follow(&mut self, place: &Place) {
        match &place.kind {
            PlaceKind::Deref(pointer) => self.walk(pointer),
            PlaceKind::Field(base, ..) | PlaceKind::Index(base, _) => self.follow(base),
            _ => {}
        }
    }
}

impl Visit for Finder {
    fn stmt(&mut self, stmt: &Stmt) {
        if let StmtKind::Assign(place, _) | StmtKind::AssignOp(place, ..) = &stmt.kind {
            self.follow(place);
        }
        self.stmt_parts(stmt);
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Load(place) => self.follow(place),
            ExprKind::Compare(_, left, right) | ExprKind::Distance(left, right)
                if matches!(left.ty, Ty::Pointer { .. })
                    && ![left, right].into_iter().any(|e| is_null(e)) =>
            {
                self.walk(left);
                self.walk(right);
            }
            _ => {}
        }
        self.expr_parts(expr);
    }
}

/// Whether a pointer is C's null.
pub(super) fn is_null(pointer: &Expr) -> bool {
    matches!(pointer.peeled().kind, ExprKind::Int(0))
}
