//! Scopes: each variable begins to live in a list of statements that holds all its uses.
//!
//! C jumps out of a block and goes on using what was declared in it; where labels became blocks,
//! such a declaration moves out of them.

use std::collections::BTreeMap;

use super::build::{load, local_place, stmt};
use crate::ir::{
    Notes,
    body::{Block, Expr, ExprKind, Function, Init, LabelId, LocalId, Stmt, StmtKind},
    walk::{Visit, VisitMut},
};

use super::place::temporary;

/// Whether any of `stmts` jumps to `label`.
pub(super) fn mentions_label(stmts: &[Stmt], label: LabelId) -> bool {
    struct Find(LabelId, bool);
    impl Visit for Find {
        fn stmt(&mut self, stmt: &Stmt) {
            if let StmtKind::Break(label) | StmtKind::Continue(label) = stmt.kind {
                self.1 |= label == self.0;
            }
            self.stmt_parts(stmt);
        }
    }
    let mut find = Find(label, false);
    for stmt in stmts {
        find.stmt(stmt);
    }
    find.1
}

/// Moves declarations outward until each is seen by all uses of its variable.
pub(super) fn widen(function: &mut Function) {
    // Each round moves one declaration, which then sees all uses of its variable.
    for _ in 0..=function.locals.len() {
        let mut uses = Uses::default();
        uses.function(function);
        let hidden = uses.found.iter().find_map(|(local, found)| {
            let declared = found.declared.as_ref()?;
            let hidden = found.mentions.iter().any(|path| !sees(declared, path));
            hidden.then(|| Some((*local, common(&found.mentions)?)))?
        });
        let Some((local, target)) = hidden else {
            return;
        };
        hoist(function, local, &target);
    }
}

/// From the outermost list inward: which list of the statement, and which statement of that list.
type Path = Vec<(usize, usize)>;

#[derive(Default)]
struct Found {
    declared: Option<Path>,
    mentions: Vec<Path>,
}

#[derive(Default)]
struct Uses {
    found: BTreeMap<LocalId, Found>,
    path: Path,
    /// How many lists of the current statement have been seen.
    lists: usize,
}

impl Visit for Uses {
    fn stmts(&mut self, stmts: &Vec<Stmt>) {
        let list = self.lists;
        for (at, stmt) in stmts.iter().enumerate() {
            self.path.push((list, at));
            self.lists = 0;
            self.stmt(stmt);
            self.path.pop();
        }
        self.lists = list + 1;
    }

    fn stmt(&mut self, stmt: &Stmt) {
        if let StmtKind::Let(local, _) = &stmt.kind {
            let found = self.found.entry(*local).or_default();
            if found.declared.is_none() {
                found.declared = Some(self.path.clone());
            }
        }
        self.stmt_parts(stmt);
    }

    fn expr(&mut self, expr: &Expr) {
        // The value of a block stands behind the last of its statements.
        if let ExprKind::Block(stmts, value) = &expr.kind {
            let list = self.lists;
            self.stmts(stmts);
            let behind = self.lists;
            self.path.push((list, stmts.len()));
            self.lists = 0;
            self.expr(value);
            self.path.pop();
            self.lists = behind;
        } else {
            self.expr_parts(expr);
        }
    }

    fn local(&mut self, local: &LocalId) {
        let path = self.path.clone();
        self.found.entry(*local).or_default().mentions.push(path);
    }
}

/// Whether a use at `path` lies behind the declaration in its list, or deeper.
fn sees(declared: &Path, path: &Path) -> bool {
    let Some(((list, at), outer)) = declared.split_last() else {
        return false;
    };
    path.get(..outer.len()) == Some(outer)
        && path
            .get(outer.len())
            .is_some_and(|(other, behind)| other == list && behind >= at)
}

/// The innermost list that holds all paths, and its first statement among them.
fn common(paths: &[Path]) -> Option<Path> {
    let first = paths.first()?;
    let mut depth = 0;
    while let Some((list, at)) = first.get(depth) {
        let same_list = paths
            .iter()
            .all(|path| path.get(depth).is_some_and(|(other, _)| other == list));
        if !same_list {
            break;
        }
        let same_stmt = paths
            .iter()
            .all(|path| path.get(depth).is_some_and(|(_, other)| other == at));
        if !same_stmt {
            depth += 1;
            break;
        }
        depth += 1;
    }
    let mut target = first.get(..depth)?.to_vec();
    let at = paths
        .iter()
        .filter_map(|path| path.get(depth.checked_sub(1)?))
        .map(|(_, at)| *at)
        .min()?;
    target.last_mut()?.1 = at;
    Some(target)
}

/// Declares `local` before the statement at `target`, and turns its declaration there into an
/// assignment.
fn hoist(function: &mut Function, local: LocalId, target: &Path) {
    let declared = function.locals.get(local.0 as usize);
    let Some((ty, volatile)) = declared.map(|local| (local.ty.clone(), local.volatile)) else {
        return;
    };
    let place = local_place(local, ty, volatile);
    let mut change = Hoist {
        local,
        place: &place,
        target,
        path: Vec::new(),
        lists: 0,
    };
    change.stmts(&mut function.body);
}

struct Hoist<'h> {
    local: LocalId,
    place: &'h crate::ir::body::Place,
    target: &'h Path,
    path: Path,
    lists: usize,
}

impl VisitMut for Hoist<'_> {
    fn stmts(&mut self, stmts: &mut Vec<Stmt>) {
        let list = self.lists;
        let mut insert = None;
        for (at, stmt) in stmts.iter_mut().enumerate() {
            self.path.push((list, at));
            self.lists = 0;
            if self.path == *self.target {
                insert = Some(at);
            }
            self.stmt(stmt);
            self.path.pop();
        }
        if let Some(at) = insert {
            let mut declaration = stmt(StmtKind::Let(self.local, None), None);
            if let Some(behind) = stmts.get_mut(at) {
                declaration.notes = Notes {
                    blank: std::mem::take(&mut behind.notes.blank),
                    ..Notes::default()
                };
                declaration.span = behind.span;
            }
            stmts.insert(at.min(stmts.len()), declaration);
        }
        self.lists = list + 1;
    }

    fn expr(&mut self, expr: &mut Expr) {
        if let ExprKind::Block(stmts, value) = &mut expr.kind {
            let list = self.lists;
            self.stmts(stmts);
            let behind = self.lists;
            self.path.push((list, stmts.len()));
            self.lists = 0;
            self.expr(value);
            self.path.pop();
            self.lists = behind;
        } else {
            self.expr_parts(expr);
        }
    }

    fn stmt(&mut self, stmt: &mut Stmt) {
        self.stmt_parts(stmt);
        if let StmtKind::Let(local, init) = &mut stmt.kind
            && *local == self.local
        {
            stmt.kind = match init.take() {
                None => StmtKind::Block(None, Block::default()),
                Some(Init::Expr(value)) => StmtKind::Assign(self.place.clone(), value),
                Some(init) => {
                    let value = load(temporary(init, self.place.ty.clone()), None);
                    StmtKind::Assign(self.place.clone(), value)
                }
            };
        }
    }
}
