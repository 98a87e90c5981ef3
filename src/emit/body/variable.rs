//! Declarations.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    Body, Held, Pin, declare::mentions, expr::self_typed, low_index::has_low_index, stmt::strip,
};
use crate::ir::{
    Notes,
    body::{Expr, ExprKind, Init, LocalId, Stmt, StmtKind},
    ty::Ty,
    walk::Visit,
};

/// Structures larger than this many bytes aren't zeroed where C leaves them unwritten.
const SLOT: u64 = 64;

/// Arrays neither, which are buffers that a helper fills.
pub(super) const BUFFER: u64 = 15;

impl Body<'_> {
    pub(super) fn declaration(&self, local: LocalId, init: Option<&Init>) -> TokenStream {
        let ty = self.local_ty(local);
        let name = self.declared_name(local);
        let mutable = self.is_mutated(local).then(|| quote!(mut));
        self.hold(local, Held::Raw);
        if self.aligned.contains(&local) {
            return self.aligned_declaration(local, init, &ty);
        }
        match init {
            None => self.unwritten(local, &ty),
            // The context by itself has no type.
            Some(Init::Expr(value)) if self.is_erased(value) => {
                let Ty::Pointer { to, .. } = &ty else {
                    return quote!();
                };
                let pointee = self.t.pointee(to);
                let context = self.root(|| self.context_pointer(&ty));
                quote!(let #mutable #name = #context.cast::<#pointee>();)
            }
            Some(Init::Expr(value)) => {
                let printed = matches!(value.kind, ExprKind::Int(_)) && self.is_printed(local);
                let annotation = match printed {
                    true => {
                        let ty = self.t.ty(&ty);
                        quote!(: #ty)
                    }
                    false => self.annotation(value, &ty),
                };
                let value = match &ty {
                    Ty::Pointer { mutable, .. } => self.root(|| self.pointer(value, *mutable)),
                    _ => self.root_expr(value),
                };
                quote!(let #mutable #name #annotation = #value;)
            }
            Some(Init::Record(parts))
                if self.is_assigned(parts, &ty) && !mentioned(parts, local) =>
            {
                let zero = self.root(|| self.zeroed(&ty));
                let sets = self.part_assignments(&name, parts, &ty, |part, ty| {
                    self.root(|| self.init(part, ty, Pin::Context))
                });
                quote!(let mut #name = #zero; #(#sets)*)
            }
            Some(init) => {
                let annotation = match (init, &ty) {
                    (Init::Array(_), _) => {
                        let ty = self.t.ty(&ty);
                        quote!(: #ty)
                    }
                    (
                        Init::Zero,
                        Ty::Int {
                            bits: 32,
                            signed: true,
                        },
                    ) if !self.is_printed(local) => quote!(),
                    (Init::Zero, Ty::Int { .. } | Ty::Pointer { .. }) => {
                        let ty = self.t.ty(&ty);
                        quote!(: #ty)
                    }
                    (Init::Bytes(_), Ty::Pointer { .. }) => quote!(),
                    _ => quote!(),
                };
                let pin = if annotation.is_empty() {
                    Pin::Itself
                } else {
                    Pin::Context
                };
                let value = self.root(|| self.init(init, &ty, pin));
                quote!(let #mutable #name #annotation = #value;)
            }
        }
    }

    pub(super) fn declared_name(&self, local: LocalId) -> proc_macro2::Ident {
        let name = self.name(local);
        if self.is_read(local) || name.to_string().starts_with('_') {
            return name;
        }
        format_ident!("_{}", name.to_string().trim_start_matches("r#"))
    }

    /// Whether it is handed to a print by itself, where a method is called on it: what has no type yet
    /// has none.
    fn is_printed(&self, local: LocalId) -> bool {
        struct Finder(LocalId, bool);
        impl Visit for Finder {
            fn expr(&mut self, expr: &Expr) {
                if let ExprKind::Printk(_, args) = &expr.kind {
                    self.1 |= args
                        .iter()
                        .any(|arg| super::pointers::loaded_local(arg) == Some(self.0));
                }
                self.expr_parts(expr);
            }
        }
        let mut finder = Finder(local, false);
        finder.function(&self.function);
        finder.1
    }

    /// `: u32`, where the value doesn't say its type.
    fn annotation(&self, value: &Expr, ty: &Ty) -> TokenStream {
        let is_null =
            matches!(ty, Ty::Pointer { .. }) && matches!(strip(value).kind, ExprKind::Int(0));
        let erased = matches!(ty, Ty::Pointer { .. })
            && matches!(
                super::expr::strip_pointer_casts(value).kind,
                ExprKind::Helper(..)
                    | ExprKind::Str(_)
                    | ExprKind::Map(_)
                    | ExprKind::SyscallRegisters(_)
            );
        let untyped = !self_typed(value) && *ty != Ty::signed(32);
        let context = self
            .context
            .is_some_and(|c| c.object && super::pointers::loaded_local(value) == Some(c.local));
        if is_null || untyped || erased || context {
            let ty = self.t.ty(ty);
            quote!(: #ty)
        } else {
            TokenStream::new()
        }
    }

    /// A variable without a value.
    fn unwritten(&self, local: LocalId, ty: &Ty) -> TokenStream {
        let name = self.declared_name(local);
        let mutable = self.is_mutated(local).then(|| quote!(mut));
        let rust = self.t.ty(ty);
        let scalar = !matches!(ty, Ty::Record(_) | Ty::Array(..) | Ty::Opaque { .. });
        if scalar && !self.early.contains(&local) {
            return quote!(let #mutable #name: #rust;);
        }
        let zeroed = if matches!(ty, Ty::Array(..)) {
            BUFFER
        } else {
            SLOT
        };
        let low = matches!(ty, Ty::Array(of, _) if self.t.size(of) < 8)
            && has_low_index(&self.function, local);
        if low || (!scalar && self.t.size(ty) > zeroed) {
            self.t.uses.import("core::mem", "MaybeUninit");
            self.hold(local, Held::Slot);
            return quote! {
                let mut #name = MaybeUninit::<#rust>::uninit();
                let #name = unsafe { &mut *#name.as_mut_ptr() };
            };
        }
        // It has a value from here on, so that the first assignment changes it.
        let mutable = mutable.or_else(|| self.written.contains(&local).then(|| quote!(mut)));
        let value = self.root(|| self.zero(ty, Pin::Itself));
        let untyped = match ty {
            Ty::Pointer { .. } => true,
            _ => *ty == Ty::signed(32) && self.is_printed(local),
        };
        let annotation = untyped.then(|| quote!(: #rust));
        quote!(let #mutable #name #annotation = #value;)
    }
}

/// Whether the parts of a variable's value mention the variable.
fn mentioned(parts: &[(u32, Init)], local: LocalId) -> bool {
    let in_value = |init: &Init| {
        let stmt = Stmt {
            kind: StmtKind::Let(LocalId(u32::MAX), Some(init.clone())),
            notes: Notes::default(),
            span: None,
        };
        mentions(&stmt, local)
    };
    parts.iter().any(|(_, part)| in_value(part))
}
