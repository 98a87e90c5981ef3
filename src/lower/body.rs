//! What a function does: the state of lowering one, shared by statements and expressions.

use std::collections::{BTreeSet, HashMap};

use super::{
    Lowered, Lowerer, Refused,
    build::{expr, load, local_place, stmt},
    c_walk, codes, count, fixed, formats, handed, names, programs, scope, simplify, unreached,
};
use crate::{
    c::{
        self,
        tree::{ExprKind as CExprKind, FunctionId},
        types::CType,
    },
    diag::{Code, Diagnostic},
    ir::{
        Comment,
        body::{Expr, ExprKind, Function, Init, LabelId, Local, LocalId, Stmt, StmtKind},
        ty::Ty,
    },
    source::span::Span,
};

/// How deep expressions and statements may nest; clang takes as many brackets by default.
pub(super) const MAX_DEPTH: u16 = 256;

/// Where `break` and `continue` lead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exits {
    pub(super) break_: LabelId,
    /// None in a `switch` outside of loops.
    pub(super) continue_: Option<Jump>,
}

/// A jump that the IR has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Jump {
    Break(LabelId),
    Continue(LabelId),
}

impl Jump {
    pub(super) const fn stmt(self) -> StmtKind {
        match self {
            Self::Break(label) => StmtKind::Break(label),
            Self::Continue(label) => StmtKind::Continue(label),
        }
    }
}

pub(super) struct Body<'l, 'a> {
    pub(super) cx: &'l mut Lowerer<'a>,
    pub(super) id: Option<FunctionId>,
    pub(super) locals: Vec<Local>,
    pub(super) labels: Vec<Option<String>>,
    /// Where statements go.
    pub(super) out: Vec<Stmt>,
    /// What happens behind the statement under way (`i++` in `a[i++] = 0`).
    pub(super) later: Vec<Stmt>,
    /// Local variables whose increment may wait for the end of the statement.
    pub(super) deferrable: BTreeSet<c::tree::LocalId>,
    /// Whether the statement under way has one effect at most: nothing comes between it and the rest.
    pub(super) acts_once: bool,
    /// Local variables that pointers may point to.
    pub(super) addressed: BTreeSet<LocalId>,
    pub(super) exits: Vec<Exits>,
    pub(super) gotos: HashMap<String, Jump>,
    /// Variables that the head of a `for` declares.
    pub(super) loop_locals: BTreeSet<LocalId>,
    /// Variables that are nothing but numbers of loops, each of which sets them first.
    pub(super) loop_numbers: BTreeSet<LocalId>,
    /// Variables that are one function all along.
    pub(super) fixed: HashMap<c::tree::LocalId, FunctionId>,
    /// Parameters that are functions, only called and handed on.
    pub(super) handed: BTreeSet<c::tree::LocalId>,
    /// Variables whose text was printed as a format.
    pub(super) formats: BTreeSet<LocalId>,
    /// Comments of statements that left nothing behind.
    pub(super) pending: Vec<Comment>,
    /// Where the comments of the body may begin.
    pub(super) start: u32,
    depth: u16,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) callees: Vec<super::Callee>,
    /// Whether something is known only where the function is inlined.
    pub(super) inlined: bool,
}

impl<'l, 'a> Body<'l, 'a> {
    pub(super) fn new(cx: &'l mut Lowerer<'a>, id: Option<FunctionId>) -> Self {
        Self {
            cx,
            id,
            locals: Vec::new(),
            labels: Vec::new(),
            out: Vec::new(),
            later: Vec::new(),
            deferrable: BTreeSet::new(),
            acts_once: false,
            addressed: BTreeSet::new(),
            exits: Vec::new(),
            gotos: HashMap::new(),
            loop_locals: BTreeSet::new(),
            loop_numbers: BTreeSet::new(),
            fixed: HashMap::new(),
            handed: BTreeSet::new(),
            formats: BTreeSet::new(),
            pending: Vec::new(),
            start: 0,
            depth: 0,
            errors: Vec::new(),
            warnings: Vec::new(),
            callees: Vec::new(),
            inlined: false,
        }
    }

    /// Runs `lower` one level deeper, unless that is too deep.
    pub(super) fn deeper<T>(
        &mut self,
        span: Span,
        lower: impl FnOnce(&mut Self) -> Lowered<T>,
    ) -> Lowered<T> {
        if self.depth >= MAX_DEPTH {
            return self.refuse(
                codes::TOO_DEEP,
                span,
                format!("this nests more than {MAX_DEPTH} levels deep"),
            );
        }
        self.depth += 1;
        let result = lower(self);
        self.depth -= 1;
        result
    }

    /// Records why what is being lowered can't be.
    pub(super) fn refuse<T>(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
    ) -> Lowered<T> {
        self.refuse_with(Diagnostic::error(code, span, message))
    }

    /// Likewise, with a diagnostic of one's own.
    pub(super) fn refuse_with<T>(&mut self, diagnostic: Diagnostic) -> Lowered<T> {
        self.errors.push(diagnostic);
        Err(Refused)
    }

    pub(super) fn ty(&mut self, ty: &CType) -> Ty {
        self.cx.outline(ty)
    }

    pub(super) fn cast(&self, value: Expr, ty: &Ty) -> Expr {
        simplify::cast(&self.cx.object, value, ty)
    }

    /// A label of the user's or of our own.
    pub(super) fn label(&mut self, name: Option<&str>) -> LabelId {
        let id = LabelId(u32::try_from(self.labels.len()).unwrap_or(u32::MAX));
        self.labels.push(name.map(str::to_owned));
        id
    }

    /// A variable that the C doesn't have.
    pub(super) fn new_local(&mut self, name: &str, ty: Ty) -> LocalId {
        let taken = |name: &str| self.locals.iter().any(|local| local.name == name);
        let mut unique = name.to_owned();
        let mut number = 2;
        while taken(&unique) {
            unique = format!("{name}{number}");
            number += 1;
        }
        let id = LocalId(u32::try_from(self.locals.len()).unwrap_or(u32::MAX));
        self.locals.push(Local {
            name: unique,
            ty,
            volatile: false,
            aligned: None,
        });
        id
    }

    /// `value` in a variable of its own, evaluated here.
    pub(super) fn temporary(&mut self, name: &str, value: Expr) -> Expr {
        let (ty, span) = (value.ty.clone(), value.span);
        let local = self.new_local(name, ty.clone());
        self.push(StmtKind::Let(local, Some(Init::Expr(value))), span);
        load(local_place(local, ty, false), span)
    }

    pub(super) fn push(&mut self, kind: StmtKind, span: impl Into<Option<Span>>) {
        self.out.push(stmt(kind, span));
    }

    /// What `lower` pushes, apart.
    pub(super) fn scoped<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> (T, Vec<Stmt>) {
        let outer = std::mem::take(&mut self.out);
        let result = lower(self);
        let inner = std::mem::replace(&mut self.out, outer);
        (result, inner)
    }

    /// An expression that is evaluated only sometimes, or in its turn: its effects stay inside.
    pub(super) fn closed(
        &mut self,
        lower: impl FnOnce(&mut Self) -> Lowered<Expr>,
    ) -> Lowered<Expr> {
        let deferrable = std::mem::take(&mut self.deferrable);
        let (value, stmts) = self.scoped(lower);
        self.deferrable = deferrable;
        Ok(self.wrap(stmts, value?))
    }

    /// Operands in order: what one of them does first goes before the statement if the ones before
    /// it can't tell, else it stays inside of it.
    pub(super) fn operand(
        &mut self,
        before: &[&Expr],
        lower: impl FnOnce(&mut Self) -> Lowered<Expr>,
    ) -> Lowered<Expr> {
        let mark = self.out.len();
        let value = lower(self)?;
        let tail = self.out.get(mark..).unwrap_or_default();
        if tail.is_empty()
            || before
                .iter()
                .all(|value| super::purity::unmoved_by(value, tail, &self.addressed))
        {
            return Ok(value);
        }
        let tail = self.out.split_off(mark);
        Ok(self.wrap(tail, value))
    }

    /// `value` behind `stmts`; what it points to is declared outside, and outlives the block.
    fn wrap(&mut self, stmts: Vec<Stmt>, value: Expr) -> Expr {
        let targets = super::purity::addressed(&value);
        let (outside, stmts): (Vec<_>, Vec<_>) = stmts.into_iter().partition(
            |stmt| matches!(&stmt.kind, StmtKind::Let(local, None) if targets.contains(local)),
        );
        self.out.extend(outside);
        if stmts.is_empty() {
            return value;
        }
        let (ty, span) = (value.ty.clone(), value.span);
        expr(ExprKind::Block(stmts, Box::new(value)), ty, span)
    }
}

impl<'a> Lowerer<'a> {
    /// Lowers a function that isn't a program into its slot.
    pub(super) fn lower_function(&mut self, id: FunctionId) {
        let Some(slot) = self.functions.get(&id).copied() else {
            return;
        };
        let function = self.kfunc(id).or_else(|| self.function_body(id));
        if let Some(function) = function
            && let Some(found) = self.object.functions.get_mut(slot.0 as usize)
        {
            *found = function;
        }
    }

    /// Lowers the body of a function, program or not, and records its outcome.
    pub(super) fn function_body(&mut self, id: FunctionId) -> Option<Function> {
        let function = self.tree.functions.get(id.0 as usize)?;
        let block = function.body.as_ref()?;
        let notes = self.notes.item(function.span);
        let mut body = Body::new(self, Some(id));
        body.start = function.span.start;
        body.add_locals(function);
        body.find_addressed(block);
        let stmts = body.function_stmts(block);
        let ret = body.ty(&function.ret);
        let end = block.span.map_or(function.span.end, |span| span.end);
        let trailing = body
            .cx
            .notes
            .take(function.span.file, function.span.start, end);
        let Body {
            locals,
            labels,
            errors,
            warnings,
            callees,
            formats,
            inlined,
            ..
        } = body;
        let parts = self.copied_parts(function, block);
        let outcome = self.outcomes.entry(id).or_default();
        outcome.errors.extend(errors);
        outcome.warnings.extend(warnings);
        outcome.warnings.extend(parts);
        outcome.callees.extend(callees);
        // A program that another calls: the kernel's own is apart.
        let is_program = programs::is_program(function);
        let mut attributes = function.attributes.iter();
        let always = attributes.any(|attribute| &*attribute.name == "always_inline");
        let mut lowered = Function {
            name: function.name.to_string(),
            params: function
                .params
                .iter()
                .map(|local| LocalId(local.0))
                .collect(),
            ret,
            locals,
            labels,
            body: stmts,
            inline: always || inlined,
            hinted: function.inline && !always,
            global: !function.static_ && !is_program,
            // Another may take a weak one's place.
            noinline: function.noinline || function.weak,
            callback: false,
            kernel: None,
            notes,
            trailing,
            span: function.span,
        };
        scope::widen(&mut lowered);
        unreached::leave_out(&mut lowered);
        formats::leave_out(&mut lowered, &formats);
        Some(lowered)
    }
}

impl<'a> Body<'_, 'a> {
    fn add_locals(&mut self, function: &'a c::tree::Function) {
        self.handed = handed::params(self.cx.tree, function);
        for (index, (id, local)) in (0..).zip(&function.locals).enumerate() {
            let ty = match self.handed.contains(&c::tree::LocalId(id)) {
                true => self.cx.function_behind(&local.ty),
                false => self.cx.ty(&local.ty),
            };
            let name = match &local.name {
                Some(name) => name.to_string(),
                None => names::unnamed_parameter(index),
            };
            if let Some(own) = name.strip_prefix("__c2aya_") {
                self.new_local(own, ty);
                continue;
            }
            self.locals.push(Local {
                name,
                ty,
                volatile: local.ty.volatile,
                aligned: self.cx.aligned(&local.attributes, &local.ty),
            });
        }
    }

    /// Finds the variables whose address is taken.
    fn find_addressed(&mut self, block: &'a c::tree::Block) {
        let mut found = BTreeSet::new();
        c_walk::exprs_of_block(block, &mut |expr| {
            let (CExprKind::AddressOf(inner) | CExprKind::Decay(inner)) = &expr.kind else {
                return;
            };
            if let Some(local) = root(inner) {
                found.insert(LocalId(local.0));
            }
        });
        self.addressed = found;
        let mut heads = BTreeSet::new();
        for stmt in &block.stmts {
            c_walk::stmts(stmt, &mut |stmt| {
                let c::tree::StmtKind::For { init, .. } = &stmt.kind else {
                    return;
                };
                heads.extend(init.iter().filter_map(|stmt| match stmt.kind {
                    c::tree::StmtKind::Local(local, _) => Some(LocalId(local.0)),
                    _ => None,
                }));
            });
        }
        self.loop_locals = heads;
        self.loop_numbers = count::loop_numbers(block);
        self.fixed = fixed::functions(block);
    }
}

/// The local variable that an lvalue is part of.
pub(super) fn root(mut expr: &c::tree::Expr) -> Option<c::tree::LocalId> {
    loop {
        match &expr.kind {
            CExprKind::Local(local) => return Some(*local),
            CExprKind::Member(base, _, _) | CExprKind::Index(base, _) => expr = base,
            _ => return None,
        }
    }
}
