//! `if`. clang leaves out the branch that a known condition never takes, and what can't be ported
//! may stand there, as in the kernel's `BUILD_BUG_ON`.

use super::{Lowered, body::Body, c_walk};
use crate::{
    c::{
        const_eval,
        tree::{Expr as CExpr, ExprKind as CKind, Stmt as CStmt, StmtKind as CStmtKind},
    },
    ir::body::{Block, Expr, ExprKind, StmtKind},
    source::span::Span,
};

impl<'a> Body<'_, 'a> {
    /// `if (cond) then else other`
    pub(super) fn branches(
        &mut self,
        cond: &'a CExpr,
        then: &'a CStmt,
        other: Option<&'a CStmt>,
        span: Span,
    ) -> Lowered<()> {
        let known = self.known(cond);
        let plain = !has_names(cond);
        self.acts_once = super::assign::effects(cond) <= 1;
        let cond = self.cond(cond);
        self.acts_once = false;
        let mut lower = |s: &'a CStmt, taken: bool| match known {
            Some(known) if known != taken => self.dead_branch(s, plain),
            _ => Some(self.branch(s)),
        };
        let then = lower(then, true);
        let other = other.map(|other| lower(other, false));
        match (then, other) {
            (Some(then), None) => self.push_branches(cond?, then, None, span),
            (Some(then), Some(Some(other))) => {
                self.push_branches(cond?, then, Some(other), span);
            }
            (Some(only), Some(None)) | (None, Some(Some(only))) => self.push_block(only, span),
            (None, _) => {}
        }
        Ok(())
    }

    fn known(&self, cond: &CExpr) -> Option<bool> {
        const_eval::eval(self.cx.tree, cond).map(|value| value != 0)
    }

    /// What a condition always is, unless that hangs on something with a name: people switch that
    /// by hand, and Rust keeps both sides.
    pub(super) fn decided(&self, cond: &CExpr) -> Option<bool> {
        self.known(cond).filter(|_| !has_names(cond))
    }

    /// A branch that is never taken; none where it is left out.
    fn dead_branch(&mut self, s: &'a CStmt, plain: bool) -> Option<Block> {
        if has_labels(s) {
            return Some(self.branch(s));
        }
        if plain {
            // Its comments go with it.
            self.cx.notes.take(s.span.file, s.span.start, s.span.end);
            return None;
        }
        let marks = (self.errors.len(), self.warnings.len(), self.callees.len());
        let later = std::mem::take(&mut self.later);
        let block = self.branch(s);
        self.later = later;
        let mut stmts = block.stmts.iter();
        let never = stmts.any(|stmt| matches!(stmt.kind, StmtKind::Unreachable));
        if self.errors.len() == marks.0 && !never {
            return Some(block);
        }
        self.errors.truncate(marks.0);
        self.warnings.truncate(marks.1);
        self.callees.truncate(marks.2);
        None
    }

    fn push_branches(&mut self, cond: Expr, then: Block, other: Option<Block>, span: Span) {
        let empty = |block: &Block| block.stmts.is_empty() && block.trailing.is_empty();
        match cond.kind {
            ExprKind::Bool(true) => self.push_block(then, span),
            ExprKind::Bool(false) => {
                if let Some(other) = other {
                    self.push_block(other, span);
                }
            }
            _ => {
                let other = other.filter(|other| !empty(other));
                if empty(&then) && other.is_none() {
                    return self.drop_value(cond);
                }
                match other {
                    Some(other) if empty(&then) => {
                        let cond = super::simplify::not(cond);
                        self.push(StmtKind::If(cond, other, None), span);
                    }
                    other => self.push(StmtKind::If(cond, then, other), span),
                }
            }
        }
    }
}

/// Whether a condition names macros, variables or constants.
fn has_names(cond: &CExpr) -> bool {
    let mut found = false;
    c_walk::exprs(cond, &mut |e| {
        found |= e.macro_name.is_some()
            || matches!(
                e.kind,
                CKind::Variable(_) | CKind::Local(_) | CKind::EnumConstant(..)
            );
    });
    found
}

/// Whether something may jump into a statement.
fn has_labels(s: &CStmt) -> bool {
    let mut found = false;
    c_walk::stmts(s, &mut |s| {
        found |= matches!(
            s.kind,
            CStmtKind::Case(..) | CStmtKind::Default(_) | CStmtKind::Label(..)
        );
    });
    found
}
