//! Statements.

use std::rc::Rc;

use super::{
    Walk,
    memory::{State, Written},
    value::{Place, Taint, Value},
};
use crate::c::{
    tree::{Block, Expr, ExprKind, Init, Stmt, StmtKind},
    types::CType,
};

impl<'a> Walk<'_, 'a> {
    pub(super) fn block(&mut self, block: &'a Block) {
        for stmt in &block.stmts {
            self.stmt(stmt);
        }
    }

    pub(super) fn stmt(&mut self, stmt: &'a Stmt) {
        match &stmt.kind {
            StmtKind::Block(block) => return self.block(block),
            StmtKind::Case(_, _, inner) | StmtKind::Default(inner) => {
                if let Some(entry) = self.frame(|frame| frame.switches.last().cloned()) {
                    self.state.join(entry);
                }
                return self.stmt(inner);
            }
            StmtKind::Label(name, inner) => {
                let name: Rc<str> = Rc::from(name.as_ref());
                if let Some(state) = self.frame(|frame| frame.labels.remove(&name)) {
                    self.state.join(state);
                }
                return self.stmt(inner);
            }
            _ => {}
        }
        if !self.step() {
            // Labels within are reached from elsewhere.
            match &stmt.kind {
                StmtKind::If(_, then, other) => {
                    self.stmt(then);
                    if let Some(other) = other {
                        let then = std::mem::take(&mut self.state);
                        self.stmt(other);
                        self.state.join(then);
                    }
                }
                StmtKind::While(_, body)
                | StmtKind::DoWhile(body, _)
                | StmtKind::For { body, .. } => self.stmt(body),
                _ => {}
            }
            return;
        }
        match &stmt.kind {
            StmtKind::Local(local, init) => self.local(*local, init.as_ref()),
            StmtKind::Expr(expr) => self.statement(expr),
            StmtKind::If(cond, then, other) => self.branch(cond, then, other.as_deref()),
            StmtKind::While(cond, body) => self.repeat(Some(cond), None, body, false),
            StmtKind::DoWhile(body, cond) => self.repeat(Some(cond), None, body, true),
            StmtKind::For {
                init,
                cond,
                step,
                body,
                ..
            } => {
                for stmt in init {
                    self.stmt(stmt);
                }
                let first = cond.as_ref().map(|cond| self.value(cond));
                let surely = first.is_none_or(|first| first.number.is_some_and(|is| is != 0));
                self.repeat(cond.as_ref(), step.as_ref(), body, surely);
            }
            StmtKind::Switch(on, body) => self.switch(on, body),
            StmtKind::Break => self.jump(|frame| &mut frame.breaks),
            StmtKind::Continue => self.jump(|frame| &mut frame.continues),
            StmtKind::Return(value) => {
                let value = value.as_ref().map(|value| self.value(value));
                self.leave(value.unwrap_or_default());
            }
            StmtKind::Goto(name) => {
                let name: Rc<str> = Rc::from(name.as_ref());
                let state = std::mem::take(&mut self.state);
                self.frame(|frame| {
                    frame.labels.entry(name).or_default().join(state);
                    Some(())
                });
            }
            StmtKind::Asm(asm) => {
                for (_, _, expr) in asm.outputs.iter().chain(&asm.inputs) {
                    let place = self.lvalue(expr);
                    self.escape_value(self.address_value(&place));
                }
            }
            StmtKind::Block(_)
            | StmtKind::Case(..)
            | StmtKind::Default(_)
            | StmtKind::Label(..)
            | StmtKind::Empty => {}
        }
    }

    fn frame<T>(&mut self, ask: impl FnOnce(&mut super::Frame) -> Option<T>) -> Option<T> {
        self.frames.last_mut().and_then(ask)
    }

    fn local(&mut self, local: crate::c::tree::LocalId, init: Option<&'a Init>) {
        let Some(id) = self.frame(|frame| Some(frame.function)) else {
            return;
        };
        let Some(function) = self.cx.function(id) else {
            return;
        };
        let known = self.frame(|frame| frame.locals.get(&local).copied());
        let object = match known {
            // The next turn of a loop: the variable is a new one.
            Some(object) => {
                let size = self
                    .objects
                    .get(object.0 as usize)
                    .and_then(|known| known.size);
                self.state
                    .put(object, super::Memory::new(size, Written::No));
                Some(object)
            }
            None => self.declare(id, function, local, None),
        };
        let (Some(object), Some(init)) = (object, init) else {
            return;
        };
        let Some(declared) = function.locals.get(local.0 as usize) else {
            return;
        };
        let place = Place {
            object,
            offset: Some(0),
        };
        self.initialize(place, &declared.ty, init);
    }

    /// Writes an initialiser.
    pub(super) fn initialize(&mut self, place: Place, ty: &CType, init: &'a Init) {
        let size = self.size(ty);
        match init {
            Init::Expr(expr) => {
                let value = self.value(expr);
                self.store(place, size, value, expr);
            }
            Init::Str(..) => self.state.write(place, size, Written::Yes, Taint::NONE),
            Init::List(parts) => {
                // What isn't named is cleared. Padding too: by clang since 20, and before that for
                // `= {}`; older ones leave it where they store the fields one by one.
                self.state.write(place, size, Written::Yes, Taint::NONE);
                for part in parts.iter().filter(|part| !is_zero(&part.value)) {
                    if let Some((inner, ty)) = self.part(place, ty, part.index) {
                        self.initialize(inner, &ty, &part.value);
                    }
                }
            }
        }
    }

    /// Runs a full expression whose value isn't used.
    pub(super) fn statement(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Cast { value, explicit } => {
                if *explicit && matches!(expr.ty.kind, crate::c::types::Kind::Void) {
                    self.discard(value, super::Used::Discarded);
                } else {
                    self.statement(value);
                }
            }
            ExprKind::Comma(one, two) => {
                self.statement(one);
                self.statement(two);
            }
            _ => {
                self.discard(expr, super::Used::No);
            }
        }
    }

    fn branch(&mut self, cond: &'a Expr, then: &'a Stmt, other: Option<&'a Stmt>) {
        let value = self.value(cond);
        self.state.control = self.state.control.with(value.taint);
        let mut otherwise = self.state.clone();
        if value.number == Some(0) {
            self.state.live = false;
        } else if value.number.is_some() {
            otherwise.live = false;
        }
        self.stmt(then);
        let behind = std::mem::replace(&mut self.state, otherwise);
        if let Some(other) = other {
            self.stmt(other);
        }
        self.state.join(behind);
    }

    /// A loop; `surely`: the body runs at least once.
    fn repeat(
        &mut self,
        cond: Option<&'a Expr>,
        step: Option<&'a Expr>,
        body: &'a Stmt,
        surely: bool,
    ) {
        let mut out = State::default();
        for turn in 0..2 {
            if let Some(cond) = cond
                && !(surely && turn == 0)
            {
                let value = self.value(cond);
                self.state.control = self.state.control.with(value.taint);
                // A loop that surely runs is taken to run to its end: it may fill an array.
                if !surely && value.number.is_none_or(|number| number == 0) {
                    out.join(self.state.clone());
                }
            }
            self.frame(|frame| {
                frame.breaks.push(Vec::new());
                frame.continues.push(Vec::new());
                Some(())
            });
            self.stmt(body);
            for state in self
                .frame(|frame| frame.continues.pop())
                .unwrap_or_default()
            {
                self.state.join(state);
            }
            if let Some(step) = step
                && self.state.live
            {
                self.statement(step);
            }
            for state in self.frame(|frame| frame.breaks.pop()).unwrap_or_default() {
                out.join(state);
            }
        }
        if cond.is_some() {
            out.join(std::mem::take(&mut self.state));
        }
        self.state = out;
    }

    fn switch(&mut self, on: &'a Expr, body: &'a Stmt) {
        let value = self.value(on);
        self.state.control = self.state.control.with(value.taint);
        let entry = self.state.clone();
        let mut has_default = false;
        crate::lower::c_walk::stmts(body, &mut |stmt| {
            has_default |= matches!(stmt.kind, StmtKind::Default(_));
        });
        self.frame(|frame| {
            frame.switches.push(entry.clone());
            frame.breaks.push(Vec::new());
            Some(())
        });
        self.state.live = false;
        self.stmt(body);
        self.frame(|frame| frame.switches.pop());
        for state in self.frame(|frame| frame.breaks.pop()).unwrap_or_default() {
            self.state.join(state);
        }
        if !has_default {
            self.state.join(entry);
        }
    }

    fn jump(&mut self, which: fn(&mut super::Frame) -> &mut Vec<Vec<State>>) {
        let state = std::mem::take(&mut self.state);
        self.frame(|frame| {
            which(frame).last_mut()?.push(state);
            Some(())
        });
    }

    fn leave(&mut self, value: Value) {
        let state = std::mem::take(&mut self.state);
        self.frame(|frame| {
            match &mut frame.returns {
                Some((known, joined)) => {
                    known.join(state);
                    *joined = joined.join(value);
                }
                none => *none = Some((state, value)),
            }
            Some(())
        });
    }
}

/// `{}`, `{ 0 }`, `{ { 0 } }`, `""`
fn is_zero(init: &Init) -> bool {
    match init {
        Init::Expr(expr) => matches!(crate::lower::c_walk::peel(expr).kind, ExprKind::Int(0)),
        Init::List(parts) => parts.iter().all(|part| is_zero(&part.value)),
        Init::Str(text, _) => text.is_empty(),
    }
}
