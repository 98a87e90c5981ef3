//! Variables whose address is kept for longer than a block: in C they live on behind it, in Rust they
//! don't where they are declared in it.

use super::declare::{base_local, mentions};
use crate::ir::{
    body::{Expr, ExprKind, LocalId, Place, Stmt, StmtKind},
    ty::Ty,
    walk::Visit,
};

/// Whether the statement at `at` puts the address of the variable where others of `stmts`, or those
/// around them, may find it.
pub(super) fn outlives(stmts: &[Stmt], at: usize, local: LocalId) -> bool {
    let mut finder = Finder {
        stmts,
        at,
        local,
        found: false,
    };
    if let Some(stmt) = stmts.get(at) {
        finder.stmt(stmt);
    }
    finder.found
}

struct Finder<'s> {
    stmts: &'s [Stmt],
    at: usize,
    local: LocalId,
    found: bool,
}

impl Finder<'_> {
    /// Whether a place is there when the statement is over.
    fn stays(&self, place: &Place) -> bool {
        let Some(holder) = base_local(place) else {
            return true;
        };
        let declared =
            |stmt: &Stmt| matches!(stmt.kind, StmtKind::Let(local, _) if local == holder);
        let mut within = Declares(holder, false);
        if let Some(stmt) = self.stmts.get(self.at) {
            within.stmt(stmt);
        }
        let Declares(_, within) = within;
        let here = self.stmts.iter().any(declared);
        let elsewhere =
            |(at, stmt): (usize, &Stmt)| at != self.at && !declared(stmt) && mentions(stmt, holder);
        !within && (!here || self.stmts.iter().enumerate().any(elsewhere))
    }

    /// Whether a value is the address, or holds it.
    fn has_address(&self, value: &Expr) -> bool {
        let mut addresses = Addresses {
            local: self.local,
            calls: matches!(value.ty, Ty::Pointer { .. }),
            found: false,
        };
        addresses.expr(value);
        addresses.found
    }
}

impl Visit for Finder<'_> {
    fn stmt(&mut self, stmt: &Stmt) {
        if let StmtKind::Assign(place, value) = &stmt.kind {
            self.found |= self.has_address(value) && self.stays(place);
        }
        self.stmt_parts(stmt);
    }
}

struct Declares(LocalId, bool);

impl Visit for Declares {
    fn stmt(&mut self, stmt: &Stmt) {
        self.1 |= matches!(stmt.kind, StmtKind::Let(local, _) if local == self.0);
        self.stmt_parts(stmt);
    }
}

struct Addresses {
    local: LocalId,
    /// Whether what is called may give back the address that it was given.
    calls: bool,
    found: bool,
}

impl Visit for Addresses {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::AddressOf(place) | ExprKind::Decay(place) => {
                self.found |= base_local(place) == Some(self.local);
            }
            ExprKind::Helper(..) => return,
            ExprKind::Call(..) if !self.calls => return,
            _ => {}
        }
        self.expr_parts(expr);
    }
}
