//! Jumps into a branch: what the branch does moves up into the list of statements around it.
//!
//! `if (0) { err: … }`, before which somebody jumps to `err`, becomes `goto behind; err: … behind:`.

use std::{collections::BTreeSet, sync::Arc};

use super::goto::{jumps, labels};
use crate::c::{
    const_eval,
    tree::{Block, Expr, ExprKind, Function, FunctionId, LocalId, Stmt, StmtKind, Tree},
    types::{CType, IntKind, Kind},
};

/// The tree with functions in which nobody jumps into a branch any more; none if there are no others.
pub(super) fn raised(tree: &Tree) -> Option<Tree> {
    let found: Vec<(FunctionId, Block)> = (0..)
        .map(FunctionId)
        .zip(&tree.functions)
        .filter_map(|(id, function)| Some((id, raise(tree, function)?)))
        .collect();
    if found.is_empty() {
        return None;
    }
    let mut tree = tree.clone();
    for (id, body) in found {
        if let Some(function) = tree.functions.get_mut(id.0 as usize) {
            function.body = Some(body);
        }
    }
    Some(tree)
}

fn raise(tree: &Tree, function: &Function) -> Option<Block> {
    let body = function.body.as_ref()?;
    let targets = entered(&body.stmts, &body.stmts);
    if targets.is_empty() {
        return None;
    }
    let mut raise = Raise {
        tree,
        function,
        targets,
        made: 0,
    };
    let mut body = body.clone();
    raise.list(&mut body.stmts);
    (raise.made > 0).then_some(body)
}

/// The labels at the head of the list of a branch or a block below `stmts` that are jumped to from
/// outside of it.
fn entered(stmts: &[Stmt], all: &[Stmt]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for s in stmts {
        for inner in lists(s) {
            for label in inner.iter().flat_map(labels) {
                if count(all, label) > count(inner, label) {
                    found.insert(label.to_owned());
                }
            }
            found.extend(entered(inner, all));
        }
    }
    found
}

/// How many statements below `stmts` jump to a label.
fn count(stmts: &[Stmt], label: &str) -> usize {
    stmts.iter().map(|s| gotos(s, label)).sum()
}

fn gotos(s: &Stmt, label: &str) -> usize {
    if !jumps(s, label) {
        return 0;
    }
    let mut found = 0;
    super::c_walk::stmts(s, &mut |s| {
        found += usize::from(matches!(&s.kind, StmtKind::Goto(name) if &**name == label));
    });
    // One in the value of an expression.
    found.max(1)
}

/// The lists of statements right below a statement.
fn lists(s: &Stmt) -> Vec<&[Stmt]> {
    match &s.kind {
        StmtKind::Block(block) => vec![&block.stmts],
        StmtKind::If(_, then, other) => {
            let branches = std::iter::once(then).chain(other);
            branches.map(|branch| of_branch(branch)).collect()
        }
        StmtKind::While(_, body)
        | StmtKind::DoWhile(body, _)
        | StmtKind::For { body, .. }
        | StmtKind::Switch(_, body) => vec![of_branch(body)],
        StmtKind::Label(_, inner) | StmtKind::Case(_, _, inner) | StmtKind::Default(inner) => {
            lists(inner)
        }
        _ => Vec::new(),
    }
}

fn of_branch(branch: &Stmt) -> &[Stmt] {
    match &branch.kind {
        StmtKind::Block(block) => &block.stmts,
        _ => std::slice::from_ref(branch),
    }
}

struct Raise<'t> {
    tree: &'t Tree,
    function: &'t Function,
    /// Labels that are jumped to from outside of their lists.
    targets: BTreeSet<String>,
    /// How many branches have moved.
    made: usize,
}

impl Raise<'_> {
    /// Moves branches of a list up into it, inner ones first.
    fn list(&mut self, stmts: &mut Vec<Stmt>) {
        let mut result = Vec::with_capacity(stmts.len());
        for mut s in stmts.drain(..) {
            self.inside(&mut s);
            match self.flat(&s) {
                Some(flat) => {
                    self.made += 1;
                    result.extend(flat);
                }
                None => result.push(s),
            }
        }
        *stmts = result;
    }

    fn inside(&mut self, s: &mut Stmt) {
        match &mut s.kind {
            StmtKind::Block(block) => self.list(&mut block.stmts),
            StmtKind::If(_, then, other) => {
                self.inside(then);
                if let Some(other) = other {
                    self.inside(other);
                }
            }
            StmtKind::While(_, body)
            | StmtKind::DoWhile(body, _)
            | StmtKind::For { body, .. }
            | StmtKind::Switch(_, body)
            | StmtKind::Label(_, body)
            | StmtKind::Case(_, _, body)
            | StmtKind::Default(body) => self.inside(body),
            _ => {}
        }
    }

    /// What stands for a statement in whose branch a target is.
    fn flat(&self, s: &Stmt) -> Option<Vec<Stmt>> {
        match &s.kind {
            StmtKind::Block(block) if self.is_entered(&block.stmts) => self.moved(&block.stmts),
            StmtKind::If(cond, then, other) => {
                let other_stmts = other.as_deref().map_or(&[][..], of_branch);
                let then_stmts = of_branch(then);
                let (cond, up, stays) =
                    match (self.is_entered(then_stmts), self.is_entered(other_stmts)) {
                        (true, false) => (not(cond), then_stmts, other.as_deref()),
                        (false, true) => (cond.clone(), other_stmts, Some(&**then)),
                        _ => return None,
                    };
                let up = self.moved(up)?;
                let at = crate::source::span::Span {
                    end: s.span.start,
                    ..s.span
                };
                let here = |kind| Stmt { kind, span: at };
                let behind = self.behind();
                let leave = here(StmtKind::Goto(behind.clone()));
                let mut stmts: Vec<Stmt> = match const_eval::eval(self.tree, &cond) {
                    Some(0) => Vec::new(),
                    Some(_) => stays.cloned().into_iter().chain([leave]).collect(),
                    None => {
                        let block = Block {
                            stmts: stays.cloned().into_iter().chain([leave]).collect(),
                            span: None,
                        };
                        let branch = Box::new(here(StmtKind::Block(block)));
                        vec![here(StmtKind::If(cond, branch, None))]
                    }
                };
                stmts.extend(up);
                let end = Box::new(here(StmtKind::Empty));
                stmts.push(here(StmtKind::Label(behind, end)));
                Some(stmts)
            }
            StmtKind::Label(name, inner) => {
                let mut flat = self.flat(inner)?;
                let first = Box::new(flat.first()?.clone());
                *flat.first_mut()? = Stmt {
                    kind: StmtKind::Label(name.clone(), first),
                    span: s.span,
                };
                Some(flat)
            }
            _ => None,
        }
    }

    fn is_entered(&self, list: &[Stmt]) -> bool {
        let mut heads = list.iter().flat_map(labels);
        heads.any(|label| self.targets.contains(label))
    }

    /// The statements of a list, if what they declare has names of its own.
    fn moved(&self, list: &[Stmt]) -> Option<Vec<Stmt>> {
        let name = |id: LocalId| self.function.locals.get(id.0 as usize)?.name.as_ref();
        let fits = list.iter().all(|s| match super::goto::unlabelled(s).kind {
            StmtKind::Local(local, _) => {
                let locals = self.function.locals.iter();
                locals
                    .filter(|other| other.name.as_ref() == name(local))
                    .count()
                    == 1
            }
            _ => true,
        });
        fits.then(|| list.to_vec())
    }

    /// A label that the function doesn't have.
    fn behind(&self) -> Arc<str> {
        let mut taken = BTreeSet::new();
        for s in self.function.body.iter().flat_map(|body| &body.stmts) {
            super::c_walk::stmts(s, &mut |s| taken.extend(labels(s)));
        }
        let plain = std::iter::once("behind".to_owned());
        let names = plain.chain((2..).map(|number| format!("behind{number}")));
        let mut free = names.filter(|name| !taken.contains(name.as_str()));
        free.nth(self.made).unwrap_or_default().into()
    }
}

fn not(cond: &Expr) -> Expr {
    Expr {
        kind: ExprKind::Not(Box::new(cond.clone())),
        ty: CType {
            kind: Kind::Int(IntKind::Int),
            alias: None,
            const_: false,
            volatile: false,
            atomic: false,
            tags: Vec::new(),
        },
        span: cond.span,
        macro_name: None,
    }
}
