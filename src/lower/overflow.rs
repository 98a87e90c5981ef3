//! Arithmetic that says whether the result fits: `__builtin_add_overflow` and its like.

use super::{Lowered, body::Body, build::expr, codes, place::deref, purity, simplify};
use crate::{
    c::{tree::Expr as CExpr, types::Kind},
    ir::{
        body::{BinaryOp, Builtin, CompareOp, Expr, ExprKind, Place},
        ty::Ty,
    },
};

impl<'a> Body<'_, 'a> {
    /// `__builtin_{add,sub,mul}_overflow(a, b, result)`
    pub(super) fn overflow(
        &mut self,
        e: &'a CExpr,
        op: BinaryOp,
        args: &'a [CExpr],
    ) -> Lowered<Expr> {
        let [a, b, result] = args else {
            return self.unsupported(e, "this number of arguments");
        };
        let volatile = matches!(&result.ty.kind, Kind::Pointer(to) if to.volatile);
        let left = self.expr(a)?;
        let right = self.operand(&[&left], |body| body.expr(b))?;
        let result = self.operand(&[&left, &right], |body| body.argument(result))?;
        let ty = match &result.ty {
            Ty::Pointer { to, .. } => to.as_ref().clone(),
            _ => return self.unsupported(e, "a result that isn't a pointer"),
        };
        let exact = (
            self.exact(left.clone(), &ty),
            self.exact(right.clone(), &ty),
        );
        let (Some(left), Some(right)) = exact else {
            return self.wide_overflow(e, op, [left, right], deref(result, ty, volatile));
        };
        if op == BinaryOp::Mul && !self.multiplies(&left, &right) {
            return self.refuse(
                codes::BUILTIN,
                e.span,
                "a product of 128 bits would be a call of a C library",
            );
        }
        let place = deref(result, ty, volatile);
        let pure = [&left, &right].into_iter().all(purity::is_pure);
        let (left, right) = if pure && purity::is_pure_place(&place) {
            (left, right)
        } else {
            (
                self.operand_of("left", left),
                self.operand_of("right", right),
            )
        };
        let place = self.stable(place);
        let builtin = match op {
            BinaryOp::Sub => Builtin::SubOverflows,
            BinaryOp::Mul => Builtin::MulOverflows,
            _ => Builtin::AddOverflows,
        };
        let operands = vec![left.clone(), right.clone()];
        let overflows = expr(ExprKind::Builtin(builtin, operands), Ty::Bool, e.span);
        // What is stored may be one of the operands.
        let overflows = self.temporary("overflow", overflows);
        self.store(place, simplify::binary(op, left, right), e.span);
        let ty = self.ty(&e.ty);
        Ok(self.cast(overflows, &ty))
    }

    /// Likewise, of numbers that the result's type doesn't hold: in a type that holds what comes of
    /// them, whatever they are.
    fn wide_overflow(
        &mut self,
        e: &'a CExpr,
        op: BinaryOp,
        [left, right]: [Expr; 2],
        place: Place,
    ) -> Lowered<Expr> {
        let result = self
            .limits(&left)
            .zip(self.limits(&right))
            .and_then(|(left, right)| range_of(op, left, right));
        // What is stored is compared with it there: it must hold both.
        let all = result.zip(limits_of(&place.ty));
        let all = all.map(|(result, stored)| (result.0.min(stored.0), result.1.max(stored.1)));
        // A product of 128 bits would be a call of a C library.
        let product = op == BinaryOp::Mul;
        let (Some(computed), Some(wide)) = (type_for(result, product), type_for(all, false)) else {
            return self.refuse(
                codes::BUILTIN,
                e.span,
                "a product of 128 bits would be a call of a C library",
            );
        };
        let computed = if product { computed } else { wide.clone() };
        let (left, right) = (self.cast(left, &computed), self.cast(right, &computed));
        let exact = self.cast(simplify::binary(op, left, right), &wide);
        let exact = self.temporary("exact", exact);
        let place = self.stable(place);
        let result = self.cast(exact.clone(), &place.ty);
        self.store(place, result.clone(), e.span);
        let held = self.cast(result, &wide);
        let differs = ExprKind::Compare(CompareOp::Ne, Box::new(held), Box::new(exact));
        let ty = self.ty(&e.ty);
        Ok(self.cast(expr(differs, Ty::Bool, e.span), &ty))
    }

    /// The least and the greatest that a number can be.
    fn limits(&self, value: &Expr) -> Option<(i128, i128)> {
        if let Some(known) = simplify::known(&self.cx.object, value) {
            return Some((known, known));
        }
        match (&value.kind, &value.ty) {
            (ExprKind::Cast(inner), ty)
                if simplify::keeps_value(&self.cx.object, &inner.ty, ty) =>
            {
                self.limits(inner)
            }
            (_, ty) => limits_of(ty),
        }
    }

    /// A number in another type, if it is one of that type: then the result is the same in it.
    fn exact(&self, value: Expr, ty: &Ty) -> Option<Expr> {
        let Ty::Int { .. } = ty else {
            return None;
        };
        let object = &self.cx.object;
        let holds = match simplify::known(object, &value) {
            Some(known) => super::build::fits(known, ty),
            None => value.ty == *ty || simplify::keeps_value(object, &value.ty, ty),
        };
        holds.then(|| self.cast(value, ty))
    }

    /// Whether LLVM compiles the question for BPF, which has no product of 128 bits.
    fn multiplies(&self, left: &Expr, right: &Expr) -> bool {
        let &Ty::Int { bits, signed } = &left.ty else {
            return false;
        };
        let object = &self.cx.object;
        let known = |value: &Expr| simplify::known(object, value);
        let is_shift = |value| known(value).is_some_and(|n| n > 0 && n.count_ones() == 1);
        let bits_of = |value: &Expr| match (known(value), &value.kind) {
            (Some(n), _) => u128::BITS - n.unsigned_abs().leading_zeros(),
            (None, ExprKind::Cast(inner)) => match inner.ty {
                Ty::Int { bits, signed } if simplify::keeps_value(object, &inner.ty, &value.ty) => {
                    u32::from(bits) - u32::from(signed)
                }
                _ => u32::from(bits),
            },
            _ => u32::from(bits),
        };
        let fits = bits_of(left) + bits_of(right) + u32::from(signed) <= u32::from(bits);
        bits < 64 || fits || !signed && (is_shift(left) || is_shift(right))
    }

    fn operand_of(&mut self, name: &str, value: Expr) -> Expr {
        match simplify::is_literal(&value) {
            true => value,
            false => self.temporary(name, value),
        }
    }
}

/// The least and the greatest that a number of a type can be.
fn limits_of(ty: &Ty) -> Option<(i128, i128)> {
    match *ty {
        Ty::Bool => Some((0, 1)),
        Ty::Int { bits, signed } if bits <= 64 => Some(if signed {
            (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        } else {
            (0, (1 << bits) - 1)
        }),
        _ => None,
    }
}

/// The narrowest type that holds such numbers, of 64 bits at least, and at most if it has to be.
fn type_for(limits: Option<(i128, i128)>, is_64: bool) -> Option<Ty> {
    let (low, high) = limits?;
    let types = [Ty::signed(64), Ty::unsigned(64), Ty::signed(128)];
    let mut types = types.into_iter().take(if is_64 { 2 } else { 3 });
    types.find(|ty| [low, high].iter().all(|end| super::build::fits(*end, ty)))
}

/// The least and the greatest that can come of two numbers.
fn range_of(op: BinaryOp, left: (i128, i128), right: (i128, i128)) -> Option<(i128, i128)> {
    let ends = [
        (left.0, right.0),
        (left.0, right.1),
        (left.1, right.0),
        (left.1, right.1),
    ];
    let results: Vec<i128> = ends
        .into_iter()
        .map(|(a, b)| match op {
            BinaryOp::Sub => a.checked_sub(b),
            BinaryOp::Mul => a.checked_mul(b),
            _ => a.checked_add(b),
        })
        .collect::<Option<_>>()?;
    Some((*results.iter().min()?, *results.iter().max()?))
}
