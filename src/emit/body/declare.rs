//! Where variables begin to live: C declares them at the head of a block, Rust where they get their
//! value.

use std::collections::HashSet;

use crate::ir::{
    Notes,
    body::{Block, Expr, ExprKind, Function, Init, LocalId, PlaceKind, Stmt, StmtKind},
    rename::rename_local,
    walk::Visit,
};

/// Moves each declaration to the first assignment, or into the one block that uses the variable;
/// later assignments of a whole new value in the same block become variables of their own.
pub fn settle(function: &mut Function) {
    let mut body = std::mem::take(&mut function.body);
    settle_block(&mut body, function);
    function.body = body;
}

/// Moves a test of a looked-up pointer up to the lookup, over declarations that do nothing else.
fn test_at_once(stmts: &mut Vec<Stmt>) {
    for at in 0..stmts.len() {
        let Some(StmtKind::Let(local, Some(Init::Expr(value)))) = stmts.get(at).map(|s| &s.kind)
        else {
            continue;
        };
        let local = *local;
        if !matches!(
            value.peeled().kind,
            ExprKind::Helper(1 | 131, ..) | ExprKind::Call(..)
        ) {
            continue;
        }
        let behind = stmts.get(at + 1..).unwrap_or_default();
        let quiet = |stmt: &Stmt| {
            let own = match &stmt.kind {
                StmtKind::Let(own, None) => *own,
                StmtKind::Let(own, Some(init)) if is_quiet_init(init) => *own,
                _ => return None,
            };
            (!mentions(stmt, local)).then_some(own)
        };
        let between: Vec<LocalId> = behind.iter().map_while(quiet).collect();
        let Some(test) = behind.get(between.len()) else {
            continue;
        };
        let leaves = matches!(&test.kind, StmtKind::If(cond, then, None)
            if super::lookup::tests_for_null(cond, local) && super::Body::diverges(&then.stmts));
        if between.is_empty() || !leaves || between.iter().any(|own| mentions(test, *own)) {
            continue;
        }
        let mut test = stmts.remove(at + 1 + between.len());
        // What separated the declarations from the test now separates them from what follows.
        let blank = std::mem::take(&mut test.notes.blank);
        if let Some(next) = stmts.get_mut(at + 1 + between.len()) {
            next.notes.blank |= blank;
        }
        stmts.insert(at + 1, test);
    }
}

/// Whether nobody notices when, and whether at all, that value is computed.
fn is_quiet_init(init: &Init) -> bool {
    struct Finder(bool);
    impl Visit for Finder {
        fn expr(&mut self, expr: &crate::ir::body::Expr) {
            self.0 &= match &expr.kind {
                ExprKind::Int(_)
                | ExprKind::Bool(_)
                | ExprKind::Constant(_)
                | ExprKind::EnumConstant(..)
                | ExprKind::SizeOf(_)
                | ExprKind::Unary(..)
                | ExprKind::Not(_)
                | ExprKind::Binary(..)
                | ExprKind::Compare(..)
                | ExprKind::And(..)
                | ExprKind::Or(..)
                | ExprKind::Conditional(..)
                | ExprKind::Cast(_) => true,
                ExprKind::Load(place) => {
                    !place.volatile && matches!(place.kind, PlaceKind::Local(_))
                }
                _ => false,
            };
            self.expr_parts(expr);
        }
    }
    let mut finder = Finder(true);
    finder.init(init);
    finder.0
}

fn settle_block(stmts: &mut Vec<Stmt>, function: &mut Function) {
    let mut at = 0;
    // Two declarations that each want to stand behind the other must not go on for ever.
    let mut moves = 2 * stmts.len();
    while at < stmts.len() {
        if let Some(local) = movable(stmts, at) {
            match destination(stmts, at, local) {
                Destination::Nowhere => {
                    remove(stmts, at);
                    continue;
                }
                Destination::Assignment(target) => {
                    become_let(stmts, target, local);
                    remove(stmts, at);
                    continue;
                }
                Destination::Choice(target, value) => {
                    if let Some(stmt) = stmts.get_mut(target) {
                        stmt.kind = StmtKind::Let(local, Some(Init::Expr(value)));
                    }
                    remove(stmts, at);
                    continue;
                }
                Destination::Inside(target) => {
                    let declaration = stmts.remove(at);
                    let notes = declaration.notes.clone();
                    let bare = Stmt {
                        notes: Notes::default(),
                        ..declaration
                    };
                    let target = target - 1;
                    if let Some(block) = stmts.get_mut(target).and_then(|s| block_with(s, local)) {
                        block.stmts.insert(0, bare);
                    }
                    pass_on(stmts, at, notes);
                    continue;
                }
                Destination::Stay => {}
            }
        }
        if enters_block(stmts, at) {
            let declaration = stmts.remove(at);
            // Constants that stand between stay between.
            let block = stmts
                .iter_mut()
                .skip(at)
                .find(|s| matches!(s.kind, StmtKind::Block(..)));
            if let Some(Stmt {
                kind: StmtKind::Block(_, block),
                notes,
                ..
            }) = block
            {
                let mut declaration = declaration;
                notes.blank |= std::mem::take(&mut declaration.notes.blank);
                block.stmts.insert(0, declaration);
            }
            continue;
        }
        if moves > 0
            && let Some(target) = later(stmts, at)
        {
            moves -= 1;
            // A constant is as good where it is first needed.
            let declaration = stmts.remove(at);
            stmts.insert(target - 1, declaration);
            if at == 0
                && let Some(first) = stmts.first_mut()
            {
                first.notes.blank = false;
            }
            continue;
        }
        if let Some(StmtKind::Let(local, _)) = stmts.get(at).map(|s| s.kind.clone()) {
            split(stmts, at, local, function);
        }
        at += 1;
    }
    super::apart::take(stmts);
    test_at_once(stmts);
    for stmt in stmts.iter_mut() {
        for block in blocks_of(stmt) {
            settle_block(&mut block.stmts, function);
        }
    }
    super::leave_loops::leave_loops(stmts, function);
}

/// Where a declaration with a constant value goes: before the first statement that mentions it, if
/// something else than declarations stands between.
fn later(stmts: &[Stmt], at: usize) -> Option<usize> {
    let StmtKind::Let(local, Some(init)) = &stmts.get(at)?.kind else {
        return None;
    };
    if !is_constant_init(init) {
        return None;
    }
    let first =
        (at + 1..stmts.len()).find(|&i| stmts.get(i).is_some_and(|s| mentions(s, *local)))?;
    let between = stmts.get(at + 1..first)?;
    let only_such = between.iter().all(|s| {
        matches!(&s.kind, StmtKind::Let(_, Some(init)) if is_constant_init(init))
            || matches!(s.kind, StmtKind::Let(_, None))
    });
    if between.is_empty() || only_such {
        return None;
    }
    // What is tested or counted stays beside its test or loop.
    let paired = stmts
        .get(first)
        .is_some_and(|s| matches!(s.kind, StmtKind::If(..) | StmtKind::Loop { .. }))
        && between.last().is_some_and(|s| match &s.kind {
            StmtKind::Let(..) => true,
            StmtKind::Assign(place, _) => matches!(place.kind, PlaceKind::Local(_)),
            _ => false,
        });
    let target = if paired { first - 1 } else { first };
    (target > at + 1).then_some(target)
}

/// Whether a declaration with a value belongs into the labelled block behind it: nothing but
/// constants stands between, and only the block mentions the variable.
fn enters_block(stmts: &[Stmt], at: usize) -> bool {
    let Some(StmtKind::Let(local, Some(_))) = stmts.get(at).map(|s| &s.kind) else {
        return false;
    };
    let behind = stmts.get(at + 1..).unwrap_or_default();
    let Some(block) = behind
        .iter()
        .position(|s| !matches!(&s.kind, StmtKind::Let(_, Some(init)) if is_constant_init(init)))
    else {
        return false;
    };
    let (between, rest) = behind.split_at(block);
    !super::outlives::outlives(stmts, at + 1 + block, *local)
        && matches!(
            rest.first().map(|s| &s.kind),
            Some(StmtKind::Block(Some(_), _))
        )
        && rest.first().is_some_and(|s| mentions(s, *local))
        && !between.iter().any(|s| mentions(s, *local))
        && !rest.iter().skip(1).any(|s| mentions(s, *local))
}

fn is_constant_init(init: &Init) -> bool {
    match init {
        Init::Zero | Init::Bytes(_) => true,
        Init::Expr(value) => is_constant(&value.kind),
        Init::Record(parts) => parts.iter().all(|(_, part)| is_constant_init(part)),
        Init::Array(parts) => parts.iter().all(|(_, part)| is_constant_init(part)),
    }
}

/// The variable that the declaration at `at` declares without a value that anyone reads.
fn movable(stmts: &[Stmt], at: usize) -> Option<LocalId> {
    let stmt = stmts.get(at)?;
    match &stmt.kind {
        StmtKind::Let(local, None) => Some(*local),
        StmtKind::Let(local, Some(Init::Expr(value))) if is_constant(&value.kind) => {
            // `int ret = 0;` that is assigned before anybody looks.
            let next = stmts.iter().skip(at + 1).find(|s| mentions(s, *local))?;
            assigns_whole(next, *local).then_some(*local)
        }
        _ => None,
    }
}

fn is_constant(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Int(_) | ExprKind::Bool(_) | ExprKind::Constant(_) => true,
        ExprKind::Cast(inner) => is_constant(&inner.kind),
        _ => false,
    }
}

enum Destination {
    /// Nobody uses it.
    Nowhere,
    /// To the assignment at that place.
    Assignment(usize),
    /// To the choice at that place, which gives it this value.
    Choice(usize, Expr),
    /// Into the one block, of the statement at that place, that uses it.
    Inside(usize),
    Stay,
}

fn destination(stmts: &[Stmt], at: usize, local: LocalId) -> Destination {
    let mut users =
        (at + 1..stmts.len()).filter(|&i| stmts.get(i).is_some_and(|s| mentions(s, local)));
    let Some(first) = users.next() else {
        return Destination::Nowhere;
    };
    let Some(stmt) = stmts.get(first) else {
        return Destination::Stay;
    };
    if assigns_whole(stmt, local) {
        return Destination::Assignment(first);
    }
    if let Some(value) = super::choice::value(stmt, local) {
        return Destination::Choice(first, value);
    }
    if users.next().is_some() || super::outlives::outlives(stmts, first, local) {
        return Destination::Stay;
    }
    let mut copy = stmt.clone();
    let looping = matches!(stmt.kind, StmtKind::Loop { .. });
    let moves =
        block_with(&mut copy, local).is_some_and(|block| !looping || assigned_first(block, local));
    if moves {
        Destination::Inside(first)
    } else {
        Destination::Stay
    }
}

/// Whether the first thing that a block does with the variable is to give it a value.
fn assigned_first(block: &mut Block, local: LocalId) -> bool {
    let mut users = block.stmts.iter_mut().filter(|s| mentions(s, local));
    let Some(first) = users.next() else {
        return false;
    };
    if assigns_whole(first, local) {
        return true;
    }
    users.next().is_none() && block_with(first, local).is_some_and(|b| assigned_first(b, local))
}

fn assigns_whole(stmt: &Stmt, local: LocalId) -> bool {
    let StmtKind::Assign(place, value) = &stmt.kind else {
        return false;
    };
    matches!(place.kind, PlaceKind::Local(l) if l == local) && !place.volatile && {
        let mut finder = Mentions {
            local,
            found: false,
        };
        finder.expr(value);
        !finder.found
    }
}

fn become_let(stmts: &mut [Stmt], at: usize, local: LocalId) {
    if let Some(stmt) = stmts.get_mut(at) {
        let kind = std::mem::replace(&mut stmt.kind, StmtKind::Unreachable);
        stmt.kind = match kind {
            StmtKind::Assign(_, value) => StmtKind::Let(local, Some(Init::Expr(value))),
            other => other,
        };
    }
}

/// Takes a statement away; its comments go to the next one.
pub(super) fn remove(stmts: &mut Vec<Stmt>, at: usize) {
    let removed = stmts.remove(at);
    pass_on(stmts, at, removed.notes);
}

fn pass_on(stmts: &mut [Stmt], to: usize, notes: Notes) {
    if let Some(next) = stmts.get_mut(to) {
        let mut before = notes.before;
        before.extend(notes.after);
        before.append(&mut next.notes.before);
        next.notes.before = before;
        // The blank line behind declarations stays only where something stands above it.
        next.notes.blank = if to == 0 {
            false
        } else {
            next.notes.blank || notes.blank
        };
    }
}

/// A later assignment of a new value in the same block declares a variable of its own.
fn split(stmts: &mut [Stmt], at: usize, local: LocalId, function: &mut Function) {
    let (_, rest) = stmts.split_at_mut(at + 1);
    if rest.iter().any(|s| takes_address(s, local)) {
        return;
    }
    let Some(next) = rest.iter().position(|s| assigns_whole(s, local)) else {
        return;
    };
    // `x = 1; … x = 2;` with nothing in between that jumps back: the block runs from top to bottom.
    let Some(info) = function.locals.get(local.0 as usize).cloned() else {
        return;
    };
    let Ok(number) = u32::try_from(function.locals.len()) else {
        return;
    };
    // A label between them may be left from before the new variable is there.
    let fresh = LocalId(number);
    function.locals.push(info);
    let (_, tail) = rest.split_at_mut(next);
    rename_local(tail, local, fresh);
    become_let(tail, 0, fresh);
}

/// The one block of a statement that mentions the variable, if nothing else in it does.
fn block_with(stmt: &mut Stmt, local: LocalId) -> Option<&mut Block> {
    let outside = match &stmt.kind {
        StmtKind::If(cond, ..) | StmtKind::Switch { value: cond, .. } => {
            let mut finder = Mentions {
                local,
                found: false,
            };
            finder.expr(cond);
            finder.found
        }
        StmtKind::Loop { cond, step, .. } => {
            let mut finder = Mentions {
                local,
                found: false,
            };
            if let Some(cond) = cond {
                finder.expr(cond);
            }
            step.iter().for_each(|s| finder.stmt(s));
            finder.found
        }
        StmtKind::Block(..) => false,
        _ => true,
    };
    if outside {
        return None;
    }
    let mut with = blocks_of(stmt)
        .into_iter()
        .filter(|b| b.stmts.iter().any(|s| mentions(s, local)));
    let block = with.next()?;
    with.next().is_none().then_some(block)
}

pub(super) fn blocks_of(stmt: &mut Stmt) -> Vec<&mut Block> {
    match &mut stmt.kind {
        StmtKind::Block(_, block) | StmtKind::Loop { body: block, .. } => vec![block],
        StmtKind::If(_, then, other) => std::iter::once(then).chain(other).collect(),
        StmtKind::Switch { arms, default, .. } => arms
            .iter_mut()
            .map(|a| &mut a.body)
            .chain(default)
            .collect(),
        _ => Vec::new(),
    }
}

/// The variables that a function's body declares.
pub fn declared(function: &Function) -> HashSet<LocalId> {
    #[derive(Default)]
    struct Declared(HashSet<LocalId>);
    impl Visit for Declared {
        fn stmt(&mut self, stmt: &Stmt) {
            if let StmtKind::Let(local, _) = stmt.kind {
                self.0.insert(local);
            }
            self.stmt_parts(stmt);
        }
    }
    let mut declared = Declared::default();
    declared.function(function);
    declared.0
}

/// Whether a statement says anything about the variable.
pub fn mentions(stmt: &Stmt, local: LocalId) -> bool {
    let mut finder = Mentions {
        local,
        found: false,
    };
    finder.stmt(stmt);
    finder.found
}

/// Whether a value does.
pub fn value_mentions(value: &Expr, local: LocalId) -> bool {
    let mut finder = Mentions {
        local,
        found: false,
    };
    finder.expr(value);
    finder.found
}

struct Mentions {
    local: LocalId,
    found: bool,
}

impl Visit for Mentions {
    fn stmt(&mut self, stmt: &Stmt) {
        self.found |= matches!(stmt.kind, StmtKind::Let(l, _) if l == self.local);
        self.stmt_parts(stmt);
    }
    fn place(&mut self, place: &crate::ir::body::Place) {
        self.found |= matches!(place.kind, PlaceKind::Local(l) if l == self.local);
        self.place_parts(place);
    }
}

/// Whether a statement takes the variable's address, or that of a part of it.
pub fn takes_address(stmt: &Stmt, local: LocalId) -> bool {
    let mut finder = Addresses::of(local);
    finder.stmt(stmt);
    finder.found
}

/// Whether an expression does something beside giving a value: it calls, or has statements.
pub fn acts(expr: &crate::ir::body::Expr) -> bool {
    #[derive(Default)]
    struct Finder(bool);
    impl Visit for Finder {
        fn expr(&mut self, expr: &crate::ir::body::Expr) {
            self.0 |= matches!(
                expr.kind,
                ExprKind::Call(..)
                    | ExprKind::CallParam(..)
                    | ExprKind::Helper(..)
                    | ExprKind::Block(..)
                    | ExprKind::Atomic(..)
            );
            self.expr_parts(expr);
        }
    }
    let mut finder = Finder::default();
    finder.expr(expr);
    finder.0
}

struct Addresses {
    local: LocalId,
    found: bool,
}

impl Addresses {
    fn of(local: LocalId) -> Self {
        Self {
            local,
            found: false,
        }
    }
}

impl Visit for Addresses {
    fn expr(&mut self, expr: &crate::ir::body::Expr) {
        if let ExprKind::AddressOf(place) | ExprKind::Decay(place) = &expr.kind {
            self.found |= base_local(place) == Some(self.local);
        }
        self.expr_parts(expr);
    }
}

/// The variable that a place is, or is a part of.
pub fn base_local(place: &crate::ir::body::Place) -> Option<LocalId> {
    match &place.kind {
        PlaceKind::Local(local) => Some(*local),
        PlaceKind::Field(base, ..) | PlaceKind::Index(base, _) => base_local(base),
        _ => None,
    }
}

/// Whether a place is a variable of the file, or a part of one.
pub fn is_global(place: &crate::ir::body::Place) -> bool {
    match &place.kind {
        PlaceKind::Global(_) => true,
        PlaceKind::Field(base, ..) | PlaceKind::Index(base, _) => is_global(base),
        _ => false,
    }
}
