//! Literals and initial values.

pub use crate::ir::constant::wrap;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote};

use super::{Body, Pin};
use crate::{
    emit::{
        code::{Code, Prec},
        number::{character, number},
        types::{self, int},
    },
    ir::{
        RecordId,
        body::{Expr, Init},
        ty::Ty,
    },
    source::span::Span,
};

/// What is cleared at a time where the alignment allows it.
const WORD: u64 = 8;

/// So many bytes take more instructions in smaller words than one likes.
const LONG: u64 = 64;

impl Body<'_> {
    /// An integer of type `ty`; with a suffix where nothing else says its type.
    pub(super) fn literal(&self, n: i128, ty: &Ty, pin: Pin) -> Code {
        self.literal_at(n, ty, pin, None)
    }

    /// The integer that stands at `span` in C.
    pub(super) fn literal_at(&self, n: i128, ty: &Ty, pin: Pin, span: Option<Span>) -> Code {
        // What the type made of it isn't what was written.
        let number = |made: i128, suffix: &str| {
            let span = span.filter(|_| made == n);
            number(self.t.object, made.unsigned_abs(), suffix, span)
        };
        match ty {
            Ty::Int { bits, signed } => {
                let n = wrap(n, *bits, *signed);
                if let Some(character) = character(self.t.object, n, span) {
                    let code = Code::atom(character);
                    let is_byte = *bits == 8 && !signed;
                    // `'\0'` is as good as 0 where it would need a conversion.
                    if is_byte || n != 0 {
                        let ty = int(*bits, *signed);
                        return if is_byte { code } else { code.cast(&ty) };
                    }
                }
                if *bits >= 32 && n == max(*bits, *signed) {
                    let ty = int(*bits, *signed);
                    return Code::atom(quote!(#ty::MAX));
                }
                if *signed && *bits >= 32 && n == -max(*bits, true) - 1 {
                    let ty = int(*bits, true);
                    return Code::atom(quote!(#ty::MIN));
                }
                let suffix = match pin {
                    Pin::Context => String::new(),
                    Pin::Itself if *bits == 32 && *signed => String::new(),
                    Pin::Itself => int(*bits, *signed).to_string(),
                };
                let code = Code::atom(number(n, &suffix));
                if n < 0 { code.unary(quote!(-)) } else { code }
            }
            Ty::Pointer { .. } if n == 0 => self.null(ty),
            Ty::Pointer { .. } => {
                let ty = self.t.ty(ty);
                Code::atom(number(n, "u64")).cast(&ty)
            }
            Ty::Enum(_) => {
                let name = self.t.ty(ty);
                let value = Literal::i128_unsuffixed(n.abs());
                let sign = (n < 0).then(|| quote!(-));
                Code::atom(quote!(#name(#sign #value)))
            }
            Ty::Bool => {
                let truth = n != 0;
                Code::atom(quote!(#truth))
            }
            _ => Code::atom(number(n, "")),
        }
    }

    /// `ptr::null()`
    pub(super) fn null(&self, ty: &Ty) -> Code {
        self.t.uses.import("core", "ptr");
        Code::atom(match ty {
            Ty::Pointer { mutable: false, .. } => quote!(ptr::null()),
            _ => quote!(ptr::null_mut()),
        })
    }

    /// `size_of::<T>()`
    pub(super) fn size_of(&self, ty: &Ty) -> Code {
        let ty = self.t.ty(ty);
        Code::atom(quote!(size_of::<#ty>()))
    }

    /// A string in read-only memory, as `*const u8`.
    pub(super) fn string(&self, bytes: &[u8]) -> Code {
        let literal = c_string(bytes);
        if bytes.contains(&0) {
            return Code::atom(quote!((&raw const *#literal).cast::<u8>()));
        }
        Code::atom(quote!(#literal.to_bytes_with_nul().as_ptr()))
    }

    /// A value of type `ty`.
    pub(super) fn init(&self, init: &Init, ty: &Ty, pin: Pin) -> Code {
        match init {
            Init::Expr(expr) => self.value_of(expr, ty, pin),
            Init::Zero => self.zero(ty, pin),
            Init::Bytes(bytes) => self.bytes(bytes, ty),
            Init::Array(parts) => self.array(parts, ty),
            Init::Record(parts) => self.record(parts, ty),
        }
    }

    /// An expression for memory of type `ty`: bytes of text are `u8`.
    fn value_of(&self, expr: &Expr, _ty: &Ty, pin: Pin) -> Code {
        self.expr(expr, pin)
    }

    /// All bytes zero.
    pub(super) fn zero(&self, ty: &Ty, pin: Pin) -> Code {
        match ty {
            Ty::Bool => Code::atom(quote!(false)),
            Ty::Int { .. } | Ty::Pointer { .. } | Ty::Enum(_) => self.literal(0, ty, pin),
            Ty::Array(of, len) => {
                let len = Literal::u64_unsuffixed(*len);
                let of = match **of {
                    Ty::Int { bits: 8, .. } => match pin {
                        Pin::Context => Code::atom(quote!(0)),
                        Pin::Itself => Code::atom(quote!(0u8)),
                    },
                    _ => self.zero(of, pin),
                };
                Code::atom(quote!([#of; #len]))
            }
            Ty::Record(id) if self.is_spelled_out(*id) && !self.shrinks_unaligned(*id, 0) => {
                self.record(&[], ty)
            }
            _ => self.zeroed(ty),
        }
    }

    /// Whether much of a record lies behind a field that ends between two words. When the fields up to
    /// there are assigned, LLVM clears only what is behind them, and does it in words of the smaller
    /// alignment that this has, unless the record is zeroed as one.
    fn shrinks_unaligned(&self, id: RecordId, start: u64) -> bool {
        self.t.record(id).is_some_and(|record| {
            let fields = record.fields.as_deref().unwrap_or_default();
            record.align >= WORD
                && fields.iter().any(|field| {
                    let offset = start + field.offset;
                    let unaligned = !offset.is_multiple_of(WORD)
                        && record.size.saturating_sub(field.offset) >= LONG;
                    unaligned
                        || matches!(&field.ty, Ty::Record(inner)
                            if self.shrinks_unaligned(*inner, offset))
                })
        })
    }

    pub(super) fn zeroed(&self, ty: &Ty) -> Code {
        self.t.uses.import("core", "mem");
        let ty = self.t.ty(ty);
        self.operation(Code::atom(quote!(mem::zeroed::<#ty>())))
    }

    /// Whether a record is written field by field: a structure of few fields.
    fn is_spelled_out(&self, id: RecordId) -> bool {
        self.t.record(id).is_some_and(|record| {
            let fields = record.fields.as_deref().unwrap_or_default();
            !record.union_
                && fields.len() <= 6
                && fields.iter().all(|field| {
                    field.bits.is_none()
                        && match &field.ty {
                            Ty::Record(inner) => self.is_spelled_out(*inner),
                            Ty::Array(of, _) => matches!(**of, Ty::Int { .. } | Ty::Bool),
                            Ty::Opaque { .. } => false,
                            _ => true,
                        }
                })
        })
    }

    fn record(&self, parts: &[(u32, Init)], ty: &Ty) -> Code {
        let Ty::Record(id) = ty else {
            return self.zero(ty, Pin::Itself);
        };
        let Some(record) = self.t.record(*id) else {
            return self.zeroed(ty);
        };
        let name = self.t.ty(ty);
        let fields = record.fields.as_deref().unwrap_or_default();
        let named = |index: u32| types::field_ident(record, index);
        if record.union_ {
            // The bytes behind a smaller member are zero too: clang zero-fills the union.
            if let [(index, part)] = parts
                && let Some(field) = fields.get(*index as usize)
                && self.t.size(&field.ty) == record.size
            {
                let (field_name, value) = (named(*index), self.init(part, &field.ty, Pin::Context));
                let part = field_value(&field_name, &value);
                return Code::atom(quote!(#name { #part }));
            }
            return self.assigned_parts(parts, ty);
        }
        let has_bits = fields.iter().any(|f| f.bits.is_some());
        if has_bits {
            return self.assigned_parts(parts, ty);
        }
        let full = self.is_spelled_out(*id);
        let mut written = Vec::new();
        for (index, field) in (0..).zip(fields) {
            let value = match parts.iter().find(|(i, _)| *i == index) {
                Some((_, part)) => self.init(part, &field.ty, Pin::Context),
                None if full => self.zero(&field.ty, Pin::Context),
                None => continue,
            };
            let field_name = named(index);
            written.push(field_value(&field_name, &value));
        }
        let padding = crate::emit::records::padding_fields(self.t.object, record);
        if full {
            for (pad, len) in &padding {
                let pad = crate::emit::names::ident(pad);
                let len = Literal::u64_unsuffixed(*len);
                written.push(quote!(#pad: [0; #len]));
            }
            return Code::atom(quote!(#name { #(#written),* }));
        }
        if written.is_empty() {
            return self.zeroed(ty);
        }
        if written.len() == fields.len() && padding.is_empty() {
            return Code::atom(quote!(#name { #(#written),* }));
        }
        let rest = self.zeroed(ty);
        Code::atom(quote!(#name { #(#written,)* ..#rest }))
    }

    /// Whether a value is zeroed and then assigned part by part.
    pub(super) fn is_assigned(&self, parts: &[(u32, Init)], ty: &Ty) -> bool {
        let Ty::Record(id) = ty else {
            return false;
        };
        let has_bits = |record: &crate::ir::ty::Record| {
            let mut fields = record.fields.iter().flatten();
            !record.union_ && fields.any(|field| field.bits.is_some())
        };
        !parts.is_empty() && self.t.record(*id).is_some_and(has_bits)
    }

    /// The assignments of the parts of the variable `name`.
    pub(super) fn part_assignments(
        &self,
        name: &Ident,
        parts: &[(u32, Init)],
        ty: &Ty,
        value: impl Fn(&Init, &Ty) -> Code,
    ) -> Vec<TokenStream> {
        let record = match ty {
            Ty::Record(id) => self.t.record(*id),
            _ => None,
        };
        let assignment = |(index, part): &(u32, Init)| {
            let field = record?.fields.as_deref()?.get(*index as usize)?;
            let value = value(part, &field.ty);
            let part = types::field_ident(record?, *index);
            Some(if field.bits.is_some() {
                let setter = quote::format_ident!("set_{}", part);
                quote!(#name.#setter(#value);)
            } else {
                quote!(#name.#part = #value;)
            })
        };
        parts.iter().filter_map(assignment).collect()
    }

    /// A value that is zeroed and then assigned part by part (unions, bit-fields).
    fn assigned_parts(&self, parts: &[(u32, Init)], ty: &Ty) -> Code {
        let Ty::Record(id) = ty else {
            return self.zeroed(ty);
        };
        let zero = self.zeroed(ty);
        if self.t.record(*id).is_none() || parts.is_empty() {
            return zero;
        }
        let name = quote::format_ident!("value");
        let sets = self.part_assignments(&name, parts, ty, |part, ty| {
            self.init(part, ty, Pin::Context)
        });
        Code::atom(quote!({ let mut value = #zero; #(#sets)* value }))
    }

    fn array(&self, parts: &[(u64, Init)], ty: &Ty) -> Code {
        let Ty::Array(of, len) = ty else {
            return self.zero(ty, Pin::Itself);
        };
        if parts.is_empty() {
            return self.zero(ty, Pin::Context);
        }
        // Long tables that are mostly zero would be a page of zeros.
        if *len > 64 && (parts.len() as u64) < len / 2 {
            let zero = self.zero(ty, Pin::Itself);
            let sets = parts.iter().map(|(index, part)| {
                let index = Literal::u64_unsuffixed(*index);
                let value = self.init(part, of, Pin::Context);
                quote!(value[#index] = #value;)
            });
            return Code::atom(quote!({ let mut value = #zero; #(#sets)* value }));
        }
        let mut elements = Vec::new();
        for index in 0..*len {
            elements.push(match parts.iter().find(|(i, _)| *i == index) {
                Some((_, part)) => {
                    let code = self.init(part, of, Pin::Context);
                    match **of {
                        Ty::Int {
                            bits: 8,
                            signed: true,
                        } => self.text_value(part, &code),
                        _ => code,
                    }
                }
                None => self.zero(of, Pin::Context),
            });
        }
        Code::atom(quote!([#(#elements),*]))
    }

    /// A byte of text: `b'a'`.
    fn text_value(&self, part: &Init, code: &Code) -> Code {
        match part {
            Init::Expr(Expr {
                kind: crate::ir::body::ExprKind::Int(n),
                span,
                ..
            }) => self.byte(*n, *span),
            Init::Zero => Code::atom(quote!(0)),
            _ => code.cast(&quote!(u8)),
        }
    }

    /// A byte of text: `b'a'` where the C has a character.
    pub(super) fn byte(&self, n: i128, span: Option<Span>) -> Code {
        let byte = wrap(n, 8, false);
        self.literal_at(byte, &Ty::unsigned(8), Pin::Context, span)
    }

    fn bytes(&self, bytes: &[u8], ty: &Ty) -> Code {
        let Ty::Array(_, len) = ty else {
            return self.string(bytes);
        };
        let mut full = bytes.to_vec();
        let want = usize::try_from(*len).unwrap_or(0);
        if full.iter().all(|b| *b == 0) {
            return self.zero(ty, Pin::Context);
        }
        let fill = want.saturating_sub(full.len());
        if fill > 64 {
            let literal = Literal::byte_string(&full);
            let (len, count) = (
                Literal::u64_unsuffixed(*len),
                Literal::usize_unsuffixed(full.len()),
            );
            return Code::atom(quote!({
                let mut text = [0; #len];
                let (start, _) = text.split_at_mut(#count);
                start.copy_from_slice(#literal);
                text
            }));
        }
        full.resize(want, 0);
        let literal = Literal::byte_string(&full);
        Code::new(quote!(*#literal), Prec::Unary)
    }
}

/// `pid` for `pid: pid`.
fn field_value(field: &Ident, value: &Code) -> TokenStream {
    if field == &value.to_token_stream().to_string() {
        quote!(#field)
    } else {
        quote!(#field: #value)
    }
}

/// `c"text"`, or bytes with a zero where a C string can't say it.
pub fn c_string(bytes: &[u8]) -> TokenStream {
    match std::ffi::CString::new(bytes) {
        Ok(text) => Literal::c_string(&text).into_token_stream(),
        Err(_) => {
            let mut full = bytes.to_vec();
            full.push(0);
            Literal::byte_string(&full).into_token_stream()
        }
    }
}

fn max(bits: u16, signed: bool) -> i128 {
    let bits = if signed { bits - 1 } else { bits };
    if bits >= 127 {
        i128::MAX
    } else {
        (1 << bits) - 1
    }
}
