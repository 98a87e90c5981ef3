//! Looks through the statements and expressions of a C function.

use crate::c::tree::{Block, Expr, ExprKind, Init, Stmt, StmtKind};

/// Calls `look` with every expression below `stmt`, outer ones first.
pub(crate) fn exprs_of_stmt<'a>(stmt: &'a Stmt, look: &mut dyn FnMut(&'a Expr)) {
    stmts(stmt, &mut |stmt| own_exprs(stmt, look));
}

/// Calls `look` with every expression below a block, outer ones first.
pub(crate) fn exprs_of_block<'a>(block: &'a Block, look: &mut dyn FnMut(&'a Expr)) {
    for stmt in &block.stmts {
        exprs_of_stmt(stmt, look);
    }
}

/// Calls `look` with `stmt` and every statement below it, those in statement expressions apart.
pub(crate) fn stmts<'a>(stmt: &'a Stmt, look: &mut dyn FnMut(&'a Stmt)) {
    look(stmt);
    match &stmt.kind {
        StmtKind::Block(block) => {
            for inner in &block.stmts {
                stmts(inner, look);
            }
        }
        StmtKind::If(_, then, other) => {
            stmts(then, look);
            if let Some(other) = other {
                stmts(other, look);
            }
        }
        StmtKind::While(_, body)
        | StmtKind::DoWhile(body, _)
        | StmtKind::Switch(_, body)
        | StmtKind::Case(_, _, body)
        | StmtKind::Default(body)
        | StmtKind::Label(_, body) => stmts(body, look),
        StmtKind::For { init, body, .. } => {
            for inner in init {
                stmts(inner, look);
            }
            stmts(body, look);
        }
        StmtKind::Local(..)
        | StmtKind::Expr(_)
        | StmtKind::Break
        | StmtKind::Continue
        | StmtKind::Return(_)
        | StmtKind::Goto(_)
        | StmtKind::Asm(_)
        | StmtKind::Empty => {}
    }
}

/// The expressions of one statement, without those of the statements in it.
fn own_exprs<'a>(stmt: &'a Stmt, look: &mut dyn FnMut(&'a Expr)) {
    match &stmt.kind {
        StmtKind::Local(_, Some(init)) => exprs_of_init(init, look),
        StmtKind::Expr(expr)
        | StmtKind::If(expr, _, _)
        | StmtKind::While(expr, _)
        | StmtKind::DoWhile(_, expr)
        | StmtKind::Switch(expr, _)
        | StmtKind::Return(Some(expr)) => exprs(expr, look),
        StmtKind::For { cond, step, .. } => {
            for expr in [cond, step].into_iter().flatten() {
                exprs(expr, look);
            }
        }
        StmtKind::Asm(asm) => {
            for (_, _, expr) in asm.outputs.iter().chain(&asm.inputs) {
                exprs(expr, look);
            }
        }
        _ => {}
    }
}

/// The expressions of an initialiser.
pub(crate) fn exprs_of_init<'a>(init: &'a Init, look: &mut dyn FnMut(&'a Expr)) {
    match init {
        Init::Expr(expr) => exprs(expr, look),
        Init::List(parts) => {
            for part in parts {
                exprs_of_init(&part.value, look);
            }
        }
        Init::Str(..) => {}
    }
}

/// Calls `look` with `expr` and every expression in it.
pub(crate) fn exprs<'a>(expr: &'a Expr, look: &mut dyn FnMut(&'a Expr)) {
    look(expr);
    match &expr.kind {
        ExprKind::Unary(_, a)
        | ExprKind::Not(a)
        | ExprKind::Deref(a)
        | ExprKind::Member(a, _, _)
        | ExprKind::AddressOf(a)
        | ExprKind::Decay(a)
        | ExprKind::Cast { value: a, .. }
        | ExprKind::IncDec { target: a, .. } => exprs(a, look),
        ExprKind::Binary(_, a, b)
        | ExprKind::PointerAdd(a, b)
        | ExprKind::PointerSub(a, b)
        | ExprKind::PointerDiff(a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Elvis(a, b)
        | ExprKind::Comma(a, b)
        | ExprKind::Assign(a, b)
        | ExprKind::Index(a, b)
        | ExprKind::CompoundAssign {
            target: a,
            value: b,
            ..
        } => {
            exprs(a, look);
            exprs(b, look);
        }
        ExprKind::Conditional(a, b, c) => {
            exprs(a, look);
            exprs(b, look);
            exprs(c, look);
        }
        ExprKind::Call(callee, args) => {
            exprs(callee, look);
            for arg in args {
                exprs(arg, look);
            }
        }
        ExprKind::Builtin(_, args) => {
            for arg in args {
                exprs(arg, look);
            }
        }
        ExprKind::CompoundLiteral(init) => exprs_of_init(init, look),
        ExprKind::StmtExpr(block) => exprs_of_block(block, look),
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Str(_)
        | ExprKind::EnumConstant(..)
        | ExprKind::Local(_)
        | ExprKind::Variable(_)
        | ExprKind::Function(_)
        | ExprKind::SizeOf(..)
        | ExprKind::OffsetOf(..) => {}
    }
}

/// `expr` without the conversions around it.
pub(crate) fn peel(mut expr: &Expr) -> &Expr {
    while let ExprKind::Cast { value, .. } = &expr.kind {
        expr = value;
    }
    expr
}
