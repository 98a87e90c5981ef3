//! Assignments.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    Body, Held, Pin,
    declare::{acts, base_local},
};
use crate::{
    emit::{code::Code, types},
    ir::{
        body::{BinaryOp, Expr, ExprKind, LocalId, Place, PlaceKind},
        ty::Ty,
        walk::Visit,
    },
};

impl Body<'_> {
    pub(super) fn assign(&self, place: &Place, value: &Expr) -> TokenStream {
        if let Some((base, record, index)) = self.bit_field(place) {
            let setter = format_ident!("set_{}", types::field_ident(record, index));
            if let Some(local) = base_local(base) {
                self.mutate(local);
            }
            // clang has the value before it looks where to put it.
            let is_first = acts(value)
                && (self.is_packed_part(base) || !is_found_apart(base, value))
                || base_local(base).is_some_and(|local| lends_mutably(value, local));
            let (tokens, is_unsafe) = self.whole(|| {
                let (mut first, mut code) = (None, self.expr(value, Pin::Context));
                if is_first {
                    first = Some(quote!(let value = #code;));
                    code = Code::atom(quote!(value));
                }
                let (target, is_unsafe) = self.method_target(base, true);
                let code = if self.is_packed_part(base) {
                    // There is no reference to it: a copy is changed and put back.
                    Code::atom(quote!({
                        let mut part = #target;
                        part.#setter(#code);
                        #target = part
                    }))
                } else {
                    target.dot(quote!(#setter(#code)))
                };
                let code = if is_unsafe {
                    self.operation(code)
                } else {
                    code
                };
                quote!(#first #code)
            });
            return if is_first && !is_unsafe {
                // The name of the value ends here.
                quote!({ #tokens };)
            } else if is_unsafe {
                quote!(unsafe { #tokens };)
            } else {
                quote!(#tokens;)
            };
        }
        if let Some((op, right)) = flag_change(place, value) {
            return self.write(place, |body| body.truth(right), op);
        }
        if let Some((op, right)) = self.enumeration_change(place, value) {
            let number = Some(quote!(0));
            return self.write_part(place, number, |body| body.expr(right, Pin::Context), op);
        }
        if place.volatile && !matches!(place.kind, PlaceKind::Local(_)) {
            let code = self.root(|| {
                let pointer = self.raw_pointer_to(place, true);
                let value = self.expr(value, Pin::Context);
                self.operation(pointer.dot(quote!(write_volatile(#value))))
            });
            return quote!(#code;);
        }
        if let PlaceKind::Local(local) = place.kind
            && self.held(local) != Held::Slot
        {
            let name = self.declared_name(local);
            let value = self.root(|| self.stored(place, value));
            return quote!(#name = #value;);
        }
        if let Some(copy) = self.copy_whole(place, value) {
            return copy;
        }
        self.write(place, |body| body.stored(place, value), quote!(=))
    }

    /// As [`flag_change`], for flags that are enumerators: their number changes.
    fn enumeration_change<'v>(
        &self,
        place: &Place,
        value: &'v Expr,
    ) -> Option<(TokenStream, &'v Expr)> {
        let (Ty::Enum(id), ExprKind::Cast(number)) = (&place.ty, &value.kind) else {
            return None;
        };
        let found = self.t.object.enums.get(id.0 as usize)?;
        bits_change(place, number, &number.ty).filter(|_| number.ty == found.number())
    }

    /// A value as its place has it: text is `u8`.
    fn stored(&self, place: &Place, value: &Expr) -> Code {
        if self.is_text(place) && matches!(place.ty, Ty::Int { signed: true, .. }) {
            return match &value.kind {
                ExprKind::Int(n) => self.byte(*n, value.span),
                ExprKind::Load(from) if self.is_text(from) => self.load_raw(from),
                ExprKind::Cast(inner) if matches!(inner.ty, Ty::Int { .. }) => {
                    if let ExprKind::Int(n) = inner.kind {
                        return self.byte(n, inner.span);
                    }
                    let code = self.expr(inner, Pin::Itself);
                    if inner.ty == Ty::unsigned(8) {
                        code
                    } else {
                        code.cast(&quote!(u8))
                    }
                }
                _ => self.expr(value, Pin::Itself).cast(&quote!(u8)),
            };
        }
        match (&place.ty, &value.kind) {
            // Of a place whose type is written down, Rust itself makes a `*mut` a `*const`.
            (
                Ty::Pointer {
                    to, mutable: false, ..
                },
                ExprKind::Cast(inner),
            ) if !matches!(place.kind, PlaceKind::Local(_))
                && matches!(&inner.kind, ExprKind::Load(_))
                && matches!(&inner.ty, Ty::Pointer { to: from, .. }
                    if types::same_pointee(from, to)) =>
            {
                self.pointer(inner, false)
            }
            (Ty::Pointer { mutable, .. }, _) => self.pointer(value, *mutable),
            (_, ExprKind::Int(n)) if self.is_text(place) => self.byte(*n, value.span),
            _ => self.expr(value, Pin::Context),
        }
    }

    fn write(&self, place: &Place, value: impl Fn(&Self) -> Code, op: TokenStream) -> TokenStream {
        self.write_part(place, None, value, op)
    }

    /// As [`Body::write`]; `part` is the field of the place that is meant.
    fn write_part(
        &self,
        place: &Place,
        part: Option<TokenStream>,
        value: impl Fn(&Self) -> Code,
        op: TokenStream,
    ) -> TokenStream {
        if let Some(local) = base_local(place) {
            self.mutate_unless_slot(local);
        }
        let target = || {
            let mut found = self.written_place(place, true);
            if let Some(part) = &part {
                found.code = found.code.dot(part.clone());
            }
            found
        };
        // Writing a field of a union is safe, changing it reads it too.
        let changes = op.to_string() != "=";
        let target_is_unsafe = {
            let mode = self.mode.replace(super::Mode::Inside);
            let found = target();
            self.mode.set(mode);
            found.is_unsafe || (found.in_union && changes)
        };
        if !target_is_unsafe {
            let value = self.root(|| value(self));
            let target = target().code;
            return quote!(#target #op #value;);
        }
        let (tokens, _) = self.whole(|| {
            let value = value(self);
            let target = target().code;
            self.operations.set(self.operations.get() + 1);
            quote!(#target #op #value)
        });
        if self.mode.get() == super::Mode::Inside {
            quote!(#tokens;)
        } else {
            quote!(unsafe { #tokens };)
        }
    }

    pub(super) fn mutate_unless_slot(&self, local: LocalId) {
        if self.held(local) != Held::Slot {
            self.mutate(local);
        }
    }

    pub(super) fn assign_op(&self, place: &Place, op: BinaryOp, value: &Expr) -> TokenStream {
        let negative = matches!(value.kind, ExprKind::Int(n) if n < 0);
        if matches!(place.ty, Ty::Pointer { .. }) {
            let inside = self.is_walked(&load_of(place));
            return self.write(
                place,
                |body| {
                    let pointer = body.load(place);
                    let call = if op == BinaryOp::Sub {
                        body.back_call(value, inside)
                    } else {
                        body.offset_call(value, inside)
                    };
                    let code = pointer.dot(call);
                    if inside { body.operation(code) } else { code }
                },
                quote!(=),
            );
        }
        let text = self.is_text(place) && matches!(place.ty, Ty::Int { signed: true, .. });
        let divides =
            matches!(op, BinaryOp::Div | BinaryOp::Rem) && !self.divides_plainly(&place.ty, value);
        let odd = text
            && !matches!(
                op,
                BinaryOp::Add
                    | BinaryOp::Sub
                    | BinaryOp::BitAnd
                    | BinaryOp::BitOr
                    | BinaryOp::BitXor
            );
        if self.bit_field(place).is_some() || divides || odd || place.volatile {
            let sum = Expr {
                kind: ExprKind::Binary(op, Box::new(load_of(place)), Box::new(value.clone())),
                ty: place.ty.clone(),
                span: None,
            };
            return self.assign(place, &sum);
        }
        let op = match (op, negative) {
            (BinaryOp::Add, true) => quote!(-=),
            (BinaryOp::Sub, true) => quote!(+=),
            (BinaryOp::Add, _) => quote!(+=),
            (BinaryOp::Sub, _) => quote!(-=),
            (BinaryOp::Mul, _) => quote!(*=),
            (BinaryOp::Div, _) => quote!(/=),
            (BinaryOp::Rem, _) => quote!(%=),
            (BinaryOp::BitAnd, _) => quote!(&=),
            (BinaryOp::BitOr, _) => quote!(|=),
            (BinaryOp::BitXor, _) => quote!(^=),
            (BinaryOp::Shl, _) => quote!(<<=),
            (BinaryOp::Shr, _) => quote!(>>=),
        };
        let flips = negative && matches!(op.to_string().as_str(), "-=" | "+=");
        let right = match &value.kind {
            ExprKind::Int(n) if flips => Expr {
                kind: ExprKind::Int(-n),
                ..value.clone()
            },
            _ => value.clone(),
        };
        let is_shift = matches!(op.to_string().as_str(), "<<=" | ">>=");
        self.write(
            place,
            |body| {
                if is_shift {
                    body.shift_count(&right)
                } else if text {
                    body.stored(place, &right)
                } else {
                    body.expr(&right, Pin::Context)
                }
            },
            op,
        )
    }
}

/// `flag |= x` for `flag = flag | x`, which is how the IR has it: Rust looks at `x` first, so that this
/// mustn't do anything to the flag.
fn flag_change<'v>(place: &Place, value: &'v Expr) -> Option<(TokenStream, &'v Expr)> {
    bits_change(place, value, &place.ty).filter(|_| place.ty == Ty::Bool)
}

/// The operator and the right side of a value of the type `ty`, where it is the place, or its number,
/// with some bits changed.
fn bits_change<'v>(place: &Place, value: &'v Expr, ty: &Ty) -> Option<(TokenStream, &'v Expr)> {
    let ExprKind::Binary(op, left, right) = &value.kind else {
        return None;
    };
    let op = match op {
        BinaryOp::BitAnd => quote!(&=),
        BinaryOp::BitOr => quote!(|=),
        BinaryOp::BitXor => quote!(^=),
        _ => return None,
    };
    let apart = match place.kind {
        PlaceKind::Local(local) => !super::declare::value_mentions(right, local),
        _ => !acts(right),
    };
    let old = match &left.kind {
        ExprKind::Cast(old) if left.ty == *ty && matches!(old.ty, Ty::Enum(_)) => old,
        _ => left,
    };
    let same = matches!(&old.kind, ExprKind::Load(from) if **from == *place);
    (same && apart && !place.volatile).then_some((op, &**right))
}

fn load_of(place: &Place) -> Expr {
    Expr {
        kind: ExprKind::Load(Box::new(place.clone())),
        ty: place.ty.clone(),
        span: None,
    }
}

/// Whether a value takes an address in the variable for more than the key of a lookup.
/// Whether where a place lies has nothing to do with what a value does on its way.
fn is_found_apart(place: &Place, value: &Expr) -> bool {
    match &place.kind {
        PlaceKind::Local(_) => true,
        PlaceKind::Field(base, ..) => is_found_apart(base, value),
        PlaceKind::Deref(pointer) => super::pointers::loaded_local(pointer)
            .is_some_and(|local| !super::declare::value_mentions(value, local)),
        _ => false,
    }
}

fn lends_mutably(value: &Expr, local: LocalId) -> bool {
    struct Finder(LocalId, bool);
    impl Visit for Finder {
        fn expr(&mut self, expr: &Expr) {
            match &expr.kind {
                ExprKind::Helper(1, _, args) => {
                    if let Some(map) = args.first() {
                        self.expr(map);
                    }
                }
                ExprKind::AddressOf(place) | ExprKind::Decay(place)
                    if base_local(place) == Some(self.0) =>
                {
                    self.1 = true;
                }
                _ => self.expr_parts(expr),
            }
        }
    }
    let mut finder = Finder(local, false);
    finder.expr(value);
    finder.1
}
