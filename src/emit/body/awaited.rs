//! Looked-up pointers that are tested further below, or that are inserted where there were none.

use quote::quote;

use super::{
    Body, declare,
    expr::strip_pointer_casts,
    lookup::{Taken, test_behind, tests_for_null, tests_for_some},
    pointers,
};
use crate::{
    emit::code::Code,
    ir::body::{Expr, ExprKind, Init, LocalId, PlaceKind, Stmt, StmtKind},
};

impl Body<'_> {
    /// `p = lookup(…);` whose test stands behind other statements: until there it is an `Option`.
    pub(super) fn found_for_later(&self, stmts: &[Stmt]) -> Option<Taken> {
        let (local, value) = looked_up(stmts.first()?)?;
        test_behind(stmts.get(1..)?, local)?;
        self.await_test(stmts.first()?, local, value)
    }

    /// The test of a pointer that has been an `Option` until here.
    pub(super) fn tested_later(&self, stmts: &[Stmt]) -> Option<Taken> {
        let (first, rest) = stmts.split_first()?;
        let StmtKind::If(cond, ..) = &first.kind else {
            return None;
        };
        let (local, value) = self.awaited_by(cond)?;
        if test_behind(stmts, local) != Some(0) {
            return None;
        }
        let notes = self.before(first);
        let name = self.name(local);
        let tokens = self.test(first, local, &value, rest, || {
            Some(Code::atom(quote!(#name)))
        })?;
        self.awaited.borrow_mut().remove(&local);
        Some(Taken {
            count: 1,
            tokens: quote!(#notes #tokens),
        })
    }

    /// `p = lookup(…); if (!p) { insert(…); p = lookup(…); if (!p) return; }`, where the last test may
    /// also stand behind the block.
    pub(super) fn or_insert(&self, stmts: &[Stmt]) -> Option<Taken> {
        let (first, behind) = stmts.split_first()?;
        if let StmtKind::If(cond, ..) = &first.kind {
            let (local, value) = self.awaited_by(cond)?;
            let insertion = Insertion::of(stmts, local)?;
            let name = self.name(local);
            let tokens = self.insertion(&insertion, local, &value, &Code::atom(quote!(#name)))?;
            self.awaited.borrow_mut().remove(&local);
            let notes = self.before(first);
            return Some(Taken {
                count: insertion.count,
                tokens: quote!(#notes #tokens),
            });
        }
        let (local, value) = looked_up(first)?;
        let at = behind.iter().position(|s| declare::mentions(s, local))?;
        let insertion = Insertion::of(behind.get(at..)?, local)?;
        self.found_at_root(insertion.again)?;
        let second = behind.get(at)?;
        if at > 0 || !second.notes.before.is_empty() {
            return self.await_test(first, local, value);
        }
        let call = self.found_at_root(value)?;
        let notes = self.before(first);
        let tokens = self.insertion(&insertion, local, value, &call)?;
        Some(Taken {
            count: insertion.count + 1,
            tokens: quote!(#notes #tokens),
        })
    }

    fn await_test(&self, stmt: &Stmt, local: LocalId, value: &Expr) -> Option<Taken> {
        let call = self.found_at_root(value)?;
        let (notes, after) = (self.before(stmt), self.after(stmt));
        let name = self.declared_name(local);
        self.awaited.borrow_mut().insert(local, value.clone());
        Some(Taken {
            count: 1,
            tokens: quote!(#notes let #name = #call; #after),
        })
    }

    /// The variable that a condition tests, if it is an `Option` so far, and what finds it.
    fn awaited_by(&self, cond: &Expr) -> Option<(LocalId, Expr)> {
        self.awaited
            .borrow()
            .iter()
            .find(|(local, _)| tests_for_null(cond, **local) || tests_for_some(cond, **local))
            .map(|(local, value)| (*local, value.clone()))
    }

    fn insertion(
        &self,
        insertion: &Insertion<'_>,
        local: LocalId,
        value: &Expr,
        found: &Code,
    ) -> Option<proc_macro2::TokenStream> {
        let name = self.name(local);
        let insert = self.stmts(insertion.insert);
        let notes = self.before(insertion.assign);
        let again = self.found_at_root(insertion.again)?;
        let otherwise = self.block_stmts(insertion.otherwise);
        let inner = insertion.inner;
        let reference = self.hold_lookup(local, value, insertion.rest);
        Some(if inner {
            quote! {
                let #name = match #found {
                    Some(#name) => #name,
                    None => {
                        #insert
                        #notes
                        let Some(#name) = #again else { #otherwise };
                        #name
                    }
                };
                #reference
            }
        } else {
            quote! {
                let #name = match #found {
                    None => { #insert #notes #again }
                    found => found,
                };
                let Some(#name) = #name else { #otherwise };
                #reference
            }
        })
    }
}

/// What makes an entry where there was none.
struct Insertion<'s> {
    /// The statements that insert it.
    insert: &'s [Stmt],
    assign: &'s Stmt,
    /// The second lookup.
    again: &'s Expr,
    /// What happens where that finds nothing, either.
    otherwise: &'s crate::ir::body::Block,
    /// Whether the second test stands in the block.
    inner: bool,
    count: usize,
    rest: &'s [Stmt],
}

impl<'s> Insertion<'s> {
    /// `if (!p) { …; p = lookup(…); if (!p) return; }` or `if (!p) { …; p = lookup(…); } if (!p) return;`
    fn of(stmts: &'s [Stmt], local: LocalId) -> Option<Self> {
        let (first, rest) = stmts.split_first()?;
        let StmtKind::If(cond, then, None) = &first.kind else {
            return None;
        };
        if !tests_for_null(cond, local) || !then.trailing.is_empty() {
            return None;
        }
        let last = |stmt: &'s Stmt| match &stmt.kind {
            StmtKind::If(cond, otherwise, None)
                if tests_for_null(cond, local)
                    && Body::diverges(&otherwise.stmts)
                    && !pointers::mentioned(&otherwise.stmts, local)
                    && stmt.notes.before.is_empty() =>
            {
                Some(otherwise)
            }
            _ => None,
        };
        let (inner, otherwise, insert, rest, count) = match then
            .stmts
            .split_last()
            .and_then(|(end, before)| Some((last(end)?, before)))
        {
            Some((otherwise, before)) => (true, otherwise, before, rest, 1),
            None => {
                let (next, rest) = rest.split_first()?;
                (false, last(next)?, then.stmts.as_slice(), rest, 2)
            }
        };
        let (assign, insert) = insert.split_last()?;
        let StmtKind::Assign(place, again) = &assign.kind else {
            return None;
        };
        let fits = matches!(place.kind, PlaceKind::Local(id) if id == local)
            && matches!(strip_pointer_casts(again).kind, ExprKind::Helper(1, ..))
            && !pointers::mentioned(insert, local);
        // Later on nobody moves it.
        let moves = super::PointerUses::of(rest, local).raw;
        (fits && !moves).then_some(Self {
            insert,
            assign,
            again,
            otherwise,
            inner,
            count,
            rest,
        })
    }
}

/// The variable that a statement gives what a lookup finds.
fn looked_up(stmt: &Stmt) -> Option<(LocalId, &Expr)> {
    match &stmt.kind {
        StmtKind::Let(local, Some(Init::Expr(value)))
            if !matches!(strip_pointer_casts(value).kind, ExprKind::Helper(131, ..)) =>
        {
            Some((*local, value))
        }
        _ => None,
    }
}
