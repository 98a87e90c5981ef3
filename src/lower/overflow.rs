//! Arithmetic that says whether the result fits: `__builtin_add_overflow` and its like.

use super::{Lowered, body::Body, build::expr, codes, place::deref, purity, simplify};
use crate::{
    c::{tree::Expr as CExpr, types::Kind},
    ir::{
        body::{BinaryOp, Builtin, Expr, ExprKind},
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
        let (Some(left), Some(right)) = (self.exact(left, &ty), self.exact(right, &ty)) else {
            return self.refuse(
                codes::BUILTIN,
                e.span,
                "of an overflow, both numbers must be such as the result's type holds",
            );
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
