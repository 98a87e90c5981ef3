//! Contexts of tracepoints, whose fields lie elsewhere in other kernels.
//!
//! The kernel's verifier takes accesses to a context at offsets only that stand in the instruction, and
//! those are the local ones: where the running kernel has them, they are read so, else like any other
//! memory of the kernel's.

use super::{
    Lowered,
    body::Body,
    build::{expr, int},
    core_read::core_address,
};
use crate::{
    c::tree::Expr as CExpr,
    ir::{
        body::{AddressSpace, CompareOp, Expr, ExprKind, Place},
        ty::Ty,
    },
};

const U64: Ty = Ty::unsigned(64);

impl<'a> Body<'_, 'a> {
    /// Where a field of such a context lies, for its address: it isn't accessed by that.
    pub(super) fn moving_place(&mut self, e: &'a CExpr) -> Lowered<Option<Place>> {
        let access = self.cx.core_access(e);
        let Some(access) = access.filter(|access| self.cx.is_moving(access.record)) else {
            return Ok(None);
        };
        let base = self.expr(access.pointer)?;
        Ok(Some(self.relocated_place(&access, base, e)))
    }

    /// The value of a field of such a context.
    pub(super) fn moving_load(&mut self, e: &'a CExpr) -> Lowered<Option<Expr>> {
        let access = self.cx.core_access(e);
        let Some(access) = access.filter(|access| self.cx.is_moving(access.record)) else {
            return Ok(None);
        };
        let ty = self.ty(&e.ty);
        let Some(offset) = self.cx.local_offset(e) else {
            return Ok(None);
        };
        if !matches!(ty, Ty::Int { .. } | Ty::Pointer { .. }) || e.ty.volatile {
            return Ok(None);
        }
        let Place { kind, .. } = self.place(e)?;
        let here = super::build::load(
            Place {
                kind,
                ty: ty.clone(),
                volatile: false,
            },
            e.span,
        );
        let base = self.expr(access.pointer)?;
        let id = self.cx.field_offset(&access, ty.clone(), e.span);
        let asked = expr(ExprKind::CoreValue(id), U64, e.span);
        let local = int(i128::from(offset), U64, e.span);
        let same = ExprKind::Compare(CompareOp::Eq, Box::new(asked), Box::new(local));
        let same = expr(same, Ty::Bool, e.span);
        let address = core_address(base, id, ty.clone(), false, e.span);
        let there = ExprKind::ProbeRead(AddressSpace::Kernel, Box::new(address));
        let there = expr(there, ty.clone(), e.span);
        let value = ExprKind::Conditional(Box::new(same), Box::new(here), Box::new(there));
        Ok(Some(expr(value, ty, e.span)))
    }
}
