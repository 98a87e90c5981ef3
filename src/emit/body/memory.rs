//! Memory that is copied, filled or compared as a whole.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use super::{Body, Pin, declare::is_global};
use crate::{
    emit::{code::Code, runtime::Module, types},
    ir::{
        body::{Expr, ExprKind, LocalId, Place, PlaceKind},
        ty::Ty,
        walk::Visit,
    },
};

/// The most stores that LLVM makes of a `memset` or a copy, instead of a call.
pub(super) const WORDS_MAX: u64 = 128;

/// The most words that registers hold while they are copied.
const WORDS_HELD: u64 = 8;

/// The address of a place.
fn pointer_to(place: &Place, mutable: bool) -> Expr {
    let kind = match &place.kind {
        PlaceKind::Deref(pointer) => pointer.kind.clone(),
        _ => ExprKind::AddressOf(Box::new(place.clone())),
    };
    Expr {
        kind,
        ty: Ty::Pointer {
            to: Box::new(place.ty.clone()),
            mutable,
        },
        span: None,
    }
}

/// Whether a number is made of variables.
fn has_local(value: &Expr) -> bool {
    struct Finder(bool);
    impl Visit for Finder {
        fn local(&mut self, _: &LocalId) {
            self.0 = true;
        }
    }
    let mut finder = Finder(false);
    finder.expr(value);
    finder.0
}

impl Body<'_> {
    pub(super) fn memory(&self, name: &str, to: &Expr, from: Option<&Expr>, size: &Expr) -> Code {
        let known = self
            .constant_value(size)
            .and_then(|n| u64::try_from(n).ok());
        let (to, from) = (
            self.byte_pointer(to, true),
            from.map(|from| match (name, known) {
                ("copy", Some(size)) => self.whole_pointer(from, size),
                _ => self.byte_pointer(from, false),
            }),
        );
        match known {
            Some(_) => {
                let function = self.t.uses.runtime(Module::Memory, name);
                let size = self.const_size(size);
                self.operation(Code::atom(quote!(#function::<#size>(#to, #from))))
            }
            None => {
                let form = match (name, has_local(size)) {
                    ("copy", true) => "copy_known".to_owned(),
                    _ => format!("{name}_bytes"),
                };
                let function = self.t.uses.runtime(Module::Memory, &form);
                let size = self.as_usize(size);
                self.operation(Code::atom(quote!(#function(#to, #from, #size))))
            }
        }
    }

    /// A pointer to `size` bytes; to what they are, where that is said and aligned.
    fn whole_pointer(&self, from: &Expr, size: u64) -> Code {
        let inner = super::expr::strip_pointer_casts(from);
        let aligned = match &inner.kind {
            ExprKind::AddressOf(place) => !self.is_packed_part(place),
            _ => true,
        };
        match &inner.ty {
            Ty::Pointer { to, .. } if self.t.size(to) == size && aligned => {
                self.pointer(inner, false)
            }
            Ty::Pointer { to, .. } if !matches!(**to, Ty::Int { bits: 8, .. }) => {
                self.pointer(inner, false).dot(quote!(cast::<u8>()))
            }
            _ => self.byte_pointer(from, false),
        }
    }

    pub(super) fn fill(&self, to: &Expr, byte: &Expr, size: &Expr) -> Code {
        if let Some(code) = self.fill_whole(to, byte, size) {
            return code;
        }
        let to = self.byte_pointer(to, true);
        let byte = match self.constant_value(byte) {
            Some(n) => self.byte(n, byte.peeled().span),
            None => self.expr(byte, Pin::Itself).cast(&quote!(u8)),
        };
        match self.constant_value(size) {
            Some(_) => {
                let function = self.t.uses.runtime(Module::Memory, "fill");
                let size = self.const_size(size);
                self.operation(Code::atom(quote!(#function::<#size>(#to, #byte))))
            }
            None => {
                let function = self.t.uses.runtime(Module::Memory, "fill_bytes");
                let size = self.as_usize(size);
                self.operation(Code::atom(quote!(#function(#to, #byte, #size))))
            }
        }
    }

    /// `memset` of all that a pointer points to: by the alignment of that, LLVM fills words.
    fn fill_whole(&self, to: &Expr, byte: &Expr, size: &Expr) -> Option<Code> {
        let inner = super::expr::strip_pointer_casts(to);
        let Ty::Pointer { to: whole, .. } = &inner.ty else {
            return None;
        };
        let bytes = self.constant_value(size)?;
        let words = self.t.size(whole) / types::align_of(self.t.object, whole).clamp(1, 8);
        if bytes != i128::from(self.t.size(whole))
            || words > WORDS_MAX
            || !matches!(**whole, Ty::Record(_))
            || !(self.pointer_follows(inner)
                || matches!(inner.ty, Ty::Pointer { mutable: true, .. }))
        {
            return None;
        }
        let byte = self.byte(self.constant_value(byte)?, byte.peeled().span);
        self.t.uses.import("core", "ptr");
        let to = self.argument(&Expr {
            ty: Ty::Pointer {
                to: whole.clone(),
                mutable: true,
            },
            ..inner.clone()
        });
        Some(self.operation(Code::atom(quote!(ptr::write_bytes(#to, #byte, 1)))))
    }

    /// `*to = *from` of much, between places that LLVM can't tell apart: to an assignment it would
    /// read all that lies in one before it writes to the other, and the stack is too small for that.
    pub(super) fn copy_whole(&self, to: &Place, value: &Expr) -> Option<TokenStream> {
        let ExprKind::Load(from) = &value.kind else {
            return None;
        };
        let words = self.t.size(&to.ty) / types::align_of(self.t.object, &to.ty).clamp(1, 8);
        let apart = is_global(to) && is_global(from);
        let held = match to.ty {
            Ty::Record(_) => WORDS_HELD,
            // A short text reads better as an assignment.
            Ty::Array(..) => 2 * WORDS_HELD,
            _ => return None,
        };
        if to.ty != from.ty
            || words <= held
            || apart
            || ![to, from].into_iter().all(|place| self.is_shared(place))
        {
            return None;
        }
        self.t.uses.import("core", "ptr");
        let code = self.root(|| {
            let to = self.argument(&pointer_to(to, true));
            let from = self.argument(&pointer_to(from, false));
            self.operation(Code::atom(quote!(ptr::copy_nonoverlapping(#from, #to, 1))))
        });
        Some(quote!(#code;))
    }

    /// Whether a place is behind a pointer, or a variable of the file that may change.
    fn is_shared(&self, place: &Place) -> bool {
        !place.volatile
            && match &place.kind {
                PlaceKind::Deref(_) => true,
                PlaceKind::Global(_) => self.is_writable(place),
                PlaceKind::Field(base, ..) | PlaceKind::Index(base, _) => self.is_shared(base),
                PlaceKind::Local(_) | PlaceKind::Temporary(_) => false,
            }
    }

    /// A known size as a const argument.
    pub(super) fn const_size(&self, size: &Expr) -> TokenStream {
        match &size.kind {
            ExprKind::Int(n) => Literal::i128_unsuffixed(*n).into_token_stream(),
            ExprKind::Cast(inner) => self.const_size(inner),
            _ => {
                self.in_const.set(true);
                let size = self.as_usize(size).into_token_stream();
                self.in_const.set(false);
                if matches!(size.clone().into_iter().collect::<Vec<_>>().as_slice(), [_]) {
                    return size;
                }
                quote!({ #size })
            }
        }
    }
}
