//! Byte order of numbers that have other bits than a macro is for.
//!
//! On big-endian machines libbpf's `bpf_htons(x)` is `(x)`, whatever bits it has; elsewhere it takes
//! 16 of them (`bpf_endian.h`). A call is kept in one of two forms: cut, with an argument and a
//! result of the macro's width, or whole, with an argument and a result of the promoted type of `x`.

use super::{
    convert::wrap,
    sema::{Sema, int_type, unqualified},
    tree::{Expr, ExprKind},
    types::{CType, IntKind},
};
use crate::source::markers;

impl Sema<'_> {
    /// The argument and type of a byte order marker's whole form, where the machine has that and it
    /// makes a difference.
    pub(super) fn whole_on_this_machine(&self, name: &str, arg: &Expr) -> Option<(Expr, CType)> {
        if !self.tree.types.big_endian {
            return None;
        }
        let arg = self.rvalue(arg.clone());
        if !self.differs(name, &arg)? {
            return None;
        }
        let arg = self.promote(arg);
        let ty = unqualified(&arg.ty);
        Some((arg, ty))
    }

    /// `value` before it is converted to `ty`, which may leave no more of it than the macro is for:
    /// then it may as well be cut, as it is on other machines.
    pub(super) fn cut_byte_order(&self, value: Expr, ty: &CType) -> Expr {
        let left = self.tree.types.integer(ty);
        match marked(&value) {
            Some((_, arg, bits))
                if left.is_some_and(|(left, _)| left <= bits) || self.fits(arg, bits) =>
            {
                self.cut(&value, arg, bits)
            }
            _ => value,
        }
    }

    /// `value` where it is only asked how large it is, in the form that all machines can have.
    pub(super) fn common_byte_order(&self, value: Expr) -> Expr {
        let ExprKind::Builtin(name, _) = &value.kind else {
            return value;
        };
        let Some((marker, arg, bits)) = marked(&value) else {
            return value;
        };
        if self.differs(marker, arg) != Some(true) {
            return value;
        }
        if self.fits(arg, bits) {
            return self.cut(&value, arg, bits);
        }
        let mut arg = self.promote(arg.clone());
        if self.tree.types.integer(&arg.ty) == Some((bits, true)) {
            // What is negative here is a large number where bytes are swapped.
            arg = self.implicit(arg, &int_type(IntKind::LongLong));
        }
        let ty = arg.ty.clone();
        let kind = ExprKind::Builtin(name.clone(), vec![arg]);
        wrap(value, unqualified(&ty), |_| kind)
    }

    /// Whether `value` is a constant that byte order markers have in the same form everywhere.
    pub(super) fn is_number_of(&self, value: &Expr, marker: &Expr) -> bool {
        marked(marker).is_some_and(|(_, _, bits)| self.is_constant_within(value, bits))
    }

    fn cut(&self, value: &Expr, arg: &Expr, bits: u16) -> Expr {
        let ExprKind::Builtin(name, _) = &value.kind else {
            return value.clone();
        };
        let ty = int_type(match bits {
            16 => IntKind::UShort,
            32 => IntKind::UInt,
            _ => IntKind::ULongLong,
        });
        let arg = self.implicit(arg.clone(), &ty);
        let kind = ExprKind::Builtin(name.clone(), vec![arg]);
        wrap(value.clone(), ty, |_| kind)
    }

    /// Whether the two forms may differ in value or, promoted, in type.
    fn differs(&self, name: &str, arg: &Expr) -> Option<bool> {
        let bits = kept_bits(name)?;
        let (width, signed) = self.tree.types.integer(&arg.ty)?;
        let promotes_alike = width == bits || (width < bits && bits < 32);
        Some(!(!signed && promotes_alike || self.is_constant_within(arg, bits)))
    }

    fn fits(&self, arg: &Expr, bits: u16) -> bool {
        matches!(self.tree.types.integer(&arg.ty), Some((width, false)) if width <= bits)
    }

    fn is_constant_within(&self, value: &Expr, bits: u16) -> bool {
        let value = self.evaluator().integer(value);
        value.is_some_and(|value| value >= 0 && value < 1 << bits)
    }
}

/// The marker that `value` is a call of, its argument as it was written, and its width.
fn marked(value: &Expr) -> Option<(&str, &Expr, u16)> {
    let ExprKind::Builtin(name, args) = &value.kind else {
        return None;
    };
    let ([arg], Some(bits)) = (args.as_slice(), kept_bits(name)) else {
        return None;
    };
    let arg = match &arg.kind {
        ExprKind::Cast {
            value,
            explicit: false,
        } => value,
        _ => arg,
    };
    Some((name, arg, bits))
}

/// The width of a marker that a big-endian machine has nothing to do for.
fn kept_bits(name: &str) -> Option<u16> {
    markers::byte_order_bits(name).filter(|_| !name.contains("_le"))
}
