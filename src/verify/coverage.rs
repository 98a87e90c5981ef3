//! Sides of branches: those that a program has, those that were taken, and those that no world takes.

use std::collections::{BTreeSet, HashSet};

use super::{
    decided::Decided,
    helpers::POISON,
    insn::{Op, Value},
    machine::BranchSeen,
    object::Object,
};

/// Instructions that are looked at for the end of a program that no kernel takes.
const STRAIGHT_MAX: u32 = 16;

/// One side of a branch: its slot, and whether it is the one that jumps.
pub type Edge = (usize, bool);

/// Sides of branches.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Those that were taken.
    pub taken: BTreeSet<Edge>,
    /// Those that the program has.
    pub all: BTreeSet<Edge>,
    /// Those that were not taken, and of which it is shown that no world takes them.
    pub unreachable: BTreeSet<Edge>,
}

impl Coverage {
    /// Of the program at `entry`, on the kernels that `objects` are for.
    pub fn of<'a>(entry: usize, objects: impl Iterator<Item = &'a Object> + Clone) -> Self {
        let decided: Vec<_> = objects.clone().map(Decided::new).collect();
        let all = objects.flat_map(|object| edges(object, entry));
        // Some kernel may decide it that way.
        let open = |&(at, taken): &Edge| {
            (decided.iter()).any(|kernel| kernel.side(at).is_none_or(|side| side == taken))
        };
        Self {
            all: all.filter(open).collect(),
            ..Self::default()
        }
    }

    /// Adds what a run took; whether any of it is new.
    pub fn note(&mut self, branches: &[BranchSeen]) -> bool {
        let before = self.taken.len();
        let seen = branches.iter().map(|branch| (branch.slot, branch.taken));
        self.taken.extend(seen);
        let any_new = self.taken.len() > before;
        if any_new {
            // Some worlds are stranger than what a proof assumes.
            let taken = &self.taken;
            self.unreachable.retain(|edge| !taken.contains(edge));
        }
        any_new
    }

    /// Whether `edge` is a side that was not taken yet, but may be.
    pub fn is_open(&self, edge: Edge) -> bool {
        !self.taken.contains(&edge) && self.all.contains(&edge) && !self.unreachable.contains(&edge)
    }

    /// The sides that were never taken, and may be.
    pub fn missed(&self) -> BTreeSet<Edge> {
        let missed = self.all.difference(&self.taken).copied();
        missed
            .filter(|edge| !self.unreachable.contains(edge))
            .collect()
    }
}

/// Both sides of every branch that can be reached from `entry`, through calls and callbacks too.
pub fn edges(object: &Object, entry: usize) -> BTreeSet<Edge> {
    let mut found = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut waiting = vec![entry];
    while let Some(at) = waiting.pop() {
        let Some(op) = object.code.get(at) else {
            continue;
        };
        if !seen.insert(at) {
            continue;
        }
        match *op {
            Op::Exit => continue,
            Op::Jump(target) => {
                waiting.push(target);
                continue;
            }
            Op::Branch { target, .. } => {
                // What a loader left unfilled is guarded so; no loader leaves it.
                let dead = |to| is_dead(object, to);
                let sides = [(at, false, at + 1), (at, true, target)];
                let live = sides.into_iter().filter(|&(.., to)| !dead(to));
                found.extend(live.map(|(at, taken, _)| (at, taken)));
                waiting.push(target);
            }
            Op::MayGoto(target) | Op::Call(target) => waiting.push(target),
            Op::LoadImmediate { value, .. } => {
                if let Value::Function(target) = value {
                    waiting.push(target);
                }
                waiting.push(at + 2);
                continue;
            }
            _ => {}
        }
        waiting.push(at + 1);
    }
    found
}

/// Whether nothing can come of going to `at`: straight on from there lies what no kernel takes.
fn is_dead(object: &Object, mut at: usize) -> bool {
    for _ in 0..STRAIGHT_MAX {
        at = match object.code.get(at) {
            Some(&Op::Helper(POISON)) => return true,
            Some(&Op::Jump(target)) => target,
            Some(Op::LoadImmediate { .. }) => at + 2,
            Some(Op::Alu { .. }) => at + 1,
            _ => return false,
        };
    }
    false
}
