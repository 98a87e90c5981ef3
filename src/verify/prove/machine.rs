//! A machine whose registers and memory hold terms: one path of a program at a time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    effect::Event,
    facts::Facts,
    maps::MapState,
    memory::{Memory, Place, bytes_of, number_of},
    solver::Solver,
    term::{Binary, Pool, SymbolId, Term},
};
use crate::verify::{
    bytes::Endian,
    error::Side,
    insn::{AluOp, Condition, Op, Operand, Register, Value},
    machine::{
        Image, STACK_SIZE, Start,
        memory::{Memory as Concrete, Purpose, RegionId},
    },
    world::Stable,
};

/// Terms that nest deeper are given up.
const DEPTH_MAX: u32 = 30_000;
/// Nested calls.
const FRAMES_MAX: usize = 16;

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

#[derive(Clone, Debug)]
pub(super) struct Frame {
    return_to: usize,
    saved: [Term; 4],
    base: Term,
    /// The stack's piece of memory.
    stack: RegionId,
    rounds: Option<Rounds>,
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
    /// Questions when the time was last looked at.
    pub checked: u64,
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
    /// The next path that ends, of those that are waiting.
    ///
    /// # Errors
    ///
    /// Where it can't be told what a path does.
    pub fn next<'a>(
        &mut self,
        program: &Program<'a>,
        waiting: &mut Vec<State<'a>>,
    ) -> Result<Option<State<'a>>, String> {
        let Some(mut state) = waiting.pop() else {
            return Ok(None);
        };
        loop {
            self.within_limits(&state)?;
            match self.step(program, &mut state) {
                Ok(()) => {
                    if state.ended.is_some() {
                        return Ok(Some(state));
                    }
                }
                Err(Stop::Fork(condition)) => {
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
                                return Ok(None);
                            };
                            state = next;
                        }
                    }
                }
                Err(Stop::Trap(why)) => {
                    state.ended = Some(Ended::Trapped(why));
                    return Ok(Some(state));
                }
                Err(Stop::End) => {
                    state.ended = Some(Ended::Returned(self.pool.constant(0, 64)));
                    return Ok(Some(state));
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

    fn within_limits(&mut self, state: &State<'_>) -> Result<(), String> {
        let limits = self.limits;
        if state.instructions > limits.instructions {
            return Err(format!(
                "a path has more than {} instructions",
                limits.instructions
            ));
        }
        if self.paths > limits.paths {
            return Err(format!("there are more than {} paths", limits.paths));
        }
        if self.pool.len() > limits.terms {
            return Err(format!("there are more than {} terms", limits.terms));
        }
        if (state.instructions.is_multiple_of(64) || self.solver.asked != self.checked)
            && Instant::now() > limits.end
        {
            return Err("the time is over".to_owned());
        }
        self.checked = self.solver.asked;
        Ok(())
    }

    fn step<'a>(&mut self, program: &Program<'a>, state: &mut State<'a>) -> Result<(), Stop> {
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
                if self.decide(state, condition)? {
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
                    // Decided before anything is changed.
                    let none = self.pool.constant(0, 64);
                    let some = self.pool.less(none, rounds.all);
                    self.decide(state, some)?;
                    self.enter(state, next, Some(rounds))?;
                    next = self.next_round(state)?;
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
                Some(frame) if frame.rounds.is_some() => {
                    let result = state.get(0);
                    let go_on = self.pool.constant(0, 64);
                    let go_on = self.pool.equal(result, go_on);
                    next = if self.decide(state, go_on)? {
                        self.next_round(state)?
                    } else {
                        self.end_rounds(state)
                    };
                }
                Some(_) => next = self.leave(state),
            },
        }
        state.at = next;
        state.instructions += 1;
        Ok(())
    }

    fn enter(
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

    fn leave(&mut self, state: &mut State<'_>) -> usize {
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

    /// Calls back once more, or ends it.
    fn next_round(&mut self, state: &mut State<'_>) -> Result<usize, Stop> {
        let Some(rounds) = state.frames.last().and_then(|frame| frame.rounds.clone()) else {
            return Ok(usize::MAX);
        };
        let round = self.pool.constant(rounds.done, 64);
        let more = self.pool.less(round, rounds.all);
        if !self.decide(state, more)? {
            let result = rounds.all;
            let next = self.leave(state);
            self.set(state, 0, result)?;
            return Ok(next);
        }
        let arguments = [round, rounds.context];
        for (register, value) in (1..).zip(arguments) {
            state.put(register, value);
        }
        if let Some(rounds) = state
            .frames
            .last_mut()
            .and_then(|frame| frame.rounds.as_mut())
        {
            rounds.done += 1;
        }
        Ok(rounds.entry)
    }

    /// The callback wants no more.
    fn end_rounds(&mut self, state: &mut State<'_>) -> usize {
        let rounds = state.frames.last().and_then(|frame| frame.rounds.clone());
        let done = rounds.map_or(0, |rounds| rounds.done);
        let next = self.leave(state);
        let done = self.pool.constant(done, 64);
        state.put(0, done);
        next
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

    fn alu(&mut self, op: AluOp, wide: bool, left: Term, right: Term) -> Term {
        let size = if wide { 64 } else { 32 };
        let left = self.pool.extract(left, 0, size);
        let right = self.pool.extract(right, 0, size);
        let pool = &mut self.pool;
        let value = match op {
            AluOp::Add => pool.add(left, right),
            AluOp::Sub => pool.sub(left, right),
            AluOp::Mul => pool.mul(left, right),
            AluOp::Div => pool.divide(Binary::Div, left, right),
            AluOp::Or => pool.bitwise(Binary::Or, left, right),
            AluOp::And => pool.bitwise(Binary::And, left, right),
            AluOp::ShiftLeft => pool.shift(Binary::ShiftLeft, left, right),
            AluOp::ShiftRight => pool.shift(Binary::ShiftRight, left, right),
            AluOp::Mod => pool.divide(Binary::Rem, left, right),
            AluOp::Xor => pool.bitwise(Binary::Xor, left, right),
            AluOp::Move => right,
            AluOp::ArithmeticShift => pool.shift(Binary::ArithmeticShift, left, right),
            AluOp::SignedDiv => pool.divide(Binary::SignedDiv, left, right),
            AluOp::SignedMod => pool.divide(Binary::SignedRem, left, right),
            AluOp::MoveSigned(bits) => {
                let cut = pool.extract(right, 0, bits);
                pool.extend(cut, size)
            }
        };
        pool.zero_extend(value, 64)
    }

    fn condition(&mut self, condition: Condition, wide: bool, left: Term, right: Term) -> Term {
        let size = if wide { 64 } else { 32 };
        let left = self.pool.extract(left, 0, size);
        let right = self.pool.extract(right, 0, size);
        let pool = &mut self.pool;
        match condition {
            Condition::Equal => pool.equal(left, right),
            Condition::NotEqual => {
                let equal = pool.equal(left, right);
                pool.not(equal)
            }
            Condition::Set => {
                let common = pool.bitwise(Binary::And, left, right);
                let zero = pool.constant(0, size);
                let none = pool.equal(common, zero);
                pool.not(none)
            }
            Condition::Greater => pool.less(right, left),
            Condition::Less => pool.less(left, right),
            Condition::GreaterEqual => {
                let less = pool.less(left, right);
                pool.not(less)
            }
            Condition::LessEqual => {
                let greater = pool.less(right, left);
                pool.not(greater)
            }
            Condition::SignedGreater => pool.signed_less(right, left),
            Condition::SignedLess => pool.signed_less(left, right),
            Condition::SignedGreaterEqual => {
                let less = pool.signed_less(left, right);
                pool.not(less)
            }
            Condition::SignedLessEqual => {
                let greater = pool.signed_less(right, left);
                pool.not(greater)
            }
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
            end: Instant::now() + time,
        }
    }
}

pub(super) fn signed_offset(offset: i16) -> u64 {
    i64::from(offset).cast_unsigned()
}
