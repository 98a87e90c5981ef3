//! Assignments: plain, compound, increments; as statements and inside of expressions.

use super::{
    Lowered,
    body::Body,
    build::{I64, expr, int, load},
    purity, simplify,
};
use crate::{
    c::{
        tree::{Expr as CExpr, ExprKind as CKind},
        types::{CType, Kind},
    },
    ir::{
        body::{BinaryOp, Expr, ExprKind, LocalId, Place, PlaceKind, StmtKind},
        ty::Ty,
    },
    source::span::Span,
};

impl<'a> Body<'_, 'a> {
    /// `target = value;`
    pub(super) fn assign(
        &mut self,
        target: &'a CExpr,
        value: &'a CExpr,
        span: Span,
    ) -> Lowered<()> {
        let (place, value) = self.assignment(target, value)?;
        self.store(place, value, span);
        Ok(())
    }

    /// Both sides of an assignment, the value as the place takes it.
    fn assignment(&mut self, target: &'a CExpr, value: &'a CExpr) -> Lowered<(Place, Expr)> {
        self.require_plain(target)?;
        let (place, value) = match target.ty.kind {
            Kind::Record(_) => self.record_sides(target, value)?,
            _ => self.sides(target, value)?,
        };
        let value = self.cast(value, &place.ty);
        Ok((place, self.kept(value)))
    }

    /// Both sides, with what they do first in front.
    fn sides(&mut self, target: &'a CExpr, value: &'a CExpr) -> Lowered<(Place, Expr)> {
        let mut value = self.expr(value)?;
        let mark = self.out.len();
        let place = self.place(target)?;
        let tail = self.out.get(mark..).unwrap_or_default();
        if !tail.is_empty() && !purity::unmoved_by(&value, tail, &self.addressed) {
            let tail = self.out.split_off(mark);
            value = self.temporary("value", value);
            self.out.extend(tail);
        }
        Ok((place, value))
    }

    /// A value that is there before `place` is read, where that makes a difference.
    fn in_turn(&mut self, value: Expr, place: &Place) -> Expr {
        if self.is_free(&value, place) {
            return value;
        }
        self.temporary("value", value)
    }

    /// `place = value;`, by an assignment operator where that is what it comes to.
    pub(super) fn store(&mut self, place: Place, value: Expr, span: Span) {
        if let ExprKind::Binary(op, left, right) = &value.kind
            && let ExprKind::Load(loaded) = &left.kind
            && same_place(loaded, &place)
            && purity::is_pure_place(&place)
            && !self.is_bit_field(&place)
            && place.ty == value.ty
        {
            let (op, right) = (*op, right.as_ref().clone());
            if self.is_free(&right, &place) {
                return self.push(StmtKind::AssignOp(place, op, right), span);
            }
            // An assignment operator reads its place last, and here C read it first.
            let left = self.temporary("old", left.as_ref().clone());
            let value = simplify::binary(op, left, right);
            return self.push(StmtKind::Assign(place, value), span);
        }
        self.push(StmtKind::Assign(place, value), span);
    }

    /// The value of `target = value`.
    pub(super) fn assign_value(
        &mut self,
        target: &'a CExpr,
        value: &'a CExpr,
        span: Span,
    ) -> Lowered<Expr> {
        let (place, value) = self.assignment(target, value)?;
        if simplify::is_literal(&value) && !self.is_bit_field(&place) {
            self.store(place, value.clone(), span);
            return Ok(value);
        }
        if self.rereadable(&place) {
            let again = place.clone();
            self.store(place, value, span);
            return Ok(load(again, span));
        }
        let value = self.cut(value, &place);
        let value = self.temporary("value", value);
        self.store(place, value.clone(), span);
        Ok(value)
    }

    /// A value of the place's type as the place holds it: of a bit-field, its width is left.
    fn cut(&self, value: Expr, place: &Place) -> Expr {
        let span = value.span;
        let number = match &place.ty {
            Ty::Int { bits, signed } => Some((*bits, *signed)),
            Ty::Enum(id) => {
                let found = self.cx.object.enums.get(id.0 as usize);
                found.map(|found| (found.bits, found.signed))
            }
            _ => None,
        };
        let (Some(width), Some((bits, signed))) = (self.bit_width(place), number) else {
            return value;
        };
        let unused = bits.saturating_sub(width);
        if unused == 0 {
            return value;
        }
        let ty = Ty::Int { bits, signed };
        if let Some(known) = simplify::known(&self.cx.object, &value) {
            let known = crate::ir::constant::wrap(known, width, signed);
            return self.cast(int(known, ty, span), &place.ty);
        }
        let value = self.cast(value, &ty);
        let cut = if signed {
            let by = || int(i128::from(unused), super::build::INT, span);
            simplify::binary(
                BinaryOp::Shr,
                simplify::binary(BinaryOp::Shl, value, by()),
                by(),
            )
        } else {
            let mask = (1_i128 << width.min(64)) - 1;
            simplify::binary(BinaryOp::BitAnd, value, int(mask, ty, span))
        };
        self.cast(cut, &place.ty)
    }

    /// Whether the value just stored can be read back as it was stored.
    fn rereadable(&self, place: &Place) -> bool {
        let stays = self.acts_once || purity::root(place).is_some();
        !place.volatile && stays && purity::is_pure_place(place)
    }

    pub(super) fn is_bit_field(&self, place: &Place) -> bool {
        self.bit_width(place).is_some()
    }

    /// How many bits a bit-field has.
    fn bit_width(&self, place: &Place) -> Option<u16> {
        let PlaceKind::Field(_, record, field) = &place.kind else {
            return None;
        };
        let record = self.cx.object.records.get(record.0 as usize)?;
        let field = record.fields.as_ref()?.get(*field as usize)?;
        field.bits.map(|(_, width)| width)
    }

    /// `target op= value;`
    pub(super) fn compound(
        &mut self,
        op: BinaryOp,
        target: &'a CExpr,
        value: &'a CExpr,
        compute: &'a CType,
        span: Span,
    ) -> Lowered<()> {
        self.cx.need_stride(&target.ty);
        let (place, value) = self.sides(target, value)?;
        let compute = self.ty(compute);
        self.update(op, place, value, &compute, span);
        Ok(())
    }

    /// Applies an operator that works in `compute` to a place.
    fn update(&mut self, op: BinaryOp, place: Place, value: Expr, compute: &Ty, span: Span) {
        if let Ty::Pointer { .. } = place.ty {
            let word = match value.ty {
                Ty::Int { signed: false, .. } if op == BinaryOp::Add => Ty::unsigned(64),
                _ => I64,
            };
            let value = self.cast(value, &word);
            let value = self.in_turn(value, &place);
            let place = self.stable(place);
            return self.push(StmtKind::AssignOp(place, op, value), span);
        }
        if !self.is_bit_field(&place)
            && let Some(value) = self.in_place_type(op, &place.ty, &value, compute)
        {
            if !is_spelled_out(op, &place) {
                return self.push(StmtKind::AssignOp(place, op, value), span);
            }
            let value = self.in_turn(value, &place);
            let place = self.stable(place);
            return self.push(StmtKind::AssignOp(place, op, value), span);
        }
        let value = self.in_turn(value, &place);
        let place = self.stable(place);
        let old = load(place.clone(), span);
        let old = self.cast(old, compute);
        let new = if place.ty == Ty::Bool && op == BinaryOp::BitOr && purity::is_pure(&value) {
            let old = simplify::truth(&self.cx.object, old);
            let value = simplify::truth(&self.cx.object, value);
            expr(ExprKind::Or(Box::new(old), Box::new(value)), Ty::Bool, span)
        } else {
            simplify::binary(op, old, value)
        };
        let new = self.cast(new, &place.ty);
        self.push(StmtKind::Assign(place, new), span);
    }

    /// The right side for working in the place's own type, where that gives the same.
    fn in_place_type(&self, op: BinaryOp, ty: &Ty, value: &Expr, compute: &Ty) -> Option<Expr> {
        let &Ty::Int { bits, signed } = ty else {
            return None;
        };
        let &Ty::Int {
            bits: compute_bits, ..
        } = compute
        else {
            return None;
        };
        let known = simplify::known(&self.cx.object, value);
        match op {
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::BitAnd
            | BinaryOp::BitOr
            | BinaryOp::BitXor => Some(self.cast(value.clone(), ty)),
            BinaryOp::Shl | BinaryOp::Shr => {
                let within = known.is_some_and(|by| (0..i128::from(bits)).contains(&by));
                (bits == compute_bits && compute == ty || within).then(|| value.clone())
            }
            BinaryOp::Div | BinaryOp::Rem => {
                if compute == ty {
                    return Some(value.clone());
                }
                // BPF divides 32 and 64 bits; less is for divisors that the compiler knows.
                if signed || (bits < 32 && known.is_none_or(|by| by == 0)) {
                    return None;
                }
                simplify::fit(&self.cx.object, value, ty)
            }
        }
    }

    /// The value of `target op= value`.
    pub(super) fn compound_value(
        &mut self,
        op: BinaryOp,
        target: &'a CExpr,
        value: &'a CExpr,
        compute: &'a CType,
        span: Span,
    ) -> Lowered<Expr> {
        self.cx.need_stride(&target.ty);
        let (place, value) = self.sides(target, value)?;
        let value = self.in_turn(value, &place);
        let place = self.stable(place);
        let compute = self.ty(compute);
        if self.rereadable(&place) {
            self.update(op, place.clone(), value, &compute, span);
            return Ok(load(place, span));
        }
        let old = load(place.clone(), span);
        let new = match &old.ty {
            Ty::Pointer { .. } => self.moved(old, op, value),
            _ => {
                let old = self.cast(old, &compute);
                simplify::binary(op, old, value)
            }
        };
        let new = self.cast(new, &place.ty);
        let new = self.cut(new, &place);
        let new = self.temporary("value", new);
        self.push(StmtKind::Assign(place, new.clone()), span);
        Ok(new)
    }

    fn moved(&self, pointer: Expr, op: BinaryOp, by: Expr) -> Expr {
        let by = self.cast(by, &I64);
        let by = match op {
            BinaryOp::Sub => simplify::unary(crate::ir::body::UnaryOp::Neg, by),
            _ => by,
        };
        let (ty, span) = (pointer.ty.clone(), pointer.span);
        expr(ExprKind::Offset(Box::new(pointer), Box::new(by)), ty, span)
    }

    /// `target++;`
    pub(super) fn inc_dec(&mut self, target: &'a CExpr, delta: i8, span: Span) -> Lowered<()> {
        self.cx.need_stride(&target.ty);
        let place = self.place(target)?;
        self.step(place, delta, span);
        Ok(())
    }

    fn step(&mut self, place: Place, delta: i8, span: Span) {
        let op = if delta < 0 {
            BinaryOp::Sub
        } else {
            BinaryOp::Add
        };
        let compute = match &place.ty {
            Ty::Int { bits, .. } if *bits >= 32 => place.ty.clone(),
            Ty::Pointer { .. } => I64,
            _ => super::build::INT,
        };
        let one = int(1, compute.clone(), span);
        self.update(op, place, one, &compute, span);
    }

    /// The value of `++target` and `target++`.
    pub(super) fn inc_dec_value(
        &mut self,
        target: &'a CExpr,
        delta: i8,
        post: bool,
        span: Span,
    ) -> Lowered<Expr> {
        self.cx.need_stride(&target.ty);
        let place = self.place(target)?;
        let place = self.stable(place);
        if !post && self.rereadable(&place) {
            self.step(place.clone(), delta, span);
            return Ok(load(place, span));
        }
        let old = load(place.clone(), span);
        if post {
            if let CKind::Local(local) = &target.kind
                && self.deferrable.contains(local)
                && !self.addressed.contains(&LocalId(local.0))
            {
                let ((), later) = self.scoped(|body| body.step(place, delta, span));
                self.later.extend(later);
                return Ok(old);
            }
            let old = self.temporary("old", old);
            self.step(place, delta, span);
            return Ok(old);
        }
        let one = int(1, super::build::INT, span);
        let op = if delta < 0 {
            BinaryOp::Sub
        } else {
            BinaryOp::Add
        };
        let new = match &old.ty {
            Ty::Pointer { .. } => self.moved(old, op, one),
            ty => {
                let wide = match ty {
                    Ty::Int { bits, .. } if *bits >= 32 => ty.clone(),
                    _ => super::build::INT,
                };
                let (old, one) = (self.cast(old, &wide), self.cast(one, &wide));
                simplify::binary(op, old, one)
            }
        };
        let new = self.cast(new, &place.ty);
        let new = self.cut(new, &place);
        let new = self.temporary("value", new);
        self.push(StmtKind::Assign(place, new.clone()), span);
        Ok(new)
    }

    /// Notes what is known of a statement's expression before it is lowered.
    pub(super) fn begin(&mut self, e: &'a CExpr) {
        self.deferrable = once_mentioned(e);
        self.acts_once = effects(e) <= 1;
    }

    /// Runs `lower` for a statement in which increments of variables that are mentioned once may
    /// wait for its end.
    pub(super) fn with_deferring<T>(
        &mut self,
        e: &'a CExpr,
        lower: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.begin(e);
        let result = lower(self);
        self.deferrable.clear();
        self.acts_once = false;
        let later = std::mem::take(&mut self.later);
        self.out.extend(later);
        result
    }
}

/// How many of the parts of an expression do something beside giving a value.
pub(super) fn effects(e: &CExpr) -> usize {
    let mut count = 0;
    super::c_walk::exprs(e, &mut |inner| {
        count += usize::from(matches!(
            inner.kind,
            CKind::Call(..)
                | CKind::Assign(..)
                | CKind::CompoundAssign { .. }
                | CKind::IncDec { .. }
                | CKind::StmtExpr(_)
                | CKind::Builtin(..)
        ));
    });
    count
}

/// The local variables that occur once in `e`, and are evaluated whenever it is.
fn once_mentioned(e: &CExpr) -> std::collections::BTreeSet<crate::c::tree::LocalId> {
    let mut counts = std::collections::BTreeMap::<_, u32>::new();
    let mut ordered = false;
    super::c_walk::exprs(e, &mut |inner| match &inner.kind {
        CKind::Local(local) => *counts.entry(*local).or_default() += 1,
        CKind::And(..)
        | CKind::Or(..)
        | CKind::Conditional(..)
        | CKind::Elvis(..)
        | CKind::Comma(..)
        | CKind::StmtExpr(_) => ordered = true,
        _ => {}
    });
    if ordered {
        return std::collections::BTreeSet::new();
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count == 1)
        .map(|(local, _)| local)
        .collect()
}

/// Whether Rust has no assignment operator for it, so that the place is read before the right side.
fn is_spelled_out(op: BinaryOp, place: &Place) -> bool {
    let shifts = matches!(op, BinaryOp::Shl | BinaryOp::Shr | BinaryOp::Mul);
    matches!(op, BinaryOp::Div | BinaryOp::Rem)
        || place.volatile
        || shifts
            && matches!(
                place.ty,
                Ty::Int {
                    bits: 8,
                    signed: true
                }
            )
}

/// Whether two places are certainly the same.
fn same_place(a: &Place, b: &Place) -> bool {
    match (&a.kind, &b.kind) {
        (PlaceKind::Local(a), PlaceKind::Local(b)) => a == b,
        (PlaceKind::Global(a), PlaceKind::Global(b)) => a == b,
        (PlaceKind::Field(a, of_a, at_a), PlaceKind::Field(b, of_b, at_b)) => {
            of_a == of_b && at_a == at_b && same_place(a, b)
        }
        (PlaceKind::Deref(a), PlaceKind::Deref(b)) => same_value(a, b),
        (PlaceKind::Index(a, at_a), PlaceKind::Index(b, at_b)) => {
            same_place(a, b) && same_value(at_a, at_b)
        }
        _ => false,
    }
}

fn same_value(a: &Expr, b: &Expr) -> bool {
    a.ty == b.ty
        && match (&a.kind, &b.kind) {
            (ExprKind::Load(a), ExprKind::Load(b)) => !a.volatile && same_place(a, b),
            (ExprKind::Int(a), ExprKind::Int(b)) => a == b,
            (ExprKind::Constant(a), ExprKind::Constant(b)) => a == b,
            (ExprKind::Cast(a), ExprKind::Cast(b)) => same_value(a, b),
            _ => false,
        }
}
