//! Numbers that are known before a program runs.

use super::{
    ConstantValue, Object,
    body::{BinaryOp, Expr, ExprKind, UnaryOp},
    ty::{Ty, size_of},
};

/// The number that an expression is; none where it isn't known, or isn't one.
pub fn number(object: &Object, expr: &Expr) -> Option<i128> {
    let fits = |n| match expr.ty {
        Ty::Int { bits, signed } => Some(wrap(n, bits, signed)),
        _ => None,
    };
    match &expr.kind {
        ExprKind::Int(n) => Some(*n),
        ExprKind::SizeOf(ty) => Some(i128::from(size_of(object, ty))),
        ExprKind::Constant(id) => match object.constants.get(id.0 as usize)?.value {
            ConstantValue::Int(n) => Some(n),
            ConstantValue::Str(_) => None,
        },
        ExprKind::EnumConstant(id, at) => {
            let owner = object.enums.get(id.0 as usize)?;
            Some(owner.constants.get(*at as usize)?.value)
        }
        ExprKind::Binary(op, left, right) => {
            let (left, right) = (number(object, left)?, number(object, right)?);
            fits(match op {
                BinaryOp::Add => left.checked_add(right)?,
                BinaryOp::Sub => left.checked_sub(right)?,
                BinaryOp::Mul => left.checked_mul(right)?,
                _ => return None,
            })
        }
        ExprKind::Unary(UnaryOp::BitNot, inner) => fits(!number(object, inner)?),
        ExprKind::Cast(inner) => fits(number(object, inner)?),
        _ => None,
    }
}

/// A number modulo the range of an integer type of so many bits.
pub const fn wrap(number: i128, bits: u16, signed: bool) -> i128 {
    if bits >= 128 {
        return number;
    }
    let unused = 128 - bits as u32;
    let shifted = number.wrapping_shl(unused);
    if signed {
        shifted.wrapping_shr(unused)
    } else {
        shifted.cast_unsigned().wrapping_shr(unused).cast_signed()
    }
}
