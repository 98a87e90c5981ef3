//! Whether the order of two evaluations can be told.

use std::collections::{BTreeSet, HashMap};

use super::{body::Body, effects::Effects, purity::root};
use crate::ir::{
    FunctionId,
    body::{Builtin, Expr, ExprKind, LocalId, Place, PlaceKind, Stmt, StmtKind},
    ty::Ty,
    walk::Visit,
};

impl Body<'_, '_> {
    /// Whether `value` and what lies in `place` are the same whichever is evaluated first.
    pub(super) fn is_free(&self, value: &Expr, place: &Place) -> bool {
        let (mut first, mut second) = (self.touched(), self.touched());
        first.expr(value);
        second.place(place);
        first.is_apart(&second, &self.addressed)
    }

    /// Likewise, of one value, and of another behind statements.
    pub(super) fn is_free_of(&self, one: &Expr, stmts: &[Stmt], other: &Expr) -> bool {
        let (mut first, mut second) = (self.touched(), self.touched());
        first.expr(one);
        for stmt in stmts {
            second.stmt(stmt);
        }
        second.expr(other);
        first.is_apart(&second, &self.addressed)
    }

    fn touched(&self) -> Touched<'_> {
        Touched {
            effects: &self.cx.effects,
            reads: BTreeSet::new(),
            writes: BTreeSet::new(),
            reads_memory: false,
            writes_memory: false,
            calls: false,
        }
    }
}

/// What an evaluation reads and changes. Memory is all but the local variables.
struct Touched<'e> {
    /// What the functions of the object do.
    effects: &'e HashMap<FunctionId, Effects>,
    reads: BTreeSet<LocalId>,
    writes: BTreeSet<LocalId>,
    reads_memory: bool,
    writes_memory: bool,
    /// Whether the kernel does something, or another function of the program's.
    calls: bool,
}

impl Touched<'_> {
    fn is_apart(&self, other: &Self, addressed: &BTreeSet<LocalId>) -> bool {
        let disturbed = self.disturbs(other, addressed) || other.disturbs(self, addressed);
        !(disturbed || self.calls && other.calls)
    }

    fn disturbs(&self, other: &Self, addressed: &BTreeSet<LocalId>) -> bool {
        let memory = other.reads_memory || other.writes_memory;
        let mut locals = other.reads.union(&other.writes);
        self.writes_memory && (memory || locals.any(|local| addressed.contains(local)))
            || self.writes.iter().any(|local| {
                other.reads.contains(local)
                    || other.writes.contains(local)
                    || memory && addressed.contains(local)
            })
    }

    fn write(&mut self, place: &Place) {
        match root(place) {
            Some(local) => {
                self.writes.insert(local);
            }
            None => self.writes_memory = true,
        }
    }

    fn any_memory(&mut self) {
        self.reads_memory = true;
        self.writes_memory = true;
    }
}

impl Visit for Touched<'_> {
    fn local(&mut self, local: &LocalId) {
        self.reads.insert(*local);
    }

    fn place(&mut self, place: &Place) {
        self.reads_memory |= matches!(place.kind, PlaceKind::Global(_) | PlaceKind::Deref(_));
        self.place_parts(place);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Assign(place, _) | StmtKind::AssignOp(place, _, _) => self.write(place),
            StmtKind::Let(local, _) => {
                self.writes.insert(*local);
            }
            StmtKind::Asm(_) | StmtKind::Barrier(_) => {
                self.any_memory();
                self.calls = true;
            }
            _ => {}
        }
        if let StmtKind::Asm(asm) = &stmt.kind {
            for (place, _) in &asm.outputs {
                self.write(place);
            }
        }
        self.stmt_parts(stmt);
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Call(id, _)
                if let Some(effects) = self.effects.get(id).filter(|effects| !effects.acts) =>
            {
                // It may look at what pointers to variables lead to.
                self.reads_memory |= effects.reads;
            }
            ExprKind::Call(..)
            | ExprKind::CallParam(..)
            | ExprKind::Atomic(..)
            | ExprKind::Asm(..)
            | ExprKind::Snprintf(..)
            | ExprKind::SeqPrintf(..) => {
                self.any_memory();
                self.calls = true;
            }
            // Without a pointer a helper gets at nothing of the program's.
            ExprKind::Helper(_, _, args) => {
                self.calls = true;
                let is_number =
                    |arg: &Expr| matches!(arg.peeled().ty, Ty::Int { .. } | Ty::Bool | Ty::Enum(_));
                if !args.iter().all(is_number) {
                    self.any_memory();
                }
            }
            ExprKind::Printk(..) => {
                self.calls = true;
                self.reads_memory = true;
            }
            ExprKind::ProbeRead(..)
            | ExprKind::CoreBitfield(..)
            | ExprKind::Register(..)
            | ExprKind::SyscallRegisters(_) => self.reads_memory = true,
            ExprKind::Builtin(
                Builtin::Memcpy
                | Builtin::Memmove
                | Builtin::Memset
                | Builtin::Strcpy
                | Builtin::Strncpy,
                _,
            ) => self.any_memory(),
            ExprKind::Builtin(
                Builtin::Memcmp | Builtin::Strlen | Builtin::Strcmp | Builtin::Strncmp,
                _,
            ) => self.reads_memory = true,
            _ => {}
        }
        self.expr_parts(expr);
    }
}
