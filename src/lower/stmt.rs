//! Statements.

use super::{
    Lowered,
    body::{Body, Exits, Jump},
    build::block,
    codes,
    count::{effects_of_truth, is_count},
    scope,
};
use crate::{
    c::{
        self,
        tree::{
            Block as CBlock, Expr as CExpr, ExprKind as CKind, Stmt as CStmt, StmtKind as CStmtKind,
        },
    },
    ir::{
        Comment,
        body::{Block, Expr, ExprKind, LocalId, Stmt, StmtKind},
        ty::Ty,
    },
    source::{Unroll, span::Span},
};

impl<'a> Body<'_, 'a> {
    /// The body of a function.
    pub(super) fn function_stmts(&mut self, body: &'a CBlock) -> Vec<Stmt> {
        let before = self.before_jumps(body);
        let ((), stmts) = self.scoped(|inner| inner.stmt_list(&body.stmts));
        let by_states = before.and_then(|before| self.retry(before, body));
        by_states.unwrap_or(stmts)
    }

    /// One statement with its comments.
    pub(super) fn stmt(&mut self, s: &'a CStmt) {
        self.stmt_with(s, None);
    }

    /// One of a list, which has room before it: what is said in its condition is said there.
    pub(super) fn stmt_of_list(&mut self, s: &'a CStmt) {
        let head = match &s.kind {
            CStmtKind::If(cond, ..) | CStmtKind::While(cond, _) | CStmtKind::Switch(cond, _) => {
                Some(cond.span)
            }
            _ => None,
        };
        self.stmt_with(s, head);
    }

    fn stmt_with(&mut self, s: &'a CStmt, head: Option<Span>) {
        let mut notes = self.cx.notes.before(s.span, self.start);
        let mut before = std::mem::take(&mut self.pending);
        before.append(&mut notes.before);
        if let Some(head) = head.filter(|head| head.file == s.span.file) {
            let end = self.cx.notes.behind_comments(head);
            let inside = self.cx.notes.take(head.file, s.span.start, end);
            before.extend(inside);
        }
        let mark = self.out.len();
        // Why it failed, if it did, is recorded: the others are looked at all the same.
        let _ = self.deeper(s.span, |body| body.stmt_inner(s));
        if is_simple(s) {
            let inside = self.cx.notes.take(s.span.file, self.start, s.span.end);
            before.extend(inside);
        }
        let after = self.cx.notes.after(s.span);
        let Some(first) = self.out.get_mut(mark) else {
            self.pending.splice(0..0, before);
            self.pending.extend(after);
            return;
        };
        first.notes.blank |= notes.blank;
        before.append(&mut first.notes.before);
        first.notes.before = before;
        if let (Some(after), Some(last)) = (after, self.out.last_mut()) {
            match &last.notes.after {
                None => last.notes.after = Some(after),
                Some(_) => self.pending.push(after),
            }
        }
    }

    fn stmt_inner(&mut self, s: &'a CStmt) -> Lowered<()> {
        let span = s.span;
        match &s.kind {
            CStmtKind::Local(local, init) => self.declaration(*local, init.as_ref(), span),
            CStmtKind::Expr(e) => self.with_deferring(e, |body| body.effects(e)),
            CStmtKind::Block(inner) => {
                let inner = self.braces(inner);
                self.push_block(inner, span);
                Ok(())
            }
            CStmtKind::If(cond, then, other) => self.branches(cond, then, other.as_deref(), span),
            CStmtKind::While(cond, body) => {
                let cond = self.closed(|inner| inner.cond(cond));
                let label = self.label(None);
                let body = self.loop_body(body, label, Jump::Continue(label));
                self.push_loop(label, Some(cond?), false, body, Vec::new(), span);
                Ok(())
            }
            CStmtKind::DoWhile(body, cond) => self.do_while(body, cond, span),
            CStmtKind::For {
                init,
                cond,
                step,
                body,
                unroll,
            } => self.for_loop(init, cond.as_ref(), step.as_ref(), body, *unroll, span),
            CStmtKind::Switch(value, body) => self.switch(value, body, span),
            CStmtKind::Case(..) | CStmtKind::Default(_) => self.refuse(
                codes::CASE_PLACE,
                span,
                "a `case` inside of a statement of its own can't be ported",
            ),
            CStmtKind::Break => match self.exits.last().copied() {
                Some(exits) => {
                    self.push(StmtKind::Break(exits.break_), span);
                    Ok(())
                }
                None => self.refuse(codes::GOTO, span, "`break` outside of a loop"),
            },
            CStmtKind::Continue => match self.exits.last().and_then(|exits| exits.continue_) {
                Some(jump) => {
                    self.push(jump.stmt(), span);
                    Ok(())
                }
                None => self.refuse(codes::GOTO, span, "`continue` outside of a loop"),
            },
            CStmtKind::Return(None) => {
                self.push(StmtKind::Return(None), span);
                Ok(())
            }
            CStmtKind::Return(Some(value)) => self.with_return(value, span),
            CStmtKind::Goto(name) => match self.gotos.get(name.as_ref()).copied() {
                Some(jump) => {
                    self.push(jump.stmt(), span);
                    Ok(())
                }
                None => self.refuse(
                    codes::GOTO,
                    span,
                    format!("this jump to `{name}` leads into a block or a loop from outside"),
                ),
            },
            CStmtKind::Label(..) => {
                self.stmt_list(std::slice::from_ref(s));
                Ok(())
            }
            CStmtKind::Asm(asm) => self.asm(asm, span),
            CStmtKind::Empty => Ok(()),
        }
    }

    /// Lowers a value in which increments may wait; the caller takes up what waits.
    fn with_deferred_value<T>(
        &mut self,
        e: &'a CExpr,
        lower: impl FnOnce(&mut Self) -> Lowered<T>,
    ) -> Lowered<T> {
        self.begin(e);
        let result = lower(self);
        self.deferrable.clear();
        self.acts_once = false;
        result
    }

    fn declaration(
        &mut self,
        local: c::tree::LocalId,
        init: Option<&'a c::tree::Init>,
        span: Span,
    ) -> Lowered<()> {
        let id = LocalId(local.0);
        if self.fixed.contains_key(&local) {
            return Ok(());
        }
        let Some(init) = init else {
            self.push(StmtKind::Let(id, None), span);
            return Ok(());
        };
        let function = self
            .id
            .and_then(|id| self.cx.tree.functions.get(id.0 as usize));
        let Some(declared) = function.and_then(|function| function.locals.get(local.0 as usize))
        else {
            return self.refuse(codes::EXPRESSION, span, "this variable isn't known");
        };
        let ty = &declared.ty;
        let init = match init {
            c::tree::Init::Expr(e) => self.with_deferred_value(e, |body| body.init(init, ty))?,
            _ => self.init(init, ty)?,
        };
        self.push(StmtKind::Let(id, Some(init)), span);
        let later = std::mem::take(&mut self.later);
        self.out.extend(later);
        Ok(())
    }

    fn with_return(&mut self, value: &'a CExpr, span: Span) -> Lowered<()> {
        let ret = self
            .id
            .and_then(|id| self.cx.tree.functions.get(id.0 as usize))
            .map(|function| &function.ret);
        let value = self.expr(value)?;
        let value = match ret {
            Some(ret) => {
                let ty = self.ty(ret);
                if ty == Ty::Unit {
                    self.drop_value(value);
                    self.push(StmtKind::Return(None), span);
                    return Ok(());
                }
                self.cast(value, &ty)
            }
            None => value,
        };
        self.push(StmtKind::Return(Some(value)), span);
        Ok(())
    }

    /// `{ … }` with the comments before its closing brace.
    pub(super) fn braces(&mut self, inner: &'a CBlock) -> Block {
        let ((), stmts) = self.scoped(|body| body.stmt_list(&inner.stmts));
        let trailing = self.block_end(inner.span);
        Block { stmts, trailing }
    }

    /// The comments between the last statement of a block and its brace.
    pub(super) fn block_end(&mut self, span: Option<Span>) -> Vec<Comment> {
        let mut trailing = std::mem::take(&mut self.pending);
        if let Some(span) = span {
            trailing.extend(self.cx.notes.take(span.file, self.start, span.end));
        }
        trailing
    }

    /// A statement that is a branch or the body of a loop: one block.
    pub(super) fn branch(&mut self, s: &'a CStmt) -> Block {
        match &s.kind {
            CStmtKind::Block(inner) => self.braces(inner),
            _ => {
                let ((), stmts) = self.scoped(|body| body.stmt(s));
                Block {
                    stmts,
                    trailing: std::mem::take(&mut self.pending),
                }
            }
        }
    }

    /// A block among other statements: without declarations it needs no braces.
    pub(super) fn push_block(&mut self, inner: Block, span: Span) {
        let declares = inner
            .stmts
            .iter()
            .any(|stmt| matches!(stmt.kind, StmtKind::Let(..)));
        if declares {
            return self.push(StmtKind::Block(None, inner), span);
        }
        self.out.extend(inner.stmts);
        self.pending.extend(inner.trailing);
    }

    fn loop_body(&mut self, body: &'a CStmt, label: crate::ir::body::LabelId, on: Jump) -> Block {
        self.exits.push(Exits {
            break_: label,
            continue_: Some(on),
        });
        let block = self.branch(body);
        self.exits.pop();
        block
    }

    fn push_loop(
        &mut self,
        label: crate::ir::body::LabelId,
        cond: Option<Expr>,
        post_check: bool,
        body: Block,
        step: Vec<Stmt>,
        span: Span,
    ) {
        let cond = cond.filter(|cond| !matches!(cond.kind, ExprKind::Bool(true)));
        if !post_check
            && let Some(Expr {
                kind: ExprKind::Bool(false),
                ..
            }) = cond
        {
            return;
        }
        self.push(
            StmtKind::Loop {
                label,
                cond,
                post_check,
                body,
                step,
                unroll: crate::ir::body::Unroll::Free,
            },
            span,
        );
    }

    fn do_while(&mut self, body: &'a CStmt, cond: &'a CExpr, span: Span) -> Lowered<()> {
        let label = self.label(None);
        if matches!(super::c_walk::peel(cond).kind, CKind::Int(0)) {
            // The wrapping of a macro: it runs once.
            let inner = self.loop_body(body, label, Jump::Break(label));
            if scope::mentions_label(&inner.stmts, label) {
                self.push(StmtKind::Block(Some(label), inner), span);
            } else {
                self.push_block(inner, span);
            }
            return Ok(());
        }
        let inner = self.loop_body(body, label, Jump::Continue(label));
        let cond = self.closed(|body| body.cond(cond))?;
        self.push_loop(label, Some(cond), true, inner, Vec::new(), span);
        Ok(())
    }

    fn for_loop(
        &mut self,
        init: &'a [CStmt],
        cond: Option<&'a CExpr>,
        step: Option<&'a CExpr>,
        body: &'a CStmt,
        unroll: Option<Unroll>,
        span: Span,
    ) -> Lowered<()> {
        let (result, mut stmts) = self.scoped(|outer| {
            for stmt in init {
                outer.stmt(stmt);
            }
            let mut lowered = cond
                .map(|cond| outer.closed(|inner| inner.cond(cond)))
                .transpose();
            let first = match &mut lowered {
                Ok(Some(cond)) => effects_of_truth(cond),
                _ => Vec::new(),
            };
            let label = outer.label(None);
            let mut block = outer.loop_body(body, label, Jump::Continue(label));
            let mut count = None;
            if let (Some(c), Ok(Some(cond))) = (cond, &mut lowered)
                && is_count(c)
            {
                count = outer.settle_count(c.span, cond, &first, &block)?;
            }
            if count.is_none() {
                block.stmts.splice(0..0, first);
            }
            let (done, step) = outer.scoped(|inner| match step {
                Some(step) => inner.effects(step),
                None => Ok(()),
            });
            done?;
            let mut step = step;
            if let Some(count) = count {
                count.put_in_place(lowered.as_mut().ok().and_then(Option::as_mut), &mut step);
            }
            outer.push_loop(label, lowered?, false, block, step, span);
            Ok(())
        });
        result?;
        if let Some(asked) = unroll {
            self.unroll(&mut stmts, asked);
        }
        if self.shadows(init) {
            self.push(StmtKind::Block(None, block(stmts)), span);
        } else {
            self.out.extend(stmts);
        }
        Ok(())
    }

    /// Whether the loop declares a variable whose name another variable has that isn't one of a
    /// loop: outside of braces it would hide that one.
    fn shadows(&self, init: &'a [CStmt]) -> bool {
        let declared: Vec<LocalId> = init
            .iter()
            .filter_map(|stmt| match stmt.kind {
                CStmtKind::Local(local, _) => Some(LocalId(local.0)),
                _ => None,
            })
            .collect();
        let name = |id: &LocalId| self.locals.get(id.0 as usize).map(|local| &local.name);
        declared.iter().any(|id| {
            (0..).map(LocalId).zip(&self.locals).any(|(other, local)| {
                other != *id && Some(&local.name) == name(id) && !self.loop_locals.contains(&other)
            })
        })
    }
}

/// Whether a statement has no other statement in it.
fn is_simple(s: &CStmt) -> bool {
    matches!(
        s.kind,
        CStmtKind::Local(..)
            | CStmtKind::Expr(_)
            | CStmtKind::Break
            | CStmtKind::Continue
            | CStmtKind::Return(_)
            | CStmtKind::Goto(_)
            | CStmtKind::Asm(_)
    )
}

/// Whether nothing behind the last of `stmts` is reached from it.
pub(super) fn ends(stmts: &[Stmt]) -> bool {
    match stmts.last().map(|stmt| &stmt.kind) {
        Some(
            StmtKind::Break(_)
            | StmtKind::Continue(_)
            | StmtKind::Return(_)
            | StmtKind::Unreachable,
        ) => true,
        Some(StmtKind::If(_, then, Some(other))) => ends(&then.stmts) && ends(&other.stmts),
        Some(StmtKind::Block(None, inner)) => ends(&inner.stmts),
        Some(StmtKind::Switch {
            label,
            arms,
            default: Some(default),
            ..
        }) => {
            let mut blocks = arms.iter().map(|arm| &arm.body).chain([default]);
            blocks.all(|block| {
                ends(&block.stmts) && !super::scope::mentions_label(&block.stmts, *label)
            })
        }
        _ => false,
    }
}
