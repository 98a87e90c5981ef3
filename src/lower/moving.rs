//! Contexts of tracepoints, whose fields lie elsewhere in other kernels.
//!
//! The kernel's verifier takes accesses to a context at offsets only that stand in the instruction, and
//! those are the local ones: where the running kernel has them, they are read so, else like any other
//! memory of the kernel's.

use super::{
    Lowered,
    access::Access,
    body::Body,
    build::{U64, expr, int, load},
    core_read::core_address,
};
use crate::{
    c::tree::Expr as CExpr,
    ir::{
        body::{AddressSpace, CompareOp, Expr, ExprKind, Place},
        ty::Ty,
    },
};

impl<'a> Body<'_, 'a> {
    /// Where a field of such a context lies, for its address: it isn't accessed by that.
    pub(super) fn moving_place(&mut self, e: &'a CExpr) -> Lowered<Option<Place>> {
        let Some(access) = self.moving_access(e) else {
            return Ok(None);
        };
        let base = self.expr(access.pointer)?;
        Ok(Some(self.relocated_place(&access, base, e)))
    }

    /// The value of a field of such a context.
    pub(super) fn moving_load(&mut self, e: &'a CExpr) -> Lowered<Option<Expr>> {
        let Some(access) = self.moving_access(e) else {
            return Ok(None);
        };
        let ty = self.ty(&e.ty);
        let Some(offset) = self.cx.local_offset(e) else {
            return Ok(None);
        };
        if !matches!(ty, Ty::Int { .. } | Ty::Pointer { .. }) || e.ty.volatile {
            return Ok(None);
        }
        let here = load(self.place(e)?, e.span);
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

    fn moving_access(&self, e: &'a CExpr) -> Option<Access<'a>> {
        let access = self.cx.core_access(e)?;
        self.cx.is_moving(access.record).then_some(access)
    }
}
