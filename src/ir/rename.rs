//! Replaces local variables in statements.

use super::{
    body::{LocalId, Stmt},
    walk::VisitMut,
};

/// Puts `to` where `from` stands, in declarations too.
pub fn rename_local(stmts: &mut [Stmt], from: LocalId, to: LocalId) {
    let mut rename = Rename { from, to };
    for stmt in stmts {
        rename.stmt(stmt);
    }
}

struct Rename {
    from: LocalId,
    to: LocalId,
}

impl VisitMut for Rename {
    fn local(&mut self, local: &mut LocalId) {
        if *local == self.from {
            *local = self.to;
        }
    }
}
