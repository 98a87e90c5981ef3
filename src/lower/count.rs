//! `bpf_for` and `bpf_repeat` as plain loops: in the kernel they are iterators, whose functions Aya
//! can't call.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Lowered,
    body::Body,
    build::expr,
    c_walk::{self, peel},
    codes, purity,
};
use crate::{
    c::tree::{
        Block as CBlock, Expr as CExpr, ExprKind as CKind, LocalId as CLocalId, Stmt as CStmt,
        StmtKind as CStmtKind,
    },
    diag::Diagnostic,
    ir::{
        GlobalKind, Object,
        body::{
            BinaryOp, Block, CompareOp, Expr, ExprKind, Init, LocalId, Place, PlaceKind, Stmt,
            StmtKind,
        },
        constant,
        ty::Ty,
        walk::{Visit, VisitMut},
    },
    source::{markers as m, span::Span},
};

impl<'a> Body<'_, 'a> {
    /// Whether there is a number left: `__c2aya_for(number, end)`.
    pub(super) fn counts(&mut self, e: &'a CExpr, args: &'a [CExpr]) -> Lowered<Expr> {
        let [number, end] = args else {
            return self.refuse(codes::OPEN_CODED_ITERATOR, e.span, "this counts to nowhere");
        };
        let int = Ty::signed(32);
        let number = self.expr(number)?;
        let end = self.expr(end)?;
        let (number, end) = (self.cast(number, &int), self.cast(end, &int));
        self.warnings.push(
            Diagnostic::warning(
                codes::PLAIN_LOOP,
                e.span,
                "this becomes a plain loop, of which the verifier walks every turn",
            )
            .help("where those are too many, make its body a function for bpf_loop"),
        );
        let compared = ExprKind::Compare(CompareOp::Lt, Box::new(number), Box::new(end));
        Ok(self.cast(expr(compared, Ty::Bool, e.span), &int))
    }

    /// Makes the head of such a loop what the iterator does, `first` being what sets the user's
    /// variable: that variable counts itself where nothing can tell, which is given back.
    ///
    /// The iterator is given its end once, and takes no turn where there would be too many.
    pub(super) fn settle_count(
        &mut self,
        span: Span,
        cond: &mut Expr,
        first: &[Stmt],
        body: &Block,
    ) -> Lowered<Option<Number>> {
        let ExprKind::Compare(_, turn, end) = &mut cond.kind else {
            return Ok(None);
        };
        if !purity::unmoved_by(end, &body.stmts, &self.addressed)
            && !is_option(&self.cx.object, end)
        {
            return self.refuse(
                codes::OPEN_CODED_ITERATOR,
                span,
                "the end of this loop may change while it runs, which an iterator of the kernel doesn't see",
            );
        }
        let ExprKind::Load(place) = &turn.kind else {
            return Ok(None);
        };
        let PlaceKind::Local(counter) = place.kind else {
            return Ok(None);
        };
        let start = self.out.last().and_then(|stmt| match &stmt.kind {
            StmtKind::Let(local, Some(Init::Expr(start))) if *local == counter => Some(start),
            _ => None,
        });
        let number = |expr: &Expr| constant::number(&self.cx.object, expr);
        let ends = start.and_then(number).zip(number(end));
        match ends {
            Some((start, end)) if end <= start => {
                self.out.pop();
                cond.kind = ExprKind::Bool(false);
                return Ok(None);
            }
            Some((start, end)) if end - start <= MOST_TURNS => {}
            _ => {
                let whole = self.temporary("end", (**end).clone());
                let wide = Ty::signed(64);
                let wider = |value: &Expr| Box::new(self.cast(value.clone(), &wide));
                let turns = ExprKind::Binary(BinaryOp::Sub, wider(&whole), wider(turn));
                let turns = expr(turns, wide.clone(), Some(span));
                let most = expr(ExprKind::Int(MOST_TURNS), wide.clone(), Some(span));
                let few = ExprKind::Compare(CompareOp::Le, Box::new(turns), Box::new(most));
                let few = Box::new(expr(few, Ty::Bool, Some(span)));
                let kind = ExprKind::Conditional(few, Box::new(whole), turn.clone());
                **end = self.temporary("end", expr(kind, Ty::signed(32), Some(span)));
            }
        }
        Ok(self.own_number(counter, first, body))
    }

    /// The user's variable, if it can count by itself in place of `counter`.
    fn own_number(&mut self, counter: LocalId, first: &[Stmt], body: &Block) -> Option<Number> {
        let [
            Stmt {
                kind: StmtKind::Assign(place, value),
                ..
            },
        ] = first
        else {
            return None;
        };
        let (PlaceKind::Local(number), ExprKind::Load(from)) = (&place.kind, &value.kind) else {
            return None;
        };
        let number = Number {
            counter,
            number: *number,
        };
        let same = from.kind == PlaceKind::Local(counter)
            && !place.volatile
            && self.loop_numbers.contains(&number.number)
            && purity::unmoved_by(
                &expr(
                    ExprKind::Load(Box::new(place.clone())),
                    place.ty.clone(),
                    None,
                ),
                &body.stmts,
                &self.addressed,
            );
        if !same {
            return None;
        }
        for stmt in &mut self.out {
            number.clone().stmt(stmt);
            if let StmtKind::Let(local, Some(Init::Expr(start))) = &stmt.kind
                && *local == number.number
            {
                stmt.kind = StmtKind::Assign(place.clone(), start.clone());
            }
        }
        Some(number)
    }
}

/// The most turns that the kernel's iterator takes (`BPF_MAX_LOOPS` in `include/linux/bpf.h`).
const MOST_TURNS: i128 = 8 << 20;

/// A variable of the user's that counts in place of our own.
#[derive(Clone)]
pub(super) struct Number {
    counter: LocalId,
    number: LocalId,
}

impl Number {
    /// In the head of the loop.
    pub(super) fn put_in_place(mut self, cond: Option<&mut Expr>, step: &mut Vec<Stmt>) {
        if let Some(cond) = cond {
            self.expr(cond);
        }
        self.stmts(step);
    }
}

impl VisitMut for Number {
    fn local(&mut self, local: &mut LocalId) {
        if *local == self.counter {
            *local = self.number;
        }
    }
}

/// Variables of which every mention lies in loops that set them first: nobody reads what a loop leaves
/// in them.
pub(super) fn loop_numbers(block: &CBlock) -> BTreeSet<LocalId> {
    let mut mentions: BTreeMap<CLocalId, usize> = BTreeMap::new();
    c_walk::exprs_of_block(block, &mut |expr| {
        if let CKind::Local(local) = expr.kind {
            *mentions.entry(local).or_default() += 1;
        }
    });
    let mut inside: BTreeMap<CLocalId, usize> = BTreeMap::new();
    for stmt in &block.stmts {
        c_walk::stmts(stmt, &mut |stmt| {
            if let Some(number) = number_of(stmt) {
                c_walk::exprs_of_stmt(stmt, &mut |expr| {
                    if matches!(expr.kind, CKind::Local(local) if local == number) {
                        *inside.entry(number).or_default() += 1;
                    }
                });
            }
        });
    }
    // In loops in each other they are counted more often.
    inside.retain(|local, count| mentions.get(local) == Some(count));
    inside.into_keys().map(|local| LocalId(local.0)).collect()
}

/// The variable that a `for` sets in its head.
fn number_of(stmt: &CStmt) -> Option<CLocalId> {
    let CStmtKind::For { init, cond, .. } = &stmt.kind else {
        return None;
    };
    let set = |expr: &CExpr| match &peel(expr).kind {
        CKind::Assign(target, _) => match target.kind {
            CKind::Local(local) => Some(local),
            _ => None,
        },
        _ => None,
    };
    let first = init.first().and_then(|stmt| match &stmt.kind {
        CStmtKind::Expr(expr) => set(expr),
        _ => None,
    });
    first.or_else(|| {
        let cond = cond.as_ref().filter(|cond| is_count(cond))?;
        let CKind::And(_, then) = &peel(cond).kind else {
            return None;
        };
        let mut found = None;
        c_walk::exprs(then, &mut |expr| found = found.or(set(expr)));
        found
    })
}

/// Takes out what is done where a condition is true, to be done first behind it:
/// `while (a && (s, 1))` is `while (a) { s; … }`.
pub(super) fn effects_of_truth(cond: &mut Expr) -> Vec<Stmt> {
    let ExprKind::And(first, second) = &mut cond.kind else {
        return Vec::new();
    };
    let ExprKind::Block(stmts, value) = &mut second.kind else {
        return Vec::new();
    };
    if !matches!(value.kind, ExprKind::Bool(true)) {
        return Vec::new();
    }
    let stmts = std::mem::take(stmts);
    let first = std::mem::replace(&mut first.kind, ExprKind::Bool(true));
    cond.kind = first;
    stmts
}

/// Whether a condition is that of `bpf_for` or `bpf_repeat`.
pub(super) fn is_count(cond: &CExpr) -> bool {
    match &peel(cond).kind {
        CKind::And(first, _) => is_count(first),
        CKind::Builtin(name, _) => matches!(name.as_ref(), m::FOR | m::REPEAT),
        _ => false,
    }
}

/// Whether all that is read of memory are values that the loader set.
fn is_option(object: &Object, value: &Expr) -> bool {
    struct Look<'o>(&'o Object, bool);
    impl Visit for Look<'_> {
        fn place(&mut self, place: &Place) {
            self.1 &= match place.kind {
                PlaceKind::Global(id) => {
                    let global = self.0.globals.get(id.0 as usize);
                    global.is_some_and(|global| {
                        matches!(
                            global.kind,
                            GlobalKind::Option | GlobalKind::Constant | GlobalKind::Kconfig
                        )
                    })
                }
                PlaceKind::Field(..) => true,
                _ => false,
            };
            self.place_parts(place);
        }

        fn expr(&mut self, expr: &Expr) {
            self.1 &= matches!(
                expr.kind,
                ExprKind::Load(_)
                    | ExprKind::Cast(_)
                    | ExprKind::Binary(..)
                    | ExprKind::Int(_)
                    | ExprKind::Constant(_)
            );
            self.expr_parts(expr);
        }
    }
    let mut look = Look(object, true);
    look.expr(value);
    look.1
}
