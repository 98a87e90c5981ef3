//! Calls of functions of the program, by itself and by helpers.

use std::rc::Rc;

use super::{
    effect::{Event, Part},
    machine::{Flow, Prover, State, Stop},
    maps::words_of,
    memory::{Memory, Place, bytes_of},
    term::{Binary, Symbol, Term},
};
use crate::verify::{
    insn::Value,
    machine::{
        STACK_SIZE,
        memory::{Memory as Concrete, Purpose, RegionId},
    },
};

/// Nested calls.
const FRAMES_MAX: usize = 16;
/// `BPF_MAX_LOOPS`.
const LOOPS_MAX: u64 = 8 * 1024 * 1024;

/// A function that was called and didn't return yet.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    return_to: usize,
    saved: [Term; 4],
    base: Term,
    /// The stack's piece of memory.
    stack: RegionId,
    pub(super) rounds: Option<Rounds>,
}

/// What a helper that calls back has to do when the callback returns.
#[derive(Clone, Debug)]
pub struct Rounds {
    /// The callback.
    pub entry: usize,
    /// Rounds done.
    pub done: u64,
    /// Rounds to do.
    pub all: Term,
    /// What the callback is given beside the round.
    pub context: Term,
    /// The map whose elements are the rounds, and how many of them were there.
    pub walk: Option<(usize, u64)>,
    /// Whether a round is to begin, or the end is reached.
    pub pending: bool,
}

impl Frame {
    /// The instruction behind the call.
    pub(super) fn goes_on_at(&self) -> usize {
        self.return_to
    }
}

impl Prover {
    pub(super) fn enter(
        &mut self,
        state: &mut State<'_>,
        return_to: usize,
        rounds: Option<Rounds>,
    ) -> Result<(), Stop> {
        if state.frames.len() >= FRAMES_MAX {
            return Err(Stop::Trap("nests calls too deep".to_owned()));
        }
        let stack = state.memory.add_unwritten(Purpose::Stack, STACK_SIZE)?;
        state.frames.push(Frame {
            return_to,
            saved: [6, 7, 8, 9].map(|register| state.get(register)),
            base: state.get(10),
            stack,
            rounds,
        });
        let base = self
            .pool
            .constant(Concrete::address(stack) + STACK_SIZE, 64);
        self.set(state, 10, base)
    }

    pub(super) fn leave(&mut self, state: &mut State<'_>) -> usize {
        let Some(frame) = state.frames.pop() else {
            return usize::MAX;
        };
        state.memory.free(frame.stack);
        for (register, value) in (6..).zip(frame.saved) {
            state.put(register, value);
        }
        state.put(10, frame.base);
        frame.return_to
    }

    /// Calls back once more, or ends it: where to go on.
    pub(super) fn next_round(&mut self, state: &mut State<'_>) -> Result<usize, Stop> {
        let Some(rounds) = state.frames.last().and_then(|frame| frame.rounds.clone()) else {
            return Ok(usize::MAX);
        };
        let round = self.pool.constant(rounds.done, 64);
        let more = self.pool.less(round, rounds.all);
        if !self.decide(state, more)? {
            return Ok(self.end_rounds(state, rounds.all));
        }
        let arguments = match rounds.walk {
            None => vec![round, rounds.context],
            Some((map, _)) => match self.walked(state, map, rounds.done)? {
                Some([map, key, value]) => vec![map, key, value, rounds.context],
                None => {
                    Self::note_round(state, false);
                    return Ok(rounds.entry);
                }
            },
        };
        for (register, value) in (1..).zip(arguments) {
            state.put(register, value);
        }
        Self::note_round(state, true);
        Ok(rounds.entry)
    }

    fn note_round(state: &mut State<'_>, begun: bool) {
        let rounds = state.frames.last_mut();
        if let Some(rounds) = rounds.and_then(|frame| frame.rounds.as_mut()) {
            rounds.done += 1;
            rounds.pending = !begun;
            if let Some((_, found)) = &mut rounds.walk {
                *found += u64::from(begun);
            }
        }
    }

    /// A callback returned: whether there is to be another round.
    pub(super) fn round_ended(&mut self, state: &mut State<'_>) -> Result<usize, Stop> {
        let zero = self.pool.constant(0, 64);
        let go_on = self.pool.equal(state.get(0), zero);
        let go_on = self.decide(state, go_on)?;
        let rounds = state
            .frames
            .last_mut()
            .and_then(|frame| frame.rounds.as_mut());
        let Some(rounds) = rounds else {
            return Ok(usize::MAX);
        };
        if go_on {
            rounds.pending = true;
            return Ok(rounds.entry);
        }
        let done = self.pool.constant(rounds.done, 64);
        Ok(self.end_rounds(state, done))
    }

    /// Goes on behind the helper, which returns how many rounds there were.
    fn end_rounds(&mut self, state: &mut State<'_>, done: Term) -> usize {
        let rounds = state.frames.last().and_then(|frame| frame.rounds.clone());
        let found = rounds
            .and_then(|rounds| rounds.walk)
            .map(|(_, found)| found);
        let next = self.leave(state);
        let done = found.map_or(done, |found| self.pool.constant(found, 64));
        state.put(0, done);
        next
    }

    pub(super) fn repeat(
        &mut self,
        state: &mut State<'_>,
        rounds: Term,
        callback: Term,
        context: Term,
    ) -> Result<Flow, Stop> {
        let rounds = self.pool.extract(rounds, 0, 32);
        let rounds = self.pool.zero_extend(rounds, 64);
        let most = self.pool.constant(LOOPS_MAX + 1, 64);
        let within = self.pool.less(rounds, most);
        if !self.decide(state, within)? {
            return Ok(Flow::Value(self.pool.constant(Self::errno(7), 64)));
        }
        let Place::Function(entry) = self.place(state, callback)? else {
            return Err(Stop::Trap("calls back what is no function".to_owned()));
        };
        Ok(Flow::Rounds(Rounds {
            entry,
            done: 0,
            all: rounds,
            context,
            walk: None,
            pending: true,
        }))
    }

    pub(super) fn tail_call(
        &mut self,
        state: &mut State<'_>,
        map: Term,
        index: Term,
    ) -> Result<Flow, Stop> {
        let at = self.map(state, map)?;
        let (name, def) = Self::def(state, at)?;
        let index = self.pool.extract(index, 0, 32);
        let index = self.pool.zero_extend(index, 64);
        for &(number, value) in &def.initial {
            let number = self.pool.constant(number.into(), 64);
            let here = self.pool.equal(index, number);
            if let Value::Function(entry) = value
                && self.decide(state, here)?
            {
                return Ok(Flow::Jump(entry));
            }
        }
        let end = self.pool.constant(def.max_entries.into(), 64);
        let within = self.pool.less(index, end);
        let there = self.pool.apply(Symbol::Present(name.clone()), &[index], 1);
        let taken = self.pool.bitwise(Binary::And, within, there);
        if !self.decide(state, taken)? {
            return Ok(Flow::Value(self.pool.constant(Self::errno(2), 64)));
        }
        state.events.push(Rc::new(Event {
            what: "tail call".to_owned(),
            map: Some(name),
            parts: vec![Part::Number(index)],
        }));
        Err(Stop::End)
    }

    /// `bpf_for_each_map_elem`.
    pub(super) fn for_each_element(
        &mut self,
        state: &mut State<'_>,
        map: Term,
        callback: Term,
        context: Term,
    ) -> Result<Flow, Stop> {
        let map = self.map(state, map)?;
        let (_, def) = Self::def(state, map)?;
        if !def.kind.is_array() {
            let why = "a walk through a map whose elements nobody knows";
            return Err(Stop::GiveUp(why.to_owned()));
        }
        let Place::Function(entry) = self.place(state, callback)? else {
            return Err(Stop::Trap("calls back what is no function".to_owned()));
        };
        Ok(Flow::Rounds(Rounds {
            entry,
            done: 0,
            all: self.pool.constant(def.max_entries.into(), 64),
            context,
            walk: Some((map, 0)),
            pending: true,
        }))
    }

    /// The map, key and value of an element of an array, if it is there.
    fn walked(
        &mut self,
        state: &mut State<'_>,
        index: usize,
        nth: u64,
    ) -> Result<Option<[Term; 3]>, Stop> {
        let (_, def) = Self::def(state, index)?;
        // The size of an index.
        let key = self.pool.constant(nth, 32);
        let bytes = bytes_of(&mut self.pool, state.memory.endian, key);
        let words = words_of(&mut self.pool, &bytes);
        let at = self.element(state, index, &words)?;
        let present = Self::at(state, index, at).map(|element| element.present);
        let present = present.unwrap_or_else(|| self.pool.truth(false));
        if !self.decide(state, present)? {
            return Ok(None);
        }
        let cpu = self.cpu(def);
        let value = self.value_region(state, index, at, cpu)?;
        let key = state
            .memory
            .add_bytes(Purpose::Other, bytes.into(), false)?;
        let map = state.maps.get(index).map_or(0, |map| map.handle);
        Ok(Some(
            [map, key, value].map(|id| Memory::address(&mut self.pool, id)),
        ))
    }
}
