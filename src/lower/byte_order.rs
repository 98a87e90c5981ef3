//! Byte order: `bpf_htons` and the kernel's `cpu_to_be64` family.

use super::{
    Lowered,
    body::Body,
    build::{expr, int},
};
use crate::{
    c::tree::Expr as CExpr,
    ir::{
        body::{Builtin, Expr, ExprKind},
        ty::Ty,
    },
    source::markers,
};

impl<'a> Body<'_, 'a> {
    /// The conversion that `name` is, if it is one.
    pub(super) fn byte_order(
        &mut self,
        e: &'a CExpr,
        name: &str,
        args: &'a [CExpr],
    ) -> Lowered<Option<Expr>> {
        let Some(bits) = markers::byte_order_bits(name) else {
            return Ok(None);
        };
        let (width, ty) = (Ty::unsigned(bits), self.ty(&e.ty));
        let arg = self.one(e, args)?;
        let value = self.expr(arg)?;
        if ty != width {
            // It may have more bits than the name says, and on big-endian machines keeps them.
            let value = self.cast(value, &ty);
            let builtin = match bits {
                16 => Builtin::Htons,
                32 => Builtin::Htonl,
                _ => Builtin::Htonll,
            };
            let kind = ExprKind::Builtin(builtin, vec![value]);
            return Ok(Some(expr(kind, ty, e.span)));
        }
        let builtin = if name.contains("_le") {
            Builtin::ToLe
        } else {
            Builtin::ToBe
        };
        let value = self.cast(value, &width);
        let value = match value.kind {
            ExprKind::Int(0) => int(0, width, e.span),
            _ => expr(ExprKind::Builtin(builtin, vec![value]), width, e.span),
        };
        Ok(Some(value))
    }
}
