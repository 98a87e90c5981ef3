//! Which variables get a value when they may have one already, and so must be `mut`.

use std::collections::HashSet;

use super::declare::base_local;
use crate::ir::{
    body::{Block, Expr, ExprKind, LocalId, Place, PlaceKind, Stmt, StmtKind},
    walk::Visit,
};

/// Walks a body with the set of variables that may have a value.
#[derive(Default)]
pub struct Flow {
    assigned: HashSet<LocalId>,
    /// What is looked for.
    pub reassigned: HashSet<LocalId>,
    /// Variables that are assigned as a whole anywhere.
    pub written: HashSet<LocalId>,
    /// Variables that may be read before they have a value on some path.
    pub early: HashSet<LocalId>,
    definite: HashSet<LocalId>,
}

impl Flow {
    /// These have a value from the start.
    pub fn start(&mut self, locals: impl IntoIterator<Item = LocalId>) {
        for local in locals {
            self.assigned.insert(local);
            self.definite.insert(local);
        }
    }

    /// Statements in order.
    pub fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.one(stmt);
        }
    }

    fn one(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(local, init) => match init {
                Some(init) => {
                    Reads(self).init(init);
                    self.assigned.insert(*local);
                    self.definite.insert(*local);
                }
                None => {
                    self.assigned.remove(local);
                    self.definite.remove(local);
                }
            },
            StmtKind::Assign(place, value) => {
                Reads(self).expr(value);
                self.write(place);
            }
            StmtKind::AssignOp(place, _, value) => {
                Reads(self).expr(value);
                Reads(self).place(place);
                if let Some(local) = base_local(place) {
                    self.reassigned.insert(local);
                }
            }
            StmtKind::If(cond, then, other) => {
                Reads(self).expr(cond);
                let empty = Block::default();
                self.branches([then, other.as_ref().unwrap_or(&empty)]);
            }
            StmtKind::Switch {
                value,
                arms,
                default,
                ..
            } => {
                Reads(self).expr(value);
                let empty = Block::default();
                let blocks = arms.iter().map(|a| &a.body);
                // A `break` in an arm may leave anything unassigned.
                let definite = self.definite.clone();
                self.branches(blocks.chain([default.as_ref().unwrap_or(&empty)]));
                if has_break(stmt) {
                    self.definite = definite;
                }
            }
            StmtKind::Loop {
                cond,
                body,
                step,
                post_check,
                ..
            } => {
                // Twice: what the first turn assigns, the second one meets.
                let entry = self.definite.clone();
                for _ in 0..2 {
                    if let (Some(cond), false) = (cond, post_check) {
                        Reads(self).expr(cond);
                    }
                    self.stmts(&body.stmts);
                    self.stmts(step);
                    if let (Some(cond), true) = (cond, post_check) {
                        Reads(self).expr(cond);
                    }
                }
                self.definite = entry;
            }
            StmtKind::Block(label, block) => {
                let entry = self.definite.clone();
                self.stmts(&block.stmts);
                if label.is_some() {
                    self.definite = entry;
                }
            }
            StmtKind::Expr(expr) => Reads(self).expr(expr),
            StmtKind::Return(value) => {
                if let Some(value) = value {
                    Reads(self).expr(value);
                }
            }
            StmtKind::Asm(asm) => {
                for first in asm.outputs.iter().filter_map(|(_, first)| first.as_ref()) {
                    Reads(self).expr(first);
                }
                for input in &asm.inputs {
                    Reads(self).expr(input);
                }
                for (place, _) in &asm.outputs {
                    self.write(place);
                }
            }
            StmtKind::Barrier(place) => {
                if let Some(place) = place {
                    Reads(self).place(place);
                    self.reassigned.extend(base_local(place));
                }
            }
            StmtKind::Break(_) | StmtKind::Continue(_) | StmtKind::Unreachable => {}
        }
    }

    fn branches<'b>(&mut self, blocks: impl IntoIterator<Item = &'b Block>) {
        let (assigned, definite) = (self.assigned.clone(), self.definite.clone());
        let mut any = assigned.clone();
        let mut all: Option<HashSet<LocalId>> = None;
        for block in blocks {
            self.assigned.clone_from(&assigned);
            self.definite.clone_from(&definite);
            self.stmts(&block.stmts);
            any.extend(&self.assigned);
            if !super::Body::diverges(&block.stmts) {
                all = Some(match all {
                    Some(all) => all.intersection(&self.definite).copied().collect(),
                    None => self.definite.clone(),
                });
            }
        }
        self.assigned = any;
        self.definite = all.unwrap_or(definite);
    }

    fn write(&mut self, place: &Place) {
        match &place.kind {
            PlaceKind::Local(local) => {
                self.written.insert(*local);
                if self.assigned.contains(local) {
                    self.reassigned.insert(*local);
                }
                self.assigned.insert(*local);
                self.definite.insert(*local);
            }
            _ => {
                Reads(self).place(place);
                if let Some(local) = base_local(place) {
                    self.reassigned.insert(local);
                }
            }
        }
    }
}

struct Reads<'a>(&'a mut Flow);

impl Visit for Reads<'_> {
    fn place(&mut self, place: &Place) {
        if let PlaceKind::Local(local) = place.kind
            && !self.0.definite.contains(&local)
        {
            self.0.early.insert(local);
        }
        self.place_parts(place);
    }
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Block(stmts, value) = &expr.kind {
            self.0.stmts(stmts);
            self.expr(value);
        } else {
            self.expr_parts(expr);
        }
    }
    fn stmt(&mut self, stmt: &Stmt) {
        self.0.one(stmt);
    }
}

fn has_break(stmt: &Stmt) -> bool {
    struct Finder(bool);
    impl Visit for Finder {
        fn stmt(&mut self, stmt: &Stmt) {
            self.0 |= matches!(stmt.kind, StmtKind::Break(_));
            self.stmt_parts(stmt);
        }
    }
    let mut finder = Finder(false);
    finder.stmt(stmt);
    finder.0
}
