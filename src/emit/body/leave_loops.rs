//! Declarations that don't stay in their loop.

use super::declare::mentions;
use crate::ir::{
    body::{Function, LocalId, Stmt, StmtKind},
    ty::Ty,
};

/// Moves structures and arrays that C leaves unwritten in front of the loop: Rust needs a value, which
/// would be given anew at each turn.
pub(super) fn leave_loops(stmts: &mut Vec<Stmt>, function: &Function) {
    let is_large = |local: LocalId| {
        function.locals.get(local.0 as usize).is_some_and(|found| {
            matches!(found.ty, Ty::Record(_) | Ty::Array(..))
                    // In front of the loop it must not hide another one.
                    && function.locals.iter().filter(|l| l.name == found.name).count() == 1
        })
    };
    let mut at = 0;
    while at < stmts.len() {
        let mut moved = Vec::new();
        if let Some(Stmt {
            kind: StmtKind::Loop { body, .. },
            ..
        }) = stmts.get_mut(at)
        {
            let unwritten = |stmt: &Stmt| {
                matches!(stmt.kind, StmtKind::Let(local, None) if is_large(local))
                    && stmt.notes.before.is_empty()
                    && stmt.notes.after.is_none()
            };
            while let Some(from) = body.stmts.iter().position(unwritten) {
                moved.push(body.stmts.remove(from));
                if let (0, Some(first)) = (from, body.stmts.first_mut()) {
                    first.notes.blank = false;
                }
            }
        }
        let count = moved.len();
        // A counter stays beside its loop.
        let mut to = at;
        while let Some(Stmt {
            kind: StmtKind::Let(local, Some(_)),
            ..
        }) = to.checked_sub(1).and_then(|before| stmts.get(before))
            && count > 0
            && stmts.get(at).is_some_and(|stmt| mentions(stmt, *local))
        {
            to -= 1;
        }
        if let (Some(first), Some(stmt)) = (moved.first_mut(), stmts.get_mut(to)) {
            first.notes.blank = std::mem::take(&mut stmt.notes.blank);
        }
        stmts.splice(to..to, moved);
        at += count + 1;
    }
}
