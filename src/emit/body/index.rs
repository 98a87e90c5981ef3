//! Numbers as indices and as steps of pointers.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Body, Pin, loops::loads};
use crate::{
    emit::code::Code,
    ir::{
        body::{Expr, ExprKind, LocalId, Place, PlaceKind, Stmt, UnaryOp},
        ty::Ty,
        walk::Visit,
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

    /// Whether a mention of the variable is an index, or every mention is one or moves a pointer.
    pub(super) fn indexes(&self, stmts: &[Stmt], local: LocalId, all: bool) -> bool {
        struct Finder {
            local: LocalId,
            mentions: usize,
            indices: usize,
            checked: usize,
        }
        impl Finder {
            fn index(&mut self, index: &Expr) {
                let mut inner = index;
                while let ExprKind::Cast(next) = &inner.kind {
                    inner = next;
                }
                self.indices += usize::from(loads(inner, self.local));
            }
        }
        impl Visit for Finder {
            fn place(&mut self, place: &Place) {
                self.mentions +=
                    usize::from(matches!(place.kind, PlaceKind::Local(id) if id == self.local));
                if let PlaceKind::Index(_, index) = &place.kind {
                    let before = self.indices;
                    self.index(index);
                    self.checked += self.indices - before;
                }
                self.place_parts(place);
            }
            fn expr(&mut self, expr: &Expr) {
                if let ExprKind::Offset(_, by) = &expr.kind {
                    self.index(by);
                }
                self.expr_parts(expr);
            }
        }
        let mut finder = Finder {
            local,
            mentions: 0,
            indices: 0,
            checked: 0,
        };
        stmts.iter().for_each(|s| finder.stmt(s));
        finder.mentions > 0 && (finder.mentions == finder.indices || !all && finder.checked > 0)
    }

    /// The counter that an expression is, if that is a `usize`.
    pub(super) fn index_counter(&self, expr: &Expr) -> Option<Code> {
        let ExprKind::Load(place) = &expr.kind else {
            return None;
        };
        let PlaceKind::Local(id) = place.kind else {
            return None;
        };
        (self.indices.borrow().contains(&id)).then(|| self.load_raw(place))
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
        let known = self
            .field_offset(inner)
            .or_else(|| self.index_counter(inner));
        if let Some(known) = known {
            return if ty.to_string() == "usize" {
                known
            } else {
                known.cast(ty)
            };
        }
        match &inner.kind {
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
