//! Atomic operations: `__sync_fetch_and_add`, `__atomic_…` and their kin.

use super::{
    Lowered,
    body::Body,
    build::{expr, int, load},
    builtins::nothing,
    codes,
    place::deref,
    simplify,
};
use crate::{
    c::{tree::Expr as CExpr, types::Kind},
    diag::Diagnostic,
    ir::{
        body::{AtomicOp, BinaryOp, CompareOp, Expr, ExprKind, StmtKind},
        ty::Ty,
    },
};

/// What a builtin gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gives {
    Old,
    New,
    /// Whether the exchange happened.
    Success,
    Nothing,
}

impl<'a> Body<'_, 'a> {
    /// The operation that `name` is, if it is one.
    pub(super) fn atomic(
        &mut self,
        e: &'a CExpr,
        name: &str,
        args: &'a [CExpr],
    ) -> Lowered<Option<Expr>> {
        match name {
            "__atomic_compare_exchange_n" => return self.compare_exchange(e, args).map(Some),
            "__atomic_signal_fence" => {
                self.push(StmtKind::Barrier(None), e.span);
                return Ok(Some(nothing(e)));
            }
            _ => {}
        }
        let Some((op, gives)) = operation(name) else {
            return Ok(None);
        };
        let Some((target, values)) = args.split_first() else {
            return self.unsupported(e, "this number of arguments");
        };
        let Kind::Pointer(to) = &target.ty.kind else {
            return self.unsupported(e, "an atomic operation on something that isn't a pointer");
        };
        let ty = self.ty(to);
        let bits = match &ty {
            Ty::Int { bits, .. } => *bits,
            Ty::Pointer { .. } => 64,
            Ty::Enum(_) => 32,
            _ => 0,
        };
        let small = matches!(op, AtomicOp::Load | AtomicOp::Store);
        if !(bits == 32 || bits == 64 || small && (bits == 8 || bits == 16)) {
            return self.refuse(
                codes::ATOMIC,
                e.span,
                "BPF has atomic operations on 32 and 64 bits only",
            );
        }
        let wanted = match op {
            AtomicOp::Load => 0,
            _ if name == RELEASE => 0,
            AtomicOp::CompareExchange => 2,
            _ => 1,
        };
        let Some(values) = values.get(..wanted) else {
            return self.unsupported(e, "this number of arguments");
        };
        let mut pointer = self.expr(target)?;
        let ty = match ty {
            // What is added to a pointer is bytes.
            Ty::Pointer { .. } => {
                let word = Ty::unsigned(64);
                let to = Ty::Pointer {
                    to: Box::new(word.clone()),
                    mutable: true,
                };
                pointer = self.cast(pointer, &to);
                word
            }
            ty => ty,
        };
        let mut operands = Vec::with_capacity(wanted);
        for value in values {
            let mut before: Vec<&Expr> = operands.iter().collect();
            before.push(&pointer);
            let value = self.operand(&before, |body| body.expr(value))?;
            operands.push(self.cast(value, &ty));
        }
        if name == RELEASE {
            operands.push(int(0, ty.clone(), e.span));
        }
        let second = operands.first().cloned();
        let atomic = |operands| {
            expr(
                ExprKind::Atomic(op, Box::new(pointer.clone()), operands),
                ty.clone(),
                e.span,
            )
        };
        let value = match (gives, second) {
            (Gives::New, Some(second)) => {
                let second = if super::purity::is_pure(&second) {
                    second
                } else {
                    self.temporary("value", second)
                };
                let mut operands = operands;
                if let Some(first) = operands.first_mut() {
                    *first = second.clone();
                }
                simplify::binary(applied(op), atomic(operands), second)
            }
            (Gives::Success, Some(expected)) => {
                simplify::compare(&self.cx.object, CompareOp::Eq, atomic(operands), expected)
            }
            _ => atomic(operands),
        };
        if gives == Gives::Nothing {
            self.drop_value(value);
            return Ok(Some(nothing(e)));
        }
        let ty = self.ty(&e.ty);
        Ok(Some(match ty {
            Ty::Unit => value,
            _ => self.cast(value, &ty),
        }))
    }

    /// An `_Atomic` object isn't read or written by its name: BPF has no loads and stores that are
    /// sequentially consistent (nor does clang make any of them).
    pub(super) fn require_plain(&mut self, place: &CExpr) -> Lowered<()> {
        if !place.ty.atomic {
            return Ok(());
        }
        let message = "BPF has no sequentially consistent loads and stores";
        let advice = "use atomic_load_explicit or atomic_store_explicit with another memory order";
        let diagnostic = Diagnostic::error(codes::ATOMIC, place.span, message);
        self.refuse_with(diagnostic.help(advice))
    }

    /// `__atomic_compare_exchange_n(target, expected, desired, weak, order, order)`: what was found
    /// lies at `expected` then.
    fn compare_exchange(&mut self, e: &'a CExpr, args: &'a [CExpr]) -> Lowered<Expr> {
        let [target, expected, desired, ..] = args else {
            return self.unsupported(e, "this number of arguments");
        };
        let Kind::Pointer(to) = &target.ty.kind else {
            return self.unsupported(e, "an atomic operation on something that isn't a pointer");
        };
        let ty = self.ty(to);
        if !matches!(ty, Ty::Int { bits: 32 | 64, .. }) {
            return self.refuse(
                codes::ATOMIC,
                e.span,
                "BPF exchanges numbers of 32 and 64 bits only",
            );
        }
        let pointer = self.expr(target)?;
        let expected = self.operand(&[&pointer], |body| body.expr(expected))?;
        let desired = self.operand(&[&pointer, &expected], |body| body.expr(desired))?;
        let desired = self.cast(desired, &ty);
        let place = self.stable(deref(expected, ty.clone(), false));
        let wanted = self.temporary("wanted", load(place.clone(), e.span));
        let operands = vec![wanted.clone(), desired];
        let exchange = ExprKind::Atomic(AtomicOp::CompareExchange, Box::new(pointer), operands);
        let found = self.temporary("found", expr(exchange, ty, e.span));
        self.store(place, found.clone(), e.span);
        let same = simplify::compare(&self.cx.object, CompareOp::Eq, found, wanted);
        let ty = self.ty(&e.ty);
        Ok(self.cast(same, &ty))
    }
}

/// Stores 0.
const RELEASE: &str = "__sync_lock_release";

fn operation(name: &str) -> Option<(AtomicOp, Gives)> {
    use Gives::{New, Nothing, Old, Success};
    Some(match name {
        "__sync_fetch_and_add" | "__atomic_fetch_add" => (AtomicOp::Add, Old),
        "__sync_fetch_and_sub" | "__atomic_fetch_sub" => (AtomicOp::Sub, Old),
        "__sync_fetch_and_and" | "__atomic_fetch_and" => (AtomicOp::And, Old),
        "__sync_fetch_and_or" | "__atomic_fetch_or" => (AtomicOp::Or, Old),
        "__sync_fetch_and_xor" | "__atomic_fetch_xor" => (AtomicOp::Xor, Old),
        "__sync_add_and_fetch" | "__atomic_add_fetch" => (AtomicOp::Add, New),
        "__sync_sub_and_fetch" | "__atomic_sub_fetch" => (AtomicOp::Sub, New),
        "__sync_and_and_fetch" | "__atomic_and_fetch" => (AtomicOp::And, New),
        "__sync_or_and_fetch" | "__atomic_or_fetch" => (AtomicOp::Or, New),
        "__sync_xor_and_fetch" | "__atomic_xor_fetch" => (AtomicOp::Xor, New),
        "__sync_lock_test_and_set" | "__atomic_exchange_n" => (AtomicOp::Exchange, Old),
        "__sync_val_compare_and_swap" => (AtomicOp::CompareExchange, Old),
        "__sync_bool_compare_and_swap" => (AtomicOp::CompareExchange, Success),
        "__atomic_load_n" => (AtomicOp::Load, Old),
        "__atomic_store_n" | RELEASE => (AtomicOp::Store, Nothing),
        _ => return None,
    })
}

/// The operator by which the new value follows from the old one.
const fn applied(op: AtomicOp) -> BinaryOp {
    match op {
        AtomicOp::Sub => BinaryOp::Sub,
        AtomicOp::And => BinaryOp::BitAnd,
        AtomicOp::Or => BinaryOp::BitOr,
        AtomicOp::Xor => BinaryOp::BitXor,
        _ => BinaryOp::Add,
    }
}
