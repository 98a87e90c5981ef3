//! Statements that control never comes to.

use super::stmt::ends;
use crate::ir::{
    Comment,
    body::{Block, Function, Stmt},
    walk::{Visit, VisitMut},
};

/// Leaves out what stands behind a statement that leaves for good; its comments stay before that.
///
/// Nothing jumps into the middle of a list of statements: labels have become blocks.
pub(super) fn leave_out(function: &mut Function) {
    LeaveOut.function(function);
}

struct LeaveOut;

impl VisitMut for LeaveOut {
    fn stmts(&mut self, stmts: &mut Vec<Stmt>) {
        let leaves = stmts
            .iter()
            .position(|stmt| ends(std::slice::from_ref(stmt)));
        if let Some(at) = leaves {
            let mut comments = Comments::default();
            comments.stmts(&stmts.split_off(at + 1));
            if let Some(last) = stmts.last_mut() {
                last.notes.before.extend(comments.0);
            }
        }
        for stmt in stmts {
            self.stmt(stmt);
        }
    }
}

#[derive(Default)]
struct Comments(Vec<Comment>);

impl Visit for Comments {
    fn stmt(&mut self, stmt: &Stmt) {
        self.0.extend(stmt.notes.before.iter().cloned());
        self.0.extend(stmt.notes.after.iter().cloned());
        self.stmt_parts(stmt);
    }

    fn block(&mut self, block: &Block) {
        self.stmts(&block.stmts);
        self.0.extend(block.trailing.iter().cloned());
    }
}
