//! Walks over bodies: every statement, place and expression once, outer ones before inner ones.

use super::body::{
    Block, Expr, ExprKind, Function, Init, LocalId, Place, PlaceKind, Stmt, StmtKind,
};

macro_rules! visitor {
    ($(#[$doc:meta])* $Visit:ident, $($mutable:ident)?) => {
        $(#[$doc])*
        pub trait $Visit {
            /// A statement; the default goes on to its parts.
            fn stmt(&mut self, stmt: &$($mutable)? Stmt) {
                self.stmt_parts(stmt);
            }

            /// A place; the default goes on to its parts.
            fn place(&mut self, place: &$($mutable)? Place) {
                self.place_parts(place);
            }

            /// An expression; the default goes on to its parts.
            fn expr(&mut self, expr: &$($mutable)? Expr) {
                self.expr_parts(expr);
            }

            /// A mention of a local variable, by `Let` or as a place.
            fn local(&mut self, local: &$($mutable)? LocalId) {
                let _ = local;
            }

            /// All of a function's body.
            fn function(&mut self, function: &$($mutable)? Function) {
                self.stmts(&$($mutable)? function.body);
            }

            /// Statements in order.
            fn stmts(&mut self, stmts: &$($mutable)? Vec<Stmt>) {
                for stmt in stmts {
                    self.stmt(stmt);
                }
            }

            /// The statements of a block.
            fn block(&mut self, block: &$($mutable)? Block) {
                self.stmts(&$($mutable)? block.stmts);
            }

            /// The expressions of an initialiser.
            fn init(&mut self, init: &$($mutable)? Init) {
                match init {
                    Init::Zero | Init::Bytes(_) => {}
                    Init::Expr(expr) => self.expr(expr),
                    Init::Record(parts) => {
                        for (_, part) in parts {
                            self.init(part);
                        }
                    }
                    Init::Array(parts) => {
                        for (_, part) in parts {
                            self.init(part);
                        }
                    }
                }
            }

            /// What a statement consists of.
            fn stmt_parts(&mut self, stmt: &$($mutable)? Stmt) {
                match &$($mutable)? stmt.kind {
                    StmtKind::Let(local, init) => {
                        if let Some(init) = init {
                            self.init(init);
                        }
                        self.local(local);
                    }
                    StmtKind::Assign(place, value) | StmtKind::AssignOp(place, _, value) => {
                        self.place(place);
                        self.expr(value);
                    }
                    StmtKind::Expr(expr) => self.expr(expr),
                    StmtKind::Block(_, block) => self.block(block),
                    StmtKind::If(cond, then, other) => {
                        self.expr(cond);
                        self.block(then);
                        if let Some(other) = other {
                            self.block(other);
                        }
                    }
                    StmtKind::Loop { cond, body, step, .. } => {
                        if let Some(cond) = cond {
                            self.expr(cond);
                        }
                        self.block(body);
                        self.stmts(step);
                    }
                    StmtKind::Switch { value, arms, default, .. } => {
                        self.expr(value);
                        for arm in arms {
                            for (low, high) in &$($mutable)? arm.values {
                                self.expr(low);
                                self.expr(high);
                            }
                            self.block(&$($mutable)? arm.body);
                        }
                        if let Some(default) = default {
                            self.block(default);
                        }
                    }
                    StmtKind::Return(Some(value)) => self.expr(value),
                    StmtKind::Barrier(Some(place)) => self.place(place),
                    StmtKind::Asm(asm) => {
                        for (place, first) in &$($mutable)? asm.outputs {
                            if let Some(first) = first {
                                self.expr(first);
                            }
                            self.place(place);
                        }
                        for input in &$($mutable)? asm.inputs {
                            self.expr(input);
                        }
                    }
                    StmtKind::Break(_)
                    | StmtKind::Continue(_)
                    | StmtKind::Return(None)
                    | StmtKind::Barrier(None)
                    | StmtKind::Unreachable => {}
                }
            }

            /// What a place consists of.
            fn place_parts(&mut self, place: &$($mutable)? Place) {
                match &$($mutable)? place.kind {
                    PlaceKind::Local(local) => self.local(local),
                    PlaceKind::Global(_) => {}
                    PlaceKind::Deref(pointer) => self.expr(pointer),
                    PlaceKind::Field(base, _, _) => self.place(base),
                    PlaceKind::Index(base, index) => {
                        self.place(base);
                        self.expr(index);
                    }
                    PlaceKind::Temporary(init) => self.init(init),
                }
            }

            /// What an expression consists of.
            fn expr_parts(&mut self, expr: &$($mutable)? Expr) {
                match &$($mutable)? expr.kind {
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
                    ExprKind::Load(place)
                    | ExprKind::AddressOf(place)
                    | ExprKind::Decay(place) => self.place(place),
                    ExprKind::Unary(_, a)
                    | ExprKind::Not(a)
                    | ExprKind::Cast(a)
                    | ExprKind::ProbeRead(_, a)
                    | ExprKind::CoreAddress(a, _)
                    | ExprKind::CoreBitfield(a, _, _)
                    | ExprKind::Register(a, _, _)
                    | ExprKind::SyscallRegisters(a) => self.expr(a),
                    ExprKind::Binary(_, a, b)
                    | ExprKind::Offset(a, b)
                    | ExprKind::Distance(a, b)
                    | ExprKind::Compare(_, a, b)
                    | ExprKind::And(a, b)
                    | ExprKind::Or(a, b) => {
                        self.expr(a);
                        self.expr(b);
                    }
                    ExprKind::Conditional(a, b, c) => {
                        self.expr(a);
                        self.expr(b);
                        self.expr(c);
                    }
                    ExprKind::Block(stmts, value) => {
                        self.stmts(stmts);
                        self.expr(value);
                    }
                    ExprKind::Call(_, args)
                    | ExprKind::Helper(_, _, args)
                    | ExprKind::Printk(_, args)
                    | ExprKind::Builtin(_, args)
                    | ExprKind::Asm(_, args) => {
                        for arg in args {
                            self.expr(arg);
                        }
                    }
                    ExprKind::CallParam(local, args) => {
                        self.local(local);
                        for arg in args {
                            self.expr(arg);
                        }
                    }
                    ExprKind::Snprintf(out, size, _, args) => {
                        self.expr(out);
                        self.expr(size);
                        for arg in args {
                            self.expr(arg);
                        }
                    }
                    ExprKind::SeqPrintf(first, _, args) | ExprKind::Atomic(_, first, args) => {
                        self.expr(first);
                        for arg in args {
                            self.expr(arg);
                        }
                    }
                }
            }
        }
    };
}

visitor!(
    /// Looks at bodies.
    Visit,
);
visitor!(
    /// Changes bodies.
    VisitMut,
    mut
);
