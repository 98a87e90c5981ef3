//! Items without what doesn't make them different: places, comments, and what other items do with
//! them.

use crate::{
    ir::{
        Constant, Global, Map, Notes, Relocation,
        body::{Block, Expr, Function, Stmt, StmtKind},
        program::Program,
        ty::{Enumeration, Record},
        walk::VisitMut,
    },
    source::span::{FileId, Span},
};

const NOWHERE: Span = Span {
    file: FileId(0),
    start: 0,
    end: 0,
};

pub(super) fn record(record: &mut Record) {
    record.notes = Notes::default();
    record.span = None;
    record.shared = false;
    match &mut record.fields {
        Some(fields) => {
            for field in fields {
                field.notes = Notes::default();
                field
                    .lengths
                    .iter_mut()
                    .flatten()
                    .for_each(|length| Bare.expr(length));
            }
        }
        // Nothing but pointers to it is used, such as to the registers that are the context.
        None => {
            record.size = 0;
            record.align = 0;
            record.packed = false;
        }
    }
}

pub(super) fn enumeration(found: &mut Enumeration) {
    found.notes = Notes::default();
    found.span = None;
    found.shared = false;
    for constant in &mut found.constants {
        constant.notes = Notes::default();
        constant.span = None;
    }
}

pub(super) fn constant(constant: &mut Constant) {
    constant.notes = Notes::default();
    constant.span = None;
    constant.used = false;
    if let Some(written) = &mut constant.expr {
        Bare.expr(written);
    }
}

pub(super) fn global(global: &mut Global) {
    global.notes = Notes::default();
    global.span = NOWHERE;
    Bare.init(&mut global.init);
}

pub(super) fn map(map: &mut Map) {
    map.notes = Notes::default();
    map.span = NOWHERE;
    let mut def = Some(&mut map.def);
    while let Some(found) = def {
        if let Some(written) = &mut found.max_entries_expr {
            Bare.expr(written);
        }
        def = found.inner.as_deref_mut();
    }
}

pub(super) fn relocation(relocation: &mut Relocation) {
    relocation.span = NOWHERE;
}

pub(super) fn function(function: &mut Function) {
    function.notes = Notes::default();
    function.trailing.clear();
    function.span = NOWHERE;
    Bare.function(function);
}

pub(super) fn program(program: &mut Program) {
    function(&mut program.function);
}

struct Bare;

impl VisitMut for Bare {
    fn stmt(&mut self, stmt: &mut Stmt) {
        stmt.notes = Notes::default();
        stmt.span = None;
        if let StmtKind::Switch { arms, .. } = &mut stmt.kind {
            for arm in arms {
                arm.notes = Notes::default();
            }
        }
        self.stmt_parts(stmt);
    }

    fn block(&mut self, block: &mut Block) {
        block.trailing.clear();
        self.stmts(&mut block.stmts);
    }

    fn expr(&mut self, expr: &mut Expr) {
        expr.span = None;
        self.expr_parts(expr);
    }
}
