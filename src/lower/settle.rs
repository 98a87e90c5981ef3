//! Destinations that are found before the value that goes there: those of structures.

use super::{Lowered, body::Body, simplify};
use crate::{
    c::tree::Expr as CExpr,
    ir::{
        body::{Expr, ExprKind, Place, PlaceKind, Stmt},
        ty::Ty,
    },
};

impl<'a> Body<'_, 'a> {
    /// Both sides of an assignment of a structure. Of numbers clang has the value first, of
    /// structures the place.
    pub(super) fn record_sides(
        &mut self,
        target: &'a CExpr,
        value: &'a CExpr,
    ) -> Lowered<(Place, Expr)> {
        let place = self.place(target)?;
        let mark = self.out.len();
        let value = self.expr(value)?;
        let tail = self.out.split_off(mark);
        let place = self.settled_place(place, &tail, &value);
        self.out.extend(tail);
        Ok((place, value))
    }

    /// `place` where `stmts` and `value`, which come behind it, don't lead it elsewhere.
    fn settled_place(&mut self, place: Place, stmts: &[Stmt], value: &Expr) -> Place {
        let kind = match place.kind {
            PlaceKind::Field(base, record, field) => {
                let base = self.settled_place(*base, stmts, value);
                PlaceKind::Field(Box::new(base), record, field)
            }
            PlaceKind::Index(base, index) => {
                let base = self.settled_place(*base, stmts, value);
                let index = self.settled("index", *index, stmts, value);
                PlaceKind::Index(Box::new(base), Box::new(index))
            }
            PlaceKind::Deref(pointer) => {
                PlaceKind::Deref(Box::new(self.settled("target", *pointer, stmts, value)))
            }
            kind => kind,
        };
        Place { kind, ..place }
    }

    fn settled(&mut self, name: &str, one: Expr, stmts: &[Stmt], value: &Expr) -> Expr {
        if simplify::is_literal(&one) || self.is_free_of(&one, stmts, value) {
            return one;
        }
        self.temporary(name, one)
    }

    /// Where `memcpy` copies to, found before where it copies from.
    pub(super) fn copied_to(&mut self, to: Expr, from: &Expr) -> Expr {
        if self.is_free_of(&to, &[], from) {
            return to;
        }
        match to.kind {
            // What it points to is known by the type.
            ExprKind::Cast(inner) if matches!(inner.ty, Ty::Pointer { .. }) => {
                let inner = self.temporary("target", *inner);
                self.cast(inner, &to.ty)
            }
            _ => self.temporary("target", to),
        }
    }
}
