//! `_Atomic` objects: what an operator does to one happens at once (C11 6.5.16.2).

use super::{
    codes, describe,
    expr::builtin_expr,
    sema::{Checked, Sema, pointer_to, unqualified},
    tree::{BinaryOp, Expr, ExprKind},
};
use crate::source::span::Span;

/// How the builtins begin that `<stdatomic.h>` is made of.
pub(super) const C11: &str = "__c11_atomic_";

/// Which value the operator gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// That before.
    Old,
    /// That after.
    New,
}

impl Sema<'_> {
    /// `target op= value`, as the builtin that does it.
    pub(super) fn atomic_update(
        &mut self,
        op: BinaryOp,
        target: Expr,
        value: Expr,
        gives: Gives,
        span: Span,
    ) -> Checked<Expr> {
        let word = match op {
            BinaryOp::Add => "add",
            BinaryOp::Sub => "sub",
            BinaryOp::BitAnd => "and",
            BinaryOp::BitOr => "or",
            BinaryOp::BitXor => "xor",
            _ => "",
        };
        let numbers = self.is_integer(&target.ty) && self.is_integer(&value.ty);
        if word.is_empty() || !numbers {
            let described = describe::ty(&self.tree.types, &target.ty);
            let message = format!("BPF has no instruction that does this to `{described}`");
            return Err(self.error(codes::UNSUPPORTED, span, message));
        }
        let name = match gives {
            Gives::Old => format!("__sync_fetch_and_{word}"),
            Gives::New => format!("__sync_{word}_and_fetch"),
        };
        let ty = unqualified(&target.ty);
        let value = self.implicit(value, &ty);
        let at = target.span;
        let pointer = Expr {
            ty: pointer_to(ty.clone()),
            kind: ExprKind::AddressOf(Box::new(target)),
            span: at,
            macro_name: None,
        };
        Ok(builtin_expr(&name, vec![pointer, value], ty, span))
    }

    /// An operation that `<stdatomic.h>` is made of, through GCC's builtin for the same.
    pub(super) fn c11_atomic(
        &mut self,
        operation: &str,
        mut args: Vec<Expr>,
        span: Span,
    ) -> Checked<Expr> {
        let name = match operation {
            "init" => "__atomic_store_n".to_owned(),
            "load" | "store" | "exchange" => format!("__atomic_{operation}_n"),
            "compare_exchange_strong" | "compare_exchange_weak" => {
                let is_weak = self.int(i128::from(operation.ends_with("weak")), span);
                args.insert(args.len().min(3), is_weak);
                "__atomic_compare_exchange_n".to_owned()
            }
            _ => format!("__atomic_{operation}"),
        };
        self.known_builtin(&name, args, span)
    }

    /// A form whose operands lie in memory, through `by_value`, the form that takes them as values.
    pub(super) fn atomic_in_memory(
        &mut self,
        by_value: &str,
        mut args: Vec<Expr>,
        span: Span,
    ) -> Checked<Expr> {
        let (operand, result, count) = match by_value {
            "__atomic_load_n" => (None, Some(1), 3),
            "__atomic_store_n" => (Some(1), None, 3),
            "__atomic_exchange_n" => (Some(1), Some(2), 4),
            _ => (Some(2), None, 6),
        };
        if args.len() != count {
            let message = format!("this takes {count} arguments, not {}", args.len());
            return Err(self.error(codes::ARGUMENT_COUNT, span, message));
        }
        let result = result.map(|at| args.remove(at));
        if let Some(operand) = operand.and_then(|at| args.get_mut(at)) {
            let pointer = self.rvalue(operand.clone());
            *operand = self.deref(pointer)?;
        }
        let value = self.known_builtin(by_value, args, span)?;
        let Some(result) = result else {
            return Ok(value);
        };
        let pointer = self.rvalue(result);
        let target = self.deref(pointer)?;
        self.assignment(target, value, span)
    }
}

/// The form of the builtin `name` that takes and gives values, if that has its own in memory.
pub(super) fn by_value(name: &str) -> Option<&'static str> {
    Some(match name {
        "__atomic_load" => "__atomic_load_n",
        "__atomic_store" => "__atomic_store_n",
        "__atomic_exchange" => "__atomic_exchange_n",
        "__atomic_compare_exchange" => "__atomic_compare_exchange_n",
        _ => return None,
    })
}
