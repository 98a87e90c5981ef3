//! All calls of a file.

use std::collections::BTreeSet;

use crate::{
    c::tree::{Expr, ExprKind, FunctionId, Tree},
    lower::{c_walk, calls},
    source::span::Span,
};

/// A call.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// What is called: a helper or function by its name, libbpf's macros by that of their marker
    /// (`__c2aya_printk`), a builtin by its own (`__builtin_memcpy`).
    pub name: &'a str,
    /// The number of the helper that it is.
    pub helper: Option<u32>,
    /// The function that it is, helpers among them.
    pub callee: Option<FunctionId>,
    /// Where the name stands.
    pub name_span: Span,
    /// The arguments, converted to the parameters' types; see [`peel`](super::peel).
    pub args: &'a [Expr],
    /// The call.
    pub expr: &'a Expr,
    /// The function that it stands in.
    pub function: FunctionId,
}

/// The calls of all functions, in order; and which functions each of them names.
pub(super) fn find(tree: &Tree) -> (Vec<Call<'_>>, Vec<BTreeSet<FunctionId>>) {
    let mut found = Vec::new();
    let mut named = Vec::with_capacity(tree.functions.len());
    for (index, function) in (0..).zip(&tree.functions) {
        let mut own = BTreeSet::new();
        if let Some(body) = &function.body {
            c_walk::exprs_of_block(body, &mut |expr| {
                found.extend(call(tree, FunctionId(index), expr));
                if let ExprKind::Function(id) = expr.kind {
                    own.insert(id);
                }
            });
        }
        named.push(own);
    }
    (found, named)
}

fn call<'a>(tree: &'a Tree, function: FunctionId, expr: &'a Expr) -> Option<Call<'a>> {
    match &expr.kind {
        ExprKind::Call(callee, args) => {
            let id = calls::callee_of(callee)?;
            let called = tree.functions.get(id.0 as usize)?;
            Some(Call {
                name: &called.name,
                helper: calls::helper_id(called),
                callee: Some(id),
                name_span: callee.span,
                args,
                expr,
                function,
            })
        }
        ExprKind::Builtin(name, args) => Some(Call {
            name,
            helper: None,
            callee: None,
            name_span: expr.span,
            args,
            expr,
            function,
        }),
        _ => None,
    }
}
