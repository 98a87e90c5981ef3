//! Types in Rust.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::{
    bindings,
    constants::{ConstantTypes, RustInt},
    names::{Names, ident, snake},
    uses::Uses,
};
use crate::ir::{
    ConstantId, Object, RecordId,
    body::{Expr, ExprKind},
    ty::{Field, Record, Ty, size_of},
};

/// What is needed to write a type.
#[derive(Clone, Copy)]
pub struct Types<'a> {
    /// The object.
    pub object: &'a Object,
    /// Names of its items.
    pub names: &'a Names,
    /// Imports.
    pub uses: &'a Uses,
    /// Types of named constants.
    pub constants: &'a ConstantTypes,
    /// The common crate, if there is one.
    pub common: Option<&'a str>,
    /// What stands there.
    pub shared: &'a super::Shared,
    /// Offsets that are those of bit-fields.
    pub bitfields: &'a std::collections::HashSet<crate::ir::RelocationId>,
    /// The sizes of fields that are asked for by themselves.
    pub sizes: &'a std::collections::HashSet<crate::ir::RelocationId>,
    /// Pointers of functions that are references in Rust.
    pub borrows: &'a super::borrow::Borrows,
    /// Functions that may be BPF's own.
    pub inlining: &'a super::inline::Inlining,
    /// Whether this is the common crate.
    pub in_common: bool,
}

impl Types<'_> {
    /// The type as memory and as a value.
    pub fn ty(&self, ty: &Ty) -> TokenStream {
        match ty {
            Ty::Unit => quote!(()),
            Ty::Bool => quote!(bool),
            Ty::Int { bits, signed } => int(*bits, *signed),
            Ty::Pointer { to, mutable } => {
                let to = self.pointee(to);
                if *mutable {
                    quote!(*mut #to)
                } else {
                    quote!(*const #to)
                }
            }
            Ty::Array(of, len) => {
                let of = self.element(of);
                let len = Literal::u64_unsuffixed(*len);
                quote!([#of; #len])
            }
            Ty::Record(id) => {
                let name = self.names.record(*id);
                if let Some(record) = self.record(*id)
                    && is_bound(record)
                {
                    self.uses.import("aya_ebpf::bindings", &name.to_string());
                } else if self.shared.records.contains(id) {
                    self.import_common(&name);
                }
                quote!(#name)
            }
            Ty::Enum(id) => {
                let name = self.names.enumeration(*id);
                if self.shared.enums.contains(id) {
                    self.import_common(&name);
                }
                quote!(#name)
            }
            Ty::Function(params, ret) => {
                let params = params.iter().map(|p| self.ty(p));
                let ret = self.ret(ret);
                quote!(extern "C" fn(#(#params),*) #ret)
            }
            Ty::Opaque { size: 0, .. } => {
                let name = self.uses.import("core::ffi", "c_void");
                quote!(#name)
            }
            Ty::Opaque { size, align } => {
                let (of, width) = match align {
                    8.. => (quote!(u64), 8),
                    4.. => (quote!(u32), 4),
                    2.. => (quote!(u16), 2),
                    _ => (quote!(u8), 1),
                };
                let len = Literal::u64_unsuffixed(size / width);
                quote!([#of; #len])
            }
        }
    }

    /// An array type whose lengths may be written by constants.
    pub fn array(&self, ty: &Ty, lengths: &[Option<Box<Expr>>]) -> TokenStream {
        let (Ty::Array(of, len), Some((length, rest))) = (ty, lengths.split_first()) else {
            return self.ty(ty);
        };
        let of = if matches!(**of, Ty::Array(..)) {
            self.array(of, rest)
        } else {
            self.element(of)
        };
        let len = length
            .as_ref()
            .and_then(|e| self.length(e))
            .unwrap_or_else(|| Literal::u64_unsuffixed(*len).into_token_stream());
        quote!([#of; #len])
    }

    /// A constant expression as a `usize`.
    pub fn length(&self, expr: &Expr) -> Option<TokenStream> {
        match &expr.kind {
            ExprKind::Int(n) => Some(Literal::i128_unsuffixed(*n).into_token_stream()),
            ExprKind::Constant(id) => Some(self.constant_as_usize(*id)),
            ExprKind::EnumConstant(id, index) => {
                let of = self.ty(&Ty::Enum(*id));
                let name = self.names.enum_constant(*id, usize::try_from(*index).ok()?);
                Some(quote!(#of::#name.0 as usize))
            }
            ExprKind::Cast(inner) => self.length(inner),
            ExprKind::Binary(op, a, b) => {
                use crate::ir::body::BinaryOp as Op;
                let (a, b) = (self.length(a)?, self.length(b)?);
                Some(match op {
                    Op::Add => quote!(#a + #b),
                    Op::Sub if matches!(&expr.kind, ExprKind::Binary(_, _, r) if is_leaf(r)) => {
                        quote!(#a - #b)
                    }
                    Op::Mul if is_product(expr) => quote!(#a * #b),
                    Op::Shl if are_leaves(expr) => quote!(#a << #b),
                    _ => return None,
                })
            }
            _ => None,
        }
    }

    /// Imports an item of the common crate, unless this is that crate.
    pub fn import_common(&self, name: &proc_macro2::Ident) {
        if let (Some(common), false) = (self.common, self.in_common) {
            self.uses.import(common, &name.to_string());
        }
    }

    fn constant_as_usize(&self, id: ConstantId) -> TokenStream {
        let name = super::items::constant_name(self, id);
        if self.constants.get(id) == RustInt::Usize {
            quote!(#name)
        } else {
            quote!(#name as usize)
        }
    }

    /// Behind a pointer: text is bytes.
    pub fn pointee(&self, ty: &Ty) -> TokenStream {
        match ty {
            Ty::Int { bits: 8, .. } => quote!(u8),
            Ty::Unit => self.ty(&Ty::Opaque { size: 0, align: 1 }),
            Ty::Function(..) => self.ty(&Ty::Opaque { size: 0, align: 1 }),
            other => self.ty(other),
        }
    }

    /// In an array: text is bytes.
    fn element(&self, ty: &Ty) -> TokenStream {
        match ty {
            Ty::Int { bits: 8, .. } => quote!(u8),
            other => self.ty(other),
        }
    }

    /// `-> T`, or nothing.
    pub fn ret(&self, ty: &Ty) -> TokenStream {
        if *ty == Ty::Unit {
            return TokenStream::new();
        }
        let ty = self.ty(ty);
        quote!(-> #ty)
    }

    /// A record.
    pub fn record(&self, id: RecordId) -> Option<&Record> {
        self.object.records.get(id.0 as usize)
    }

    /// Bytes of a type.
    pub fn size(&self, ty: &Ty) -> u64 {
        size_of(self.object, ty)
    }
}

/// Whether pointers to both are one type in Rust.
pub fn same_pointee(a: &Ty, b: &Ty) -> bool {
    let void = |ty: &Ty| matches!(ty, Ty::Unit | Ty::Function(..) | Ty::Opaque { size: 0, .. });
    let byte = |ty: &Ty| matches!(ty, Ty::Int { bits: 8, .. });
    a == b || (void(a) && void(b)) || (byte(a) && byte(b))
}

/// Whether it is taken from aya-ebpf's bindings: never looked into, only pointed to.
pub fn is_bound(record: &Record) -> bool {
    record.fields.is_none() && record.name.as_deref().is_some_and(bindings::has_struct)
}

fn is_leaf(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Int(_) | ExprKind::Constant(_))
}

fn are_leaves(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Binary(_, a, b) if is_leaf(a) && is_leaf(b))
}

fn is_product(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary(crate::ir::body::BinaryOp::Mul, a, b) => is_product(a) && is_leaf(b),
        _ => is_leaf(expr),
    }
}

/// Alignment of a type in memory, in bytes.
pub fn align_of(object: &Object, ty: &Ty) -> u64 {
    match ty {
        Ty::Array(of, _) => align_of(object, of),
        Ty::Record(id) => object.records.get(id.0 as usize).map_or(1, |r| r.align),
        Ty::Opaque { align, .. } => *align,
        Ty::Unit => 1,
        other => size_of(object, other).clamp(1, 8),
    }
}

/// `u32`, `i64` …
pub fn int(bits: u16, signed: bool) -> TokenStream {
    let name = if signed {
        format_ident!("i{bits}")
    } else {
        format_ident!("u{bits}")
    };
    quote!(#name)
}

/// What a field is called in Rust; anonymous ones by their place.
pub fn field_ident(record: &Record, index: u32) -> proc_macro2::Ident {
    let fields = record.fields.as_deref().unwrap_or_default();
    match fields
        .get(index as usize)
        .and_then(|f: &Field| f.name.as_deref())
    {
        Some(name) => ident(&field_name(name)),
        None => {
            let before = fields
                .iter()
                .take(index as usize)
                .filter(|f| f.name.is_none())
                .count();
            if before == 0 {
                ident("anonymous")
            } else {
                format_ident!("anonymous{}", before + 1)
            }
        }
    }
}

/// A member's name as Rust has it: `someField` → `some_field`.
pub fn field_name(name: &str) -> String {
    if name.chars().any(char::is_uppercase) {
        snake(name)
    } else {
        name.to_owned()
    }
}
