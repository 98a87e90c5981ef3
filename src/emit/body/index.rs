//! Numbers as indices and as steps of pointers.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Body, Pin};
use crate::{
    emit::code::Code,
    ir::{
        body::{Expr, ExprKind, PlaceKind, UnaryOp},
        ty::Ty,
    },
};

impl Body<'_> {
    /// `add(i)`, `sub(i)` or `offset(i)` by elements; wrapping, unless it stays inside of an object.
    pub(super) fn offset_call(&self, index: &Expr, inside: bool) -> TokenStream {
        match &index.kind {
            ExprKind::Int(n) if *n < 0 => {
                let back = ExprKind::Int(-n);
                let back = Expr {
                    kind: back,
                    ..index.clone()
                };
                self.back_call(&back, inside)
            }
            ExprKind::Unary(UnaryOp::Neg, back) if self.is_forwards(back) => {
                self.back_call(back, inside)
            }
            _ if self.is_forwards(index) => {
                let index = self.as_usize(index);
                if inside {
                    quote!(add(#index))
                } else {
                    quote!(wrapping_add(#index))
                }
            }
            _ => {
                let index = self.as_isize(index);
                if inside {
                    quote!(offset(#index))
                } else {
                    quote!(wrapping_offset(#index))
                }
            }
        }
    }

    /// As [`Body::offset_call`], backwards.
    pub(super) fn back_call(&self, index: &Expr, inside: bool) -> TokenStream {
        let forwards = self.is_forwards(index);
        let index = self.as_usize(index);
        if inside && forwards {
            quote!(sub(#index))
        } else {
            quote!(wrapping_sub(#index))
        }
    }

    /// Whether an index is no negative number.
    fn is_forwards(&self, index: &Expr) -> bool {
        match &index.kind {
            ExprKind::Int(n) => *n >= 0,
            _ if self.field_offset(index).is_some() => true,
            ExprKind::Cast(inner) => {
                matches!(inner.ty, Ty::Int { signed: false, bits } if bits < 64)
                    || matches!(inner.kind, ExprKind::Int(n) if n >= 0)
                    || self.is_nonnegative(inner)
            }
            _ => matches!(index.ty, Ty::Int { signed: false, .. }) || self.is_nonnegative(index),
        }
    }

    /// A number as an index.
    pub(super) fn as_usize(&self, index: &Expr) -> Code {
        self.as_word(index, &quote!(usize))
    }

    /// A size of a type that no conversion of it changes.
    fn small_size(&self, expr: &Expr) -> Option<Code> {
        match &expr.peeled().kind {
            ExprKind::SizeOf(of) if self.t.size(of) < 128 => Some(self.size_of(of)),
            _ => None,
        }
    }

    /// How far a field lies behind the start of its record, as a `usize`.
    fn field_offset(&self, expr: &Expr) -> Option<Code> {
        match &expr.peeled().kind {
            ExprKind::OffsetOf(_, record, path) => self.offset_of(*record, path),
            ExprKind::CoreValue(id) => self.core_offset(*id),
            _ => None,
        }
    }

    fn as_isize(&self, index: &Expr) -> Code {
        self.as_word(index, &quote!(isize))
    }

    fn as_word(&self, index: &Expr, ty: &TokenStream) -> Code {
        let mut inner = index;
        // The conversion to 64 bits is the one to usize.
        while let ExprKind::Cast(next) = &inner.kind {
            if !matches!(
                (&inner.ty, &next.ty),
                (Ty::Int { bits: 64, .. }, Ty::Int { .. })
            ) {
                break;
            }
            inner = next;
        }
        if let Some(offset) = self.field_offset(inner) {
            return if ty.to_string() == "usize" {
                offset
            } else {
                offset.cast(ty)
            };
        }
        match &inner.kind {
            ExprKind::Load(place) if matches!(place.kind, PlaceKind::Local(id) if self.indices.borrow().contains(&id)) =>
            {
                let code = self.load(place);
                if ty.to_string() == "usize" {
                    code
                } else {
                    code.cast(ty)
                }
            }
            ExprKind::Int(_) => self.expr(inner, Pin::Context),
            ExprKind::Constant(id)
                if self.t.constants.get(*id).tokens().to_string() == ty.to_string() =>
            {
                let name = self.constant_name(*id);
                Code::atom(quote!(#name))
            }
            ExprKind::SizeOf(of) if ty.to_string() == "usize" => self.size_of(of),
            // What isn't negative is the same in every type on the way.
            ExprKind::EnumConstant(id, at)
                if self.constant_value(inner).is_some_and(|n| n >= 0) =>
            {
                let number = self.enum_constant(*id, *at, &Ty::Enum(*id));
                number.dot(quote!(0)).cast(ty)
            }
            // What fits into every type on the way is what it was.
            _ if ty.to_string() == "usize" && self.small_size(inner).is_some() => self
                .small_size(inner)
                .unwrap_or_else(|| Code::atom(quote!(0))),
            _ if matches!(inner.ty, Ty::Enum(_)) => self.enum_number(inner).cast(ty),
            _ => self.expr(inner, Pin::Itself).cast(ty),
        }
    }
}
