//! A `switch` with parts that come to others: by falling into them, or by jumps.

use super::{
    body::{Body, Jump},
    build::{block, stmt},
    goto::{jumps, labels, unlabelled},
    scope::mentions_label,
    stmt::ends,
    switch::{Arms, Part, Piece, comment, drop_break},
};
use crate::{
    c::tree::{Stmt as CStmt, StmtKind as CStmtKind},
    ir::{
        Notes,
        body::{Block, Expr, LabelId, StmtKind},
    },
};

impl<'a> Body<'_, 'a> {
    /// Parts that begin where jumps from others lead, too. Such a jump leaves the block before its
    /// target, which therefore has to stand behind it: in what order, if in another than the C's.
    pub(super) fn entered(&mut self, parts: Vec<Part<'a>>) -> (Vec<Part<'a>>, Option<Vec<usize>>) {
        let backward = |part: &Part<'a>, at: usize| {
            let targets = part.stmts.iter().flat_map(|s| labels(s));
            let behind = || parts.iter().skip(at + 1).flat_map(|part| &part.stmts);
            let mut targets = targets.map(|label| behind().any(|s| jumps(s, label)));
            targets.any(|found| found)
        };
        if (0..).zip(&parts).any(|(at, part)| backward(part, at)) {
            let split = split(&parts, true);
            if let Some(order) = order(&split) {
                let mut split = split;
                split.iter_mut().for_each(|part| part.moved = true);
                return (self.labelled(split), Some(order));
            }
        }
        let split = split(&parts, false);
        (self.labelled(split), None)
    }

    /// Labels of our own for those of the user's.
    fn labelled(&mut self, parts: Vec<Part<'a>>) -> Vec<Part<'a>> {
        let label = |part: Part<'a>| Part {
            entry: part.entry.map(|(name, _)| {
                let id = self.label(Some(name));
                self.gotos.insert(name.to_owned(), Jump::Break(id));
                (name, id)
            }),
            ..part
        };
        parts.into_iter().map(label).collect()
    }

    /// The pieces in another order; what falls into one that no longer stands behind it jumps there.
    pub(super) fn reordered(
        &mut self,
        mut pieces: Vec<Piece>,
        order: &[usize],
        label: LabelId,
    ) -> Vec<Piece> {
        for (position, &at) in order.iter().enumerate() {
            let next = order.get(position + 1);
            let falls = pieces.get(at).is_some_and(|piece| !ends(&piece.body.stmts));
            if !falls || next == Some(&(at + 1)) || next.is_none() && at + 1 == pieces.len() {
                continue;
            }
            let target = match pieces.get_mut(at + 1) {
                Some(behind) => *behind.entry.get_or_insert_with(|| self.label(None)),
                None => label,
            };
            if let Some(piece) = pieces.get_mut(at) {
                piece.body.stmts.push(stmt(StmtKind::Break(target), None));
            }
        }
        let mut pieces: Vec<Option<Piece>> = pieces.into_iter().map(Some).collect();
        let taken = order.iter().map(|&at| pieces.get_mut(at)?.take());
        taken.collect::<Option<_>>().unwrap_or_default()
    }

    /// Each piece that others come to stands behind a block of its own, which they leave to get
    /// there; the others are arms.
    pub(super) fn falling(
        &mut self,
        label: LabelId,
        value: Expr,
        mut pieces: Vec<Piece>,
    ) -> StmtKind {
        // What stands behind a block anyway isn't repeated.
        let entered: Vec<bool> = pieces.iter().map(|piece| piece.entry.is_some()).collect();
        for (piece, entered) in pieces.iter_mut().zip(entered.into_iter().skip(1)) {
            if entered {
                let own = piece.body.stmts.len() - std::mem::take(&mut piece.repeated);
                piece.body.stmts.truncate(own);
            }
        }
        let falls = |piece: &Piece| piece.repeated == 0 && !ends(&piece.body.stmts);
        let mut fallen_into = false;
        let mut targets = Vec::new();
        for piece in &pieces {
            let shared = fallen_into || piece.entry.is_some();
            targets.push(shared.then(|| piece.entry.unwrap_or_else(|| self.label(None))));
            fallen_into = falls(piece);
        }
        let last = pieces.len().saturating_sub(1);
        let mut arms = Arms::default();
        let mut bodies = Vec::new();
        for (at, mut piece) in pieces.into_iter().enumerate() {
            let falls = falls(&piece);
            let target = targets.get(at).copied().flatten();
            if !ends(&piece.body.stmts) && (target.is_none() || !falls && at < last) {
                let behind = targets.get(at + 1).copied().flatten();
                let to = behind.filter(|_| falls).unwrap_or(label);
                piece.body.stmts.push(stmt(StmtKind::Break(to), None));
            }
            let Some(target) = target else {
                arms.add(piece);
                continue;
            };
            let leave = block(vec![stmt(StmtKind::Break(target), None)]);
            let mut body = std::mem::replace(&mut piece.body, leave);
            comment(&mut body, std::mem::take(&mut piece.notes).before);
            arms.add(Piece {
                notes: Notes::default(),
                ..piece
            });
            bodies.push((target, body));
        }
        let none = || (block(vec![stmt(StmtKind::Break(label), None)]), usize::MAX);
        arms.default.get_or_insert_with(none);
        // What leaves the arms comes to the first of them by itself.
        if let Some((first, _)) = bodies.first() {
            arms.bodies()
                .for_each(|body| drop_break(&mut body.stmts, *first));
        }
        let inner = self.label(None);
        let mut trailing = Vec::new();
        let mut stmts = vec![stmt(arms.switch(inner, value), None)];
        for (target, body) in bodies {
            if mentions_label(&stmts, target) {
                let around = stmt(StmtKind::Block(Some(target), block(stmts)), None);
                stmts = vec![around];
            }
            stmts.extend(body.stmts);
            trailing.extend(body.trailing);
        }
        drop_break(&mut stmts, label);
        StmtKind::Block(Some(label), Block { stmts, trailing })
    }
}

/// The parts, divided where jumps from earlier statements lead, or from those behind the part too.
/// The labels have no number yet.
fn split<'a>(parts: &[Part<'a>], from_behind: bool) -> Vec<Part<'a>> {
    let mut result: Vec<Part<'a>> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let mut next = Part {
            values: part.values.clone(),
            stmts: Vec::new(),
            ..*part
        };
        for s in &part.stmts {
            let label = labels(s).into_iter().find(|label| {
                let earlier = result.iter().flat_map(|part| &part.stmts);
                let behind = parts.iter().skip(at + 1).flat_map(|part| &part.stmts);
                earlier.chain(&next.stmts).any(|stmt| jumps(stmt, label))
                    || from_behind && behind.into_iter().any(|stmt| jumps(stmt, label))
            });
            if let Some(label) = label {
                if !next.stmts.is_empty() {
                    let rest = Part {
                        values: Vec::new(),
                        default: false,
                        stmts: Vec::new(),
                        ..next
                    };
                    result.push(std::mem::replace(&mut next, rest));
                }
                next.entry = Some((label, LabelId(u32::MAX)));
            }
            next.stmts.push(s);
        }
        result.push(next);
    }
    result
}

/// An order in which all jumps between parts go forward, as near to theirs as may be; none where
/// they go round.
fn order(parts: &[Part<'_>]) -> Option<Vec<usize>> {
    let leads = |from: usize, to: usize| {
        let (Some(source), Some(target)) = (parts.get(from), parts.get(to)) else {
            return false;
        };
        let jump = |(label, _): (&str, LabelId)| source.stmts.iter().any(|s| jumps(s, label));
        let falls = from + 1 == to && !source.stmts.last().is_some_and(|s| leaves(s));
        falls || target.entry.is_some_and(jump)
    };
    let all = 0..parts.len();
    let ways: Vec<Vec<bool>> = all
        .clone()
        .map(|from| all.clone().map(|to| leads(from, to)).collect())
        .collect();
    let leads =
        |from: usize, to: usize| ways.get(from).is_some_and(|to_| to_.get(to) == Some(&true));
    let mut order: Vec<usize> = Vec::new();
    while order.len() < parts.len() {
        let waits = |to: usize| {
            let mut others = (0..parts.len()).filter(|from| !order.contains(from));
            others.any(|from| leads(from, to))
        };
        let next = (0..parts.len()).find(|at| !order.contains(at) && !waits(*at))?;
        order.push(next);
    }
    Some(order)
}

/// Whether nothing comes behind a statement by falling out of it.
fn leaves(s: &CStmt) -> bool {
    match &unlabelled(s).kind {
        CStmtKind::Break | CStmtKind::Continue | CStmtKind::Return(_) | CStmtKind::Goto(_) => true,
        CStmtKind::Block(inner) => inner.stmts.last().is_some_and(leaves),
        CStmtKind::If(_, then, Some(other)) => leaves(then) && leaves(other),
        _ => false,
    }
}
