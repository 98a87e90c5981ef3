//! Both sides of a branch as one path, where they meet again and nothing can be seen of what lies
//! between: else paths double with each branch.

use std::{collections::BTreeSet, rc::Rc};

use super::{
    ask::Values,
    machine::{Program, Prover, State, Stop},
    memory::Memory,
    term::Term,
};
use crate::verify::insn::Op;

/// Instructions between a branch and where its sides meet.
const REGION_MAX: usize = 256;
/// Instructions that one side may execute.
const STEPS_MAX: u64 = 1000;
/// Behind all instructions.
const END: usize = usize::MAX;
/// Branches within branches.
const DEPTH_MAX: u32 = 8;

impl Prover {
    /// The state in which both sides of the branch meet that `state` stands at; none where they
    /// don't, or what they did can't be said in one state.
    ///
    /// # Errors
    ///
    /// Where there is no time left.
    pub(super) fn joined<'a>(
        &mut self,
        program: &Program<'a>,
        state: &State<'a>,
        condition: Term,
        depth: u32,
    ) -> Result<Option<State<'a>>, String> {
        let code = program.image.object.code.as_slice();
        if depth >= DEPTH_MAX || !matches!(code.get(state.at), Some(Op::Branch { .. })) {
            return Ok(None);
        }
        let known = self.meetings.get(&(program.side, state.at)).copied();
        let end = known.unwrap_or_else(|| meeting(code, state.at));
        self.meetings.insert((program.side, state.at), end);
        let Some(end) = end else {
            return Ok(None);
        };
        // Only a function that was called by another is left at its end.
        let frames = match end {
            Some(_) => state.frames.len(),
            None => match state.frames.last() {
                Some(frame) if frame.rounds.is_none() => state.frames.len() - 1,
                _ => return Ok(None),
            },
        };
        // Whether a side can be taken at all matters no more than what it does: nobody is asked.
        let model = state.facts.model.clone();
        let holds = model.as_ref().map(|model| {
            let values = self.pool.evaluate(&[condition], model);
            values.get(&condition) == Some(&1)
        });
        let yes = model.clone().filter(|_| holds == Some(true));
        let no = model.filter(|_| holds == Some(false));
        let opposite = self.pool.not(condition);
        let mut side = |condition: Term, model: Values| {
            let mut side = state.clone();
            side.facts.model = model;
            side.facts.assume(&mut self.pool, condition);
            self.run_to(program, side, (end, frames), depth)
        };
        let Some(one) = side(condition, yes)? else {
            return Ok(None);
        };
        let Some(other) = side(opposite, no)? else {
            return Ok(None);
        };
        if !comparable(state, &one) || !comparable(state, &other) {
            return Ok(None);
        }
        let Some(memory) = Memory::joined(&mut self.pool, condition, &one.memory, &other.memory)
        else {
            return Ok(None);
        };
        let mut joined = one;
        for (place, &other) in joined.registers.iter_mut().zip(&other.registers) {
            *place = self.pool.choose(condition, *place, other);
        }
        joined.memory = memory;
        joined.instructions = joined.instructions.max(other.instructions);
        joined.facts = state.facts.clone();
        Ok(Some(joined))
    }

    /// Runs one side until it is where both meet.
    fn run_to<'a>(
        &mut self,
        program: &Program<'a>,
        mut state: State<'a>,
        (end, frames): (Option<usize>, usize),
        depth: u32,
    ) -> Result<Option<State<'a>>, String> {
        let most = state.instructions + STEPS_MAX;
        loop {
            let there = match end {
                Some(end) => state.at == end && state.frames.len() == frames,
                None => state.frames.len() == frames,
            };
            if there {
                return Ok(Some(state));
            }
            self.within_limits(&state)?;
            if state.instructions > most || state.ended.is_some() || state.facts.impossible {
                return Ok(None);
            }
            match self.step(program, &mut state) {
                Ok(()) => {}
                Err(Stop::Fork(condition)) => {
                    if let Some(joined) = self.joined(program, &state, condition, depth + 1)? {
                        state = joined;
                        continue;
                    }
                    let opposite = self.pool.not(condition);
                    match self.possible(&mut state.facts, condition) {
                        (Some(_), None) => state.facts.assume(&mut self.pool, condition),
                        (None, Some(_)) => state.facts.assume(&mut self.pool, opposite),
                        _ => return Ok(None),
                    }
                }
                Err(_) => return Ok(None),
            }
        }
    }
}

/// Where the sides of a branch meet: an instruction, or none for the end of the function. Nothing
/// where that isn't found, or there is a loop before it.
fn meeting(code: &[Op], branch: usize) -> Option<Option<usize>> {
    let mut order = vec![branch];
    let mut at = 0;
    while let Some(&one) = order.get(at) {
        for next in next(code, one)? {
            if next != END && !order.contains(&next) {
                order.push(next);
            }
        }
        at += 1;
        if order.len() > REGION_MAX {
            break;
        }
    }
    // The nearest that no way leads around.
    let mut candidates = order.into_iter().skip(1).chain([END]);
    let meeting = candidates.find(|&place| !leads(code, branch, (place, END)))?;
    straight(code, branch, meeting).then_some((meeting != END).then_some(meeting))
}

/// Where an instruction goes on; nothing where that isn't known.
fn next(code: &[Op], at: usize) -> Option<Vec<usize>> {
    Some(match *code.get(at)? {
        Op::Jump(target) => vec![target],
        Op::Branch { target, .. } => vec![at + 1, target],
        Op::Exit => vec![END],
        Op::LoadImmediate { .. } => vec![at + 2],
        Op::MayGoto(_) | Op::Filler => return None,
        _ => vec![at + 1],
    })
}

/// Whether a way leads from `start` to `end` that isn't through `around`, or is too long to see.
fn leads(code: &[Op], start: usize, (around, end): (usize, usize)) -> bool {
    if around == end {
        return false;
    }
    let mut seen = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        let Some(next) = next(code, at).filter(|_| seen.len() <= REGION_MAX) else {
            return true;
        };
        for next in next {
            if next == end {
                return true;
            }
            if next != around && seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}

/// Whether there is no loop between `start` and `end`.
fn straight(code: &[Op], start: usize, end: usize) -> bool {
    let mut under_way = Vec::from([(start, false)]);
    let (mut above, mut done) = (BTreeSet::new(), BTreeSet::new());
    while let Some((at, left)) = under_way.pop() {
        if left {
            above.remove(&at);
            done.insert(at);
            continue;
        }
        if at == end || at == END || done.contains(&at) {
            continue;
        }
        let Some(next) = next(code, at).filter(|_| done.len() <= REGION_MAX) else {
            return false;
        };
        above.insert(at);
        under_way.push((at, true));
        for next in next {
            if above.contains(&next) {
                return false;
            }
            under_way.push((next, false));
        }
    }
    true
}

/// Whether a side did nothing but change registers and memory.
fn comparable(before: &State<'_>, side: &State<'_>) -> bool {
    let maps = before.maps.len() == side.maps.len()
        && before
            .maps
            .iter()
            .zip(&side.maps)
            .all(|(before, side)| before.same(side));
    let events = before.events.len() == side.events.len()
        && before
            .events
            .iter()
            .zip(&side.events)
            .all(|(before, side)| Rc::ptr_eq(before, side));
    maps && events
        && before.counts == side.counts
        && before.user_writes.len() == side.user_writes.len()
        && before.packet.as_ref().map(|packet| packet.changed)
            == side.packet.as_ref().map(|packet| packet.changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::insn::{Condition, Operand};

    fn branch(target: usize) -> Op {
        Op::Branch {
            wide: true,
            condition: Condition::Equal,
            left: 1,
            right: Operand::Immediate(0),
            target,
        }
    }

    const NOTHING: Op = Op::Negate { wide: true, dst: 1 };

    #[test]
    fn sides_meet_where_no_way_leads_around() {
        let check = |code: &[Op], expected| assert_eq!(meeting(code, 0), expected, "{code:?}");
        // One side, two sides, a side behind the end.
        check(&[branch(2), NOTHING, Op::Exit], Some(Some(2)));
        check(
            &[branch(3), NOTHING, Op::Jump(4), NOTHING, Op::Exit],
            Some(Some(4)),
        );
        check(
            &[branch(3), NOTHING, Op::Exit, NOTHING, Op::Jump(1)],
            Some(Some(1)),
        );
        // Both leave, or one goes round and round.
        check(&[branch(2), Op::Exit, Op::Exit], Some(None));
        check(&[branch(3), branch(1), Op::Jump(3), Op::Exit], None);
        check(&[branch(0), Op::Exit], None);
    }
}
