//! States that nothing leads to, that do nothing, or to which one way leads, are left out.

use super::states::{State, States};
use crate::ir::body::{ExprKind, LocalId, PlaceKind, Stmt, StmtKind};

impl States<'_> {
    /// The states that something leads to; what only one other leads to is a part of that.
    pub(super) fn settled(&mut self) -> Vec<Vec<Stmt>> {
        let mut blocks = std::mem::take(&mut self.blocks);
        let number = self.number;
        let next_alone: Vec<Option<State>> = blocks
            .iter_mut()
            .map(|block| {
                let (alone, mut next) = (block.len() == 1, None);
                tails(block, number, &mut |_, to| next = Some(to));
                let assigns = matches!(block.last()?.kind, StmtKind::Assign(..));
                next.filter(|_| alone && assigns)
            })
            .collect();
        for block in &mut blocks {
            tails(block, number, &mut |stmts, to| {
                // Of those that go round in nothing, none is left out.
                let mut end = to;
                for _ in 0..next_alone.len() {
                    match next_alone.get(end) {
                        Some(&Some(next)) => end = next,
                        _ => break,
                    }
                }
                stmts.pop();
                stmts.push(self.next(end));
            });
        }
        let mut counts = vec![0_usize; blocks.len()];
        let mut seen = vec![false; blocks.len()];
        let mut work = vec![0];
        while let Some(at) = work.pop() {
            if seen.get(at) != Some(&false) {
                continue;
            }
            if let (Some(seen), Some(block)) = (seen.get_mut(at), blocks.get_mut(at)) {
                *seen = true;
                tails(block, number, &mut |_, to| {
                    work.push(to);
                    if let Some(count) = counts.get_mut(to) {
                        *count += 1;
                    }
                });
            }
        }
        // The first is entered from outside, too.
        if let Some(first) = counts.first_mut() {
            *first += 2;
        }
        let mut order: Vec<State> = (0..blocks.len())
            .filter(|at| counts.get(*at).is_some_and(|count| *count > 1))
            .collect();
        for &at in &order {
            let mut block = blocks.get_mut(at).map(std::mem::take).unwrap_or_default();
            absorb(&mut block, number, &counts, &mut blocks);
            if let Some(place) = blocks.get_mut(at) {
                *place = block;
            }
        }
        order.sort_unstable();
        order
            .iter()
            .map(|at| {
                let mut block = blocks.get_mut(*at).map(std::mem::take).unwrap_or_default();
                tails(&mut block, number, &mut |stmts, to| {
                    let new = order.iter().position(|at| *at == to).unwrap_or(0);
                    stmts.pop();
                    stmts.push(self.next(new));
                });
                block
            })
            .collect()
    }
}

/// Shows the ends of a state at which the next one is said: the statements, the last of which says it.
fn tails(stmts: &mut Vec<Stmt>, number: LocalId, look: &mut dyn FnMut(&mut Vec<Stmt>, State)) {
    let Some(last) = stmts.last_mut() else {
        return;
    };
    match &mut last.kind {
        StmtKind::Assign(place, value) if place.kind == PlaceKind::Local(number) => {
            if let ExprKind::Int(state) = value.kind {
                look(stmts, State::try_from(state).unwrap_or(0));
            }
        }
        StmtKind::If(_, then, Some(other)) => {
            tails(&mut then.stmts, number, look);
            tails(&mut other.stmts, number, look);
        }
        StmtKind::Switch { arms, default, .. } => {
            for block in arms.iter_mut().map(|arm| &mut arm.body).chain(default) {
                tails(&mut block.stmts, number, look);
            }
        }
        _ => {}
    }
}

/// Puts states to which only one way leads where that leads to them.
fn absorb(stmts: &mut Vec<Stmt>, number: LocalId, counts: &[usize], blocks: &mut [Vec<Stmt>]) {
    tails(stmts, number, &mut |stmts, to| {
        if counts.get(to) != Some(&1) {
            return;
        }
        let mut block = blocks.get_mut(to).map(std::mem::take).unwrap_or_default();
        absorb(&mut block, number, counts, blocks);
        stmts.pop();
        stmts.append(&mut block);
    });
}
