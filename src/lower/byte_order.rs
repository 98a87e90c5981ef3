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
        let Some(short) = name.strip_prefix(markers::PREFIX) else {
            return Ok(None);
        };
        if !markers::BYTE_ORDER.contains(&name) {
            return Ok(None);
        }
        let bits = match short {
            "htons" | "ntohs" => 16,
            "htonl" | "ntohl" => 32,
            _ if short.contains("16") => 16,
            _ if short.contains("32") => 32,
            _ => 64,
        };
        let builtin = if short.contains("le") {
            Builtin::ToLe
        } else {
            Builtin::ToBe
        };
        let arg = self.one(e, args)?;
        let value = self.expr(arg)?;
        let width = Ty::unsigned(bits);
        let value = self.cast(value, &width);
        let value = match value.kind {
            ExprKind::Int(0) => int(0, width, e.span),
            _ => expr(ExprKind::Builtin(builtin, vec![value]), width, e.span),
        };
        let ty = self.ty(&e.ty);
        Ok(Some(self.cast(value, &ty)))
    }
}
