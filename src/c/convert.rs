//! Conversions: decay, integer promotion, usual arithmetic conversions, assignment.

use super::{
    codes, describe,
    sema::{Checked, Reported, Sema, int_type, plain, pointer_to, unqualified},
    tree::{Expr, ExprKind},
    types::{ArrayLen, CType, FunctionType, IntKind, Kind},
};
use crate::diag::Diagnostic;

/// What a value is converted for, as messages say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Assign,
    Argument,
    Return,
    Initialise,
}

impl Purpose {
    const fn text(self) -> &'static str {
        match self {
            Self::Assign => "is assigned to",
            Self::Argument => "is passed as",
            Self::Return => "is returned as",
            Self::Initialise => "initialises",
        }
    }
}

impl Sema<'_> {
    /// An array as a pointer to its first element, a function as a pointer to it, anything else as
    /// it is.
    pub fn rvalue(&self, expr: Expr) -> Expr {
        let ty = match &expr.ty.kind {
            Kind::Array(element, _) => {
                let mut element = (**element).clone();
                element.const_ |= expr.ty.const_;
                element.volatile |= expr.ty.volatile;
                pointer_to(element)
            }
            Kind::Function(_) => pointer_to(expr.ty.clone()),
            _ => return expr,
        };
        wrap(expr, ty, ExprKind::Decay)
    }

    /// Converts to `ty` without a cast in the C; nothing happens where it is that type already.
    pub fn implicit(&self, expr: Expr, ty: &CType) -> Expr {
        if expr.ty.kind == ty.kind {
            return expr;
        }
        let expr = self.cut_byte_order(expr, ty);
        if expr.ty.kind == ty.kind {
            return expr;
        }
        wrap(expr, unqualified(ty), |value| ExprKind::Cast {
            value,
            explicit: false,
        })
    }

    /// The declared width of a bit-field that `expr` names.
    pub fn bit_width_of(&self, expr: &Expr) -> Option<u16> {
        match &expr.kind {
            ExprKind::Member(_, record, field) => {
                self.field_at(*record, *field)?.bits.map(|bits| bits.width)
            }
            _ => None,
        }
    }

    /// The width by which integer promotion goes: the value of an assignment to a bit-field is
    /// promoted like the bit-field (`Expr::getSourceBitField` of clang).
    fn promotion_width(&self, expr: &Expr) -> Option<u16> {
        match &expr.kind {
            ExprKind::Assign(target, _)
            | ExprKind::CompoundAssign { target, .. }
            | ExprKind::IncDec {
                target,
                post: false,
                ..
            } => self.promotion_width(target),
            ExprKind::Comma(_, right) => self.promotion_width(right),
            _ => self.bit_width_of(expr),
        }
    }

    /// Whether `expr` names a bit-field.
    pub fn is_bit_field(&self, expr: &Expr) -> bool {
        self.bit_width_of(expr).is_some()
    }

    /// Integer promotion (C11 6.3.1.1; bit-fields as clang promotes them).
    pub fn promote(&self, expr: Expr) -> Expr {
        let Some(kind) = self.promoted(&expr) else {
            return expr;
        };
        self.implicit(expr, &int_type(kind))
    }

    /// The type to which integer promotion takes an integer.
    fn promoted(&self, expr: &Expr) -> Option<IntKind> {
        let declared = match &expr.ty.kind {
            Kind::Bool => IntKind::UChar,
            Kind::Int(int) => *int,
            Kind::Enum(id) => self.tree.types.enumeration(*id)?.repr,
            _ => return None,
        };
        if let Some(width) = self.promotion_width(expr) {
            if width < 32 || (width == 32 && declared.signed()) {
                return Some(IntKind::Int);
            }
            if width == 32 {
                return Some(IntKind::UInt);
            }
        }
        Some(if declared.bits() < 32 {
            IntKind::Int
        } else {
            declared
        })
    }

    /// Whether `ty` is an integer or floating type.
    pub fn is_arithmetic(&self, ty: &CType) -> bool {
        self.is_integer(ty) || matches!(ty.kind, Kind::Float(_))
    }

    /// Whether `ty` is an integer type, `_Bool` and enumerations among them.
    pub fn is_integer(&self, ty: &CType) -> bool {
        matches!(ty.kind, Kind::Bool | Kind::Int(_) | Kind::Enum(_))
    }

    /// Both operands in the type in which the operator works (C11 6.3.1.8).
    pub fn usual(&self, left: Expr, right: Expr) -> (Expr, Expr, CType) {
        let ty = self.common_type(&left, &right);
        let left = self.implicit(self.promote(left), &ty);
        let right = self.implicit(self.promote(right), &ty);
        (left, right, ty)
    }

    /// The type in which an arithmetic operator works on these operands.
    pub fn common_type(&self, left: &Expr, right: &Expr) -> CType {
        if let (Kind::Float(a), Kind::Float(b)) = (&left.ty.kind, &right.ty.kind) {
            return plain(Kind::Float(*a.max(b)));
        }
        for side in [left, right] {
            if matches!(side.ty.kind, Kind::Float(_)) {
                return unqualified(&side.ty);
            }
        }
        let (Some(a), Some(b)) = (self.promoted(left), self.promoted(right)) else {
            return int_type(IntKind::Int);
        };
        let kind = Kind::Int(common_integer(a, b));
        // The name by which an operand's type is known is worth keeping.
        for side in [left, right] {
            if side.ty.kind == kind && side.ty.alias.is_some() && !self.is_bit_field(side) {
                return unqualified(&side.ty);
            }
        }
        plain(kind)
    }

    /// An operand of `&&`, `!`, `if` and the like: a scalar.
    pub fn scalar(&mut self, expr: Expr) -> Checked<Expr> {
        let expr = self.rvalue(expr);
        if self.is_arithmetic(&expr.ty) || matches!(expr.ty.kind, Kind::Pointer(_)) {
            return Ok(expr);
        }
        let described = describe::ty(&self.tree.types, &expr.ty);
        let message = format!("a number or a pointer is needed here, not `{described}`");
        Err(self.error(codes::OPERANDS, expr.span, message))
    }

    /// Whether `expr` is `0`, `(void *)0` or what a macro makes of them.
    pub fn is_null(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Int(value) => *value == 0,
            ExprKind::Cast { value, .. } => {
                let to_null = match &expr.ty.kind {
                    Kind::Pointer(pointee) => {
                        pointee.kind == Kind::Void && !pointee.const_ && !pointee.volatile
                    }
                    _ => self.is_integer(&expr.ty),
                };
                to_null && self.is_null(value)
            }
            _ => {
                self.is_integer(&expr.ty)
                    && self.evaluator().integer(expr) == Some(0)
                    && !matches!(expr.kind, ExprKind::Variable(_))
            }
        }
    }

    /// Converts a value to the type of what takes it (C11 6.5.16.1).
    pub fn assign_to(&mut self, value: Expr, ty: &CType, purpose: Purpose) -> Checked<Expr> {
        let value = self.rvalue(value);
        let takes = match (&ty.kind, &value.ty.kind) {
            (Kind::Record(to), Kind::Record(from)) => {
                if to != from {
                    return Err(self.mismatch(&value, ty, purpose));
                }
                true
            }
            (Kind::Pointer(to), Kind::Pointer(from)) => {
                if !self.is_null(&value) && !self.pointers_convert(to, from) {
                    self.warn_pointer(&value, ty, purpose);
                }
                true
            }
            (Kind::Pointer(_), _) if self.is_integer(&value.ty) => {
                if !self.is_null(&value) {
                    self.warn_pointer(&value, ty, purpose);
                }
                true
            }
            (Kind::Bool, Kind::Pointer(_)) => true,
            (_, Kind::Pointer(_)) if self.is_integer(ty) => {
                self.warn_pointer(&value, ty, purpose);
                true
            }
            (Kind::VaList, Kind::VaList) => true,
            _ => self.is_arithmetic(ty) && self.is_arithmetic(&value.ty),
        };
        if !takes {
            return Err(self.mismatch(&value, ty, purpose));
        }
        let value = self.common_byte_order(value);
        Ok(self.implicit(value, ty))
    }

    fn mismatch(&mut self, value: &Expr, ty: &CType, purpose: Purpose) -> Reported {
        let message = self.conversion_message(value, ty, purpose);
        self.error(codes::CONVERSION, value.span, message)
    }

    fn conversion_message(&self, value: &Expr, ty: &CType, purpose: Purpose) -> String {
        let from = describe::ty(&self.tree.types, &value.ty);
        let to = describe::ty(&self.tree.types, ty);
        format!("a value of type `{from}` {} `{to}`", purpose.text())
    }

    fn warn_pointer(&mut self, value: &Expr, ty: &CType, purpose: Purpose) {
        if self.is_foreign(value.span) {
            return;
        }
        let message = self.conversion_message(value, ty, purpose);
        self.report(Diagnostic::warning(
            codes::POINTER_CONVERSION,
            value.span,
            message,
        ));
    }

    /// Whether a pointer to `from` becomes one to `to` without clang minding by default.
    fn pointers_convert(&self, to: &CType, from: &CType) -> bool {
        if matches!(to.kind, Kind::Void) || matches!(from.kind, Kind::Void) {
            return true;
        }
        self.compatible(to, from) || self.differ_in_sign(to, from)
    }

    /// `-Wpointer-sign` is off in the kernel, and so in most probes.
    fn differ_in_sign(&self, a: &CType, b: &CType) -> bool {
        match (self.tree.types.integer(a), self.tree.types.integer(b)) {
            (Some((a, _)), Some((b, _))) => a == b,
            _ => false,
        }
    }

    /// Whether two types are compatible (C11 6.2.7), qualifiers set aside.
    pub fn compatible(&self, a: &CType, b: &CType) -> bool {
        match (&a.kind, &b.kind) {
            (Kind::Pointer(a), Kind::Pointer(b)) => self.compatible(a, b),
            (Kind::Array(a, a_len), Kind::Array(b, b_len)) => {
                let lengths = a_len == b_len
                    || matches!(a_len, ArrayLen::Unknown)
                    || matches!(b_len, ArrayLen::Unknown);
                lengths && self.compatible(a, b)
            }
            (Kind::Function(a), Kind::Function(b)) => self.functions_compatible(a, b),
            (Kind::Enum(id), Kind::Int(int)) | (Kind::Int(int), Kind::Enum(id)) => self
                .tree
                .types
                .enumeration(*id)
                .is_some_and(|enumeration| enumeration.repr == *int),
            (a, b) => a == b,
        }
    }

    fn functions_compatible(&self, a: &FunctionType, b: &FunctionType) -> bool {
        self.compatible(&a.ret, &b.ret)
            && (a.unspecified
                || b.unspecified
                || (a.variadic == b.variadic
                    && a.params.len() == b.params.len()
                    && a.params
                        .iter()
                        .zip(&b.params)
                        .all(|(a, b)| self.compatible(a, b))))
    }

    /// Arguments beyond a prototype: promoted, `float` as `double`.
    pub fn default_promotion(&mut self, expr: Expr) -> Checked<Expr> {
        let expr = self.common_byte_order(expr);
        let expr = self.rvalue(expr);
        match expr.ty.kind {
            Kind::Float(bits) if bits < 64 => Ok(self.implicit(expr, &plain(Kind::Float(64)))),
            Kind::Void => {
                Err(self.error(codes::OPERANDS, expr.span, "a `void` value can't be used"))
            }
            _ => Ok(self.promote(expr)),
        }
    }
}

/// Builds an expression around another one, at the same place.
pub(super) fn wrap(expr: Expr, ty: CType, kind: impl FnOnce(Box<Expr>) -> ExprKind) -> Expr {
    let span = expr.span;
    Expr {
        kind: kind(Box::new(expr)),
        ty,
        span,
        macro_name: None,
    }
}

/// Of two promoted integer types, the one to which both are converted.
pub(super) fn common_integer(a: IntKind, b: IntKind) -> IntKind {
    if a == b {
        return a;
    }
    if a.signed() == b.signed() {
        return if rank(a) >= rank(b) { a } else { b };
    }
    let (signed, unsigned) = if a.signed() { (a, b) } else { (b, a) };
    if rank(unsigned) >= rank(signed) {
        unsigned
    } else if signed.bits() > unsigned.bits() {
        signed
    } else {
        to_unsigned(signed)
    }
}

const fn rank(kind: IntKind) -> u8 {
    match kind {
        IntKind::Char | IntKind::SChar | IntKind::UChar => 0,
        IntKind::Short | IntKind::UShort => 1,
        IntKind::Int | IntKind::UInt => 2,
        IntKind::Long | IntKind::ULong => 3,
        IntKind::LongLong | IntKind::ULongLong => 4,
        IntKind::Int128 | IntKind::UInt128 => 5,
    }
}

const fn to_unsigned(kind: IntKind) -> IntKind {
    match kind {
        IntKind::Char | IntKind::SChar => IntKind::UChar,
        IntKind::Short => IntKind::UShort,
        IntKind::Int => IntKind::UInt,
        IntKind::Long => IntKind::ULong,
        IntKind::LongLong => IntKind::ULongLong,
        IntKind::Int128 => IntKind::UInt128,
        unsigned => unsigned,
    }
}
