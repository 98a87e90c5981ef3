//! Replaces local variables in statements.

use super::body::{Block, Expr, ExprKind, Init, LocalId, Place, PlaceKind, Stmt, StmtKind};

/// Puts `to` where `from` stands, in declarations too.
pub fn rename_local(stmts: &mut [Stmt], from: LocalId, to: LocalId) {
    let mut rename = |local: &mut LocalId| {
        if *local == from {
            *local = to;
        }
    };
    for stmt in stmts {
        each_local(stmt, &mut rename);
    }
}

fn each_local(stmt: &mut Stmt, f: &mut dyn FnMut(&mut LocalId)) {
    match &mut stmt.kind {
        StmtKind::Let(local, init) => {
            f(local);
            if let Some(init) = init {
                in_init(init, f);
            }
        }
        StmtKind::Assign(place, value) | StmtKind::AssignOp(place, _, value) => {
            in_place(place, f);
            in_expr(value, f);
        }
        StmtKind::Expr(expr) => in_expr(expr, f),
        StmtKind::Block(_, block) => in_block(block, f),
        StmtKind::If(cond, then, other) => {
            in_expr(cond, f);
            in_block(then, f);
            if let Some(other) = other {
                in_block(other, f);
            }
        }
        StmtKind::Loop {
            cond, body, step, ..
        } => {
            if let Some(cond) = cond {
                in_expr(cond, f);
            }
            in_block(body, f);
            step.iter_mut().for_each(|s| each_local(s, f));
        }
        StmtKind::Switch {
            value,
            arms,
            default,
            ..
        } => {
            in_expr(value, f);
            for arm in arms {
                in_block(&mut arm.body, f);
            }
            if let Some(default) = default {
                in_block(default, f);
            }
        }
        StmtKind::Return(value) => {
            if let Some(value) = value {
                in_expr(value, f);
            }
        }
        StmtKind::Barrier(place) => {
            if let Some(place) = place {
                in_place(place, f);
            }
        }
        StmtKind::Break(_) | StmtKind::Continue(_) | StmtKind::Unreachable => {}
    }
}

fn in_block(block: &mut Block, f: &mut dyn FnMut(&mut LocalId)) {
    block.stmts.iter_mut().for_each(|s| each_local(s, f));
}

fn in_place(place: &mut Place, f: &mut dyn FnMut(&mut LocalId)) {
    match &mut place.kind {
        PlaceKind::Local(local) => f(local),
        PlaceKind::Global(_) => {}
        PlaceKind::Deref(pointer) => in_expr(pointer, f),
        PlaceKind::Field(base, ..) => in_place(base, f),
        PlaceKind::Index(base, index) => {
            in_place(base, f);
            in_expr(index, f);
        }
        PlaceKind::Temporary(init) => in_init(init, f),
    }
}

fn in_init(init: &mut Init, f: &mut dyn FnMut(&mut LocalId)) {
    match init {
        Init::Zero | Init::Bytes(_) => {}
        Init::Expr(expr) => in_expr(expr, f),
        Init::Record(parts) => parts.iter_mut().for_each(|(_, part)| in_init(part, f)),
        Init::Array(parts) => parts.iter_mut().for_each(|(_, part)| in_init(part, f)),
    }
}

fn in_expr(expr: &mut Expr, f: &mut dyn FnMut(&mut LocalId)) {
    match &mut expr.kind {
        ExprKind::Int(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::Constant(_)
        | ExprKind::EnumConstant(..)
        | ExprKind::SizeOf(_)
        | ExprKind::OffsetOf(..)
        | ExprKind::Map(_)
        | ExprKind::Function(_)
        | ExprKind::CoreValue(_) => {}
        ExprKind::Load(place) | ExprKind::AddressOf(place) | ExprKind::Decay(place) => {
            in_place(place, f);
        }
        ExprKind::Unary(_, a)
        | ExprKind::Not(a)
        | ExprKind::Cast(a)
        | ExprKind::ProbeRead(_, a)
        | ExprKind::CoreAddress(a, _)
        | ExprKind::CoreBitfield(a, ..)
        | ExprKind::Register(a, ..)
        | ExprKind::SyscallRegisters(a) => in_expr(a, f),
        ExprKind::Binary(_, a, b)
        | ExprKind::Offset(a, b)
        | ExprKind::Distance(a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b) => {
            in_expr(a, f);
            in_expr(b, f);
        }
        ExprKind::Conditional(a, b, c) => {
            in_expr(a, f);
            in_expr(b, f);
            in_expr(c, f);
        }
        ExprKind::Block(stmts, value) => {
            stmts.iter_mut().for_each(|s| each_local(s, f));
            in_expr(value, f);
        }
        ExprKind::Call(_, args)
        | ExprKind::Helper(_, _, args)
        | ExprKind::Printk(_, args)
        | ExprKind::Builtin(_, args)
        | ExprKind::Asm(_, args) => args.iter_mut().for_each(|e| in_expr(e, f)),
        ExprKind::Snprintf(to, size, _, args) => {
            in_expr(to, f);
            in_expr(size, f);
            args.iter_mut().for_each(|e| in_expr(e, f));
        }
        ExprKind::SeqPrintf(seq, _, args) | ExprKind::Atomic(_, seq, args) => {
            in_expr(seq, f);
            args.iter_mut().for_each(|e| in_expr(e, f));
        }
    }
}
