//! Which variables get a value when they may have one already, and so must be `mut`; which need none
//! where they are declared.

use std::collections::{HashMap, HashSet};

use super::declare::base_local;
use crate::ir::{
    body::{
        Block, Expr, ExprKind, Function, Init, LabelId, LocalId, Place, PlaceKind, Stmt, StmtKind,
    },
    ty::Ty,
    walk::{Visit, VisitMut},
};

/// Walks a body with what control may bring along, as rustc does.
#[derive(Default)]
pub struct Flow {
    now: State,
    /// What `Break`s of a statement bring behind it.
    left: HashMap<LabelId, State>,
    /// What `Continue`s of a loop bring to its step.
    continued: HashMap<LabelId, State>,
    /// What is looked for.
    pub reassigned: HashSet<LocalId>,
    /// Variables that are assigned as a whole anywhere.
    pub written: HashSet<LocalId>,
    /// Variables that may be read before they have a value on some path.
    pub early: HashSet<LocalId>,
    /// Variables whose first values are taken for none.
    bare: HashSet<LocalId>,
}

#[derive(Clone, Default)]
struct State {
    /// Variables that may have a value.
    assigned: HashSet<LocalId>,
    /// Variables that have one.
    definite: HashSet<LocalId>,
    /// Whether control can't come here.
    cut: bool,
}

impl State {
    /// Either of two.
    fn join(self, other: Self) -> Self {
        match (self.cut, other.cut) {
            (true, _) => other,
            (_, true) => self,
            _ => Self {
                assigned: &self.assigned | &other.assigned,
                definite: &self.definite & &other.definite,
                cut: false,
            },
        }
    }
}

/// Takes first values away that nobody reads on any path: `int err = 0;` before `err = f();`.
pub fn bare(function: &mut Function, declared: &HashSet<LocalId>) {
    let local = |id: LocalId| function.locals.get(id.0 as usize);
    let mut flow = Flow::default();
    let is_plain = |id: &LocalId| {
        local(*id).is_some_and(|local| {
            let scalar = !matches!(local.ty, Ty::Record(_) | Ty::Array(..) | Ty::Opaque { .. });
            scalar && !local.volatile
        })
    };
    flow.bare = declared.iter().copied().filter(is_plain).collect();
    let all = (0..).map(LocalId).take(function.locals.len());
    flow.start(all.filter(|local| !declared.contains(local)));
    flow.stmts(&function.body);
    let read = flow.early;
    flow.bare.retain(|local| !read.contains(local));
    TakeAway(flow.bare).function(function);
}

struct TakeAway(HashSet<LocalId>);

impl VisitMut for TakeAway {
    fn stmt(&mut self, stmt: &mut Stmt) {
        if let StmtKind::Let(local, init) = &mut stmt.kind
            && self.0.contains(local)
            && init.as_ref().is_some_and(is_mere_number)
        {
            *init = None;
        }
        self.stmt_parts(stmt);
    }
}

fn is_mere_number(init: &Init) -> bool {
    match init {
        Init::Zero => true,
        Init::Expr(value) => matches!(value.peeled().kind, ExprKind::Int(_) | ExprKind::Bool(_)),
        _ => false,
    }
}

impl Flow {
    /// These have a value from the start.
    pub fn start(&mut self, locals: impl IntoIterator<Item = LocalId>) {
        for local in locals {
            self.now.assigned.insert(local);
            self.now.definite.insert(local);
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
                Some(init) if !(self.bare.contains(local) && is_mere_number(init)) => {
                    Reads(self).init(init);
                    self.now.assigned.insert(*local);
                    self.now.definite.insert(*local);
                }
                _ => {
                    self.now.assigned.remove(local);
                    self.now.definite.remove(local);
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
                let (met, unmet) = self.test(cond);
                let empty = Block::default();
                self.now = met;
                self.stmts(&then.stmts);
                let behind = std::mem::replace(&mut self.now, unmet);
                self.stmts(&other.as_ref().unwrap_or(&empty).stmts);
                self.now = behind.join(std::mem::take(&mut self.now));
            }
            StmtKind::Switch {
                label,
                value,
                arms,
                default,
                ..
            } => {
                Reads(self).expr(value);
                let empty = Block::default();
                let blocks = arms.iter().map(|a| &a.body);
                self.branches(blocks.chain([default.as_ref().unwrap_or(&empty)]));
                self.arrive(*label);
            }
            StmtKind::Loop {
                label,
                cond,
                body,
                step,
                post_check,
                ..
            } => {
                let entry = self.now.definite.clone();
                // Twice: what the first turn assigns, the second one meets.
                for turn in 0..2 {
                    if turn > 0 && self.now.cut {
                        break;
                    }
                    self.now.definite.clone_from(&entry);
                    if let (Some(cond), false) = (cond, post_check) {
                        Reads(self).expr(cond);
                        self.leave(*label);
                    }
                    self.stmts(&body.stmts);
                    if let Some(continued) = self.continued.remove(label) {
                        self.now = std::mem::take(&mut self.now).join(continued);
                    }
                    self.stmts(step);
                    if let (Some(cond), true) = (cond, post_check) {
                        Reads(self).expr(cond);
                        self.leave(*label);
                    }
                }
                self.now.cut = true;
                self.arrive(*label);
            }
            StmtKind::Block(label, block) => {
                self.stmts(&block.stmts);
                if let Some(label) = label {
                    self.arrive(*label);
                }
            }
            StmtKind::Expr(expr) => Reads(self).expr(expr),
            StmtKind::Return(value) => {
                if let Some(value) = value {
                    Reads(self).expr(value);
                }
                self.now.cut = true;
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
            StmtKind::Break(label) => {
                self.leave(*label);
                self.now.cut = true;
            }
            StmtKind::Continue(label) => {
                let known = self.continued.remove(label);
                let now = self.now.clone();
                self.continued.insert(*label, either(known, now));
                self.now.cut = true;
            }
            // There is nothing in Rust in its place.
            StmtKind::Unreachable => {}
        }
    }

    /// A condition: how things stand where it is met, and where it isn't. `a || { p = f(); !p }` that
    /// isn't met has assigned `p`.
    fn test(&mut self, cond: &Expr) -> (State, State) {
        match &cond.kind {
            ExprKind::Not(inner) => {
                let (met, unmet) = self.test(inner);
                (unmet, met)
            }
            ExprKind::Or(first, second) => {
                let (met, unmet) = self.test(first);
                self.now = unmet;
                let (also_met, unmet) = self.test(second);
                (met.join(also_met), unmet)
            }
            ExprKind::And(first, second) => {
                let (met, unmet) = self.test(first);
                self.now = met;
                let (met, also_unmet) = self.test(second);
                (met, unmet.join(also_unmet))
            }
            _ => {
                Reads(self).expr(cond);
                let now = std::mem::take(&mut self.now);
                (now.clone(), now)
            }
        }
    }

    /// Control may go on behind the statement with that label.
    fn leave(&mut self, label: LabelId) {
        let known = self.left.remove(&label);
        let now = self.now.clone();
        self.left.insert(label, either(known, now));
    }

    /// Behind a statement with that label.
    fn arrive(&mut self, label: LabelId) {
        if let Some(left) = self.left.remove(&label) {
            self.now = std::mem::take(&mut self.now).join(left);
        }
    }

    fn branches<'b>(&mut self, blocks: impl IntoIterator<Item = &'b Block>) {
        let before = self.now.clone();
        let mut behind: Option<State> = None;
        for block in blocks {
            self.now.clone_from(&before);
            self.stmts(&block.stmts);
            let now = std::mem::take(&mut self.now);
            behind = Some(either(behind, now));
        }
        self.now = behind.unwrap_or(before);
    }

    fn write(&mut self, place: &Place) {
        match &place.kind {
            PlaceKind::Local(local) => {
                self.written.insert(*local);
                if self.now.assigned.contains(local) {
                    self.reassigned.insert(*local);
                }
                self.now.assigned.insert(*local);
                self.now.definite.insert(*local);
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

fn either(known: Option<State>, now: State) -> State {
    match known {
        Some(known) => known.join(now),
        None => now,
    }
}

struct Reads<'a>(&'a mut Flow);

impl Visit for Reads<'_> {
    fn place(&mut self, place: &Place) {
        if let PlaceKind::Local(local) = place.kind
            && !self.0.now.definite.contains(&local)
        {
            self.0.early.insert(local);
        }
        self.place_parts(place);
    }
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Block(stmts, value) => {
                self.0.stmts(stmts);
                self.expr(value);
            }
            // What only one of the sides assigns may have no value behind them.
            ExprKind::And(first, second) | ExprKind::Or(first, second) => {
                self.expr(first);
                let definite = self.0.now.definite.clone();
                self.expr(second);
                self.0.now.definite = definite;
            }
            ExprKind::Conditional(cond, then, other) => {
                let (met, unmet) = self.0.test(cond);
                self.0.now = met;
                self.expr(then);
                let behind = std::mem::replace(&mut self.0.now, unmet);
                self.expr(other);
                self.0.now = behind.join(std::mem::take(&mut self.0.now));
            }
            _ => self.expr_parts(expr),
        }
    }
    fn stmt(&mut self, stmt: &Stmt) {
        self.0.one(stmt);
    }
}
