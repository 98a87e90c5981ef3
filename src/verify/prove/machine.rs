//! A machine whose registers and memory hold terms: one path of a program at a time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    calls::{Frame, Rounds},
    effect::Event,
    facts::Facts,
    maps::MapState,
    memory::{Memory, Place, bytes_of, number_of},
    packet::Packet,
    solver::Solver,
    term::{Pool, SymbolId, Term},
};
use crate::verify::{
    bytes::Endian,
    coverage::Edge,
    error::Side,
    insn::{Op, Operand, Register, Value},
    machine::{
        Image, Start,
        memory::{Memory as Concrete, RegionId},
    },
    world::Stable,
};

/// Terms that nest deeper are given up.
const DEPTH_MAX: u32 = 30_000;

/// Why a step can't be done, or not yet.
#[derive(Clone, Debug)]
pub enum Stop {
    /// It depends on this: the path has to be split.
    Fork(Term),
    /// The program does what the kernel would not have let it do.
    Trap(String),
    /// It can't be told what happens.
    GiveUp(String),
    /// The program is over, with an event.
    End,
}

/// How a path ended.
#[derive(Clone, Debug)]
pub enum Ended {
    /// With this in r0.
    Returned(Term),
    /// By what the kernel would not have let it do.
    Trapped(String),
}

/// How much may be done.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Instructions of one path.
    pub instructions: u64,
    /// Paths of both programs.
    pub paths: u64,
    /// All terms.
    pub terms: usize,
    /// Terms that are asked for.
    pub work: u64,
    /// When to give up.
    pub end: Instant,
}

/// A program and what it begins with.
#[derive(Debug)]
pub struct Program<'a> {
    /// Its object.
    pub image: &'a Image<'a>,
    /// What is run.
    pub start: Start,
    /// Whose it is.
    pub side: Side,
    /// The bytes of sections, and whether programs may write to them.
    pub sections: Vec<(Rc<[Term]>, bool)>,
}

/// A path under way.
#[derive(Clone, Debug)]
pub struct State<'a> {
    /// r0 to r10.
    pub registers: [Term; 11],
    /// The next instruction.
    pub at: usize,
    pub(super) frames: Vec<Frame>,
    /// Its memory.
    pub memory: Memory,
    /// Its maps.
    pub maps: Vec<MapState<'a>>,
    /// Maps of the object, by their index in it.
    pub maps_of_object: Vec<usize>,
    /// What could be seen from outside, in order.
    pub events: Vec<Rc<Event>>,
    /// What is known.
    pub facts: Facts,
    /// How often each helper was called whose answers depend on it.
    pub counts: BTreeMap<Arc<str>, u32>,
    /// Where sections of variables lie.
    pub sections: Vec<RegionId>,
    /// The context's address.
    pub context: Term,
    /// The packet, where the program sees one.
    pub packet: Option<Packet>,
    /// User memory that was written: address, bytes, and whether it could be.
    pub user_writes: Vec<(Term, Rc<[Term]>, Term)>,
    /// Executed instructions.
    pub instructions: u64,
    /// How it ended.
    pub ended: Option<Ended>,
}

/// What is shared by all paths.
#[derive(Debug)]
pub struct Prover {
    /// All terms.
    pub pool: Pool,
    /// Answers questions about them.
    pub solver: Solver,
    /// How much may be done.
    pub limits: Limits,
    /// Paths that were begun.
    pub paths: u64,
    /// How many arguments functions of the kernel have.
    pub prototypes: HashMap<String, usize>,
    /// The symbols in terms that were asked about.
    pub symbols_of: HashMap<Term, Rc<BTreeSet<SymbolId>>, Stable>,
    /// Whether there were too many paths, or too little time for them.
    pub exhausted: bool,
    /// Where the sides of branches meet, as far as it was looked for.
    pub meetings: HashMap<(Side, usize), Option<Option<usize>>>,
    /// Whether both sides of a branch become one path where that can be.
    pub joining: bool,
    /// Questions when the time was last looked at.
    pub checked: u64,
    /// Sides of branches that paths took, of whatever program.
    pub taken: BTreeSet<Edge>,
}

/// What a helper asks for.
pub enum Flow {
    /// Go on with this in r0.
    Value(Term),
    /// Go on in another program.
    Jump(usize),
    /// Call this back.
    Rounds(Rounds),
}

impl Prover {
    /// That may do so much; `prototypes` says how many arguments functions of the kernel have.
    pub fn new(solver: Solver, limits: Limits, prototypes: HashMap<String, usize>) -> Self {
        Self {
            pool: Pool::default(),
            solver,
            limits,
            paths: 0,
            prototypes,
            symbols_of: HashMap::default(),
            exhausted: false,
            meetings: HashMap::default(),
            joining: false,
            checked: 0,
            taken: BTreeSet::new(),
        }
    }

    /// The next path that ends, of those that are waiting.
    ///
    /// # Errors
    ///
    /// Where it can't be told what a path does; it is the last of those that wait.
    pub fn next<'a>(
        &mut self,
        program: &Program<'a>,
        waiting: &mut Vec<State<'a>>,
    ) -> Result<Option<State<'a>>, String> {
        let Some(mut state) = waiting.pop() else {
            return Ok(None);
        };
        match self.follow(program, &mut state, waiting) {
            Ok(ends) => Ok(ends.then_some(state)),
            Err(why) => {
                waiting.push(state);
                Err(why)
            }
        }
    }

    /// Follows `state`, or another one if it turns out to be impossible, to its end; whether there
    /// is one.
    fn follow<'a>(
        &mut self,
        program: &Program<'a>,
        state: &mut State<'a>,
        waiting: &mut Vec<State<'a>>,
    ) -> Result<bool, String> {
        loop {
            self.within_limits(state)?;
            match self.step(program, state) {
                Ok(()) => {
                    if state.ended.is_some() {
                        return Ok(true);
                    }
                }
                Err(Stop::Fork(condition)) => {
                    if self.joining
                        && let Some(joined) = self.joined(program, state, condition, 0)?
                    {
                        *state = joined;
                        continue;
                    }
                    let opposite = self.pool.not(condition);
                    match self.possible(&mut state.facts, condition) {
                        (Some(yes), Some(no)) => {
                            self.paths += 1;
                            let mut other = state.clone();
                            other.facts.model = no;
                            other.facts.assume(&mut self.pool, opposite);
                            waiting.push(other);
                            state.facts.model = yes;
                            state.facts.assume(&mut self.pool, condition);
                        }
                        (Some(_), None) => state.facts.assume(&mut self.pool, condition),
                        (None, Some(_)) => state.facts.assume(&mut self.pool, opposite),
                        // The path itself is impossible.
                        (None, None) => {
                            let Some(next) = waiting.pop() else {
                                return Ok(false);
                            };
                            *state = next;
                        }
                    }
                }
                Err(Stop::Trap(why)) => {
                    state.ended = Some(Ended::Trapped(why));
                    return Ok(true);
                }
                Err(Stop::End) => {
                    state.ended = Some(Ended::Returned(self.pool.constant(0, 64)));
                    return Ok(true);
                }
                Err(Stop::GiveUp(why)) => {
                    let object = program.image.object;
                    let line = object.line_of(state.at).map_or_else(String::new, |line| {
                        let file = line.file.rsplit('/').next().unwrap_or_default();
                        format!(" ({file}:{})", line.line)
                    });
                    return Err(format!("{}: {why}{line}", program.side));
                }
            }
        }
    }

    pub(super) fn within_limits(&mut self, state: &State<'_>) -> Result<(), String> {
        let limits = self.limits;
        if state.instructions > limits.instructions {
            return Err(format!(
                "a path has more than {} instructions",
                limits.instructions
            ));
        }
        if self.paths > limits.paths {
            self.exhausted = true;
            return Err(format!("there are more than {} paths", limits.paths));
        }
        if self.pool.work > limits.work {
            return Err("there is too much to do".to_owned());
        }
        if self.pool.len() > limits.terms {
            return Err(format!("there are more than {} terms", limits.terms));
        }
        if (state.instructions.is_multiple_of(64) || self.solver.asked != self.checked)
            && Instant::now() > limits.end
        {
            self.exhausted = true;
            return Err("the time is over".to_owned());
        }
        self.checked = self.solver.asked;
        Ok(())
    }

    pub(super) fn step<'a>(
        &mut self,
        program: &Program<'a>,
        state: &mut State<'a>,
    ) -> Result<(), Stop> {
        let rounds = state.frames.last().and_then(|frame| frame.rounds.as_ref());
        if rounds.is_some_and(|rounds| rounds.pending) {
            state.at = self.next_round(state)?;
            state.instructions += 1;
            return Ok(());
        }
        let code = program.image.object.code.as_slice();
        let Some(&op) = code.get(state.at) else {
            return Err(Stop::Trap("leaves its code".to_owned()));
        };
        let mut next = state.at + 1;
        match op {
            Op::Alu {
                wide,
                op,
                dst,
                operand,
            } => {
                let right = self.operand(state, operand);
                let left = state.get(dst);
                let value = self.alu(op, wide, left, right);
                self.set(state, dst, value)?;
            }
            Op::Negate { wide, dst } => {
                let size = if wide { 64 } else { 32 };
                let value = self.pool.extract(state.get(dst), 0, size);
                let value = self.pool.sum(&[(value, u64::MAX)], 0, size);
                let value = self.pool.zero_extend(value, 64);
                self.set(state, dst, value)?;
            }
            Op::ByteOrder { swap, bits, dst } => {
                let mut value = self.pool.extract(state.get(dst), 0, bits);
                if swap {
                    let bytes = bytes_of(&mut self.pool, Endian::Little, value);
                    value = number_of(&mut self.pool, Endian::Big, &bytes);
                }
                let value = self.pool.zero_extend(value, 64);
                self.set(state, dst, value)?;
            }
            Op::LoadImmediate { dst, value } => {
                let value = self.value(program, state, value)?;
                self.set(state, dst, value)?;
                next = state.at + 2;
            }
            Op::Filler => return Err(Stop::Trap("leaves its code".to_owned())),
            Op::Load {
                size,
                signed,
                dst,
                base,
                offset,
            } => {
                let address = self.pool.add_number(state.get(base), signed_offset(offset));
                let value = self.load(state, address, size)?;
                let value = if signed {
                    self.pool.extend(value, 64)
                } else {
                    self.pool.zero_extend(value, 64)
                };
                self.set(state, dst, value)?;
            }
            Op::Store {
                size,
                base,
                offset,
                value,
            } => {
                let address = self.pool.add_number(state.get(base), signed_offset(offset));
                let value = self.operand(state, value);
                let value = self.pool.extract(value, 0, size * 8);
                let bytes = bytes_of(&mut self.pool, state.memory.endian, value);
                self.store(state, address, &bytes)?;
            }
            Op::Atomic { .. } => self.atomic(state, op)?,
            Op::Jump(target) => next = target,
            Op::Branch {
                wide,
                condition,
                left,
                right,
                target,
            } => {
                let right = self.operand(state, right);
                let condition = self.condition(condition, wide, state.get(left), right);
                let taken = self.decide(state, condition)?;
                self.taken.insert((state.at, taken));
                if taken {
                    next = target;
                }
            }
            // The budget of a loop is beyond what a path may use.
            Op::MayGoto(_) => {}
            Op::Helper(_) | Op::Kfunc(_) => match self.call(program, state, op)? {
                Flow::Value(value) => self.set(state, 0, value)?,
                Flow::Jump(target) => {
                    self.set(state, 1, state.context)?;
                    next = target;
                }
                Flow::Rounds(rounds) => {
                    let entry = rounds.entry;
                    self.enter(state, next, Some(rounds))?;
                    next = entry;
                }
            },
            Op::Call(target) => {
                self.enter(state, next, None)?;
                next = target;
            }
            Op::CallRegister(register) => {
                let target = state.get(register);
                let Place::Function(target) = self.place(state, target)? else {
                    return Err(Stop::Trap("calls what is no function".to_owned()));
                };
                self.enter(state, next, None)?;
                next = target;
            }
            Op::Exit => match state.frames.last() {
                None => {
                    let result = state.get(0);
                    state.ended = Some(Ended::Returned(result));
                    return Ok(());
                }
                Some(frame) if frame.rounds.is_some() => next = self.round_ended(state)?,
                Some(_) => next = self.leave(state),
            },
        }
        state.at = next;
        state.instructions += 1;
        Ok(())
    }

    pub(super) fn set(
        &mut self,
        state: &mut State<'_>,
        register: Register,
        value: Term,
    ) -> Result<(), Stop> {
        if self.pool.depth(value) > DEPTH_MAX {
            return Err(Stop::GiveUp("a number depends on too much".to_owned()));
        }
        state.put(register, value);
        Ok(())
    }

    fn operand(&mut self, state: &State<'_>, operand: Operand) -> Term {
        match operand {
            Operand::Register(register) => state.get(register),
            Operand::Immediate(number) => self.pool.constant(number.cast_unsigned(), 64),
        }
    }

    fn value(
        &mut self,
        program: &Program<'_>,
        state: &State<'_>,
        value: Value,
    ) -> Result<Term, Stop> {
        let number = match value {
            Value::Number(number) => Some(number),
            Value::Map(index) => state.handle(index).map(Concrete::address),
            Value::Data(section, offset) => state
                .sections
                .get(section)
                .map(|&id| Concrete::address(id).wrapping_add(offset)),
            Value::Function(slot) => Some(Concrete::function_address(slot)),
            Value::Ksym(index) => Some(program.image.ksym(index)),
        };
        match number {
            Some(number) => Ok(self.pool.constant(number, 64)),
            None => Err(Stop::Trap("loads the address of nothing".to_owned())),
        }
    }
}

impl State<'_> {
    /// What a register holds.
    pub fn get(&self, register: Register) -> Term {
        let [zero, ..] = self.registers;
        self.registers
            .get(usize::from(register))
            .copied()
            .unwrap_or(zero)
    }

    /// Lets a register hold `value`.
    pub fn put(&mut self, register: Register, value: Term) {
        if let Some(place) = self.registers.get_mut(usize::from(register)) {
            *place = value;
        }
    }

    /// What stands for the map of the object numbered `index`.
    pub fn handle(&self, index: usize) -> Option<RegionId> {
        let state = self.maps_of_object.get(index)?;
        self.maps.get(*state).map(|map| map.handle)
    }
}

impl Limits {
    /// With so much time.
    pub fn new(time: Duration) -> Self {
        Self {
            instructions: 1_000_000,
            paths: 50_000,
            terms: 20_000_000,
            work: u64::MAX,
            end: Instant::now() + time,
        }
    }
}

pub(super) fn signed_offset(offset: i16) -> u64 {
    i64::from(offset).cast_unsigned()
}
