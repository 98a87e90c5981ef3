//! What a program begins with: its context, its variables, its maps.

use std::rc::Rc;

use super::{
    facts::Facts,
    machine::{Program, Prover, State, Stop},
    memory::{Memory, byte_of, bytes_of, word_bytes},
    term::Term,
};
use crate::verify::{
    error::Side,
    insn::Value,
    kind::Kind,
    machine::{
        Image, STACK_SIZE, Start,
        memory::{Memory as Concrete, Purpose, word_of},
    },
    registers::Registers,
    world::Atom,
};

/// Bytes of a context whose structure isn't known, as in the differential machine.
const UNKNOWN_SIZE: u64 = 512;
/// Bytes of `struct __sk_buff`, which is larger than `struct xdp_md`.
const PACKET_CONTEXT_SIZE: u64 = 192;

impl Prover {
    /// A program with its variables.
    pub fn program<'a>(&mut self, image: &'a Image<'a>, start: Start, side: Side) -> Program<'a> {
        let endian = image.object.endian;
        let mut sections = Vec::new();
        for index in 0..image.object.data.len() {
            let (bytes, writable) = image.plain_section(index);
            let mut terms: Vec<Term> = bytes
                .iter()
                .map(|&byte| self.pool.constant(byte.into(), 8))
                .collect();
            if let Some((section, offset, size)) = image.wrapper()
                && section == index
            {
                let flag = self.wrapper();
                // At most eight.
                let flag = self.pool.zero_extend(flag, (size.clamp(1, 8) * 8) as u8);
                let flag = bytes_of(&mut self.pool, endian, flag);
                put(&mut terms, offset, &flag);
            }
            for (name, section, offset, varying) in image.varying() {
                if section != index {
                    continue;
                }
                let words: Vec<Term> = (0..varying.initial.len().div_ceil(8))
                    .map(|word| {
                        let word = u32::try_from(word).unwrap_or(u32::MAX);
                        let atom = Atom::Global {
                            name: name.clone(),
                            word,
                            initial: word_of(endian, &varying.initial, word),
                        };
                        self.pool.atom(atom, 64)
                    })
                    .collect();
                let size = varying.initial.len() as u64;
                let mut value = word_bytes(&mut self.pool, endian, &words, size);
                for &at in &varying.bools {
                    if let Some(byte) = usize::try_from(at).ok().and_then(|at| value.get_mut(at)) {
                        let bit = self.pool.extract(*byte, 0, 1);
                        *byte = self.pool.zero_extend(bit, 8);
                    }
                }
                put(&mut terms, offset, &value);
            }
            sections.push((Rc::from(terms), writable));
        }
        Program {
            image,
            start,
            side,
            sections,
        }
    }

    fn wrapper(&mut self) -> Term {
        self.pool.atom(Atom::Wrapper, 1)
    }

    /// Whether system calls are wrapped matters for what the program begins with.
    pub fn cases(&mut self, program: &Program<'_>) -> Vec<Term> {
        let flag = self.wrapper();
        if wraps(program) {
            vec![flag, self.pool.not(flag)]
        } else {
            vec![self.pool.truth(true)]
        }
    }

    /// A program at its first instruction, where `facts` hold; `wrapped` is whether its system
    /// call is.
    ///
    /// # Errors
    ///
    /// Where it can't be begun.
    pub fn begin<'a>(
        &mut self,
        program: &Program<'a>,
        facts: Facts,
        wrapped: bool,
    ) -> Result<State<'a>, Stop> {
        let zero = self.pool.constant(0, 64);
        let mut memory = Memory::new(program.side, program.image.object.endian);
        let context = self.context(program, &mut memory, wrapped)?;
        let packet = self.packet(&mut memory, program.start.kind)?;
        let mut facts = facts;
        if let Some(packet) = &packet {
            let fits = self.packet_fits(packet);
            facts.assume_new(&mut self.pool, fits);
        }
        let mut state = State {
            registers: [zero; 11],
            at: program.start.entry,
            frames: Vec::new(),
            memory,
            maps: Vec::new(),
            maps_of_object: Vec::new(),
            events: Vec::new(),
            facts,
            counts: std::collections::BTreeMap::new(),
            sections: Vec::new(),
            context,
            packet,
            user_writes: Vec::new(),
            instructions: 0,
            ended: None,
        };
        Self::add_maps(program, &mut state)?;
        for (index, (bytes, writable)) in program.sections.iter().enumerate() {
            let id = state
                .memory
                .add_bytes(Purpose::Data(index), bytes.clone(), *writable)?;
            state.sections.push(id);
        }
        self.write_addresses(program, &mut state);
        let stack = state.memory.add_unwritten(Purpose::Stack, STACK_SIZE)?;
        let base = self
            .pool
            .constant(Concrete::address(stack) + STACK_SIZE, 64);
        state.put(1, context);
        state.put(10, base);
        Ok(state)
    }

    /// Puts addresses into the variables that hold some.
    fn write_addresses(&mut self, program: &Program<'_>, state: &mut State<'_>) {
        for (index, section) in program.image.object.data.iter().enumerate() {
            for &(offset, value) in &section.addresses {
                let number = match value {
                    Value::Number(number) => Some(number),
                    Value::Map(map) => state.handle(map).map(Concrete::address),
                    Value::Data(section, at) => state
                        .sections
                        .get(section)
                        .map(|&id| Concrete::address(id).wrapping_add(at)),
                    Value::Function(slot) => Some(Concrete::function_address(slot)),
                    Value::Ksym(ksym) => Some(program.image.ksym(ksym)),
                };
                let number = self.pool.constant(number.unwrap_or(0), 64);
                let bytes = bytes_of(&mut self.pool, state.memory.endian, number);
                if let Some(&id) = state.sections.get(index) {
                    state.memory.put(id, offset, &bytes);
                }
            }
        }
    }

    /// What the program is called with: its address.
    fn context(
        &mut self,
        program: &Program<'_>,
        memory: &mut Memory,
        wrapped: bool,
    ) -> Result<Term, Stop> {
        let (words, writable) = match program.start.kind {
            Kind::Probe | Kind::ReturnProbe | Kind::PerfEvent => {
                return self.registers(program, memory, wrapped);
            }
            Kind::RawTracepoint | Kind::Tracing | Kind::Deciding => (self.arguments(13), false),
            Kind::Xdp | Kind::Skb => (self.other(PACKET_CONTEXT_SIZE), true),
            Kind::Iterator => (self.arguments(8), false),
            Kind::Tracepoint => (self.other(UNKNOWN_SIZE), false),
            Kind::Syscall | Kind::Other => (self.other(UNKNOWN_SIZE), true),
        };
        let size = words.len() as u64 * 8;
        let id = memory.add_words(Purpose::Context, size, &words, writable)?;
        Ok(Memory::address(&mut self.pool, id))
    }

    fn arguments(&mut self, count: u8) -> Vec<Term> {
        (0..count)
            .map(|number| self.pool.atom(Atom::Argument(number), 64))
            .collect()
    }

    fn other(&mut self, size: u64) -> Vec<Term> {
        (0..u32::try_from(size / 8).unwrap_or(0))
            .map(|word| self.pool.atom(Atom::Context(word * 8), 64))
            .collect()
    }

    /// `struct pt_regs`, with another one behind it where system calls are wrapped.
    fn registers(
        &mut self,
        program: &Program<'_>,
        memory: &mut Memory,
        wrapped: bool,
    ) -> Result<Term, Stop> {
        let registers = program.image.registers;
        let kind = program.start.kind;
        let of_syscall = kind == Kind::Probe && program.start.of_syscall;
        let bytes = if of_syscall && registers.wraps && wrapped {
            let inner = self.saved(registers, memory, &registers.syscall, 0);
            let inner = memory.add_bytes(Purpose::Context, inner.into(), false)?;
            let mut outer = self.saved(registers, memory, &[], 0x1000);
            if let Some(&first) = registers.parameters.first() {
                let address = Memory::address(&mut self.pool, inner);
                // At most eight bytes.
                let address = self.pool.extract(address, 0, (registers.word * 8) as u8);
                let address = bytes_of(&mut self.pool, memory.endian, address);
                put(
                    &mut outer,
                    usize::try_from(first).unwrap_or(usize::MAX),
                    &address,
                );
            }
            outer
        } else {
            let arguments: &[u64] = match kind {
                Kind::Probe if of_syscall => &registers.syscall,
                Kind::Probe => &registers.parameters,
                _ => &[],
            };
            let mut bytes = self.saved(registers, memory, arguments, 0);
            if kind == Kind::PerfEvent {
                let words = [0x2000, 0x2008].map(|at| self.pool.atom(Atom::Context(at), 64));
                bytes.extend(word_bytes(&mut self.pool, memory.endian, &words, 16));
            }
            bytes
        };
        let id = memory.add_bytes(Purpose::Context, bytes.into(), false)?;
        Ok(Memory::address(&mut self.pool, id))
    }

    /// Saved registers: `arguments` says where each argument lies; the others are the context's.
    fn saved(
        &mut self,
        registers: &Registers,
        memory: &Memory,
        arguments: &[u64],
        names: u32,
    ) -> Vec<Term> {
        let mut bytes = Vec::new();
        let word = registers.word.max(1);
        for at in 0..registers.size / word {
            let offset = at * word;
            let number = (0..).zip(arguments).find(|(_, place)| **place == offset);
            let atom = match number {
                Some((number, _)) => Atom::Argument(number),
                None => Atom::Context(names + u32::try_from(offset).unwrap_or(0)),
            };
            let value = self.pool.atom(atom, 64);
            // At most eight bytes.
            let value = self.pool.extract(value, 0, (word * 8) as u8);
            bytes.extend(
                (0..word).map(|index| byte_of(&mut self.pool, memory.endian, value, index)),
            );
        }
        bytes
    }
}

/// Whether the program is called with other registers where system calls are wrapped.
fn wraps(program: &Program<'_>) -> bool {
    let start = program.start;
    start.kind == Kind::Probe && start.of_syscall && program.image.registers.wraps
}

fn put(bytes: &mut [Term], at: usize, new: &[Term]) {
    let place = at
        .checked_add(new.len())
        .and_then(|end| bytes.get_mut(at..end));
    if let Some(place) = place {
        place.copy_from_slice(new);
    }
}
