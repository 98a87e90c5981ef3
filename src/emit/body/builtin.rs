//! The compiler's builtins.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use super::{Body, Pin};
use crate::{
    emit::{
        code::{Code, Prec},
        runtime::Module,
    },
    ir::{
        body::{Builtin, Expr, ExprKind},
        ty::Ty,
    },
};

impl Body<'_> {
    pub(super) fn builtin(&self, builtin: Builtin, args: &[Expr], ty: &Ty) -> Code {
        match (builtin, args) {
            (Builtin::Memcpy, [to, from, size]) => self.memory("copy", to, Some(from), size),
            (Builtin::Memmove, [to, from, size]) => {
                let function = self.t.uses.runtime(Module::Memory, "move_bytes");
                let (to, from, size) = (
                    self.erased(to, true),
                    self.erased(from, false),
                    self.as_usize(size),
                );
                self.operation(Code::atom(quote!(#function(#to, #from, #size))))
            }
            (Builtin::Memset, [to, byte, size]) => self.fill(to, byte, size),
            (Builtin::Strcpy, [to, from]) => {
                let function = self.t.uses.runtime(Module::Memory, "copy_text");
                let (to, from) = (self.erased(to, true), self.erased(from, false));
                self.operation(Code::atom(quote!(#function(#to, #from))))
            }
            (Builtin::Strncpy, [to, from, size]) => {
                let function = self.t.uses.runtime(Module::Memory, "copy_text_in");
                let (to, from, size) = (
                    self.erased(to, true),
                    self.erased(from, false),
                    self.as_usize(size),
                );
                self.operation(Code::atom(quote!(#function(#to, #from, #size))))
            }
            (Builtin::Strlen, [text]) => {
                let function = self.t.uses.runtime(Module::Memory, "text_len");
                let text = self.erased(text, false);
                self.operation(Code::atom(quote!(#function(#text))))
            }
            (Builtin::Strcmp, [left, right]) => {
                let function = self.t.uses.runtime(Module::Memory, "compare_texts");
                // A text that is known bounds what is looked at, so that the loop can be unrolled.
                let known = text_of(left).or_else(|| text_of(right));
                let size = known.map_or_else(
                    || quote!(usize::MAX),
                    |text| {
                        let end = text.iter().position(|byte| *byte == 0);
                        let len = end.unwrap_or(text.len()) + 1;
                        Literal::usize_unsuffixed(len).into_token_stream()
                    },
                );
                let (left, right) = (self.erased(left, false), self.erased(right, false));
                self.operation(Code::atom(quote!(#function(#left, #right, #size))))
            }
            (Builtin::Strncmp, [left, right, size]) => {
                let function = self.t.uses.runtime(Module::Memory, "compare_texts");
                let (left, right, size) = (
                    self.erased(left, false),
                    self.erased(right, false),
                    self.as_usize(size),
                );
                self.operation(Code::atom(quote!(#function(#left, #right, #size))))
            }
            (Builtin::Memcmp, [left, right, size]) => {
                let function = self.t.uses.runtime(Module::Memory, "compare");
                let (left, right, size) = (
                    self.erased(left, false),
                    self.erased(right, false),
                    self.as_usize(size),
                );
                self.operation(Code::atom(quote!(#function(#left, #right, #size))))
            }
            (Builtin::Bswap, [value]) => self.expr(value, Pin::Itself).dot(quote!(swap_bytes())),
            (Builtin::ReverseBits, [value]) => {
                self.expr(value, Pin::Itself).dot(quote!(reverse_bits()))
            }
            (Builtin::AddOverflows, [a, b]) => self.overflows(a, &quote!(overflowing_add), b),
            (Builtin::SubOverflows, [a, b]) => self.overflows(a, &quote!(overflowing_sub), b),
            (Builtin::MulOverflows, [a, b]) => self.overflows(a, &quote!(overflowing_mul), b),
            (Builtin::ToBe, [value]) => self.expr(value, Pin::Itself).dot(quote!(to_be())),
            (Builtin::ToLe, [value]) => self.expr(value, Pin::Itself).dot(quote!(to_le())),
            (Builtin::Htons | Builtin::Htonl | Builtin::Htonll, [value]) => {
                let function = match builtin {
                    Builtin::Htons => "htons",
                    Builtin::Htonl => "htonl",
                    _ => "htonll",
                };
                let function = self.t.uses.runtime(Module::ByteOrder, function);
                let value = self.expr(value, Pin::Itself).into_token_stream();
                Code::atom(quote!(#function(#value)))
            }
            (Builtin::Clz, [value]) => self.counted(value, quote!(leading_zeros()), ty),
            (Builtin::Ctz, [value]) => self.counted(value, quote!(trailing_zeros()), ty),
            (Builtin::Popcount, [value]) => self.counted(value, quote!(count_ones()), ty),
            (Builtin::Parity, [value]) => {
                let ones = self.counted(value, quote!(count_ones()), ty);
                Code::binary(&ones, quote!(&), &Code::atom(quote!(1)), Prec::BitAnd)
            }
            (Builtin::Ffs, [value]) => {
                let code = self.expr(value, Pin::Itself);
                let index = Code::binary(
                    &self.counted(value, quote!(trailing_zeros()), ty),
                    quote!(+),
                    &Code::atom(quote!(1)),
                    Prec::Sum,
                );
                let zero = Code::binary(&code, quote!(==), &Code::atom(quote!(0)), Prec::Compare);
                Code::atom(quote!(if #zero { 0 } else { #index }))
            }
            (Builtin::Abs, [value]) => self.expr(value, Pin::Itself).dot(quote!(wrapping_abs())),
            _ => Code::atom(quote!(())),
        }
    }

    fn overflows(&self, a: &Expr, method: &TokenStream, b: &Expr) -> Code {
        let (a, b) = (self.expr(a, Pin::Itself), self.expr(b, Pin::Context));
        a.dot(quote!(#method(#b).1))
    }

    fn counted(&self, value: &Expr, method: TokenStream, ty: &Ty) -> Code {
        let count = self.expr(value, Pin::Itself).dot(method);
        if *ty == Ty::unsigned(32) {
            count
        } else {
            count.cast(&self.t.ty(ty))
        }
    }
}

/// A string literal behind casts.
fn text_of(value: &Expr) -> Option<&[u8]> {
    match &super::expr::strip_pointer_casts(value).kind {
        ExprKind::Str(text) => Some(text),
        _ => None,
    }
}
