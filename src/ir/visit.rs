//! Walks over what functions do.

use super::body::{Block, Expr, ExprKind, Init, Place, PlaceKind, Stmt, StmtKind};

/// Visits everything below a node, in order of evaluation as far as there is one; override what is
/// of interest, and call the `walk_` function to go on below.
#[allow(missing_docs, reason = "each visits what its name says")]
pub trait Visitor {
    fn stmt(&mut self, stmt: &Stmt) {
        walk_stmt(self, stmt);
    }
    fn expr(&mut self, expr: &Expr) {
        walk_expr(self, expr);
    }
    fn place(&mut self, place: &Place) {
        walk_place(self, place);
    }
    fn init(&mut self, init: &Init) {
        walk_init(self, init);
    }
}

/// Visits statements in order.
pub fn walk_stmts<V: Visitor + ?Sized>(visitor: &mut V, stmts: &[Stmt]) {
    for stmt in stmts {
        visitor.stmt(stmt);
    }
}

fn walk_block<V: Visitor + ?Sized>(visitor: &mut V, block: &Block) {
    walk_stmts(visitor, &block.stmts);
}

/// Visits the parts of a statement.
pub fn walk_stmt<V: Visitor + ?Sized>(visitor: &mut V, stmt: &Stmt) {
    match &stmt.kind {
        StmtKind::Let(_, init) => {
            if let Some(init) = init {
                visitor.init(init);
            }
        }
        StmtKind::Assign(place, value) | StmtKind::AssignOp(place, _, value) => {
            visitor.expr(value);
            visitor.place(place);
        }
        StmtKind::Expr(expr) => visitor.expr(expr),
        StmtKind::Block(_, block) => walk_block(visitor, block),
        StmtKind::If(cond, then, other) => {
            visitor.expr(cond);
            walk_block(visitor, then);
            if let Some(other) = other {
                walk_block(visitor, other);
            }
        }
        StmtKind::Loop {
            cond, body, step, ..
        } => {
            if let Some(cond) = cond {
                visitor.expr(cond);
            }
            walk_block(visitor, body);
            walk_stmts(visitor, step);
        }
        StmtKind::Switch {
            value,
            arms,
            default,
            ..
        } => {
            visitor.expr(value);
            for arm in arms {
                for (low, high) in &arm.values {
                    visitor.expr(low);
                    visitor.expr(high);
                }
                walk_block(visitor, &arm.body);
            }
            if let Some(default) = default {
                walk_block(visitor, default);
            }
        }
        StmtKind::Return(value) => {
            if let Some(value) = value {
                visitor.expr(value);
            }
        }
        StmtKind::Barrier(place) => {
            if let Some(place) = place {
                visitor.place(place);
            }
        }
        StmtKind::Break(_) | StmtKind::Continue(_) | StmtKind::Unreachable => {}
    }
}

/// Visits the parts of an expression.
pub fn walk_expr<V: Visitor + ?Sized>(visitor: &mut V, expr: &Expr) {
    match &expr.kind {
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
            visitor.place(place);
        }
        ExprKind::Unary(_, a)
        | ExprKind::Not(a)
        | ExprKind::Cast(a)
        | ExprKind::ProbeRead(_, a)
        | ExprKind::CoreAddress(a, _)
        | ExprKind::CoreBitfield(a, ..)
        | ExprKind::Register(a, ..)
        | ExprKind::SyscallRegisters(a) => visitor.expr(a),
        ExprKind::Binary(_, a, b)
        | ExprKind::Offset(a, b)
        | ExprKind::Distance(a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b) => {
            visitor.expr(a);
            visitor.expr(b);
        }
        ExprKind::Conditional(a, b, c) => {
            visitor.expr(a);
            visitor.expr(b);
            visitor.expr(c);
        }
        ExprKind::Block(stmts, value) => {
            walk_stmts(visitor, stmts);
            visitor.expr(value);
        }
        ExprKind::Call(_, args)
        | ExprKind::Helper(_, _, args)
        | ExprKind::Printk(_, args)
        | ExprKind::Builtin(_, args)
        | ExprKind::Asm(_, args) => walk_exprs(visitor, args),
        ExprKind::Snprintf(to, size, _, args) => {
            visitor.expr(to);
            visitor.expr(size);
            walk_exprs(visitor, args);
        }
        ExprKind::SeqPrintf(seq, _, args) | ExprKind::Atomic(_, seq, args) => {
            visitor.expr(seq);
            walk_exprs(visitor, args);
        }
    }
}

fn walk_exprs<V: Visitor + ?Sized>(visitor: &mut V, exprs: &[Expr]) {
    for expr in exprs {
        visitor.expr(expr);
    }
}

/// Visits the parts of a place.
pub fn walk_place<V: Visitor + ?Sized>(visitor: &mut V, place: &Place) {
    match &place.kind {
        PlaceKind::Local(_) | PlaceKind::Global(_) => {}
        PlaceKind::Deref(pointer) => visitor.expr(pointer),
        PlaceKind::Field(base, ..) => visitor.place(base),
        PlaceKind::Index(base, index) => {
            visitor.place(base);
            visitor.expr(index);
        }
        PlaceKind::Temporary(init) => visitor.init(init),
    }
}

/// Visits the parts of an initial value.
pub fn walk_init<V: Visitor + ?Sized>(visitor: &mut V, init: &Init) {
    match init {
        Init::Zero | Init::Bytes(_) => {}
        Init::Expr(expr) => visitor.expr(expr),
        Init::Record(parts) => {
            for (_, part) in parts {
                visitor.init(part);
            }
        }
        Init::Array(parts) => {
            for (_, part) in parts {
                visitor.init(part);
            }
        }
    }
}
