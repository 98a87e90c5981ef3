//! Conversions.

use quote::quote;

use super::{Body, Pin};
use crate::{
    emit::{
        code::{Code, Prec},
        types::{self, int},
    },
    ir::{
        body::{BinaryOp, CompareOp, Expr, ExprKind, PlaceKind, UnaryOp},
        ty::Ty,
    },
};

impl Body<'_> {
    /// A number compared with what is left of it in a narrower type: `u32::try_from(n).is_err()`.
    pub(super) fn compare_narrowed(
        &self,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
    ) -> Option<Code> {
        let method = match op {
            CompareOp::Eq => quote!(is_ok),
            CompareOp::Ne => quote!(is_err),
            _ => return None,
        };
        let (ExprKind::Cast(narrow), ExprKind::Load(place)) = (&left.kind, &right.kind) else {
            return None;
        };
        let (ExprKind::Cast(whole), Ty::Int { bits, signed }) = (&narrow.kind, &narrow.ty) else {
            return None;
        };
        let (Ty::Int { bits: of, .. }, true, false) = (
            &right.ty,
            matches!(place.kind, PlaceKind::Local(_)) && **whole == *right,
            place.volatile,
        ) else {
            return None;
        };
        if bits >= of || left.ty != right.ty {
            return None;
        }
        let ty = int(*bits, *signed);
        let value = self.expr(right, Pin::Itself);
        Some(Code::atom(quote!(#ty::try_from(#value).#method())))
    }

    /// `value` converted to `ty`.
    pub(super) fn cast(&self, value: &Expr, ty: &Ty, pin: Pin) -> Code {
        match (&value.ty, ty) {
            (from, to) if from == to => self.expr(value, pin),
            (Ty::Bool, Ty::Int { bits, signed }) => {
                let code = self.expr(value, Pin::Itself);
                self.widened(code, &int(*bits, *signed))
            }
            (Ty::Bool, Ty::Enum(_)) => {
                let number = self.expr(value, Pin::Itself).cast(&self.repr(ty));
                self.wrap_enum(ty, &number)
            }
            (_, Ty::Bool) => self.truth(value),
            (Ty::Int { .. }, Ty::Int { bits, signed }) => {
                self.int_to_int(value, *bits, *signed, pin)
            }
            (Ty::Enum(_), Ty::Int { bits, signed }) => {
                let number = self.enum_number(value);
                if self.repr(&value.ty).to_string() == int(*bits, *signed).to_string() {
                    number
                } else {
                    number.cast(&int(*bits, *signed))
                }
            }
            (Ty::Int { .. }, Ty::Enum(_)) => {
                let repr = self.repr(ty);
                let same = matches!(&value.ty, Ty::Int { bits, signed }
                    if int(*bits, *signed).to_string() == repr.to_string());
                let number = if same || matches!(value.kind, ExprKind::Int(_)) {
                    self.expr(value, Pin::Context)
                } else {
                    self.expr(value, Pin::Itself).cast(&repr)
                };
                self.wrap_enum(ty, &number)
            }
            (Ty::Enum(_), Ty::Enum(_)) => {
                let number = self.enum_number(value).cast(&self.repr(ty));
                self.wrap_enum(ty, &number)
            }
            (Ty::Pointer { .. }, Ty::Pointer { .. }) => self.pointer_to_pointer(value, ty),
            (Ty::Pointer { .. }, Ty::Int { bits, signed }) => {
                let pointer = self.addressed(value);
                let wide = pointer.cast(&quote!(u64));
                if *bits == 64 && !signed {
                    wide
                } else {
                    wide.cast(&int(*bits, *signed))
                }
            }
            (Ty::Int { .. }, Ty::Pointer { .. }) => {
                if matches!(value.kind, ExprKind::Int(0)) {
                    return self.null(ty);
                }
                let ty = self.t.ty(ty);
                self.expr(value, Pin::Itself).cast(&ty)
            }
            (Ty::Enum(_), Ty::Pointer { .. }) => {
                let ty = self.t.ty(ty);
                self.enum_number(value).cast(&ty)
            }
            (Ty::Function(..), _) => {
                let function = self.expr(value, Pin::Itself).cast(&quote!(*const ()));
                function.dot(quote!(cast_mut().cast()))
            }
            (_, Ty::Unit) => self.expr(value, pin),
            (_, to) => {
                let ty = self.t.ty(to);
                self.expr(value, Pin::Itself).cast(&ty)
            }
        }
    }

    fn int_to_int(&self, value: &Expr, bits: u16, signed: bool, pin: Pin) -> Code {
        let to = Ty::Int { bits, signed };
        if let Some(counter) = self.index_counter(value) {
            return counter.cast(&int(bits, signed));
        }
        match &value.kind {
            ExprKind::Int(n) => {
                let kept = super::value::wrap(*n, bits, signed);
                return self.literal_at(kept, &to, Pin::Itself, value.span.filter(|_| kept == *n));
            }
            // Through its operators, rustc gives a literal the type of the cast.
            ExprKind::Unary(..) if literal_of(value).is_some() => {
                let n = literal_of(value).unwrap_or_default();
                return self.literal_at(
                    super::value::wrap(n, bits, signed),
                    &to,
                    Pin::Itself,
                    None,
                );
            }
            ExprKind::Constant(id) if self.t.constants.get(*id).is(&to) => {
                return Code::atom({
                    let name = self.constant_name(*id);
                    quote!(#name)
                });
            }
            ExprKind::Constant(id) => {
                // Converting twice equals converting once where the value fits the first type.
                let name = self.constant_name(*id);
                return Code::atom(quote!(#name)).cast(&int(bits, signed));
            }
            ExprKind::SizeOf(ty) => {
                return self.size_of(ty).cast(&int(bits, signed));
            }
            // What is asked of the kernel's types has few bits.
            ExprKind::CoreValue(id) if matches!(value.ty, Ty::Int { bits: 32.., .. }) => {
                return self.core_value(*id, &to);
            }
            // `1 << n` in the type that is wanted: no bit of it depends on the sign.
            ExprKind::Binary(BinaryOp::Shl, left, right) if is_shifted_literal(value, &to) => {
                let shifted = Expr {
                    kind: ExprKind::Binary(
                        BinaryOp::Shl,
                        Box::new(Expr {
                            ty: to.clone(),
                            ..(**left).clone()
                        }),
                        right.clone(),
                    ),
                    ty: to.clone(),
                    span: value.span,
                };
                return self.expr(&shifted, pin);
            }
            // Cut to the same width before: no bit of it depends on the sign.
            ExprKind::Cast(wider)
                if matches!(value.ty, Ty::Int { bits: between, .. } if between == bits)
                    && matches!(wider.ty, Ty::Int { bits: from, .. } if from > bits)
                    && !matches!(wider.kind, ExprKind::Int(_) | ExprKind::Constant(_)) =>
            {
                return self.cast(wider, &to, pin);
            }
            // Through the number behind the text.
            ExprKind::Load(place) if self.is_text(place) && bits == 8 && !signed => {
                return self.load_raw(place);
            }
            _ => {}
        }
        let code = self.expr(value, Pin::Itself);
        let keeps = matches!(value.ty, Ty::Int { bits: from, signed: was }
            if from < bits && (was == signed || signed));
        if keeps {
            self.widened(code, &int(bits, signed))
        } else {
            code.cast(&int(bits, signed))
        }
    }

    /// `i64::from(value)`: a conversion that keeps every value.
    fn widened(&self, code: Code, ty: &proc_macro2::TokenStream) -> Code {
        // `from` isn't for constants.
        if self.in_const.get() {
            return code.cast(ty);
        }
        Code::atom(quote!(#ty::from(#code)))
    }

    fn pointer_to_pointer(&self, value: &Expr, ty: &Ty) -> Code {
        // A number that becomes a pointer becomes the right one at once.
        if let ExprKind::Cast(inner) = &value.kind
            && matches!(inner.ty, Ty::Int { .. })
            && !matches!(inner.kind, ExprKind::Int(0))
        {
            return self.cast(inner, ty, Pin::Itself);
        }
        let (
            Ty::Pointer {
                to: from,
                mutable: was,
            },
            Ty::Pointer { to, mutable },
        ) = (&value.ty, ty)
        else {
            return self.expr(value, Pin::Context);
        };
        if let Some(code) = self.looked_up(value, to) {
            return if *mutable {
                code
            } else {
                code.dot(quote!(cast_const()))
            };
        }
        let same = types::same_pointee(from, to);
        let code = match &value.kind {
            ExprKind::Helper(id, name, args) if !same => {
                self.helper_to_convert(*id, name, args, &value.ty)
            }
            _ => self.pointer(value, *mutable),
        };
        let was = if self.pointer_follows(value) {
            *mutable
        } else {
            *was
        };
        let code = match (was, mutable) {
            (true, false) => code.dot(quote!(cast_const())),
            (false, true) => code.dot(quote!(cast_mut())),
            _ => code,
        };
        if same {
            return code;
        }
        let target = self.t.ty(&Ty::Pointer {
            to: to.clone(),
            mutable: true,
        });
        let target = pointee_tokens(target);
        code.dot(quote!(cast::<#target>()))
    }

    /// A pointer for a parameter whose pointee Rust infers.
    pub(super) fn erased(&self, value: &Expr, mutable: bool) -> Code {
        let mut inner = value;
        while let ExprKind::Cast(next) = &inner.kind {
            if !matches!(next.ty, Ty::Pointer { .. }) {
                break;
            }
            inner = next;
        }
        if matches!(inner.kind, ExprKind::Int(0)) {
            return self.null(&Ty::void_pointer(mutable));
        }
        if let ExprKind::Map(id) = inner.kind {
            let name = self.t.names.map(id);
            return Code::atom(quote!((&raw const #name).cast_mut().cast()));
        }
        let Ty::Pointer { mutable: was, .. } = &inner.ty else {
            let ty = self.t.ty(&value.ty);
            return match inner.ty {
                Ty::Int { .. } => self.expr(inner, Pin::Itself).cast(&ty),
                _ => self.expr(value, Pin::Itself),
            };
        };
        let code = match &inner.kind {
            // The whole is as good as its first element.
            ExprKind::Decay(array) if self.element_is_cast(array) => {
                self.as_wanted(self.raw_pointer_to(array, mutable), array, mutable)
            }
            ExprKind::Str(bytes) if !mutable && !bytes.contains(&0) => {
                let text = super::c_string(bytes);
                Code::atom(quote!(#text.as_ptr()))
            }
            ExprKind::Helper(id, name, args) => self.helper_to_convert(*id, name, args, &inner.ty),
            _ => self.pointer(inner, mutable),
        };
        let was = if self.pointer_follows(inner) {
            mutable
        } else {
            *was
        };
        let code = if mutable && !was {
            code.dot(quote!(cast_mut()))
        } else {
            code
        };
        if self.is_erased(inner) {
            code
        } else {
            code.dot(quote!(cast()))
        }
    }

    /// A condition.
    pub(super) fn truth(&self, value: &Expr) -> Code {
        match (&value.kind, &value.ty) {
            (_, Ty::Bool) => self.expr(value, Pin::Itself),
            (ExprKind::Int(n), _) => {
                let truth = *n != 0;
                Code::atom(quote!(#truth))
            }
            (ExprKind::Cast(inner), Ty::Int { bits, .. }) if widens(&inner.ty, *bits) => {
                self.truth(inner)
            }
            (ExprKind::CoreValue(id), _) => self.core_value(*id, &Ty::Bool),
            (_, Ty::Pointer { .. }) => self.finds(value, true).unwrap_or_else(|| {
                let pointer = self.expr(value, Pin::Itself);
                pointer.dot(quote!(is_null())).unary(quote!(!))
            }),
            (_, Ty::Enum(_)) => Code::binary(
                &self.enum_number(value),
                quote!(!=),
                &Code::atom(quote!(0)),
                Prec::Compare,
            ),
            (ExprKind::Helper(..), _) if self.result_check(value).is_some() => {
                // `if (bpf_map_update_elem(…))`
                self.result_check(value).map_or_else(
                    || Code::atom(quote!(false)),
                    |code| code.dot(quote!(is_err())),
                )
            }
            (ExprKind::Load(place), _) if self.is_text(place) => Code::binary(
                &self.load_raw(place),
                quote!(!=),
                &Code::atom(quote!(0)),
                Prec::Compare,
            ),
            _ => Code::binary(
                &self.expr(value, Pin::Itself),
                quote!(!=),
                &Code::atom(quote!(0)),
                Prec::Compare,
            ),
        }
    }

    /// The integer type of an enumeration.
    pub(super) fn repr(&self, ty: &Ty) -> proc_macro2::TokenStream {
        match ty {
            Ty::Enum(id) => self
                .t
                .object
                .enums
                .get(id.0 as usize)
                .map_or_else(|| quote!(u32), |e| int(e.bits, e.signed)),
            other => self.t.ty(other),
        }
    }

    /// The number that an enumeration's value holds.
    pub(super) fn enum_number(&self, value: &Expr) -> Code {
        if let ExprKind::Cast(inner) = &value.kind
            && matches!(inner.ty, Ty::Int { .. })
        {
            let repr = self.repr(&value.ty);
            return self.expr(inner, Pin::Itself).cast(&repr);
        }
        self.expr(value, Pin::Itself).dot(quote!(0))
    }

    fn wrap_enum(&self, ty: &Ty, number: &Code) -> Code {
        let ty = self.t.ty(ty);
        Code::atom(quote!(#ty(#number)))
    }
}

fn widens(from: &Ty, bits: u16) -> bool {
    match from {
        Ty::Int { bits: from, .. } => *from <= bits,
        Ty::Bool => true,
        _ => false,
    }
}

/// `*mut T` → `T`
fn pointee_tokens(pointer: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    pointer.into_iter().skip(2).collect()
}

/// `1 << n`, which is written in the type of the same width that is wanted.
pub(super) fn is_shifted_literal(value: &Expr, to: &Ty) -> bool {
    let same = |from| matches!(*to, Ty::Int { bits, .. } if bits == from);
    matches!(value.ty, Ty::Int { bits, .. } if same(bits))
        && matches!(&value.kind, ExprKind::Binary(BinaryOp::Shl, left, _) if matches!(left.kind, ExprKind::Int(_)))
}

/// The number that operators make of a literal, if one of them or it is a minus: `-!2`.
fn literal_of(e: &Expr) -> Option<i128> {
    let (n, minus) = unary_literal(e)?;
    minus.then_some(n)
}

fn unary_literal(e: &Expr) -> Option<(i128, bool)> {
    let Ty::Int { bits, signed } = e.ty else {
        return None;
    };
    match &e.kind {
        ExprKind::Int(n) => Some((*n, *n < 0)),
        ExprKind::Unary(op, inner) => {
            let (n, minus) = unary_literal(inner)?;
            let (n, minus) = match op {
                UnaryOp::Neg => (-n, true),
                UnaryOp::BitNot => (!n, minus),
            };
            Some((super::value::wrap(n, bits, signed), minus))
        }
        _ => None,
    }
}
