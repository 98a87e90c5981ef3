//! The same value, or the same low bits, in a narrower type; and what a type says of a comparison.

use super::{cast, is_literal, known, literal_in};
use crate::{
    ir::{
        Object,
        body::{BinaryOp, CompareOp, Expr, ExprKind},
        ty::Ty,
    },
    lower::{
        build::{expr, fits},
        purity::is_pure,
    },
};

/// An expression of the integer type `ty`, no wider than `value`'s, whose bits are the low bits of
/// `value`; none where that would take as many casts as converting the result.
pub(super) fn narrow(object: &Object, value: &Expr, ty: &Ty) -> Option<Expr> {
    let narrowed = low_bits(object, value, ty)?;
    (casts(&narrowed) <= casts(value)).then_some(narrowed)
}

fn low_bits(object: &Object, value: &Expr, ty: &Ty) -> Option<Expr> {
    let Ty::Int { bits, .. } = *ty else {
        return None;
    };
    let remade = |kind| Some(expr(kind, ty.clone(), value.span));
    match &value.kind {
        _ if is_literal(value) => Some(cast(object, value.clone(), ty)),
        ExprKind::Cast(inner) => match inner.ty {
            // Truncation and extension alike leave the low bits alone.
            Ty::Int { .. } | Ty::Bool | Ty::Enum(_) => {
                Some(cast(object, inner.as_ref().clone(), ty))
            }
            _ => None,
        },
        ExprKind::Binary(op, a, b) => match op {
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::BitAnd
            | BinaryOp::BitOr
            | BinaryOp::BitXor => {
                let (a, b) = (leaf(object, a, ty)?, leaf(object, b, ty)?);
                remade(ExprKind::Binary(*op, Box::new(a), Box::new(b)))
            }
            BinaryOp::Shl => {
                shift_within(object, b, bits)?;
                let a = leaf(object, a, ty)?;
                remade(ExprKind::Binary(*op, Box::new(a), b.clone()))
            }
            BinaryOp::Shr | BinaryOp::Div | BinaryOp::Rem => {
                // By the value, in whichever signedness of that width holds it.
                let other = match *ty {
                    Ty::Int { bits, signed } => Ty::Int {
                        bits,
                        signed: !signed,
                    },
                    _ => return None,
                };
                fit(object, value, ty).or_else(|| {
                    let wider = (value.ty != other).then_some(value)?;
                    fit(object, wider, &other).map(|value| cast(object, value, ty))
                })
            }
        },
        ExprKind::Unary(op, a) => {
            let a = leaf(object, a, ty)?;
            remade(ExprKind::Unary(*op, Box::new(a)))
        }
        ExprKind::Conditional(cond, a, b) => {
            let (a, b) = (leaf(object, a, ty)?, leaf(object, b, ty)?);
            remade(ExprKind::Conditional(
                cond.clone(),
                Box::new(a),
                Box::new(b),
            ))
        }
        ExprKind::Block(stmts, last) => {
            let last = low_bits(object, last, ty)?;
            remade(ExprKind::Block(stmts.clone(), Box::new(last)))
        }
        _ => None,
    }
}

/// An operand's low bits, by a cast if need be.
fn leaf(object: &Object, value: &Expr, ty: &Ty) -> Option<Expr> {
    if value.ty == *ty {
        return Some(value.clone());
    }
    low_bits(object, value, ty).or_else(|| match value.ty {
        Ty::Int { .. } => Some(expr(
            ExprKind::Cast(Box::new(value.clone())),
            ty.clone(),
            value.span,
        )),
        _ => None,
    })
}

/// Whether a shift by `amount` means the same in a type of `bits` bits.
fn shift_within(object: &Object, amount: &Expr, bits: u16) -> Option<()> {
    let amount = known(object, amount)?;
    (0..i128::from(bits)).contains(&amount).then_some(())
}

/// An expression of type `ty` with the same value as `value`, which is wider or differs in sign.
pub(in crate::lower) fn fit(object: &Object, value: &Expr, ty: &Ty) -> Option<Expr> {
    if value.ty == *ty {
        return Some(value.clone());
    }
    if is_literal(value) {
        return literal_in(object, value, ty);
    }
    let remade = |kind| Some(expr(kind, ty.clone(), value.span));
    match &value.kind {
        ExprKind::SizeOf(of) => {
            let size = size_of(object, of)?;
            let within = matches!(ty, Ty::Int { .. }) && fits(i128::from(size), ty);
            within.then(|| cast(object, value.clone(), ty))
        }
        ExprKind::Cast(inner) if matches!(inner.kind, ExprKind::SizeOf(_)) => {
            keeps_value(object, &inner.ty, &value.ty)
                .then(|| fit(object, inner, ty))
                .flatten()
        }
        ExprKind::Cast(inner) => (keeps_value(object, &inner.ty, &value.ty)
            && (inner.ty == *ty || keeps_value(object, &inner.ty, ty)))
        .then(|| cast(object, inner.as_ref().clone(), ty)),
        // Extension, by zeros or by the sign, goes through bitwise operators, which enumerations lack.
        ExprKind::Binary(op @ (BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor), a, b)
            if !matches!(ty, Ty::Enum(_)) =>
        {
            let (a, b) = (fit(object, a, ty)?, fit(object, b, ty)?);
            remade(ExprKind::Binary(*op, Box::new(a), Box::new(b)))
        }
        ExprKind::Binary(BinaryOp::Shr, a, b) => {
            let &Ty::Int { bits, .. } = ty else {
                return None;
            };
            shift_within(object, b, bits)?;
            let a = fit(object, a, ty)?;
            remade(ExprKind::Binary(BinaryOp::Shr, Box::new(a), b.clone()))
        }
        ExprKind::Binary(op @ (BinaryOp::Div | BinaryOp::Rem), a, b)
            if matches!(ty, Ty::Int { signed: false, bits } if *bits >= 32
                || known(object, b).is_some_and(|by| by != 0)) =>
        {
            let (a, b) = (fit(object, a, ty)?, fit(object, b, ty)?);
            remade(ExprKind::Binary(*op, Box::new(a), Box::new(b)))
        }
        ExprKind::Conditional(cond, a, b) => {
            let (a, b) = (fit(object, a, ty)?, fit(object, b, ty)?);
            remade(ExprKind::Conditional(
                cond.clone(),
                Box::new(a),
                Box::new(b),
            ))
        }
        _ => None,
    }
}

/// Bytes of a type whose inside is known.
fn size_of(object: &Object, ty: &Ty) -> Option<u64> {
    match ty {
        Ty::Bool => Some(1),
        Ty::Int { bits, .. } => Some(u64::from(bits / 8)),
        Ty::Pointer { .. } => Some(8),
        Ty::Array(of, len) => size_of(object, of)?.checked_mul(*len),
        Ty::Record(id) => object.records.get(id.0 as usize).map(|found| found.size),
        Ty::Enum(id) => object
            .enums
            .get(id.0 as usize)
            .map(|found| u64::from(found.bits / 8)),
        Ty::Opaque { size, .. } => Some(*size),
        Ty::Unit | Ty::Function(..) => None,
    }
}

/// Whether every value of `from` is the same number in `to`.
pub(in crate::lower) fn keeps_value(object: &Object, from: &Ty, to: &Ty) -> bool {
    let number = |ty: &Ty| match ty {
        Ty::Bool => Some((1, false)),
        Ty::Int { bits, signed } => Some((*bits, *signed)),
        Ty::Enum(id) => object
            .enums
            .get(id.0 as usize)
            .map(|found| (found.bits, found.signed)),
        _ => None,
    };
    match (number(from), number(to)) {
        (Some((from, from_signed)), Some((to, to_signed))) => {
            if from_signed == to_signed {
                from <= to
            } else {
                !from_signed && from < to
            }
        }
        _ => matches!((from, to), (Ty::Pointer { .. }, Ty::Pointer { .. })),
    }
}

/// The types from which an operand was converted: those in which it might be compared.
pub(super) fn sources(value: &Expr, found: &mut Vec<Ty>) {
    match &value.kind {
        ExprKind::Cast(inner) if !found.contains(&inner.ty) => found.push(inner.ty.clone()),
        ExprKind::Binary(op, a, b) => {
            sources(a, found);
            if !matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
                sources(b, found);
            }
        }
        ExprKind::Conditional(_, a, b) => {
            sources(a, found);
            sources(b, found);
        }
        _ => {}
    }
}

/// How many casts an arithmetic expression shows.
pub(super) fn casts(value: &Expr) -> usize {
    match &value.kind {
        // A size has a type of its own in Rust.
        ExprKind::SizeOf(_) => 1,
        ExprKind::Cast(inner) => match inner.kind {
            ExprKind::SizeOf(_) => 1,
            _ => 1 + casts(inner),
        },
        ExprKind::Binary(_, a, b) => casts(a) + casts(b),
        ExprKind::Unary(_, a) => casts(a),
        ExprKind::Conditional(_, a, b) => casts(a) + casts(b),
        ExprKind::Block(_, a) => casts(a),
        _ => 0,
    }
}

/// What a comparison of something unsigned with 0 says, whatever it is: clang leaves it out, and clippy
/// takes it for a mistake.
pub(super) fn foregone(op: CompareOp, a: &Expr, b: &Expr) -> Option<bool> {
    let unsigned = |side: &Expr| matches!(side.ty, Ty::Int { signed: false, .. }) && is_pure(side);
    match (op, super::number(a), super::number(b)) {
        (CompareOp::Lt, _, Some(0)) if unsigned(a) => Some(false),
        (CompareOp::Ge, _, Some(0)) if unsigned(a) => Some(true),
        (CompareOp::Gt, Some(0), _) if unsigned(b) => Some(false),
        (CompareOp::Le, Some(0), _) if unsigned(b) => Some(true),
        _ => None,
    }
}
