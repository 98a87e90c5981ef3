//! Byte order on big-endian machines, where libbpf's `bpf_htons(x)` is `(x)`: as it is, whatever
//! bits it has (`bpf_endian.h`), while elsewhere it takes 16 of them.

use super::{
    builtin_fold,
    convert::wrap,
    sema::{Sema, int_type, unqualified},
    tree::{Expr, ExprKind},
    types::{CType, IntKind},
};
use crate::source::markers;

impl Sema<'_> {
    /// The argument and type of a byte order marker that leaves a number as it is, though it may
    /// have other bits than the marker is for; `None` where that makes no difference.
    pub(super) fn uncut_byte_order(&self, name: &str, arg: &Expr) -> Option<(Expr, CType)> {
        if !self.keeps_order(name) {
            return None;
        }
        let bits = markers::byte_order_bits(name)?;
        let arg = self.rvalue(arg.clone());
        let (width, signed) = self.tree.types.integer(&arg.ty)?;
        let promotes_alike = width == bits || (width < bits && bits < 32);
        if (!signed && promotes_alike) || self.is_constant_within(&arg, bits) {
            return None;
        }
        let arg = self.promote(arg);
        let ty = unqualified(&arg.ty);
        Some((arg, ty))
    }

    /// `value` before it is converted to `ty`: where no more is left of it than a byte order
    /// marker is for, the marker's argument may as well be cut, as it is on other machines.
    pub(super) fn cut_byte_order(&self, value: Expr, ty: &CType) -> Expr {
        let ExprKind::Builtin(name, args) = &value.kind else {
            return value;
        };
        let (true, [arg], Some((left, _)), Some(bits)) = (
            self.keeps_order(name),
            args.as_slice(),
            self.tree.types.integer(ty),
            markers::byte_order_bits(name),
        ) else {
            return value;
        };
        let arg = uncast(arg);
        let fits =
            matches!(self.tree.types.integer(&arg.ty), Some((width, false)) if width <= bits);
        if left > bits && !fits {
            return value;
        }
        let cut = int_type(match bits {
            16 => IntKind::UShort,
            32 => IntKind::UInt,
            _ => IntKind::ULongLong,
        });
        let arg = self.implicit(arg.clone(), &cut);
        let kind = ExprKind::Builtin(name.clone(), vec![arg]);
        wrap(value, cut, |_| kind)
    }

    fn keeps_order(&self, name: &str) -> bool {
        let big_endian = self.tree.types.big_endian;
        big_endian && builtin_fold::byte_order(name, big_endian) == Some(false)
    }

    fn is_constant_within(&self, value: &Expr, bits: u16) -> bool {
        let value = self.evaluator().integer(value);
        value.is_some_and(|value| value >= 0 && value < 1 << bits)
    }
}

/// Without the promotion that [`Sema::uncut_byte_order`] added.
fn uncast(arg: &Expr) -> &Expr {
    match &arg.kind {
        ExprKind::Cast {
            value,
            explicit: false,
        } => value,
        _ => arg,
    }
}
