//! The context of a program: a variable of the program's own, and what it is handed to.

use std::collections::BTreeSet;

use super::build::{load, local_place, stmt};
use crate::ir::{
    FunctionId, Object,
    body::{Expr, ExprKind, Function, Init, Local, LocalId, PlaceKind, Stmt, StmtKind},
    walk::{Visit, VisitMut},
};

/// Gives a program that assigns to its context a variable that begins as that: the context itself
/// is no place in Rust.
pub(super) fn own(function: &mut Function, ctx: LocalId) {
    let mut assigned = Assigned(ctx, false);
    assigned.function(function);
    let Some(declared) = function.locals.get(ctx.0 as usize).filter(|_| assigned.1) else {
        return;
    };
    let (ty, volatile) = (declared.ty.clone(), declared.volatile);
    let copy = Local {
        name: declared.name.clone(),
        ty: ty.clone(),
        volatile,
        aligned: None,
    };
    let own = LocalId(u32::try_from(function.locals.len()).unwrap_or(u32::MAX));
    Renamed(ctx, own).function(function);
    function.locals.push(copy);
    let start = load(local_place(ctx, ty, volatile), None);
    let first = StmtKind::Let(own, Some(Init::Expr(start)));
    function.body.insert(0, stmt(first, None));
}

struct Assigned(LocalId, bool);

impl Visit for Assigned {
    fn stmt(&mut self, stmt: &Stmt) {
        if let StmtKind::Assign(place, _) | StmtKind::AssignOp(place, ..) = &stmt.kind {
            self.1 |= matches!(place.kind, PlaceKind::Local(local) if local == self.0);
        }
        self.stmt_parts(stmt);
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::AddressOf(place) = &expr.kind {
            self.1 |= matches!(place.kind, PlaceKind::Local(local) if local == self.0);
        }
        self.expr_parts(expr);
    }
}

struct Renamed(LocalId, LocalId);

impl VisitMut for Renamed {
    fn local(&mut self, local: &mut LocalId) {
        if *local == self.0 {
            *local = self.1;
        }
    }
}

/// Makes functions static that are given the context. Of a global one the kernel asks whether the
/// type of the parameter has the name of the context's (`btf_is_prog_ctx_type`), which Rust's has
/// not; a static one it walks through with what it is given.
pub(super) fn keep_static(object: &mut Object) {
    let mut given: BTreeSet<(FunctionId, usize)> = BTreeSet::new();
    loop {
        let mut handed = Handed {
            contexts: BTreeSet::new(),
            found: BTreeSet::new(),
        };
        for program in &object.programs {
            handed.contexts = program.ctx.into_iter().collect();
            handed.function(&program.function);
        }
        for (id, function) in (0..).map(FunctionId).zip(&object.functions) {
            let params = function.params.iter().enumerate();
            let those = params.filter(|(number, _)| given.contains(&(id, *number)));
            handed.contexts = those.map(|(_, local)| *local).collect();
            handed.function(function);
        }
        let before = given.len();
        given.extend(handed.found);
        if given.len() == before {
            break;
        }
    }
    for (FunctionId(id), _) in given {
        if let Some(function) = object.functions.get_mut(id as usize)
            && function.global
            && function.kernel.is_none()
        {
            function.global = false;
            function.noinline = true;
        }
    }
}

/// The parameters that are given the context.
struct Handed {
    contexts: BTreeSet<LocalId>,
    found: BTreeSet<(FunctionId, usize)>,
}

impl Visit for Handed {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Call(id, args) = &expr.kind {
            for (number, arg) in args.iter().enumerate() {
                let mut inner = arg;
                while let ExprKind::Cast(next) = &inner.kind {
                    inner = next;
                }
                if let ExprKind::Load(place) = &inner.kind
                    && let PlaceKind::Local(local) = place.kind
                    && self.contexts.contains(&local)
                {
                    self.found.insert((*id, number));
                }
            }
        }
        self.expr_parts(expr);
    }
}
