//! What is printed, and how the kernel takes it.

use quote::{format_ident, quote};

use super::{Body, Pin, value};
use crate::{
    emit::{code::Code, comments::PRINTK, runtime::Module},
    ir::{
        body::{Expr, ExprKind},
        ty::Ty,
    },
};

/// The most numbers that the kernel prints straight from registers.
const IN_REGISTERS: usize = 3;

impl Body<'_> {
    /// `bpf_printk!`
    pub(super) fn printk(&self, format: &[u8], args: &[Expr]) -> Code {
        self.t.uses.printk();
        let format = value::c_string(format);
        let few = args.len() <= IN_REGISTERS;
        let args = args.iter().map(|arg| match (&arg.ty, &arg.kind) {
            // The kernel prints 32 bits of it, and its sign would cost two instructions.
            (
                Ty::Int {
                    bits: 32,
                    signed: true,
                },
                kind,
            ) if few && !matches!(kind, ExprKind::Int(_) | ExprKind::Conditional(..)) => {
                self.expr(arg, Pin::Itself).dot(quote!(cast_unsigned()))
            }
            _ => self.printed(arg),
        });
        let name = format_ident!("{PRINTK}");
        self.operation(Code::atom(quote!(#name(#format #(, #args)*))))
    }

    /// A value as the kernel prints it.
    fn printed(&self, arg: &Expr) -> Code {
        match &arg.ty {
            Ty::Bool => {
                let arg = self.expr(arg, Pin::Itself);
                Code::atom(quote!(i32::from(#arg)))
            }
            Ty::Enum(_) => self.enum_number(arg),
            Ty::Pointer { .. } => self.pointer(arg, false),
            _ => self.expr(arg, Pin::Itself),
        }
    }

    pub(super) fn snprintf(&self, to: &Expr, size: &Expr, format: &[u8], args: &[Expr]) -> Code {
        let function = self.t.uses.runtime(Module::Helper, "snprintf");
        let (to, size) = (self.erased(to, true), self.expr(size, Pin::Context));
        let format = value::c_string(format);
        let args = args.iter().map(|arg| self.as_word64(arg));
        self.operation(Code::atom(
            quote!(#function(#to, #size, #format, [#(#args),*])),
        ))
    }

    pub(super) fn seq_printf(&self, seq: &Expr, format: &[u8], args: &[Expr]) -> Code {
        let function = self.t.uses.runtime(Module::Helper, "seq_printf");
        let seq = self.erased(seq, true);
        let format = value::c_string(format);
        let args = args.iter().map(|arg| self.as_word64(arg));
        self.operation(Code::atom(quote!(#function(#seq, #format, [#(#args),*]))))
    }

    fn as_word64(&self, arg: &Expr) -> Code {
        match &arg.ty {
            Ty::Int {
                bits: 64,
                signed: false,
            } => self.expr(arg, Pin::Context),
            Ty::Pointer { .. } => self.pointer(arg, false).cast(&quote!(u64)),
            Ty::Enum(_) => self.enum_number(arg).cast(&quote!(u64)),
            _ => self.expr(arg, Pin::Itself).cast(&quote!(u64)),
        }
    }
}
