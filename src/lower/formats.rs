//! Local variables that hold formats: `char fmt[] = "…"; bpf_trace_printk(fmt, sizeof(fmt), …)`.

use std::collections::{BTreeSet, HashMap};

use super::{body::root, c_walk};
use crate::{
    c::tree::{Block, ExprKind, Init, LocalId as CLocalId, StmtKind as CStmtKind},
    ir::{
        body::{Function, LocalId, Stmt, StmtKind},
        walk::{Visit, VisitMut},
    },
};

/// What a local variable begins as, if nothing is assigned to it or to a part of it later.
pub(super) fn constant<'a>(body: &'a Block, local: CLocalId) -> Option<&'a Init> {
    let mut assigned = false;
    c_walk::exprs_of_block(body, &mut |expr| {
        if let ExprKind::Assign(target, _)
        | ExprKind::CompoundAssign { target, .. }
        | ExprKind::IncDec { target, .. } = &expr.kind
        {
            assigned |= root(target) == Some(local);
        }
    });
    let mut found = None;
    for stmt in &body.stmts {
        c_walk::stmts(stmt, &mut |stmt: &'a _| {
            if let CStmtKind::Local(declared, Some(init)) = &stmt.kind
                && *declared == local
            {
                found = Some(init);
            }
        });
    }
    found.filter(|_| !assigned)
}

/// Leaves out the variables that were nothing but formats: the text stands where it is printed.
pub(super) fn leave_out(function: &mut Function, formats: &BTreeSet<LocalId>) {
    if formats.is_empty() {
        return;
    }
    let mut mentions = Mentions::default();
    mentions.function(function);
    let unread = formats
        .iter()
        .filter(|local| mentions.0.get(local) == Some(&1));
    LeaveOut(unread.copied().collect()).function(function);
}

/// How often each variable is mentioned.
#[derive(Default)]
struct Mentions(HashMap<LocalId, usize>);

impl Visit for Mentions {
    fn local(&mut self, local: &LocalId) {
        *self.0.entry(*local).or_default() += 1;
    }
}

struct LeaveOut(BTreeSet<LocalId>);

impl VisitMut for LeaveOut {
    fn stmts(&mut self, stmts: &mut Vec<Stmt>) {
        let mut kept: Vec<Stmt> = Vec::with_capacity(stmts.len());
        let mut comments = Vec::new();
        for mut stmt in stmts.drain(..) {
            if matches!(&stmt.kind, StmtKind::Let(local, _) if self.0.contains(local)) {
                comments.extend(stmt.notes.before);
                comments.extend(stmt.notes.after);
                continue;
            }
            stmt.notes.before.splice(0..0, comments.drain(..));
            self.stmt(&mut stmt);
            kept.push(stmt);
        }
        if let Some(last) = kept.last_mut() {
            last.notes.before.extend(comments);
        }
        *stmts = kept;
    }
}
