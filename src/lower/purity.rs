//! Whether an expression can be moved, repeated or dropped.

use std::collections::BTreeSet;

use crate::ir::{
    body::{Expr, ExprKind, LocalId, Place, PlaceKind, Stmt, StmtKind},
    walk::Visit,
};

/// Whether evaluating `value` changes nothing, so that it may be repeated or left out.
pub(super) fn is_pure(value: &Expr) -> bool {
    let mut look = Look::default();
    look.expr(value);
    !look.effects
}

/// Whether reading `place` twice does the same as reading it once.
pub(super) fn is_pure_place(place: &Place) -> bool {
    let mut look = Look::default();
    look.place(place);
    !look.effects
}

/// Whether `value` is the same before and after `stmts`: it has no effect and reads nothing but
/// local variables that the statements don't assign and whose addresses aren't known.
pub(super) fn unmoved_by(value: &Expr, stmts: &[Stmt], addressed: &BTreeSet<LocalId>) -> bool {
    let mut look = Look::default();
    look.expr(value);
    if look.effects || look.memory {
        return false;
    }
    let mut assigned = Assigned::default();
    for stmt in stmts {
        assigned.stmt(stmt);
    }
    look.locals
        .iter()
        .all(|local| !assigned.0.contains(local) && !addressed.contains(local))
}

/// The local variables that `value` is made of; none where it has an effect or reads memory.
pub(super) fn locals_only(value: &Expr) -> Option<BTreeSet<LocalId>> {
    let mut look = Look::default();
    look.expr(value);
    (!look.effects && !look.memory).then_some(look.locals)
}

/// The local variables that `value` has addresses of.
pub(super) fn addressed(value: &Expr) -> BTreeSet<LocalId> {
    struct Find(BTreeSet<LocalId>);
    impl Visit for Find {
        fn expr(&mut self, expr: &Expr) {
            if let ExprKind::AddressOf(place) | ExprKind::Decay(place) = &expr.kind {
                self.0.extend(root(place));
            }
            self.expr_parts(expr);
        }
    }
    let mut find = Find(BTreeSet::new());
    find.expr(value);
    find.0
}

#[derive(Default)]
struct Look {
    effects: bool,
    memory: bool,
    locals: BTreeSet<LocalId>,
}

impl Visit for Look {
    fn local(&mut self, local: &LocalId) {
        self.locals.insert(*local);
    }

    fn place(&mut self, place: &Place) {
        if place.volatile {
            self.effects = true;
        }
        if !matches!(place.kind, PlaceKind::Local(_) | PlaceKind::Field(..)) {
            self.memory = true;
        }
        self.place_parts(place);
    }

    fn expr(&mut self, expr: &Expr) {
        match expr.kind {
            ExprKind::Call(..)
            | ExprKind::CallParam(..)
            | ExprKind::Helper(..)
            | ExprKind::Printk(..)
            | ExprKind::Snprintf(..)
            | ExprKind::SeqPrintf(..)
            | ExprKind::Atomic(..)
            | ExprKind::Asm(..)
            | ExprKind::Block(..) => self.effects = true,
            // They cost a helper call: never repeated.
            ExprKind::ProbeRead(..) | ExprKind::CoreBitfield(_, _, true) => self.effects = true,
            ExprKind::Register(..) | ExprKind::SyscallRegisters(_) => self.memory = true,
            ExprKind::Builtin(builtin, _) => {
                use crate::ir::body::Builtin;
                if matches!(
                    builtin,
                    Builtin::Memcpy
                        | Builtin::Memmove
                        | Builtin::Memset
                        | Builtin::Memcmp
                        | Builtin::Strcpy
                        | Builtin::Strncpy
                        | Builtin::Strlen
                        | Builtin::Strcmp
                        | Builtin::Strncmp
                ) {
                    self.effects = true;
                }
            }
            _ => {}
        }
        self.expr_parts(expr);
    }
}

#[derive(Default)]
struct Assigned(BTreeSet<LocalId>);

impl Visit for Assigned {
    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Assign(place, _) | StmtKind::AssignOp(place, _, _) => {
                if let Some(local) = root(place) {
                    self.0.insert(local);
                }
            }
            StmtKind::Let(local, _) => {
                self.0.insert(*local);
            }
            StmtKind::Asm(asm) => {
                let outputs = asm.outputs.iter();
                self.0.extend(outputs.filter_map(|(place, _)| root(place)));
            }
            _ => {}
        }
        self.stmt_parts(stmt);
    }
}

/// The local variable that a place is part of.
pub(super) fn root(place: &Place) -> Option<LocalId> {
    match &place.kind {
        PlaceKind::Local(local) => Some(*local),
        PlaceKind::Field(base, _, _) | PlaceKind::Index(base, _) => root(base),
        _ => None,
    }
}
