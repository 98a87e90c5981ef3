//! Registers by libbpf's names: `PT_REGS_PARM1(ctx)`, `PT_REGS_RC_CORE(regs)` …

use super::{
    Lowered,
    body::Body,
    build::{U64, expr},
};
use crate::{
    c::tree::{Expr as CExpr, ExprKind as CKind},
    ir::body::{Expr, ExprKind, Register, RegisterAccess},
};

impl<'a> Body<'_, 'a> {
    /// `__c2aya_pt_regs(regs, "PARM1_CORE_SYSCALL")`
    pub(super) fn pt_regs(&mut self, e: &'a CExpr, args: &'a [CExpr]) -> Lowered<Expr> {
        let [regs, name] = args else {
            return self.unsupported(e, "this register");
        };
        let Some((register, access)) = string(name).and_then(register) else {
            return self.unsupported(e, "this register");
        };
        let regs = self.expr(regs)?;
        let read = ExprKind::Register(Box::new(regs), register, access);
        let ty = self.ty(&e.ty);
        Ok(self.cast(expr(read, U64, e.span), &ty))
    }

    /// `PT_REGS_SYSCALL_REGS(ctx)`
    pub(super) fn syscall_regs(&mut self, e: &'a CExpr, args: &'a [CExpr]) -> Lowered<Expr> {
        let ctx = self.one(e, args)?;
        let ctx = self.expr(ctx)?;
        let ty = self.ty(&e.ty);
        Ok(expr(ExprKind::SyscallRegisters(Box::new(ctx)), ty, e.span))
    }
}

/// The text of a string literal.
pub(super) fn string(e: &CExpr) -> Option<&str> {
    bytes(e).and_then(|bytes| std::str::from_utf8(bytes).ok())
}

/// The bytes of a string literal.
pub(super) fn bytes(mut e: &CExpr) -> Option<&[u8]> {
    loop {
        match &e.kind {
            CKind::Str(text) => return Some(text),
            CKind::Decay(inner) | CKind::AddressOf(inner) | CKind::Cast { value: inner, .. } => {
                e = inner
            }
            _ => return None,
        }
    }
}

fn register(name: &str) -> Option<(Register, RegisterAccess)> {
    let (name, syscall) = match name.strip_suffix("_SYSCALL") {
        Some(rest) => (rest, true),
        None => (name, false),
    };
    let (name, access) = match name.strip_suffix("_CORE") {
        Some(rest) => (rest, RegisterAccess::Probe),
        None => (name, RegisterAccess::Direct),
    };
    let register = match name {
        "RET" => Register::Ret,
        "FP" => Register::Fp,
        "RC" => Register::Rc,
        "SP" => Register::Sp,
        "IP" => Register::Ip,
        _ => {
            let number: u8 = name.strip_prefix("PARM")?.parse().ok()?;
            let number = number.checked_sub(1).filter(|&number| number < 8)?;
            if syscall {
                Register::Syscall(number)
            } else {
                Register::Parameter(number)
            }
        }
    };
    Some((register, access))
}
