//! Statements.

use std::borrow::Cow;

use proc_macro2::TokenStream;
use quote::quote;

use super::{Around, Body, Held, LoopForm};
use crate::{
    emit::runtime::Module,
    ir::{
        Notes,
        body::{Block, Expr, ExprKind, Init, LabelId, Place, PlaceKind, Stmt, StmtKind, Unroll},
        ty::Ty,
        walk::Visit,
    },
};

impl Body<'_> {
    /// Statements in order.
    pub(super) fn stmts(&self, stmts: &[Stmt]) -> TokenStream {
        self.stmts_but(0, stmts).0
    }

    /// Statements in order, and what is left: the last `count`, which those before them are read
    /// with, or fewer if they are taken together with others.
    pub(super) fn stmts_but<'s>(
        &self,
        count: usize,
        stmts: &'s [Stmt],
    ) -> (TokenStream, &'s [Stmt]) {
        let mut out = TokenStream::new();
        let mut rest = stmts;
        while rest.len() > count {
            let Some((first, behind)) = rest.split_first() else {
                break;
            };
            if let Some(taken) = self
                .counted_loop(rest)
                .or_else(|| self.tested_pointer(rest))
                .or_else(|| self.or_insert(rest))
                .or_else(|| self.found_for_later(rest))
                .or_else(|| self.tested_later(rest))
                .or_else(|| self.read_variable(rest))
            {
                out.extend(taken.tokens);
                rest = rest.get(taken.count..).unwrap_or_default();
                continue;
            }
            out.extend(self.stmt(first));
            rest = behind;
        }
        (out, rest)
    }

    /// The statements of a statement expression, in front of its value.
    pub(super) fn stmts_of_value(&self, stmts: &[Stmt], value: &Expr) -> TokenStream {
        let value = Stmt {
            kind: StmtKind::Expr(value.clone()),
            notes: Notes::default(),
            span: value.span,
        };
        let all: Vec<Stmt> = stmts.iter().cloned().chain([value]).collect();
        self.stmts_but(1, &all).0
    }

    /// A block's statements and its last comments.
    pub(super) fn block_stmts(&self, block: &Block) -> TokenStream {
        let stmts = self.stmts(&block.stmts);
        let trailing = self.t.uses.comments(&block.trailing);
        quote!(#stmts #trailing)
    }

    /// Blank line and comments before a statement.
    pub(super) fn before(&self, stmt: &Stmt) -> TokenStream {
        let blank = stmt.notes.blank.then(|| quote!(__c2aya_blank!();));
        let comments = self.comments_only(stmt);
        let origin = self.t.uses.origin(stmt.span);
        quote!(#blank #comments #origin)
    }

    /// Comments before a statement that has become a part of another.
    pub(super) fn comments_only(&self, stmt: &Stmt) -> TokenStream {
        self.t.uses.comments(&stmt.notes.before)
    }

    pub(super) fn after(&self, stmt: &Stmt) -> TokenStream {
        stmt.notes
            .after
            .as_ref()
            .map(|comment| self.t.uses.comment_after(comment))
            .unwrap_or_default()
    }

    fn stmt(&self, stmt: &Stmt) -> TokenStream {
        let before = self.before(stmt);
        let tokens = self.plain(stmt);
        let after = self.after(stmt);
        quote!(#before #tokens #after)
    }

    fn plain(&self, stmt: &Stmt) -> TokenStream {
        match &stmt.kind {
            StmtKind::Let(local, init) => self.declaration(*local, init.as_ref()),
            StmtKind::Assign(place, value) => self.assign(place, value),
            StmtKind::AssignOp(place, op, value) => self.assign_op(place, *op, value),
            StmtKind::Expr(expr) => self.effect(expr),
            StmtKind::Block(label, block) => self.labelled(*label, block),
            // What can't be is no condition to anyone.
            StmtKind::If(cond, then, None)
                if matches!(then.stmts.as_slice(), [only] if only.kind == StmtKind::Unreachable)
                    && !super::declare::acts(cond) =>
            {
                self.t.uses.comments(&then.trailing)
            }
            StmtKind::If(cond, then, other) => {
                let (cond, then) = joined(cond, then, other.as_ref());
                let cond = self.root(|| self.truth(&cond));
                let then = self.block_stmts(then);
                let other = other.as_ref().map(|other| self.else_branch(other));
                quote!(if #cond { #then } #other)
            }
            StmtKind::Loop {
                label,
                cond,
                post_check,
                body,
                step,
                unroll,
            } => {
                let mut step = Cow::Borrowed(step.as_slice());
                if *unroll == Unroll::Never {
                    let hidden = hidden(&step);
                    step.to_mut().extend(hidden);
                }
                self.any_loop(*label, cond.as_ref(), *post_check, body, &step)
            }
            StmtKind::Switch {
                label,
                value,
                arms,
                default,
                ..
            } => self.switch(*label, value, arms, default.as_ref()),
            StmtKind::Break(label) => self.leave(*label),
            StmtKind::Continue(label) => self.go_on(*label),
            StmtKind::Return(value) => {
                let value = self.returned_or_zero(value.as_ref());
                quote!(return #value;)
            }
            StmtKind::Barrier(None) => {
                let function = self.t.uses.runtime(Module::Barrier, "barrier");
                quote!(#function();)
            }
            StmtKind::Barrier(Some(place)) => {
                let function = self.t.uses.runtime(Module::Barrier, "var");
                let target = self.place(place).code;
                let value = self.root(|| self.load_raw(place));
                quote!(#target = #function(#value);)
            }
            StmtKind::Asm(asm) => self.asm_block(asm),
            StmtKind::Unreachable => quote!(),
        }
    }

    /// `else { … }`, or `else if …` where that is all there is.
    pub(super) fn else_branch(&self, other: &Block) -> TokenStream {
        if let [only] = other.stmts.as_slice()
            && let StmtKind::If(cond, then, next) = &only.kind
            && only.notes.before.is_empty()
            && other.trailing.is_empty()
        {
            let (cond, then) = joined(cond, then, next.as_ref());
            let cond = self.root(|| self.truth(&cond));
            let then = self.block_stmts(then);
            let next = next.as_ref().map(|next| self.else_branch(next));
            return quote!(else if #cond { #then } #next);
        }
        let body = self.block_stmts(other);
        if body.is_empty() {
            return body;
        }
        quote!(else { #body })
    }

    /// An expression for its effects.
    fn effect(&self, expr: &Expr) -> TokenStream {
        if let Some(tokens) = self.release(expr).or_else(|| self.effect_call(expr)) {
            return tokens;
        }
        match &expr.kind {
            ExprKind::Cast(inner) => self.effect(inner),
            ExprKind::Atomic(op, at, args) => {
                let code = self.root(|| self.atomic(*op, at, args, &expr.ty, false));
                quote!(#code;)
            }
            ExprKind::Block(stmts, value) => {
                let stmts = self.stmts_of_value(stmts, value);
                let value = self.effect(value);
                quote!({ #stmts #value })
            }
            ExprKind::Conditional(cond, then, other) => {
                let goes_on = matches!(other.kind, ExprKind::Conditional(..) | ExprKind::And(..));
                let cond = self.root(|| self.truth(cond));
                let (then, other) = (self.effect(then), self.effect(other));
                if other.is_empty() {
                    return quote!(if #cond { #then });
                }
                let other = if goes_on { other } else { quote!({ #other }) };
                quote!(if #cond { #then } else #other)
            }
            ExprKind::And(cond, then) => {
                let cond = self.root(|| self.truth(cond));
                let then = self.effect(then);
                quote!(if #cond { #then })
            }
            ExprKind::Call(..)
            | ExprKind::CallParam(..)
            | ExprKind::Helper(..)
            | ExprKind::Printk(..)
            | ExprKind::Snprintf(..)
            | ExprKind::SeqPrintf(..)
            | ExprKind::Builtin(..)
            | ExprKind::Asm(..) => {
                let code = self.root_expr(expr);
                quote!(#code;)
            }
            ExprKind::Int(_) | ExprKind::Bool(_) | ExprKind::Constant(_) => TokenStream::new(),
            ExprKind::Load(place)
                if !place.volatile && super::declare::base_local(place).is_some() =>
            {
                // `(void)x;`
                TokenStream::new()
            }
            _ => {
                let code = self.root_expr(expr);
                quote!(let _ = #code;)
            }
        }
    }

    fn labelled(&self, label: Option<LabelId>, block: &Block) -> TokenStream {
        let Some(label) = label else {
            if let Some(swap) = self.swap(block) {
                return swap;
            }
            let body = self.block_stmts(block);
            return match is_branch(&body) {
                true => body,
                false => quote!({ #body }),
            };
        };
        let mut block = block.clone();
        strip_tail(&mut block.stmts, label);
        self.around.borrow_mut().push(Around::Block(label));
        let body = self.block_stmts(&block);
        self.around.borrow_mut().pop();
        if leaves(&block.stmts, label) {
            let label = self.label(label);
            quote!(#label: { #body })
        } else {
            quote!({ #body })
        }
    }

    /// `{ t = a; a = b; b = t; }` of two variables, as a macro has it.
    fn swap(&self, block: &Block) -> Option<TokenStream> {
        let variable = |place: &Place| match place.kind {
            PlaceKind::Local(id) if !place.volatile && self.held(id) == Held::Raw => Some(id),
            _ => None,
        };
        let loaded = |value: &Expr| match &value.kind {
            ExprKind::Load(place) => variable(place),
            _ => None,
        };
        let [first, second, third] = block.stmts.as_slice() else {
            return None;
        };
        let (
            StmtKind::Let(kept, Some(Init::Expr(value))),
            StmtKind::Assign(a, from_b),
            StmtKind::Assign(b, from_kept),
        ) = (&first.kind, &second.kind, &third.kind)
        else {
            return None;
        };
        let (a, b) = (variable(a)?, variable(b)?);
        let is_swap = loaded(value) == Some(a)
            && loaded(from_b) == Some(b)
            && loaded(from_kept) == Some(*kept)
            && a != b
            && self.local_ty(a) == self.local_ty(b);
        let silent = (block.stmts.iter()).all(|stmt| stmt.notes == Notes::default());
        if !is_swap || !silent || !block.trailing.is_empty() {
            return None;
        }
        self.mutate(a);
        self.mutate(b);
        self.t.uses.import("core", "mem");
        let (a, b) = (self.name(a), self.name(b));
        Some(quote!(mem::swap(&mut #a, &mut #b);))
    }

    pub(super) fn leave(&self, label: LabelId) -> TokenStream {
        let around = self.around.borrow();
        if let Some(Around::Loop(innermost, _)) = around.last()
            && *innermost == label
        {
            return quote!(break;);
        }
        drop(around);
        self.facts.borrow_mut().labels.insert(label);
        let label = self.label(label);
        quote!(break #label;)
    }

    fn go_on(&self, label: LabelId) -> TokenStream {
        let around = self.around.borrow();
        let form = around.iter().find_map(|a| match a {
            Around::Loop(l, form) if *l == label => Some(*form),
            _ => None,
        });
        if form == Some(LoopForm::Stepped) {
            let next = self.next_label(label);
            return quote!(break #next;);
        }
        if let Some(Around::Loop(innermost, _)) = around.last()
            && *innermost == label
        {
            return quote!(continue;);
        }
        drop(around);
        self.facts.borrow_mut().labels.insert(label);
        let label = self.label(label);
        quote!(continue #label;)
    }
}

pub(super) fn strip(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast(inner) => strip(inner),
        _ => expr,
    }
}

/// The condition and the statements of an `if`; those of the ones that alone stand in it are its own.
pub(super) fn joined<'s>(
    cond: &'s Expr,
    then: &'s Block,
    other: Option<&Block>,
) -> (Cow<'s, Expr>, &'s Block) {
    if let [only] = then.stmts.as_slice()
        && let StmtKind::If(inner, body, None) = &only.kind
        && other.is_none()
        && only.notes == Notes::default()
        && then.trailing.is_empty()
        && !matches!(body.stmts.as_slice(), [only] if only.kind == StmtKind::Unreachable)
    {
        let (inner, body) = joined(inner, body, None);
        let both = (Box::new(cond.clone()), Box::new(inner.into_owned()));
        let cond = Expr {
            kind: ExprKind::And(both.0, both.1),
            ty: Ty::Bool,
            span: cond.span,
        };
        return (Cow::Owned(cond), body);
    }
    (Cow::Borrowed(cond), then)
}

/// Takes away jumps to where control goes anyway.
pub(super) fn strip_tail(stmts: &mut Vec<Stmt>, label: LabelId) {
    let Some(last) = stmts.last_mut() else {
        return;
    };
    match &mut last.kind {
        StmtKind::Break(l) if *l == label && last.notes.before.is_empty() => {
            stmts.pop();
        }
        StmtKind::If(_, then, other) => {
            strip_tail(&mut then.stmts, label);
            if let Some(other) = other {
                strip_tail(&mut other.stmts, label);
            }
        }
        StmtKind::Block(_, block) => strip_tail(&mut block.stmts, label),
        _ => {}
    }
}

/// Whether any statement leaves the one with that label.
pub(super) fn leaves(stmts: &[Stmt], label: LabelId) -> bool {
    jumps(
        stmts,
        |kind| matches!(kind, StmtKind::Break(l) if *l == label),
    )
}

/// Whether statements are one that needs no braces around it: what it declares is in its own.
fn is_branch(stmts: &TokenStream) -> bool {
    use syn::{Expr, parse::Parser};
    let Ok(stmts) = syn::Block::parse_within.parse2(stmts.clone()) else {
        return false;
    };
    matches!(
        stmts.as_slice(),
        [syn::Stmt::Expr(
            Expr::If(_) | Expr::Match(_) | Expr::While(_) | Expr::ForLoop(_) | Expr::Loop(_),
            _
        )]
    )
}

/// What hides from LLVM how often a loop turns, behind its step.
fn hidden(step: &[Stmt]) -> Option<Stmt> {
    let step = step.last()?;
    let StmtKind::AssignOp(counter, ..) = &step.kind else {
        return None;
    };
    Some(Stmt {
        kind: StmtKind::Barrier(Some(counter.clone())),
        ..step.clone()
    })
}

/// Whether any statement goes on with the loop of that label.
pub(super) fn continues(stmts: &[Stmt], label: LabelId) -> bool {
    jumps(
        stmts,
        |kind| matches!(kind, StmtKind::Continue(l) if *l == label),
    )
}

fn jumps(stmts: &[Stmt], test: impl Fn(&StmtKind) -> bool) -> bool {
    struct Finder<F>(F, bool);
    impl<F: Fn(&StmtKind) -> bool> Visit for Finder<F> {
        fn stmt(&mut self, stmt: &Stmt) {
            self.1 |= (self.0)(&stmt.kind);
            self.stmt_parts(stmt);
        }
    }
    let mut finder = Finder(test, false);
    stmts.iter().for_each(|s| finder.stmt(s));
    finder.1
}
