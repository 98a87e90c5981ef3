//! Which statements jumps lead into or out of.

use super::c_walk;
use crate::c::tree::{Stmt as CStmt, StmtKind as CStmtKind};

/// Whether a statement, or one in it, is come to by a jump.
pub(super) fn begins(s: &CStmt) -> bool {
    let mut found = false;
    c_walk::stmts(s, &mut |s| {
        found |= matches!(
            s.kind,
            CStmtKind::Label(..) | CStmtKind::Case(..) | CStmtKind::Default(_)
        );
    });
    found
}

/// Whether no jump leads into a statement or out of it.
pub(super) fn is_whole(s: &CStmt) -> bool {
    let mut jumps = false;
    c_walk::stmts(s, &mut |s| {
        jumps |= matches!(s.kind, CStmtKind::Label(..) | CStmtKind::Goto(_));
    });
    !jumps && !leaves(s, false, false)
}

/// Whether a `break`, `continue` or `case` in a statement belongs to one around it.
fn leaves(s: &CStmt, in_loop: bool, in_switch: bool) -> bool {
    match &s.kind {
        CStmtKind::Break => !in_loop && !in_switch,
        CStmtKind::Continue => !in_loop,
        CStmtKind::Case(.., inner) | CStmtKind::Default(inner) => {
            !in_switch || leaves(inner, in_loop, in_switch)
        }
        CStmtKind::Block(inner) => inner.stmts.iter().any(|s| leaves(s, in_loop, in_switch)),
        CStmtKind::If(_, then, other) => {
            leaves(then, in_loop, in_switch)
                || other
                    .as_ref()
                    .is_some_and(|s| leaves(s, in_loop, in_switch))
        }
        CStmtKind::While(_, body) | CStmtKind::DoWhile(body, _) | CStmtKind::For { body, .. } => {
            leaves(body, true, false)
        }
        CStmtKind::Switch(_, body) => misplaced(body) || leaves(body, in_loop, true),
        CStmtKind::Label(_, inner) => leaves(inner, in_loop, in_switch),
        _ => false,
    }
}

/// Whether the body of a `switch` has a `case` that doesn't stand in it by itself.
fn misplaced(body: &CStmt) -> bool {
    let mut found = false;
    cases(body, &mut |_| found = true);
    let mut direct = 0;
    let mut all = 0;
    cases(body, &mut |_| all += 1);
    let CStmtKind::Block(inner) = &body.kind else {
        return found;
    };
    for mut s in &inner.stmts {
        while let CStmtKind::Case(.., inner) | CStmtKind::Default(inner) = &s.kind {
            direct += 1;
            s = inner;
        }
    }
    direct != all
}

/// The cases of a `switch` by its body, those of others in it apart.
pub(super) fn cases<'a>(s: &'a CStmt, look: &mut dyn FnMut(&'a CStmt)) {
    match &s.kind {
        CStmtKind::Case(.., inner) | CStmtKind::Default(inner) => {
            look(s);
            cases(inner, look);
        }
        CStmtKind::Label(_, inner)
        | CStmtKind::While(_, inner)
        | CStmtKind::DoWhile(inner, _)
        | CStmtKind::For { body: inner, .. } => cases(inner, look),
        CStmtKind::Block(inner) => inner.stmts.iter().for_each(|s| cases(s, look)),
        CStmtKind::If(_, then, other) => {
            cases(then, look);
            if let Some(other) = other {
                cases(other, look);
            }
        }
        _ => {}
    }
}
