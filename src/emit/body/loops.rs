//! Loops.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{
    Around, Body, LoopForm, Pin, declare, expr::self_typed, lookup::Taken, pointers, stmt,
};
use crate::{
    emit::{code::Code, names, runtime::Module},
    ir::{
        body::{
            BinaryOp, Block, CompareOp, Expr, ExprKind, Init, LabelId, LocalId, Place, PlaceKind,
            Stmt, StmtKind, Unroll,
        },
        ty::Ty,
        walk::Visit,
    },
};

impl Body<'_> {
    /// `for i in 0..N`: a declaration and the loop that counts it.
    pub(super) fn counted_loop(&self, stmts: &[Stmt]) -> Option<Taken> {
        let [first, second, rest @ ..] = stmts else {
            return None;
        };
        let StmtKind::Let(local, Some(Init::Expr(start))) = &first.kind else {
            return None;
        };
        let StmtKind::Loop {
            label,
            cond: Some(cond),
            post_check: false,
            body,
            step,
            unroll,
        } = &second.kind
        else {
            return None;
        };
        let local = *local;
        if pointers::mentioned(rest, local) || writes(&body.stmts, local) || second.notes.blank {
            return None;
        }
        let by = stepped(step, local)?;
        let ExprKind::Compare(op, left, right) = &cond.kind else {
            return None;
        };
        let left = match by {
            1.. => self.narrow(start, *op, left, right),
            _ => left,
        };
        if !loads(left, local) || !self.is_invariant(right, &body.stmts, local) {
            return None;
        }
        let ty = &left.ty;
        // A counter that only indexes is a `usize`. So is one with a sign that is an index somewhere: LLVM
        // doesn't see of every such loop that it counts from 0, and leaves a check of the array's bounds.
        let usize_ = Ty::unsigned(64);
        let signed = matches!(ty, Ty::Int { signed: true, .. });
        let indexes = by == 1
            && *ty != usize_
            && self.constant_value(start).is_some_and(|n| n >= 0)
            && self.constant_value(right).is_some_and(|n| n >= 0)
            && self.indexes(&body.stmts, local, !signed);
        let range = if indexes {
            self.indices.borrow_mut().insert(local);
            self.index_range(start, *op, right)?
        } else {
            self.range(start, *op, &limit_of(right, ty), by, ty)?
        };
        let range = match unroll {
            Unroll::Never if by < 0 => return None,
            Unroll::Never => {
                let turns = self.t.uses.runtime(Module::Barrier, "turns");
                quote!(#turns(#range))
            }
            Unroll::Free | Unroll::Whole => range,
        };
        let notes = self.before(first);
        let more = self.comments_only(second);
        let known = self.constant_value(start).zip(self.constant_value(right));
        if let Some((start, end)) = known {
            // Of one that counts down the loop itself doesn't tell where it begins.
            let (low, high) = if by > 0 {
                (start, end)
            } else {
                (end, i128::MAX)
            };
            let high = high.saturating_add(i128::from(*op == CompareOp::Le));
            self.counters.borrow_mut().insert(local, low..high);
        } else if by > 0 && self.constant_value(start).is_some_and(|n| n >= 0) {
            self.counters.borrow_mut().insert(local, 0..i128::MAX);
        }
        let name = if declare_mentions(&body.stmts, local) {
            let name = self.name(local);
            quote!(#name)
        } else {
            quote!(_)
        };
        // LLVM unrolls what has one way back only.
        let inner = self.turn(*label, body, *unroll == Unroll::Whole);
        self.counters.borrow_mut().remove(&local);
        self.indices.borrow_mut().remove(&local);
        let prefix = self.label_prefix(*label);
        // clippy would have an iterator, which costs more after the verifier.
        let allow = (indexes && indexes_variable(&body.stmts, local))
            .then(|| quote!(#[allow(clippy::needless_range_loop, reason = "as in C")]));
        Some(Taken {
            count: 2,
            tokens: quote!(#notes #more #allow #prefix for #name in #range { #inner }),
        })
    }

    /// The counter itself in `i < sizeof(x)`, which C compares as a longer number: that is the same where
    /// it counts up from a constant, and the end is one that it comes to.
    fn narrow<'e>(&self, start: &Expr, op: CompareOp, left: &'e Expr, right: &Expr) -> &'e Expr {
        let ExprKind::Cast(inner) = &left.kind else {
            return left;
        };
        let (Ty::Int { bits, signed }, CompareOp::Lt | CompareOp::Le) = (&inner.ty, op) else {
            return left;
        };
        let most = (1i128 << (bits - u16::from(*signed))) - 1;
        let fits = |n: i128| (0..most).contains(&n);
        let known = |e: &Expr| self.constant_value(e).is_some_and(fits);
        let wider = matches!(left.ty, Ty::Int { bits: wide, .. } if wide > *bits);
        if wider && known(start) && known(right) {
            inner
        } else {
            left
        }
    }

    /// A range of `usize`.
    fn index_range(&self, start: &Expr, op: CompareOp, end: &Expr) -> Option<TokenStream> {
        let start = self.as_usize(start);
        match (op, &end.kind) {
            (CompareOp::Lt, _) => {
                let end = self.as_usize(end);
                Some(quote!(#start..#end))
            }
            (CompareOp::Le, _) => {
                let last = self.constant_value(end)?.checked_add(1)?;
                let end = Literal::i128_unsuffixed(last);
                Some(quote!(#start..#end))
            }
            _ => None,
        }
    }

    /// A range that gives the same numbers.
    fn range(
        &self,
        start: &Expr,
        op: CompareOp,
        end: &Expr,
        by: i128,
        ty: &Ty,
    ) -> Option<TokenStream> {
        let bound = |n: i128| Expr {
            kind: ExprKind::Int(n),
            ty: ty.clone(),
            span: None,
        };
        match (by, op) {
            (1, CompareOp::Lt) => {
                let (start, end) = self.bounds(start, end);
                Some(quote!(#start..#end))
            }
            (1, CompareOp::Le) => {
                // An inclusive range costs a flag.
                let ExprKind::Int(last) = end.kind else {
                    return None;
                };
                let (start, end) = self.bounds(start, &bound(last.checked_add(1)?));
                Some(quote!(#start..#end))
            }
            (-1, CompareOp::Ge | CompareOp::Gt) if matches!(ty, Ty::Int { signed: true, .. }) => {
                let first = self.constant_value(start)?;
                let last = self.constant_value(end)?;
                let low = if op == CompareOp::Gt {
                    last.checked_add(1)?
                } else {
                    last
                };
                let behind = bound(first.checked_add(1)?);
                let (low, high) = match &start.kind {
                    // `i = N - 1`
                    ExprKind::Binary(BinaryOp::Sub, n, one) if one.kind == ExprKind::Int(1) => {
                        self.bounds(&bound(low), n)
                    }
                    _ => self.bounds(&bound(low), &behind),
                };
                Some(quote!((#low..#high).rev()))
            }
            _ => None,
        }
    }

    /// Both ends of a range; one of them says the type.
    fn bounds(&self, start: &Expr, end: &Expr) -> (Code, Code) {
        let end_pin = if self_typed(start) {
            Pin::Context
        } else {
            Pin::Itself
        };
        let (a, b) = (
            self.root(|| self.expr(start, Pin::Context)),
            self.root(|| self.expr(end, end_pin)),
        );
        (
            Code::atom(a.at(crate::emit::code::Prec::Or)),
            Code::atom(b.at(crate::emit::code::Prec::Or)),
        )
    }

    fn is_invariant(&self, end: &Expr, body: &[Stmt], counter: LocalId) -> bool {
        match &end.kind {
            ExprKind::Int(_)
            | ExprKind::Constant(_)
            | ExprKind::EnumConstant(..)
            | ExprKind::SizeOf(_) => true,
            ExprKind::Cast(inner) => self.is_invariant(inner, body, counter),
            ExprKind::Binary(_, a, b) => {
                self.is_invariant(a, body, counter) && self.is_invariant(b, body, counter)
            }
            ExprKind::Load(place) => match place.kind {
                PlaceKind::Local(id) => {
                    id != counter
                        && !place.volatile
                        && !writes(body, id)
                        && !self
                            .function
                            .body
                            .iter()
                            .any(|s| declare::takes_address(s, id))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Any loop.
    pub(super) fn any_loop(
        &self,
        label: LabelId,
        cond: Option<&Expr>,
        post_check: bool,
        body: &Block,
        step: &[Stmt],
    ) -> TokenStream {
        let without_end;
        let body = match body.stmts.split_last() {
            // The end of the body goes on by itself.
            Some((last, rest))
                if last.kind == StmtKind::Continue(label)
                    && last.notes == crate::ir::Notes::default() =>
            {
                without_end = Block {
                    stmts: rest.to_vec(),
                    trailing: body.trailing.clone(),
                };
                &without_end
            }
            _ => body,
        };
        let behind = !step.is_empty() || (post_check && cond.is_some());
        let inner = self.turn(label, body, behind);
        self.around
            .borrow_mut()
            .push(Around::Loop(label, LoopForm::Plain));
        let step = self.stmts(step);
        self.around.borrow_mut().pop();
        let prefix = self.label_prefix(label);
        match cond {
            None => quote!(#prefix loop { #inner #step }),
            Some(cond) if post_check => {
                // `while (++i < n)`: what it does first stands before the test.
                let (before, cond) = match &cond.kind {
                    ExprKind::Block(stmts, value) => (self.stmts(stmts), &**value),
                    _ => (TokenStream::new(), cond),
                };
                let stop = Expr {
                    kind: ExprKind::Not(Box::new(cond.clone())),
                    ty: Ty::Bool,
                    span: None,
                };
                let stop = self.root_expr(&stop);
                if self.constant_value(cond) == Some(0)
                    || matches!(cond.kind, ExprKind::Bool(false))
                {
                    // `do { … } while (0)`
                    return quote!(#prefix loop { #inner #step break; });
                }
                quote!(#prefix loop { #inner #step #before if #stop { break; } })
            }
            Some(cond) => {
                if matches!(cond.kind, ExprKind::Bool(true))
                    || self.constant_value(cond).is_some_and(|n| n != 0)
                {
                    return quote!(#prefix loop { #inner #step });
                }
                let cond = self.root(|| self.truth(cond));
                quote!(#prefix while #cond { #inner #step })
            }
        }
    }

    /// The body of a loop; `meets` says that its `continue`s are to meet at its end.
    fn turn(&self, label: LabelId, body: &Block, meets: bool) -> TokenStream {
        let meets = meets && stmt::continues(&body.stmts, label);
        let form = if meets {
            LoopForm::Stepped
        } else {
            LoopForm::Plain
        };
        let depth = self.around.borrow().len();
        self.around.borrow_mut().push(Around::Loop(label, form));
        if meets {
            self.around.borrow_mut().push(Around::Block(label));
        }
        let inner = self.block_stmts(body);
        self.around.borrow_mut().truncate(depth);
        if !meets {
            return inner;
        }
        let next = self.next_label(label);
        quote!(#next: { #inner })
    }

    /// `'name:`, if anything jumps there by name.
    pub(super) fn label_prefix(&self, label: LabelId) -> TokenStream {
        if self.facts.borrow().labels.contains(&label) {
            let label = self.label(label);
            quote!(#label:)
        } else {
            TokenStream::new()
        }
    }

    /// A label's lifetime-like name.
    pub(super) fn label(&self, label: LabelId) -> syn::Lifetime {
        self.lifetime(label, "outer")
    }

    /// The label of the block that `continue` leaves.
    pub(super) fn next_label(&self, label: LabelId) -> syn::Lifetime {
        let Literal { .. } = Literal::u32_unsuffixed(label.0);
        syn::Lifetime::new(
            &format!("'next_{}", label.0),
            proc_macro2::Span::call_site(),
        )
    }

    fn lifetime(&self, label: LabelId, default: &str) -> syn::Lifetime {
        let given = self
            .function
            .labels
            .get(label.0 as usize)
            .cloned()
            .flatten();
        let name = match given {
            Some(name) => {
                let name = crate::emit::names::snake(&name);
                let same = self
                    .function
                    .labels
                    .iter()
                    .take(label.0 as usize)
                    .flatten()
                    .any(|other| crate::emit::names::snake(other) == name);
                if same || is_reserved(&name) {
                    format!("{name}_{}", label.0)
                } else {
                    name
                }
            }
            None => format!("{default}_{}", label.0),
        };
        syn::Lifetime::new(&format!("'{name}"), proc_macro2::Span::call_site())
    }
}

fn is_reserved(name: &str) -> bool {
    name == "static" || name == "_" || names::is_keyword(name)
}

pub(super) fn loads(expr: &Expr, local: LocalId) -> bool {
    matches!(&expr.kind, ExprKind::Load(place)
        if matches!(place.kind, PlaceKind::Local(id) if id == local) && !place.volatile)
}

/// Whether a variable's element is taken by the counter.
fn indexes_variable(stmts: &[Stmt], local: LocalId) -> bool {
    struct Finder(LocalId, bool);
    impl Visit for Finder {
        fn place(&mut self, place: &Place) {
            if let PlaceKind::Index(base, index) = &place.kind {
                let of_variable = match &base.kind {
                    PlaceKind::Local(_) | PlaceKind::Global(_) => true,
                    PlaceKind::Deref(pointer) => pointers::loaded_local(pointer).is_some(),
                    _ => false,
                };
                self.1 |= of_variable && loads(index.peeled(), self.0);
            }
            self.place_parts(place);
        }
    }
    let mut finder = Finder(local, false);
    stmts.iter().for_each(|s| finder.stmt(s));
    finder.1
}

/// The end of a loop as a number of the counter's type.
fn limit_of(limit: &Expr, ty: &Ty) -> Expr {
    if limit.ty == *ty {
        return limit.clone();
    }
    Expr {
        kind: ExprKind::Cast(Box::new(limit.clone())),
        ty: ty.clone(),
        ..limit.clone()
    }
}

/// By how much the one statement of `step` moves the counter.
fn stepped(step: &[Stmt], local: LocalId) -> Option<i128> {
    let [
        Stmt {
            kind: StmtKind::AssignOp(place, op, value),
            ..
        },
    ] = step
    else {
        return None;
    };
    if !matches!(place.kind, PlaceKind::Local(id) if id == local)
        || !matches!(place.ty, Ty::Int { .. })
    {
        return None;
    }
    let ExprKind::Int(n) = value.kind else {
        return None;
    };
    match op {
        BinaryOp::Add if n == 1 || n == -1 => Some(n),
        BinaryOp::Sub if n == 1 => Some(-1),
        _ => None,
    }
}

/// Whether statements may change a variable.
pub(super) fn writes(stmts: &[Stmt], local: LocalId) -> bool {
    assigns(stmts, local) || stmts.iter().any(|stmt| declare::takes_address(stmt, local))
}

/// Whether statements give a variable a value.
pub(super) fn assigns(stmts: &[Stmt], local: LocalId) -> bool {
    struct Assigns(LocalId, bool);
    impl Visit for Assigns {
        fn stmt(&mut self, stmt: &Stmt) {
            if let StmtKind::Assign(place, _)
            | StmtKind::AssignOp(place, ..)
            | StmtKind::Barrier(Some(place)) = &stmt.kind
            {
                self.1 |= declare::base_local(place) == Some(self.0);
            }
            if let StmtKind::Asm(asm) = &stmt.kind {
                let mut outputs = asm.outputs.iter();
                self.1 |= outputs.any(|(place, _)| declare::base_local(place) == Some(self.0));
            }
            self.stmt_parts(stmt);
        }
    }
    let mut finder = Assigns(local, false);
    stmts.iter().for_each(|s| finder.stmt(s));
    finder.1
}

/// Whether there are statements in an expression.
pub(super) fn has_statements(expr: &Expr) -> bool {
    struct Finder(bool);
    impl Visit for Finder {
        fn stmt(&mut self, _: &Stmt) {
            self.0 = true;
        }
    }
    let mut finder = Finder(false);
    finder.expr(expr);
    finder.0
}

fn declare_mentions(stmts: &[Stmt], local: LocalId) -> bool {
    stmts.iter().any(|s| declare::mentions(s, local))
}
