//! Jumps that no block and no loop can stand for, such as those into a loop: the function becomes a
//! loop over numbered states, each of which says what comes next.

use std::collections::HashMap;

use super::{
    Lowered,
    body::Body,
    build::{block, int, load, local_place, stmt},
    c_walk, codes,
    inside::{begins, cases, is_whole},
    stmt::ends,
};
use crate::{
    c::tree::{
        Block as CBlock, Expr as CExpr, Init as CInit, LocalId as CLocalId, Stmt as CStmt,
        StmtKind as CStmtKind,
    },
    ir::{
        Notes,
        body::{Arm, Expr, ExprKind, Init, LocalId, Place, PlaceKind, Stmt, StmtKind, Unroll},
        ty::Ty,
    },
    source::span::Span,
};

/// The number of a state.
pub(super) type State = usize;

/// The most states: a part of one may hold all others.
const MOST: usize = 500;

const STATE: Ty = Ty::unsigned(32);

/// The states of a function.
pub(super) struct States<'a> {
    /// What each does, as far as that is known.
    pub(super) blocks: Vec<Vec<Stmt>>,
    /// The one under way, and whether it is said already which is the next.
    at: State,
    done: bool,
    pub(super) number: LocalId,
    labels: HashMap<&'a str, State>,
    cases: HashMap<*const CStmt, State>,
    /// Where `break` and `continue` lead.
    exits: Vec<(State, Option<State>)>,
    /// Variables, which live in all states.
    declared: Vec<Stmt>,
}

/// What structured lowering leaves of a body, and of the comments, before it begins.
pub(super) struct Before {
    comments: super::notes::Taken,
    locals: usize,
    errors: usize,
    warnings: usize,
}

impl<'a> Body<'_, 'a> {
    /// Notes how things stand, for [`Body::retry`]; none where no jump can fail.
    pub(super) fn before_jumps(&self, body: &'a CBlock) -> Option<Before> {
        let mut jumps = false;
        for s in &body.stmts {
            c_walk::stmts(s, &mut |s| {
                jumps |= matches!(s.kind, CStmtKind::Goto(_) | CStmtKind::Switch(..));
            });
        }
        jumps.then(|| Before {
            comments: self.cx.notes.taken(),
            locals: self.locals.len(),
            errors: self.errors.len(),
            warnings: self.warnings.len(),
        })
    }

    /// The function by states, where a jump had no other form.
    pub(super) fn retry(&mut self, before: Before, body: &'a CBlock) -> Option<Vec<Stmt>> {
        let mut new = self.errors.iter().skip(before.errors);
        if !new.any(|error| [codes::GOTO, codes::CASE_PLACE].contains(&error.code)) {
            return None;
        }
        self.cx.notes.give_back(before.comments);
        self.locals.truncate(before.locals);
        self.errors.truncate(before.errors);
        self.warnings.truncate(before.warnings);
        self.labels.clear();
        self.pending.clear();
        self.cx.object.state_loops = true;
        Some(self.by_states(body))
    }

    fn by_states(&mut self, body: &'a CBlock) -> Vec<Stmt> {
        let Some(first) = body.stmts.first().map(|s| s.span) else {
            return Vec::new();
        };
        let mut states = States {
            blocks: vec![Vec::new()],
            at: 0,
            done: false,
            number: self.new_local("state", STATE),
            labels: HashMap::new(),
            cases: HashMap::new(),
            exits: Vec::new(),
            declared: Vec::new(),
        };
        for s in &body.stmts {
            self.walk(&mut states, s);
        }
        if !states.done && !ends(&self.out) {
            self.push(StmtKind::Return(None), None);
        }
        let last = std::mem::take(&mut self.out);
        states.put(last);
        if states.blocks.len() > MOST {
            let message = format!("this function's jumps make more than {MOST} states");
            let _: Lowered<()> = self.refuse(codes::GOTO, first, message);
        }
        states.finish(self)
    }

    /// Adds a statement to the states.
    fn walk(&mut self, states: &mut States<'a>, s: &'a CStmt) {
        // Only what a jump leads to can follow one.
        if (states.done || ends(&self.out)) && !begins(s) {
            return;
        }
        // Why it failed, if it did, is recorded.
        let _ = self.deeper(s.span, |body| body.walk_inner(states, s));
    }

    fn walk_inner(&mut self, states: &mut States<'a>, s: &'a CStmt) -> Lowered<()> {
        match &s.kind {
            CStmtKind::Local(local, init) => self.set_local(states, *local, init.as_ref(), s.span),
            CStmtKind::Block(inner) => {
                inner.stmts.iter().for_each(|s| self.walk(states, s));
                Ok(())
            }
            CStmtKind::Label(name, inner) => {
                let state = states.label(name);
                self.enter(states, state);
                self.walk(states, inner);
                Ok(())
            }
            CStmtKind::Case(.., inner) | CStmtKind::Default(inner) => {
                if let Some(&state) = states.cases.get(&std::ptr::from_ref(s)) {
                    self.enter(states, state);
                }
                self.walk(states, inner);
                Ok(())
            }
            CStmtKind::Goto(name) => {
                let state = states.label(name);
                self.go(states, state);
                Ok(())
            }
            CStmtKind::Break | CStmtKind::Continue => {
                let exits = states.exits.iter().rev();
                let state = match s.kind {
                    CStmtKind::Break => exits.map(|exits| exits.0).next(),
                    _ => exits.filter_map(|exits| exits.1).next(),
                };
                if let Some(state) = state {
                    self.go(states, state);
                }
                Ok(())
            }
            CStmtKind::If(cond, then, other) if !is_whole(s) => {
                self.branch_states(states, cond, then, other.as_deref())
            }
            CStmtKind::While(cond, body) if !is_whole(s) => {
                let head = states.add();
                self.enter(states, head);
                self.turns(states, Some(cond), body, |_| Ok(()), head)
            }
            CStmtKind::DoWhile(body, cond) if !is_whole(s) => {
                let (first, test, end) = (states.add(), states.add(), states.add());
                self.enter(states, first);
                states.exits.push((end, Some(test)));
                self.walk(states, body);
                states.exits.pop();
                self.enter(states, test);
                let done = self.choose(states, cond, first, end);
                self.begin_state(states, end);
                done
            }
            CStmtKind::For {
                init,
                cond,
                step,
                body,
                ..
            } if !is_whole(s) => {
                init.iter().for_each(|s| self.walk(states, s));
                let head = states.add();
                self.enter(states, head);
                let next = |lower: &mut Self| match step {
                    Some(step) => lower.effects(step),
                    None => Ok(()),
                };
                self.turns(states, cond.as_ref(), body, next, head)
            }
            CStmtKind::Switch(value, body) if !is_whole(s) => {
                self.switch_states(states, value, body, s.span)
            }
            _ => {
                self.stmt(s);
                Ok(())
            }
        }
    }

    fn set_local(
        &mut self,
        states: &mut States<'a>,
        local: CLocalId,
        init: Option<&'a CInit>,
        span: Span,
    ) -> Lowered<()> {
        if self.fixed.contains_key(&local) {
            return Ok(());
        }
        let id = LocalId(local.0);
        let function = self
            .id
            .and_then(|id| self.cx.tree.functions.get(id.0 as usize));
        let declared = function.and_then(|function| function.locals.get(local.0 as usize));
        let Some(declared) = declared else {
            return self.refuse(codes::EXPRESSION, span, "this variable isn't known");
        };
        let ty = self.ty(&declared.ty);
        states
            .declared
            .push(stmt(StmtKind::Let(id, Some(Init::Zero)), span));
        let Some(init) = init else {
            return Ok(());
        };
        let value = match self.init(init, &declared.ty)? {
            Init::Expr(value) => value,
            init => load(
                Place {
                    kind: PlaceKind::Temporary(Box::new(init)),
                    ty: ty.clone(),
                    volatile: false,
                },
                span,
            ),
        };
        self.push(StmtKind::Assign(local_place(id, ty, false), value), span);
        let later = std::mem::take(&mut self.later);
        self.out.extend(later);
        Ok(())
    }

    fn branch_states(
        &mut self,
        states: &mut States<'a>,
        cond: &'a CExpr,
        then: &'a CStmt,
        other: Option<&'a CStmt>,
    ) -> Lowered<()> {
        let (yes, end) = (states.add(), states.add());
        let no = other.map_or(end, |_| states.add());
        self.choose(states, cond, yes, no)?;
        self.begin_state(states, yes);
        self.walk(states, then);
        if let Some(other) = other {
            self.go(states, end);
            self.begin_state(states, no);
            self.walk(states, other);
        }
        self.enter(states, end);
        Ok(())
    }

    /// The rest of a loop whose head has begun.
    fn turns(
        &mut self,
        states: &mut States<'a>,
        cond: Option<&'a CExpr>,
        body: &'a CStmt,
        next: impl FnOnce(&mut Self) -> Lowered<()>,
        head: State,
    ) -> Lowered<()> {
        let (inner, step, end) = (states.add(), states.add(), states.add());
        match cond {
            Some(cond) => self.choose(states, cond, inner, end)?,
            None => self.go(states, inner),
        }
        self.begin_state(states, inner);
        states.exits.push((end, Some(step)));
        self.walk(states, body);
        states.exits.pop();
        self.enter(states, step);
        next(self)?;
        self.go(states, head);
        self.begin_state(states, end);
        Ok(())
    }

    fn switch_states(
        &mut self,
        states: &mut States<'a>,
        value: &'a CExpr,
        body: &'a CStmt,
        span: Span,
    ) -> Lowered<()> {
        let value = self.expr(value)?;
        let end = states.add();
        let (mut arms, mut default) = (Vec::new(), None);
        cases(body, &mut |case| {
            let state = states.add();
            states.cases.insert(std::ptr::from_ref(case), state);
            let next = block(vec![states.next(state)]);
            if let CStmtKind::Case(low, high, _) = case.kind {
                let bound = |n| int(n, value.ty.clone(), case.span);
                arms.push(Arm {
                    values: vec![(bound(low), bound(high))],
                    body: next,
                    notes: Notes::default(),
                });
            } else {
                default = Some(next);
            }
        });
        let default = default.unwrap_or_else(|| block(vec![states.next(end)]));
        let label = self.label(None);
        let default_at = arms.len();
        self.push(
            StmtKind::Switch {
                label,
                value,
                arms,
                default: Some(default),
                default_at,
            },
            span,
        );
        let choice = std::mem::take(&mut self.out);
        states.put(choice);
        // Nothing comes to what stands before the first case.
        states.at = states.add();
        states.done = true;
        let outer = states.exits.last().and_then(|exits| exits.1);
        states.exits.push((end, outer));
        self.walk(states, body);
        states.exits.pop();
        self.enter(states, end);
        Ok(())
    }

    /// Ends the state under way: by a condition one of two is the next.
    fn choose(
        &mut self,
        states: &mut States<'a>,
        cond: &'a CExpr,
        yes: State,
        no: State,
    ) -> Lowered<()> {
        let cond = self.cond(cond)?;
        if let ExprKind::Bool(known) = cond.kind {
            self.go(states, if known { yes } else { no });
            return Ok(());
        }
        let (yes, no) = (block(vec![states.next(yes)]), block(vec![states.next(no)]));
        self.push(StmtKind::If(cond, yes, Some(no)), None);
        states.done = true;
        Ok(())
    }

    /// Ends the state under way, if it hasn't ended: another is the next.
    fn go(&mut self, states: &mut States<'a>, to: State) {
        if !states.done && !ends(&self.out) {
            let next = states.next(to);
            self.out.push(next);
        }
        states.done = true;
    }

    /// Goes on in another state.
    fn enter(&mut self, states: &mut States<'a>, state: State) {
        self.go(states, state);
        self.begin_state(states, state);
    }

    fn begin_state(&mut self, states: &mut States<'a>, state: State) {
        let before = std::mem::take(&mut self.out);
        states.put(before);
        states.at = state;
        states.done = false;
    }
}

impl<'a> States<'a> {
    fn add(&mut self) -> State {
        self.blocks.push(Vec::new());
        self.blocks.len() - 1
    }

    fn label(&mut self, name: &'a str) -> State {
        if let Some(&state) = self.labels.get(name) {
            return state;
        }
        let state = self.add();
        self.labels.insert(name, state);
        state
    }

    /// Keeps what the state under way does.
    fn put(&mut self, stmts: Vec<Stmt>) {
        if let Some(block) = self.blocks.get_mut(self.at) {
            *block = stmts;
        }
    }

    fn number(&self, state: State) -> Expr {
        int(i128::try_from(state).unwrap_or(0), STATE, None)
    }

    /// `state = …`
    pub(super) fn next(&self, state: State) -> Stmt {
        let place = local_place(self.number, STATE, false);
        stmt(StmtKind::Assign(place, self.number(state)), None)
    }

    fn finish(mut self, body: &mut Body<'_, '_>) -> Vec<Stmt> {
        let number = load(local_place(self.number, STATE, false), None);
        let first = Init::Expr(self.number(0));
        let mut stmts = std::mem::take(&mut self.declared);
        stmts.push(stmt(StmtKind::Let(self.number, Some(first)), None));
        let blocks = self.settled();
        let mut arms: Vec<Arm> = (0..)
            .zip(blocks)
            .map(|(state, stmts)| Arm {
                values: vec![(self.number(state), self.number(state))],
                body: block(stmts),
                notes: Notes::default(),
            })
            .collect();
        let default = arms.pop().map(|arm| arm.body);
        let (label, each) = (body.label(None), body.label(None));
        let default_at = arms.len();
        let choice = StmtKind::Switch {
            label: each,
            value: number,
            arms,
            default,
            default_at,
        };
        let turns = StmtKind::Loop {
            label,
            cond: None,
            post_check: false,
            body: block(vec![stmt(choice, None)]),
            step: Vec::new(),
            unroll: Unroll::Free,
        };
        stmts.push(stmt(turns, None));
        stmts
    }
}
