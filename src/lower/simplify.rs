//! Conversions and operators, written as shortly as their meaning in C allows.
//!
//! C computes in `int` what is narrower, and converts at every turn. Each function here builds an
//! expression that has the value C gives it, leaving out what can't be seen in the result.

mod narrow;
#[cfg(test)]
mod tests;

use super::build::{expr, fits, int, wrap};
use crate::ir::{
    ConstantValue, GlobalKind, Object, PathPart, RecordId,
    body::{BinaryOp, CompareOp, Expr, ExprKind, Place, PlaceKind, UnaryOp},
    ty::{Enumeration, Ty},
};
pub(super) use narrow::{fit, keeps_value};
use narrow::{foregone, narrow};

/// `value` converted to `ty` as C does it.
pub(super) fn cast(object: &Object, value: Expr, ty: &Ty) -> Expr {
    if value.ty == *ty {
        return value;
    }
    let span = value.span;
    match (&value.kind, ty) {
        (_, Ty::Bool) => return truth(object, value),
        (ExprKind::Int(number), Ty::Int { .. }) => return int(*number, ty.clone(), span),
        (ExprKind::Int(number), Ty::Enum(id)) => {
            let found = object.enums.get(id.0 as usize);
            let number = found.map_or(*number, |found| wrap(*number, &found.number()));
            return expr(ExprKind::Int(number), ty.clone(), span);
        }
        (ExprKind::Int(0), Ty::Pointer { .. }) => {
            return expr(ExprKind::Int(0), ty.clone(), span);
        }
        (ExprKind::Int(number), Ty::Pointer { .. }) if is_integer(&value.ty) => {
            let word = int(*number, Ty::unsigned(64), span);
            return expr(ExprKind::Cast(Box::new(word)), ty.clone(), span);
        }
        (ExprKind::Unary(UnaryOp::BitNot, inner), Ty::Int { bits, .. }) => {
            if let (ExprKind::Int(number), Ty::Int { bits: from, signed }) =
                (&inner.kind, &value.ty)
            {
                // It is all the same whether a sign is extended, or bits are cut off, before it.
                let alike = (*signed || bits <= from) && fits(*number, ty);
                return if alike {
                    unary(UnaryOp::BitNot, int(*number, ty.clone(), inner.span))
                } else {
                    int(wrap(!number, &value.ty), ty.clone(), span)
                };
            }
        }
        (ExprKind::Bool(known), Ty::Int { .. }) => {
            return int(i128::from(*known), ty.clone(), span);
        }
        // A number that was a pointer in between.
        (ExprKind::Cast(number), Ty::Int { bits: 64, .. })
            if matches!(value.ty, Ty::Pointer { .. })
                && matches!(number.ty, Ty::Int { bits: 64, .. }) =>
        {
            return cast(object, (**number).clone(), ty);
        }
        (ExprKind::Constant(_), Ty::Int { .. }) if is_integer(&value.ty) => {
            return Expr {
                ty: ty.clone(),
                ..value
            };
        }
        (ExprKind::EnumConstant(..), Ty::Int { .. }) => {
            return Expr {
                ty: ty.clone(),
                ..value
            };
        }
        (ExprKind::EnumConstant(owner, _), Ty::Enum(id)) if owner == id => {
            return Expr {
                ty: ty.clone(),
                ..value
            };
        }
        _ => {}
    }
    if let (Some(from), Ty::Int { bits, .. }) = (integer_bits(&value.ty), ty)
        && *bits <= from
        && let Some(narrowed) = narrow(object, &value, ty)
    {
        return narrowed;
    }
    if let (Ty::Pointer { .. }, Ty::Int { .. }) = (&value.ty, ty)
        && let Some(offset) = offset_from_null(object, &value)
    {
        return cast(object, offset, ty);
    }
    if let ExprKind::Conditional(cond, then, other) = &value.kind
        && is_literal(then)
        && is_literal(other)
    {
        let then = cast(object, then.as_ref().clone(), ty);
        let other = cast(object, other.as_ref().clone(), ty);
        return expr(
            ExprKind::Conditional(cond.clone(), Box::new(then), Box::new(other)),
            ty.clone(),
            span,
        );
    }
    if let Ty::Enum(id) = ty {
        if let Some(chosen) = enumerators(object, &value, ty) {
            return chosen;
        }
        let number = object.enums.get(id.0 as usize).map(Enumeration::number);
        if let (Some(number), ExprKind::Binary(..)) = (number, &value.kind)
            && bits_of(object, &number) < integer_bits(&value.ty)
            && let Some(narrowed) = narrow(object, &value, &number)
        {
            return expr(ExprKind::Cast(Box::new(narrowed)), ty.clone(), span);
        }
    }
    match value.kind {
        ExprKind::Cast(inner) if merges(&inner.ty, &value.ty, ty) => cast(object, *inner, ty),
        kind => {
            let value = Expr {
                kind,
                ty: value.ty,
                span,
            };
            expr(ExprKind::Cast(Box::new(value)), ty.clone(), span)
        }
    }
}

/// A choice between enumerators, or values of that enumeration, that C makes as numbers.
fn enumerators(object: &Object, value: &Expr, ty: &Ty) -> Option<Expr> {
    let ExprKind::Conditional(cond, then, other) = &value.kind else {
        return None;
    };
    let arm = |arm: &Expr| match &arm.kind {
        // No bit of it was lost as a number.
        ExprKind::Cast(inner)
            if inner.ty == *ty && bits_of(object, ty) <= integer_bits(&arm.ty) =>
        {
            Some(inner.as_ref().clone())
        }
        ExprKind::EnumConstant(..) => Some(cast(object, arm.clone(), ty)),
        _ => enumerators(object, arm, ty),
    };
    let (then, other) = (arm(then)?, arm(other)?);
    if [&then, &other]
        .iter()
        .any(|arm| matches!(arm.kind, ExprKind::Cast(_)))
    {
        return None;
    }
    let chosen = ExprKind::Conditional(cond.clone(), Box::new(then), Box::new(other));
    Some(expr(chosen, ty.clone(), value.span))
}

/// `&((struct key *)0)->field`: how far the field lies behind the start.
fn offset_from_null(object: &Object, pointer: &Expr) -> Option<Expr> {
    match &pointer.kind {
        ExprKind::Cast(inner) if matches!(inner.ty, Ty::Pointer { .. }) => {
            offset_from_null(object, inner)
        }
        ExprKind::AddressOf(place) | ExprKind::Decay(place) => {
            let (bytes, record, path) = fields_from_null(object, place)?;
            let kind = ExprKind::OffsetOf(bytes, record?, path);
            Some(expr(kind, Ty::unsigned(64), pointer.span))
        }
        _ => None,
    }
}

/// Bytes, record and fields of a place behind a null pointer.
fn fields_from_null(
    object: &Object,
    place: &Place,
) -> Option<(u64, Option<RecordId>, Vec<PathPart>)> {
    match &place.kind {
        PlaceKind::Deref(pointer) => {
            let mut inner = pointer.as_ref();
            while let ExprKind::Cast(next) = &inner.kind {
                inner = next;
            }
            matches!(inner.kind, ExprKind::Int(0)).then(|| (0, None, Vec::new()))
        }
        PlaceKind::Field(base, record, index) => {
            let (bytes, outer, mut path) = fields_from_null(object, base)?;
            let fields = object.records.get(record.0 as usize)?.fields.as_ref()?;
            let field = fields.get(*index as usize)?;
            path.push(PathPart::Field(field.name.clone()?));
            Some((bytes + field.offset, outer.or(Some(*record)), path))
        }
        _ => None,
    }
}

/// Whether converting `from` to `middle` and that to `to` is one conversion.
fn merges(from: &Ty, middle: &Ty, to: &Ty) -> bool {
    let pointer = |ty: &Ty| matches!(ty, Ty::Pointer { .. });
    if pointer(from) && pointer(middle) && pointer(to) {
        return true;
    }
    let (
        Ty::Int {
            bits: middle_bits,
            signed: middle_signed,
        },
        Ty::Int { bits, .. },
    ) = (middle, to)
    else {
        return false;
    };
    match from {
        Ty::Bool => true,
        Ty::Int {
            bits: from_bits,
            signed,
        } => bits <= middle_bits || (from_bits < middle_bits && (!signed || *middle_signed)),
        Ty::Enum(_) => bits <= middle_bits,
        _ => false,
    }
}

/// `value != 0`.
pub(super) fn truth(object: &Object, value: Expr) -> Expr {
    let span = value.span;
    if value.ty == Ty::Bool {
        return value;
    }
    // `cond ? 1 : 0`
    if let ExprKind::Conditional(cond, then, other) = &value.kind
        && let (Some(then), Some(other)) = (known(object, then), known(object, other))
        && (then != 0) != (other != 0)
    {
        let cond = cond.as_ref().clone();
        return if then != 0 { cond } else { not(cond) };
    }
    match value.kind {
        ExprKind::Int(number) => expr(ExprKind::Bool(number != 0), Ty::Bool, span),
        ExprKind::Str(_) | ExprKind::AddressOf(_) | ExprKind::Decay(_) | ExprKind::Map(_)
            if super::purity::is_pure(&value) && !may_lack(object, &value) =>
        {
            expr(ExprKind::Bool(true), Ty::Bool, span)
        }
        // Every widening keeps zero apart from the rest.
        ExprKind::Cast(inner) if widens(object, &inner.ty, &value.ty) => truth(object, *inner),
        kind => {
            let ty = value.ty;
            let zero = expr(ExprKind::Int(0), ty.clone(), span);
            compare(object, CompareOp::Ne, expr(kind, ty, span), zero)
        }
    }
}

/// Whether an address is that of a variable of the kernel's which a kernel may lack.
fn may_lack(object: &Object, address: &Expr) -> bool {
    let (ExprKind::AddressOf(place) | ExprKind::Decay(place)) = &address.kind else {
        return false;
    };
    let PlaceKind::Global(id) = place.kind else {
        return false;
    };
    let global = object.globals.get(id.0 as usize);
    global.is_some_and(|global| global.kind == GlobalKind::Kernel && global.weak)
}

/// Whether a conversion loses no bit.
fn widens(object: &Object, from: &Ty, to: &Ty) -> bool {
    match (from, to) {
        (Ty::Bool, _) => true,
        (Ty::Pointer { .. }, Ty::Pointer { .. }) => true,
        (Ty::Pointer { .. }, Ty::Int { bits, .. }) => *bits >= 64,
        (Ty::Int { bits, .. }, Ty::Pointer { .. }) => *bits <= 64,
        _ => match (bits_of(object, from), bits_of(object, to)) {
            (Some(from), Some(to)) => from <= to,
            _ => false,
        },
    }
}

/// `!value` on a truth value.
pub(super) fn not(value: Expr) -> Expr {
    let span = value.span;
    match value.kind {
        ExprKind::Bool(known) => expr(ExprKind::Bool(!known), Ty::Bool, span),
        ExprKind::Not(inner) => *inner,
        ExprKind::Compare(op, a, b) => expr(ExprKind::Compare(negated(op), a, b), Ty::Bool, span),
        kind => {
            let inner = expr(kind, value.ty, span);
            expr(ExprKind::Not(Box::new(inner)), Ty::Bool, span)
        }
    }
}

const fn negated(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Ne,
        CompareOp::Ne => CompareOp::Eq,
        CompareOp::Lt => CompareOp::Ge,
        CompareOp::Le => CompareOp::Gt,
        CompareOp::Gt => CompareOp::Le,
        CompareOp::Ge => CompareOp::Lt,
    }
}

/// `-value` and `~value`.
pub(super) fn unary(op: UnaryOp, value: Expr) -> Expr {
    let (ty, span) = (value.ty.clone(), value.span);
    if let ExprKind::Int(number) = value.kind {
        let result = match op {
            UnaryOp::Neg => number.wrapping_neg(),
            // All bits have names: `-1`, `u32::MAX`.
            UnaryOp::BitNot if number <= 0 => !number,
            UnaryOp::BitNot => return expr(ExprKind::Unary(op, Box::new(value)), ty, span),
        };
        return int(result, ty, span);
    }
    expr(ExprKind::Unary(op, Box::new(value)), ty, span)
}

/// An operator in the type of its left operand.
pub(super) fn binary(op: BinaryOp, a: Expr, b: Expr) -> Expr {
    let (ty, span) = (a.ty.clone(), a.span);
    if let (BinaryOp::Div, ExprKind::SizeOf(Ty::Array(of, len)), ExprKind::SizeOf(one)) =
        (op, &a.kind, &b.kind)
        && **of == *one
    {
        return int(i128::from(*len), ty, span);
    }
    let shifts = matches!(op, BinaryOp::Shl | BinaryOp::Shr);
    if shifts && matches!(b.kind, ExprKind::Int(0)) && !is_literal(&a) {
        return a;
    }
    // What a macro's arithmetic comes to is left as it was written.
    expr(ExprKind::Binary(op, Box::new(a), Box::new(b)), ty, span)
}

/// A comparison of two operands of one type, in the narrowest type that gives the same answer.
pub(super) fn compare(object: &Object, op: CompareOp, a: Expr, b: Expr) -> Expr {
    let span = a.span;
    if let (Some(a), Some(b)) = (number(&a), number(&b)) {
        let answer = match op {
            CompareOp::Eq => a == b,
            CompareOp::Ne => a != b,
            CompareOp::Lt => a < b,
            CompareOp::Le => a <= b,
            CompareOp::Gt => a > b,
            CompareOp::Ge => a >= b,
        };
        return expr(ExprKind::Bool(answer), Ty::Bool, span);
    }
    let (a, b) = narrow_operands(object, op, a, b);
    if let Some(answer) = foregone(op, &a, &b) {
        return expr(ExprKind::Bool(answer), Ty::Bool, span);
    }
    // A truth value against 0 or 1.
    if a.ty == Ty::Bool && b.ty == Ty::Bool {
        let known = |side: &Expr| match side.kind {
            ExprKind::Bool(known) => Some(known),
            _ => None,
        };
        let (value, answer) = match (known(&a), known(&b)) {
            (None, Some(answer)) => (a.clone(), answer),
            (Some(answer), None) => (b.clone(), answer),
            _ => {
                return expr(
                    ExprKind::Compare(op, Box::new(a), Box::new(b)),
                    Ty::Bool,
                    span,
                );
            }
        };
        match (op, answer) {
            (CompareOp::Eq, true) | (CompareOp::Ne, false) => return value,
            (CompareOp::Eq, false) | (CompareOp::Ne, true) => return not(value),
            _ => {}
        }
    }
    expr(
        ExprKind::Compare(op, Box::new(a), Box::new(b)),
        Ty::Bool,
        span,
    )
}

/// The number that an integer or a pointer is.
fn number(value: &Expr) -> Option<i128> {
    match &value.kind {
        ExprKind::Int(number) => Some(*number),
        ExprKind::Cast(inner) if matches!(value.ty, Ty::Pointer { .. }) => number(inner),
        _ => None,
    }
}

fn narrow_operands(object: &Object, op: CompareOp, a: Expr, b: Expr) -> (Expr, Expr) {
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    let mut candidates = Vec::new();
    for side in [&a, &b] {
        narrow::sources(side, &mut candidates);
    }
    candidates.sort_by_key(|ty| bits_of(object, ty));
    for ty in &candidates {
        if let Some(narrowed) = both(object, &a, &b, ty, equality) {
            return narrowed;
        }
    }
    (a, b)
}

/// Both operands in type `ty`, where comparing them there gives the same answer with fewer casts.
fn both(object: &Object, a: &Expr, b: &Expr, ty: &Ty, equality: bool) -> Option<(Expr, Expr)> {
    let one = |side: &Expr| {
        fit(object, side, ty).or_else(|| equality.then(|| same_bits(object, side, ty)).flatten())
    };
    let (narrow_a, narrow_b) = (one(a)?, one(b)?);
    // Reinterpreting keeps equality only where both sides are reinterpreted alike.
    let mixed = fit(object, a, ty).is_none() != fit(object, b, ty).is_none();
    let literal = is_literal(a) || is_literal(b);
    if mixed && !literal {
        return None;
    }
    let before = narrow::casts(a) + narrow::casts(b);
    let after = narrow::casts(&narrow_a) + narrow::casts(&narrow_b);
    (after < before).then_some((narrow_a, narrow_b))
}

/// `side`, which is `inner` of type `ty` converted in a way that keeps different values different,
/// or a literal that such a conversion gives.
fn same_bits(object: &Object, side: &Expr, ty: &Ty) -> Option<Expr> {
    match &side.kind {
        ExprKind::Cast(inner) if inner.ty == *ty && widens(object, ty, &side.ty) => {
            Some(inner.as_ref().clone())
        }
        ExprKind::Int(number) if matches!(ty, Ty::Int { .. }) => {
            let back = wrap(*number, ty);
            (wrap(back, &side.ty) == *number).then(|| int(back, ty.clone(), side.span))
        }
        _ => None,
    }
}

/// The value of a literal or a named constant, in the range of its type.
pub(super) fn known(object: &Object, value: &Expr) -> Option<i128> {
    let number = match &value.kind {
        ExprKind::Int(number) => *number,
        ExprKind::Bool(known) => i128::from(*known),
        ExprKind::Constant(id) => match object.constants.get(id.0 as usize)?.value {
            ConstantValue::Int(number) => number,
            ConstantValue::Str(_) => return None,
        },
        ExprKind::EnumConstant(id, at) => {
            let owner = object.enums.get(id.0 as usize)?;
            owner.constants.get(*at as usize)?.value
        }
        ExprKind::OffsetOf(offset, ..) => i128::from(*offset),
        ExprKind::Unary(UnaryOp::Neg, inner) => known(object, inner)?.wrapping_neg(),
        ExprKind::Unary(UnaryOp::BitNot, inner) => !known(object, inner)?,
        _ => return None,
    };
    Some(wrap(number, &value.ty))
}

/// Whether it is a number that takes any type without a cast.
pub(super) fn is_literal(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Int(_) | ExprKind::Constant(_) | ExprKind::EnumConstant(..) => true,
        ExprKind::Unary(UnaryOp::BitNot, inner) => matches!(inner.kind, ExprKind::Int(_)),
        _ => false,
    }
}

fn is_integer(ty: &Ty) -> bool {
    matches!(ty, Ty::Int { .. })
}

fn integer_bits(ty: &Ty) -> Option<u16> {
    match ty {
        Ty::Int { bits, .. } => Some(*bits),
        _ => None,
    }
}

/// Bits of an integer or enumeration.
fn bits_of(object: &Object, ty: &Ty) -> Option<u16> {
    match ty {
        Ty::Bool => Some(1),
        Ty::Int { bits, .. } => Some(*bits),
        Ty::Enum(id) => object.enums.get(id.0 as usize).map(|found| found.bits),
        _ => None,
    }
}

/// A literal or named constant as one of type `ty`, if it has the same value there.
fn literal_in(object: &Object, value: &Expr, ty: &Ty) -> Option<Expr> {
    if !is_literal(value) {
        return None;
    }
    let number = known(object, value)?;
    match ty {
        Ty::Bool => (number == 0 || number == 1)
            .then(|| expr(ExprKind::Bool(number == 1), Ty::Bool, value.span)),
        Ty::Int { .. } => fits(number, ty).then(|| match value.kind {
            ExprKind::Int(_) | ExprKind::Unary(..) => int(number, ty.clone(), value.span),
            _ => Expr {
                ty: ty.clone(),
                ..value.clone()
            },
        }),
        Ty::Enum(id) => match value.kind {
            ExprKind::EnumConstant(owner, _) if owner == *id => Some(Expr {
                ty: ty.clone(),
                ..value.clone()
            }),
            _ => None,
        },
        Ty::Pointer { .. } => (number == 0).then(|| expr(ExprKind::Int(0), ty.clone(), value.span)),
        _ => None,
    }
}
