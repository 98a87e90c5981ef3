//! Pointers that are compared with each other, and how far apart they are.

use quote::{ToTokens, quote};

use super::{
    Body, Pin,
    expr::{compare_op, strip_pointer_casts},
    steps::{Use, is_null},
};
use crate::{
    emit::{
        code::{Code, Prec},
        types,
    },
    ir::{
        body::{CompareOp, Expr, ExprKind, PlaceKind},
        ty::Ty,
    },
};

impl Body<'_> {
    /// Two pointers, or one that is tested for null.
    pub(super) fn compare_pointers(&self, op: CompareOp, left: &Expr, right: &Expr) -> Code {
        if matches!(op, CompareOp::Eq | CompareOp::Ne) {
            let tested = if is_null(right) {
                Some(left)
            } else if is_null(left) {
                Some(right)
            } else {
                None
            };
            let any = op == CompareOp::Ne;
            if let Some(found) = tested.and_then(|tested| self.finds(tested, any)) {
                return found;
            }
            if let Some(tested) = tested {
                let code = self
                    .expr(strip_pointer_casts(tested), Pin::Itself)
                    .dot(quote!(is_null()));
                return if op == CompareOp::Eq {
                    code
                } else {
                    code.unary(quote!(!))
                };
            }
        }
        if let Some(code) = self.compare_directly(op, left, right) {
            return code;
        }
        let address = |e: &Expr| {
            self.used(Use::Compared, || self.addressed(e))
                .dot(quote!(addr()))
        };
        Code::binary(
            &address(left),
            compare_op(op),
            &address(right),
            Prec::Compare,
        )
    }

    /// The pointers themselves, not their addresses: the verifier has to see that what is followed
    /// is what was compared, and LLVM takes numbers apart.
    fn compare_directly(&self, op: CompareOp, left: &Expr, right: &Expr) -> Option<Code> {
        let (left, right) = (strip_pointer_casts(left), strip_pointer_casts(right));
        let (of_left, of_right) = (self.pointee_in_rust(left)?, self.pointee_in_rust(right)?);
        let mutable = match (of_left.1, of_right.1) {
            (None, None) => (false, false),
            (Some(left), right) => (left, right.unwrap_or(left)),
            (None, Some(right)) => (right, right),
        };
        let mut sides = self.used(Use::Compared, || {
            (
                self.pointer(left, mutable.0),
                self.pointer(right, mutable.1),
            )
        });
        // Rust makes a `*mut` a `*const` on the right.
        if mutable == (true, false) {
            sides.0 = sides.0.dot(quote!(cast_const()));
        }
        if !types::same_pointee(of_left.0, of_right.0) {
            sides.1 = sides.1.dot(quote!(cast()));
        }
        Some(Code::binary(
            &sides.0,
            compare_op(op),
            &sides.1,
            Prec::Compare,
        ))
    }

    /// What a pointer points to in Rust, and whether it is a `*mut`: where that isn't told, it is as
    /// it is wanted.
    fn pointee_in_rust<'e>(&self, pointer: &'e Expr) -> Option<(&'e Ty, Option<bool>)> {
        let Ty::Pointer { to, mutable } = &pointer.ty else {
            return None;
        };
        let known = match &pointer.kind {
            ExprKind::Load(place) => match place.kind {
                PlaceKind::Local(id) => {
                    let context = self.context.is_some_and(|context| context.local == id);
                    !context && place.ty == self.local_ty(id)
                }
                _ => true,
            },
            ExprKind::AddressOf(place) | ExprKind::Decay(place) => self.is_writable(place),
            ExprKind::Offset(base, _) => {
                // A step is of what it steps over.
                let (of, mutable) = self.pointee_in_rust(base)?;
                return (of == &**to).then_some((of, mutable));
            }
            ExprKind::Cast(value) => matches!(value.ty, Ty::Int { .. } | Ty::Pointer { .. }),
            _ => false,
        };
        known.then(|| (&**to, (!self.pointer_follows(pointer)).then_some(*mutable)))
    }

    /// A pointer whose address is wanted: of a type that Rust knows without looking around.
    pub(super) fn addressed(&self, pointer: &Expr) -> Code {
        let inner = strip_pointer_casts(pointer);
        match &inner.kind {
            ExprKind::Map(id) => {
                let name = self.t.names.map(*id);
                Code::atom(quote!((&raw const #name)))
            }
            ExprKind::Helper(id, name, args) if matches!(inner.ty, Ty::Pointer { .. }) => {
                self.helper(*id, name, args, &Ty::void_pointer(true))
            }
            ExprKind::Int(0) => {
                self.t.uses.import("core", "ptr");
                Code::atom(quote!(ptr::null::<()>()))
            }
            _ => self.expr(inner, Pin::Itself),
        }
    }

    /// How many elements lie between two pointers.
    pub(super) fn distance(&self, left: &Expr, right: &Expr) -> Code {
        let size = match &left.ty {
            Ty::Pointer { to, .. } => self.t.size(to).max(1),
            _ => 1,
        };
        let address = |e: &Expr| {
            let pointer = self.used(Use::Compared, || self.addressed(e));
            pointer.dot(quote!(addr())).cast(&quote!(i64))
        };
        let bytes = Code::binary(&address(left), quote!(-), &address(right), Prec::Sum);
        if size == 1 {
            return bytes;
        }
        let size = Code::atom(proc_macro2::Literal::u64_unsuffixed(size).into_token_stream());
        Code::binary(&bytes, quote!(/), &size, Prec::Product)
    }
}
