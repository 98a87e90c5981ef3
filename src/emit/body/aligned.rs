//! Variables whose C asks for a greater alignment than their type has: `char name[16] aligned(8)`.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::{Body, Held, Pin, declare::base_local, variable::BUFFER};
use crate::{
    emit::{runtime::Module, types},
    ir::{
        Object,
        body::{Expr, ExprKind, Function, Init, LocalId, Place},
        ty::Ty,
        walk::Visit,
    },
};

/// The most that the stack is aligned to.
const STACK: u64 = 8;

/// The variables that need it: their memory is come to by pointers that may be to wider types. A
/// helper takes memory as it is.
pub(super) fn wanted(object: &Object, function: &Function) -> HashSet<LocalId> {
    let locals = (0..).map(LocalId).zip(&function.locals);
    let candidates: HashSet<LocalId> = locals
        .filter(|(_, local)| {
            let whole = matches!(local.ty, Ty::Array(..) | Ty::Record(_) | Ty::Opaque { .. });
            whole && local.aligned.is_some() && types::align_of(object, &local.ty) < STACK
        })
        .map(|(id, _)| id)
        .collect();
    let mut pointers = Pointers::default();
    if !candidates.is_empty() {
        pointers.function(function);
    }
    candidates.intersection(&pointers.0).copied().collect()
}

/// Variables of which something else than a helper is given the address.
#[derive(Default)]
struct Pointers(HashSet<LocalId>);

impl Visit for Pointers {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::AddressOf(place) | ExprKind::Decay(place) => {
                self.0.extend(base_local(place));
                self.expr_parts(expr);
            }
            ExprKind::Helper(_, _, args) => {
                for arg in args {
                    match &arg.peeled().kind {
                        ExprKind::AddressOf(place) | ExprKind::Decay(place) => {
                            Visit::place_parts(self, place);
                        }
                        _ => self.expr(arg),
                    }
                }
            }
            _ => self.expr_parts(expr),
        }
    }

    fn place(&mut self, place: &Place) {
        self.place_parts(place);
    }
}

impl Body<'_> {
    /// The variable in an `Aligned`, and under its name a reference to what is in that.
    pub(super) fn aligned_declaration(
        &self,
        local: LocalId,
        init: Option<&Init>,
        ty: &Ty,
    ) -> TokenStream {
        let name = self.declared_name(local);
        let rust = self.t.ty(ty);
        let aligned = self.t.uses.runtime_item(Module::Memory, "Aligned");
        if init.is_none() && self.t.size(ty) > BUFFER {
            self.t.uses.import("core::mem", "MaybeUninit");
            self.hold(local, Held::Slot);
            return quote! {
                let mut #name = MaybeUninit::<#aligned<#rust>>::uninit();
                let #name = unsafe { &mut (*#name.as_mut_ptr()).0 };
            };
        }
        let mut sets = Vec::new();
        let value = self.root(|| match init {
            None => self.zero(ty, Pin::Itself),
            Some(Init::Expr(value)) => self.expr(value, Pin::Itself),
            Some(Init::Record(parts)) if self.is_assigned(parts, ty) => self.zeroed(ty),
            Some(init) => self.init(init, ty, Pin::Itself),
        });
        if let Some(Init::Record(parts)) = init
            && self.is_assigned(parts, ty)
        {
            sets = self.part_assignments(&name, parts, ty, |part, ty| {
                self.root(|| self.init(part, ty, Pin::Context))
            });
        }
        let of = matches!(init, Some(Init::Array(_))).then(|| quote!(::<#rust>));
        self.hold(local, Held::Slot);
        quote! {
            let mut #name = #aligned #of(#value);
            let #name = &mut #name.0;
            #(#sets)*
        }
    }
}
