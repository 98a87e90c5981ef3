//! Variables that hold formats: `char fmt[] = "…"; bpf_trace_printk(fmt, sizeof(fmt), …)`.

use std::collections::{BTreeSet, HashMap};

use super::{
    c_walk::{self, peel},
    calls::callee_of,
};
use crate::{
    c::{
        tree::{
            Block, Expr, ExprKind, Init, LocalId as CLocalId, StmtKind as CStmtKind, Tree,
            VariableId,
        },
        types::{CType, Kind},
    },
    ir::{
        body::{Function, LocalId, Stmt, StmtKind},
        walk::{Visit, VisitMut},
    },
    source::markers,
};

/// What a local variable of `body` begins as, if nothing changes it later.
pub(super) fn of_local<'a>(tree: &Tree, body: &'a Block, local: CLocalId) -> Option<&'a Init> {
    let mut found = None;
    for stmt in &body.stmts {
        c_walk::stmts(stmt, &mut |stmt| {
            if let CStmtKind::Local(declared, Some(init)) = &stmt.kind
                && *declared == local
            {
                found = Some(init);
            }
        });
    }
    let is_it = |place: &Expr| matches!(place.kind, ExprKind::Local(id) if id == local);
    found.filter(|_| !Changes::any(tree, body, &is_it))
}

/// What a variable of file scope begins as, if it is constant or nothing in the file changes it.
pub(super) fn of_variable(tree: &Tree, variable: VariableId) -> Option<&Init> {
    let found = tree.variables.get(variable.0 as usize)?;
    let is_it = |place: &Expr| matches!(place.kind, ExprKind::Variable(id) if id == variable);
    let mut bodies = tree.functions.iter().filter_map(|one| one.body.as_ref());
    let changed = !is_const(&found.ty) && bodies.any(|body| Changes::any(tree, body, &is_it));
    found.init.as_ref().filter(|_| !changed)
}

/// What is done with a variable, or with a part of it.
struct Changes<'a> {
    tree: &'a Tree,
    is_it: &'a dyn Fn(&Expr) -> bool,
    assigned: bool,
    addresses: usize,
    /// Those that only go where nothing is written through them.
    read: usize,
}

impl<'a> Changes<'a> {
    /// Whether it is assigned to, or its address goes where it may be written.
    fn any(tree: &'a Tree, body: &Block, is_it: &'a dyn Fn(&Expr) -> bool) -> bool {
        let mut changes = Self {
            tree,
            is_it,
            assigned: false,
            addresses: 0,
            read: 0,
        };
        c_walk::exprs_of_block(body, &mut |expr| changes.expr(expr));
        changes.assigned || changes.addresses > changes.read
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Assign(target, _)
            | ExprKind::CompoundAssign { target, .. }
            | ExprKind::IncDec { target, .. } => self.assigned |= (self.is_it)(base(target)),
            ExprKind::Decay(_) | ExprKind::AddressOf(_) => {
                self.addresses += usize::from(self.is_address(expr));
            }
            ExprKind::Cast { value, .. } => {
                let reads = matches!(&expr.ty.kind, Kind::Pointer(to) if to.const_);
                self.read += usize::from(reads && self.is_address(peel(value)));
            }
            // A helper's values behind the format are as they are.
            ExprKind::Call(function, args) if self.is_trace_printk(function) => {
                let values = args.iter().skip(2);
                self.read += values.filter(|arg| self.is_address(arg)).count();
            }
            // A marker's arguments haven't decayed.
            ExprKind::Builtin(name, args) => {
                let written = match &**name {
                    markers::SNPRINTF => args.get(..1),
                    name if PRINTS.contains(&name) => None,
                    _ => Some(args.as_slice()),
                };
                let mut written = written.unwrap_or_default().iter();
                self.assigned |= written
                    .any(|arg| matches!(arg.ty.kind, Kind::Array(..)) && (self.is_it)(base(arg)));
            }
            _ => {}
        }
    }

    fn is_address(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Decay(place) | ExprKind::AddressOf(place) => (self.is_it)(base(place)),
            _ => false,
        }
    }

    fn is_trace_printk(&self, function: &Expr) -> bool {
        let function = callee_of(function).and_then(|id| self.tree.functions.get(id.0 as usize));
        function.is_some_and(|function| &*function.name == "bpf_trace_printk")
    }
}

/// What takes formats and values as they are written.
const PRINTS: [&str; 3] = [markers::PRINTK, markers::STREAM_PRINTK, markers::SEQ_PRINTF];

fn is_const(ty: &CType) -> bool {
    match &ty.kind {
        Kind::Array(element, _) => ty.const_ || is_const(element),
        _ => ty.const_,
    }
}

/// The variable that `place` is a part of.
fn base(mut place: &Expr) -> &Expr {
    while let ExprKind::Member(outer, _, _) | ExprKind::Index(outer, _) = &place.kind {
        place = outer;
    }
    place
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
