//! A machine that runs BPF programs in user space.
//!
//! It takes any code: what the kernel's verifier would refuse ends in a [`Trap`], not in harm.

mod alu;
mod atomic;
mod context;
mod effect;
mod image;
pub mod memory;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

pub use alu::{alu, byte_order, distance, holds};
pub use effect::{Argument, Change, Changes, Effect, Outcome, Trap};
pub use image::{Fill, Image, Shape, Varying, ksym_address, normalize_bools};

use self::memory::{Memory, Purpose, RegionId};
use super::{
    bytes::{sign_extend, truncate},
    helpers::{self, Timer, maps::Maps},
    insn::{Op, Operand, Register, Value},
    kind::Kind,
    world::{Learnt, Oracle},
};

/// Bytes of a function's stack.
pub const STACK_SIZE: u64 = 512;
/// Nested calls: the kernel has 8, and loops of callbacks inside.
const FRAMES_MAX: usize = 16;
const NESTED_MAX: usize = 8;

/// What one run may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Instructions.
    pub instructions: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            instructions: 2_000_000,
        }
    }
}

/// One side of a branch that a run took, with what was compared when it was nearest to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchSeen {
    /// The slot of the branch.
    pub slot: usize,
    /// Whether it jumped.
    pub taken: bool,
    /// The left value.
    pub left: u64,
    /// The right value.
    pub right: u64,
    /// How much of the world had been asked by then.
    pub asked: usize,
    /// How far they are from numbers with which the other side is taken.
    pub distance: u64,
}

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// What can be seen from outside.
    pub outcome: Outcome,
    /// What the program asked of the world.
    pub learnt: Learnt,
    /// Sides of branches, each once.
    pub branches: Vec<BranchSeen>,
    /// Executed instructions.
    pub instructions: u64,
    /// Called helpers and kernel functions.
    pub helper_calls: u64,
    /// Whether memory was read that nobody had written.
    pub read_unwritten: bool,
}

/// What is run, and as what: both objects' programs run as what the C program is.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// The program's first slot.
    pub entry: usize,
    /// What context it gets.
    pub kind: Kind,
    /// Whether it probes the entry of a system call.
    pub of_syscall: bool,
}

/// Runs a program in the world of `oracle`; unwritten memory holds `fill`.
pub fn run(image: &Image<'_>, start: Start, oracle: Oracle<'_>, fill: u8, limits: Limits) -> Run {
    let mut machine = Machine::new(image, &oracle, fill, limits);
    let result = machine.start(start);
    let trap = result.as_ref().err().cloned();
    let outcome = machine.outcome(result.unwrap_or(0), trap);
    let run = Run {
        outcome,
        learnt: Learnt::default(),
        branches: machine.branches,
        instructions: machine.instructions,
        helper_calls: machine.helper_calls,
        read_unwritten: machine.memory.read_unwritten,
    };
    Run {
        learnt: oracle.into_learnt(),
        ..run
    }
}

struct Frame {
    return_to: usize,
    saved: [u64; 4],
    base: u64,
}

/// One run under way.
pub struct Machine<'a> {
    pub(super) image: &'a Image<'a>,
    pub(super) oracle: &'a Oracle<'a>,
    pub(super) memory: Memory,
    pub(super) maps: Maps<'a>,
    pub(super) effects: Vec<Effect>,
    pub(super) context: u64,
    /// How often each helper was called, for those whose answers depend on it.
    pub(super) counts: HashMap<Arc<str>, u32>,
    registers: [u64; 11],
    sections: Vec<RegionId>,
    stacks: Vec<RegionId>,
    frames: usize,
    nested: usize,
    /// Where each side of a branch is in `branches`; nowhere yet beyond its end.
    seen: Vec<[u32; 2]>,
    branches: Vec<BranchSeen>,
    instructions: u64,
    helper_calls: u64,
    limits: Limits,
    /// Timers that have a callback.
    pub(super) timers: Vec<Timer>,
    /// Fields of the context that the kernel's verifier turns into pointers.
    context_pointers: Vec<(usize, u64)>,
}

/// What a helper asks the machine to do.
pub(super) enum Flow {
    /// Go on with this in r0.
    Value(u64),
    /// Go on in another program.
    Jump(usize),
    /// End the program.
    End,
}

impl<'a> Machine<'a> {
    fn new(image: &'a Image<'a>, oracle: &'a Oracle<'a>, fill: u8, limits: Limits) -> Self {
        Self {
            image,
            oracle,
            memory: Memory::new(image.object.endian, fill),
            maps: Maps::default(),
            effects: Vec::new(),
            context: 0,
            counts: HashMap::new(),
            registers: [0; 11],
            sections: Vec::new(),
            stacks: Vec::new(),
            frames: 0,
            nested: 0,
            seen: vec![[u32::MAX; 2]; image.object.code.len()],
            branches: Vec::new(),
            instructions: 0,
            helper_calls: 0,
            limits,
            timers: Vec::new(),
            context_pointers: Vec::new(),
        }
    }

    fn start(&mut self, start: Start) -> Result<u64, Trap> {
        let image = self.image;
        self.memory.follows_null = start.kind.follows_pointers();
        let (context, pointers) = context::build(&mut self.memory, self.oracle, image, start)?;
        self.context = context;
        self.context_pointers = pointers;
        self.maps = Maps::new(image, &mut self.memory)?;
        for index in 0..image.object.data.len() {
            let (bytes, writable) = image.section(&self.memory, self.oracle, index);
            let id = self.memory.add(Purpose::Data(index), bytes, writable)?;
            self.sections.push(id);
        }
        self.write_addresses();
        let value = self.function(start.entry, [context, 0, 0, 0, 0])?;
        self.expire_timers()?;
        Ok(value)
    }

    /// Puts addresses into the variables that hold some.
    fn write_addresses(&mut self) {
        for (index, section) in self.image.object.data.iter().enumerate() {
            for &(offset, value) in &section.addresses {
                let number = self.value(value);
                let endian = self.memory.endian;
                let place = self
                    .sections
                    .get(index)
                    .and_then(|&id| self.memory.region_mut(id))
                    .and_then(|region| {
                        let start = usize::try_from(offset).ok()?;
                        region.bytes.get_mut(start..start.checked_add(8)?)
                    });
                if let Some(place) = place {
                    endian.write(place, number);
                }
            }
        }
    }

    fn value(&self, value: Value) -> u64 {
        match value {
            Value::Number(number) => number,
            Value::Map(index) => self.maps.handle(index).map_or(0, Memory::address),
            Value::Data(section, offset) => self
                .sections
                .get(section)
                .map_or(0, |&id| Memory::address(id).wrapping_add(offset)),
            Value::Function(slot) => Memory::function_address(slot),
            Value::Ksym(index) => self.image.ksym(index),
        }
    }

    /// Calls the function at `entry`, from outside or from a helper, until it returns.
    pub(super) fn function(&mut self, entry: usize, arguments: [u64; 5]) -> Result<u64, Trap> {
        if self.nested >= NESTED_MAX {
            return Err(Trap::Depth);
        }
        self.nested += 1;
        let saved = self.registers;
        self.registers = [0; 11];
        for (register, argument) in self.registers.iter_mut().skip(1).zip(arguments) {
            *register = argument;
        }
        let base = self.push_stack()?;
        self.set(10, base);
        let result = self.execute(entry);
        self.frames -= 1;
        self.registers = saved;
        self.nested -= 1;
        result
    }

    /// A stack for a new frame: the address behind its end.
    fn push_stack(&mut self) -> Result<u64, Trap> {
        if self.frames >= FRAMES_MAX {
            return Err(Trap::Depth);
        }
        let id = match self.stacks.get(self.frames) {
            Some(&id) => {
                self.memory.forget(id);
                id
            }
            None => {
                let size = usize::try_from(STACK_SIZE).unwrap_or(512);
                let id = self.memory.add_unwritten(Purpose::Stack, size)?;
                self.stacks.push(id);
                id
            }
        };
        self.frames += 1;
        Ok(Memory::address(id) + STACK_SIZE)
    }

    fn get(&self, register: Register) -> u64 {
        self.registers
            .get(usize::from(register))
            .copied()
            .unwrap_or(0)
    }

    fn set(&mut self, register: Register, value: u64) {
        if let Some(place) = self.registers.get_mut(usize::from(register)) {
            *place = value;
        }
    }

    fn operand(&self, operand: Operand) -> u64 {
        match operand {
            Operand::Register(register) => self.get(register),
            Operand::Immediate(number) => number.cast_unsigned(),
        }
    }

    fn execute(&mut self, entry: usize) -> Result<u64, Trap> {
        let image = self.image;
        let code = image.object.code.as_slice();
        let mut frames: Vec<Frame> = Vec::new();
        let mut at = entry;
        loop {
            let &op = code.get(at).ok_or(Trap::Nowhere)?;
            self.instructions += 1;
            if self.instructions > self.limits.instructions {
                return Err(Trap::Instructions);
            }
            let mut next = at + 1;
            match op {
                Op::Alu {
                    wide,
                    op,
                    dst,
                    operand,
                } => {
                    let right = self.operand(operand);
                    self.set(dst, alu(op, wide, self.get(dst), right));
                }
                Op::Negate { wide, dst } => {
                    let value = self.get(dst).wrapping_neg();
                    self.set(dst, if wide { value } else { truncate(value, 4) });
                }
                Op::ByteOrder { swap, bits, dst } => {
                    self.set(dst, byte_order(self.get(dst), bits, swap));
                }
                Op::LoadImmediate { dst, value } => {
                    let number = self.value(value);
                    self.set(dst, number);
                    next = at + 2;
                }
                Op::Filler => return Err(Trap::Nowhere),
                Op::Load {
                    size,
                    signed,
                    dst,
                    base,
                    offset,
                } => {
                    let address = self.get(base).wrapping_add_signed(offset.into());
                    let value = self.load(address, size)?;
                    let value = if signed {
                        sign_extend(value, size.into())
                    } else {
                        value
                    };
                    self.set(dst, value);
                }
                Op::Store {
                    size,
                    base,
                    offset,
                    value,
                } => {
                    let address = self.get(base).wrapping_add_signed(offset.into());
                    let value = self.operand(value);
                    self.memory.store(address, size, value)?;
                }
                Op::Atomic { .. } => self.atomic(op)?,
                Op::Jump(target) => next = target,
                Op::Branch {
                    wide,
                    condition,
                    left,
                    right,
                    target,
                } => {
                    let (left, right) = (self.get(left), self.operand(right));
                    let taken = holds(condition, wide, left, right);
                    let size = if wide { 8 } else { 4 };
                    self.note_branch(BranchSeen {
                        slot: at,
                        taken,
                        left: truncate(left, size),
                        right: truncate(right, size),
                        asked: self.oracle.asked(),
                        distance: distance(condition, wide, left, right),
                    });
                    if taken {
                        next = target;
                    }
                }
                // The budget of a loop is beyond what a run may use.
                Op::MayGoto(_) => {}
                Op::Helper(_) | Op::Kfunc(_) => {
                    self.helper_calls += 1;
                    match helpers::call(self, op, self.arguments())? {
                        Flow::Value(value) => self.set(0, value),
                        Flow::Jump(target) => {
                            self.set(1, self.context);
                            next = target;
                        }
                        Flow::End => return Ok(0),
                    }
                }
                Op::Call(target) => next = self.enter(&mut frames, next, target)?,
                Op::CallRegister(register) => {
                    let target = Memory::function_at(self.get(register)).ok_or(Trap::Nowhere)?;
                    next = self.enter(&mut frames, next, target)?;
                }
                Op::Exit => {
                    let Some(frame) = frames.pop() else {
                        return Ok(self.get(0));
                    };
                    self.frames -= 1;
                    for (register, value) in (6..).zip(frame.saved) {
                        self.set(register, value);
                    }
                    self.set(10, frame.base);
                    next = frame.return_to;
                }
            }
            at = next;
        }
    }

    /// The first five argument registers.
    fn arguments(&self) -> [u64; 5] {
        [1, 2, 3, 4, 5].map(|register| self.get(register))
    }

    fn enter(
        &mut self,
        frames: &mut Vec<Frame>,
        return_to: usize,
        target: usize,
    ) -> Result<usize, Trap> {
        let frame = Frame {
            return_to,
            saved: [6, 7, 8, 9].map(|register| self.get(register)),
            base: self.get(10),
        };
        let base = self.push_stack()?;
        frames.push(frame);
        self.set(10, base);
        Ok(target)
    }

    fn load(&mut self, address: u64, size: u8) -> Result<u64, Trap> {
        if size == 4 && !self.context_pointers.is_empty() {
            let offset = address.wrapping_sub(self.context);
            let pointer = self
                .context_pointers
                .iter()
                .find(|(field, _)| *field as u64 == offset);
            if let Some(&(_, pointer)) = pointer {
                return Ok(pointer);
            }
        }
        self.memory.load(self.oracle, address, size)
    }

    /// Of all times that a side is taken, keeps the one that came nearest to the other side.
    fn note_branch(&mut self, seen: BranchSeen) {
        let side = usize::from(seen.taken);
        let Some(place) = self
            .seen
            .get_mut(seen.slot)
            .and_then(|sides| sides.get_mut(side))
        else {
            return;
        };
        match self.branches.get_mut(*place as usize) {
            Some(known) if known.distance <= seen.distance => {}
            Some(known) => *known = seen,
            None => {
                *place = u32::try_from(self.branches.len()).unwrap_or(u32::MAX);
                self.branches.push(seen);
            }
        }
    }

    /// The context and the packet, where programs may write to them.
    fn written_beside(&self) -> Vec<(Arc<str>, Vec<u8>)> {
        let packet = self.context_pointers.first().map(|&(_, start)| start);
        [("the context", Some(self.context)), ("the packet", packet)]
            .into_iter()
            .filter_map(|(name, start)| {
                let (id, _) = Memory::locate(start?)?;
                let region = self.memory.region(id).filter(|region| region.writable)?;
                Some((Arc::from(name), region.bytes.clone()))
            })
            .collect()
    }

    fn outcome(&mut self, result: u64, trap: Option<Trap>) -> Outcome {
        let globals = self
            .image
            .compared()
            .filter_map(|(name, section, offset, size)| {
                let region = self.memory.region(*self.sections.get(section)?)?;
                let bytes = region.bytes.get(offset..offset.checked_add(size)?)?;
                Some((name.clone(), bytes.to_vec()))
            })
            .chain(self.written_beside())
            .collect();
        Outcome {
            effects: std::mem::take(&mut self.effects),
            maps: self.maps.changes(&self.memory),
            globals,
            result,
            trap,
        }
    }
}
