//! Entries of ring buffers: reserved, written, submitted or discarded.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Body, Held, lookup::Taken, pointers};
use crate::{
    emit::{code::Code, runtime::Module, types},
    ir::{
        body::{Block, Expr, ExprKind, LocalId, Stmt},
        ty::Ty,
    },
};

impl Body<'_> {
    /// `e = bpf_ringbuf_reserve(…); if (!e) return;`
    pub(super) fn reserve_else(
        &self,
        (first, second): (&Stmt, &Stmt),
        local: LocalId,
        args: &[Expr],
        then: &Block,
        rest: &[Stmt],
    ) -> Option<Taken> {
        if pointers::mentioned(&then.stmts, local) {
            return None;
        }
        self.reserved((first, second), local, args, rest, |call, hold| {
            let otherwise = self.block_stmts(then);
            let (pattern, reference) = hold();
            quote!(let Some(#pattern) = #call else { #otherwise }; #reference)
        })
    }

    /// `e = bpf_ringbuf_reserve(…); if (e) { … }`
    pub(super) fn if_let_reserve(
        &self,
        (first, second): (&Stmt, &Stmt),
        local: LocalId,
        args: &[Expr],
        then: &Block,
    ) -> Option<Taken> {
        self.reserved((first, second), local, args, &then.stmts, |call, hold| {
            let (pattern, reference) = hold();
            let body = self.block_stmts(then);
            quote!(if let Some(#pattern) = #call { #reference #body })
        })
    }

    /// Both statements as `write` has them, if all that `user` does with the pointer can be done
    /// with an entry. From when `write` asks for the pattern, the variable is one.
    fn reserved(
        &self,
        (first, second): (&Stmt, &Stmt),
        local: LocalId,
        args: &[Expr],
        user: &[Stmt],
        write: impl FnOnce(Code, &dyn Fn() -> (TokenStream, TokenStream)) -> TokenStream,
    ) -> Option<Taken> {
        let call = self.reserve_call(local, args)?;
        let uses = self.uses_of_pointer(user, local);
        if !uses.can_be_entry() {
            return None;
        }
        let notes = self.before(first);
        let second_notes = self.comments_only(second);
        let tokens = write(call, &|| {
            self.hold_entry(local, uses.followed + uses.passed)
        });
        Some(Taken {
            count: 2,
            tokens: quote!(#notes #second_notes #tokens),
        })
    }

    fn hold_entry(&self, local: LocalId, used: usize) -> (TokenStream, TokenStream) {
        let name = self.name(local);
        self.hold(local, Held::Entry { followed: used > 0 });
        if used == 0 {
            return (quote!(#name), TokenStream::new());
        }
        let why = self.safety("this program's alone until it is submitted or discarded.");
        let reference = quote!(#why let #name = unsafe { &mut *#name.as_mut_ptr() };);
        (quote!(mut #name), reference)
    }

    /// `EVENTS.reserve_untyped::<T>(flags)`
    fn reserve_call(&self, local: LocalId, args: &[Expr]) -> Option<Code> {
        let [map, size, flags] = args else {
            return None;
        };
        let (name, _) = self.known_map(map)?;
        let Ty::Pointer { to, .. } = self.local_ty(local) else {
            return None;
        };
        // The kernel aligns what it reserves to 8 bytes, and Aya's entry keeps to that.
        if types::align_of(self.t.object, &to) > 8
            || !matches!(*to, Ty::Record(_) | Ty::Int { .. })
            || self.constant_value(size)? != i128::from(self.t.size(&to))
        {
            return None;
        }
        let ty = self.t.ty(&to);
        let flags = self.root(|| self.flags(flags));
        Some(Code::atom(quote!(#name.reserve_untyped::<#ty>(#flags))))
    }

    /// `bpf_ringbuf_submit(e, flags)` on an entry.
    pub(super) fn release(&self, expr: &Expr) -> Option<TokenStream> {
        let ExprKind::Helper(id @ (132 | 133), _, args) = &expr.kind else {
            return None;
        };
        let [data, flags] = args.as_slice() else {
            return None;
        };
        let local = pointers::loaded_local(data)?;
        let Held::Entry { followed } = self.held(local) else {
            return None;
        };
        let name = self.name(local);
        let flags = self.root(|| self.flags(flags));
        Some(if followed {
            let function = if *id == 132 {
                "ringbuf_submit"
            } else {
                "ringbuf_discard"
            };
            let function = self.t.uses.runtime(Module::Helper, function);
            quote!(#function(#name, #flags);)
        } else if *id == 132 {
            quote!(#name.submit(#flags);)
        } else {
            quote!(#name.discard(#flags);)
        })
    }
}
