//! The kernel's helpers on terms: contracts of those that are known in detail, and for the others
//! what their arguments are.

use std::{rc::Rc, sync::Arc};

use super::{
    effect::{Event, Part},
    machine::{Flow, Program, Prover, Rounds, State, Stop},
    memory::{Memory, Place, bytes_of, number_of, word_bytes},
    probe::Space,
    term::{Binary, Shape, Symbol, Term},
};
use crate::verify::{
    helpers::{POISON, helper},
    insn::{Op, Value},
    machine::memory::Purpose,
    world::Atom,
};

/// Longer pieces of memory are given up.
const BYTES_MAX: u64 = 1 << 15;
/// `BPF_MAX_LOOPS`.
const LOOPS_MAX: u64 = 8 * 1024 * 1024;

/// A number of bytes.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// How many, in 64 bits.
    pub term: Term,
    /// Not more than these.
    pub most: u64,
}

impl Prover {
    pub(super) fn call<'a>(
        &mut self,
        program: &Program<'a>,
        state: &mut State<'a>,
        op: Op,
    ) -> Result<Flow, Stop> {
        let arguments = [1, 2, 3, 4, 5].map(|register| state.get(register));
        match op {
            Op::Helper(id) => self.helper(program, state, id, arguments),
            Op::Kfunc(index) => {
                let name = program
                    .image
                    .object
                    .ksyms
                    .get(index)
                    .cloned()
                    .unwrap_or_default();
                self.kfunc(state, &name, &arguments).map(Flow::Value)
            }
            _ => Err(Stop::Trap("leaves its code".to_owned())),
        }
    }

    fn helper<'a>(
        &mut self,
        program: &Program<'a>,
        state: &mut State<'a>,
        id: u32,
        arguments: [Term; 5],
    ) -> Result<Flow, Stop> {
        let [a, b, c, d, e] = arguments;
        let value = match id {
            1 => self.map_lookup(state, a, b, None),
            2 => self.map_update(state, [a, b, c, d]),
            3 => self.map_delete(state, a, b),
            4 => self.probe_read(state, [a, b, c], Space::Any),
            5 | 125 | 160 | 208 => Ok(self.time(state)),
            6 => self.trace_printk(state, a, b, &[c, d, e]),
            8 => Ok(self.cpu_number()),
            12 => return self.tail_call(state, b, c),
            14 => Ok(self.pair(Atom::Tgid, Atom::Tid)),
            15 => Ok(self.pair(Atom::Gid, Atom::Uid)),
            16 => self.current_comm(state, a, b),
            25 | 111 | 121 => self.record(state, [b, d, e, c], 2),
            36 => self.probe_write_user(state, a, b, c),
            45 => self.probe_read_text(state, [a, b, c], Space::Any),
            58 => Ok(self.simple_event(state, "override", b)),
            93 | 94 => Ok(self.pool.constant(0, 64)),
            109 => Ok(self.send_signal(state, "signal", a)),
            112 | 148 | 191 => self.probe_read(state, [a, b, c], Space::User),
            113 => self.probe_read(state, [a, b, c], Space::Kernel),
            114 => self.probe_read_text(state, [a, b, c], Space::User),
            115 => self.probe_read_text(state, [a, b, c], Space::Kernel),
            117 => Ok(self.send_signal(state, "signal to thread", a)),
            130 => self.record(state, [a, b, c, d], 11),
            131 => self.ringbuf_reserve(state, a, b),
            132 => self.ringbuf_end(state, a, Some(b)),
            133 => self.ringbuf_end(state, a, None),
            177 => self.trace_vprintk(state, [a, b], [c, d]),
            181 => return self.repeat(state, a, b, c),
            182 => self.compare_text(state, a, b, c),
            183 => self.function_argument(state, b, c),
            195 => self.map_lookup(state, a, b, Some(c)),
            87 | 88 | 89 | 107 | 108 | 126 | 127 | 145 | 146 | 156 | 157 | 164 | 165 | 210
            | 211 => {
                let name = helper(id).map_or("?", |helper| helper.name);
                Err(Stop::GiveUp(format!(
                    "the helper {name} has no contract here"
                )))
            }
            POISON => Err(Stop::Trap(
                "accesses what the kernel doesn't have".to_owned(),
            )),
            _ => match helper(id) {
                Some(helper) => {
                    self.uninterpreted(program, state, helper.name, helper.arguments, arguments)
                }
                None => Err(Stop::Trap("calls a helper that doesn't exist".to_owned())),
            },
        }?;
        Ok(Flow::Value(value))
    }

    fn pair(&mut self, high: Atom, low: Atom) -> Term {
        let high = self.pool.atom(high, 32);
        let low = self.pool.atom(low, 32);
        self.pool.concat(&[high, low])
    }

    fn count(state: &mut State<'_>, name: &str) -> u32 {
        let count = state.counts.entry(Arc::from(name)).or_default();
        *count += 1;
        *count - 1
    }

    fn time(&mut self, state: &mut State<'_>) -> Term {
        let nth = Self::count(state, "time");
        self.pool.atom(Atom::Time(nth), 64)
    }

    pub(super) fn errno(number: u64) -> u64 {
        number.wrapping_neg()
    }

    /// A number of bytes for which there is `room`; the kernel's helpers take 32 bits.
    pub(super) fn amount(
        &mut self,
        state: &mut State<'_>,
        size: Term,
        room: u64,
    ) -> Result<Amount, Stop> {
        let size = self.pool.extract(size, 0, 32);
        let size = self.pool.zero_extend(size, 64);
        let size = state.facts.simplify(&mut self.pool, size);
        let end = self.pool.constant(room.saturating_add(1), 64);
        let fits = self.pool.less(size, end);
        if !self.decide(state, fits)? {
            return Err(Stop::Trap(
                "gives a helper more bytes than there are".to_owned(),
            ));
        }
        let (_, most) = state.facts.range(&self.pool, size);
        if most > BYTES_MAX {
            return Err(Stop::GiveUp(format!("{most} bytes at once")));
        }
        Ok(Amount { term: size, most })
    }

    /// A piece of the program's memory that a helper may use, and how many bytes are left in it.
    pub(super) fn inside(
        &mut self,
        state: &mut State<'_>,
        address: Term,
    ) -> Result<(usize, u64, u64), Stop> {
        match self.place(state, address)? {
            Place::Inside(id, offset) => {
                let size = state.memory.region(id).map_or(0, |region| region.size);
                Ok((id, offset, size.saturating_sub(offset)))
            }
            Place::Somewhere(..) => Err(Stop::GiveUp(
                "a helper's buffer at a computed place".to_owned(),
            )),
            _ => Err(Stop::Trap(
                "gives a helper memory that isn't its own".to_owned(),
            )),
        }
    }

    /// Bytes of the program's memory that a helper was given.
    pub(super) fn memory_bytes(
        &mut self,
        state: &mut State<'_>,
        address: Term,
        size: u64,
    ) -> Result<Vec<Term>, Stop> {
        match self.place(state, address)? {
            Place::Inside(id, offset) => state.memory.bytes(&mut self.pool, id, offset, size),
            Place::Somewhere(..) => (0..size)
                .map(|index| {
                    let at = self.pool.add_number(address, index);
                    self.load(state, at, 1)
                })
                .collect(),
            _ => Err(Stop::Trap(
                "gives a helper memory that isn't its own".to_owned(),
            )),
        }
    }

    /// Bytes that a helper was given with their number.
    pub(super) fn sized_bytes(
        &mut self,
        state: &mut State<'_>,
        address: Term,
        size: Term,
    ) -> Result<(Vec<Term>, Term), Stop> {
        let room = match self.place(state, address)? {
            Place::Inside(id, offset) => {
                let size = state.memory.region(id).map_or(0, |region| region.size);
                size.saturating_sub(offset)
            }
            Place::Somewhere(id, _) => state.memory.region(id).map_or(0, |region| region.size),
            _ => {
                let simple = state.facts.simplify(&mut self.pool, size);
                if self.pool.is_zero(simple) {
                    return Ok((Vec::new(), simple));
                }
                return Err(Stop::Trap(
                    "gives a helper memory that isn't its own".to_owned(),
                ));
            }
        };
        let amount = self.amount(state, size, room)?;
        let bytes = self.memory_bytes(state, address, amount.most)?;
        Ok((bytes, amount.term))
    }

    /// Lets a helper write bytes where `size` says that there are so many.
    pub(super) fn fill(
        &mut self,
        state: &mut State<'_>,
        (id, offset): (usize, u64),
        amount: Amount,
        bytes: &[Term],
    ) -> Result<(), Stop> {
        state.memory.check_write(id, offset, amount.most)?;
        let new = if self.pool.number(amount.term).is_some() {
            bytes.to_vec()
        } else {
            let old = state
                .memory
                .bytes(&mut self.pool, id, offset, amount.most)?;
            let mut new = Vec::new();
            for (index, (&old, &byte)) in (0..).zip(old.iter().zip(bytes)) {
                let at = self.pool.constant(index, 64);
                let within = self.pool.less(at, amount.term);
                new.push(self.pool.choose(within, byte, old));
            }
            new
        };
        state.memory.write(id, offset, &new)
    }

    /// A record for user space; `error` is what a failure returns.
    fn record(
        &mut self,
        state: &mut State<'_>,
        [map, data, size, flags]: [Term; 4],
        error: u64,
    ) -> Result<Term, Stop> {
        let index = self.map(state, map)?;
        let (name, _) = Self::def(state, index)?;
        let (bytes, length) = self.sized_bytes(state, data, size)?;
        let fails = self.fails(state, index);
        state.events.push(Rc::new(Event {
            what: "record".to_owned(),
            map: Some(name),
            parts: vec![Part::Bytes(bytes, length), Part::Number(flags)],
        }));
        let (done, error) = (
            self.pool.constant(0, 64),
            self.pool.constant(Self::errno(error), 64),
        );
        Ok(self.pool.choose(fails, error, done))
    }

    fn ringbuf_reserve(
        &mut self,
        state: &mut State<'_>,
        map: Term,
        size: Term,
    ) -> Result<Term, Stop> {
        let index = self.map(state, map)?;
        let size = state.facts.simplify(&mut self.pool, size);
        let Some(size) = self.pool.number(size) else {
            return Err(Stop::GiveUp("a record whose size is computed".to_owned()));
        };
        let record = state.memory.add_unwritten(Purpose::Record(index), size)?;
        let fails = self.fails(state, index);
        let address = Memory::address(&mut self.pool, record);
        let null = self.pool.constant(0, 64);
        Ok(self.pool.choose(fails, null, address))
    }

    fn ringbuf_end(
        &mut self,
        state: &mut State<'_>,
        address: Term,
        submit: Option<Term>,
    ) -> Result<Term, Stop> {
        let place = self.place(state, address)?;
        let record = match place {
            Place::Inside(id, 0) => state
                .memory
                .region(id)
                .filter(|region| region.live)
                .map(|region| (id, region)),
            _ => None,
        };
        let Some((id, &Purpose::Record(map), size)) =
            record.map(|(id, region)| (id, &region.purpose, region.size))
        else {
            return Err(Stop::Trap("submits what is no record".to_owned()));
        };
        if let Some(flags) = submit {
            let bytes = state.memory.bytes(&mut self.pool, id, 0, size)?;
            let (name, _) = Self::def(state, map)?;
            let length = self.pool.constant(size, 64);
            state.events.push(Rc::new(Event {
                what: "record".to_owned(),
                map: Some(name),
                parts: vec![Part::Bytes(bytes, length), Part::Number(flags)],
            }));
        }
        state.memory.free(id);
        Ok(self.pool.constant(0, 64))
    }

    fn simple_event(&mut self, state: &mut State<'_>, what: &str, number: Term) -> Term {
        state.events.push(Rc::new(Event {
            what: what.to_owned(),
            map: None,
            parts: vec![Part::Number(number)],
        }));
        self.pool.constant(0, 64)
    }

    fn send_signal(&mut self, state: &mut State<'_>, what: &str, number: Term) -> Term {
        let number = self.pool.extract(number, 0, 32);
        let zero = self.simple_event(state, what, number);
        let end = self.pool.constant(65, 32);
        let known = self.pool.less(number, end);
        let invalid = self.pool.constant(Self::errno(22), 64);
        self.pool.choose(known, zero, invalid)
    }

    fn tail_call(&mut self, state: &mut State<'_>, map: Term, index: Term) -> Result<Flow, Stop> {
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

    fn repeat(
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
        }))
    }

    fn function_argument(
        &mut self,
        state: &mut State<'_>,
        number: Term,
        into: Term,
    ) -> Result<Term, Stop> {
        let number = state.facts.simplify(&mut self.pool, number);
        let Some(number) = self.pool.number(number) else {
            return Err(Stop::GiveUp(
                "an argument whose number is computed".to_owned(),
            ));
        };
        let Some(number) = u8::try_from(number).ok().filter(|&number| number < 12) else {
            return Ok(self.pool.constant(Self::errno(22), 64));
        };
        let value = self.pool.atom(Atom::Argument(number), 64);
        let bytes = bytes_of(&mut self.pool, state.memory.endian, value);
        self.store(state, into, &bytes)?;
        Ok(self.pool.constant(0, 64))
    }

    /// A helper of which only the kinds of its arguments are known.
    fn uninterpreted<'a>(
        &mut self,
        _program: &Program<'a>,
        state: &mut State<'a>,
        name: &str,
        kinds: &str,
        values: [Term; 5],
    ) -> Result<Term, Stop> {
        let (visible, same, kinds) = match kinds.as_bytes() {
            [b'!', kinds @ ..] => (true, false, kinds),
            [b'=', kinds @ ..] => (false, true, kinds),
            kinds => (false, false, kinds),
        };
        let mut shapes = Vec::new();
        let mut terms = Vec::new();
        let mut outputs = Vec::new();
        for (position, (&kind, &value)) in kinds.iter().zip(&values).enumerate() {
            let size = values.get(position + 1).copied();
            match (kind, size) {
                (b'r', Some(size)) if !self.pool.is_zero(value) => {
                    if let Place::World = self.place(state, value)? {
                        self.argument(state, value, &mut shapes, &mut terms)?;
                        continue;
                    }
                    let (bytes, length) = self.sized_bytes(state, value, size)?;
                    if self.pool.number(length).is_none() {
                        return Err(Stop::GiveUp(format!("{name} with a computed size")));
                    }
                    shapes.push(Shape::Memory(bytes.len()));
                    terms.extend(bytes);
                }
                (b'w', Some(size)) if !self.pool.is_zero(value) => {
                    let (id, offset, room) = self.inside(state, value)?;
                    outputs.push((id, offset, self.amount(state, size, room)?));
                }
                (b'8' | b'4', _) => {
                    let (id, offset, _) = self.inside(state, value)?;
                    let most = if kind == b'8' { 8 } else { 4 };
                    let term = self.pool.constant(most, 64);
                    outputs.push((id, offset, Amount { term, most }));
                }
                _ => self.argument(state, value, &mut shapes, &mut terms)?,
            }
        }
        let name: Arc<str> = Arc::from(name);
        let arguments = shapes.clone();
        let mut event_parts: Vec<Part> = terms.iter().map(|&term| Part::Number(term)).collect();
        let (mut shapes, mut terms) = if same {
            (Vec::new(), Vec::new())
        } else {
            (shapes, terms)
        };
        if !same && (arguments.is_empty() || visible) {
            let nth = Self::count(state, &name);
            shapes = Vec::new();
            terms = vec![self.pool.constant(nth.into(), 32)];
        }
        for (id, offset, amount) in outputs {
            let words: Vec<Term> = (0..amount.most.div_ceil(8))
                .map(|word| {
                    let word = u32::try_from(word).unwrap_or(u32::MAX);
                    let symbol = Symbol::Output(name.clone(), shapes.clone(), word);
                    self.pool.apply(symbol, &terms, 64)
                })
                .collect();
            let bytes = word_bytes(&mut self.pool, state.memory.endian, &words, amount.most);
            self.fill(state, (id, offset), amount, &bytes)?;
        }
        if visible {
            let what = format!("call of {name} {arguments:?}");
            let parts = std::mem::take(&mut event_parts);
            state.events.push(Rc::new(Event {
                what,
                map: None,
                parts,
            }));
        }
        Ok(self.pool.apply(Symbol::Result(name, shapes), &terms, 64))
    }

    fn argument(
        &mut self,
        state: &mut State<'_>,
        value: Term,
        shapes: &mut Vec<Shape>,
        terms: &mut Vec<Term>,
    ) -> Result<(), Stop> {
        match self.place(state, value)? {
            Place::World => {
                shapes.push(Shape::Number);
                terms.push(state.facts.simplify(&mut self.pool, value));
            }
            Place::Inside(id, _) => match state.memory.region(id).map(|region| &region.purpose) {
                Some(&Purpose::MapHandle(index)) => {
                    let (name, _) = Self::def(state, index)?;
                    shapes.push(Shape::Map(name));
                }
                Some(Purpose::Context) => shapes.push(Shape::Opaque),
                _ => {
                    let why = "a helper with a pointer to memory of unknown size";
                    return Err(Stop::GiveUp(why.to_owned()));
                }
            },
            Place::Somewhere(..) => {
                let why = "a helper with a pointer to a computed place";
                return Err(Stop::GiveUp(why.to_owned()));
            }
            Place::Function(_) => shapes.push(Shape::Opaque),
        }
        Ok(())
    }

    /// A function of the kernel: every call is taken to be visible.
    fn kfunc(
        &mut self,
        state: &mut State<'_>,
        name: &str,
        values: &[Term; 5],
    ) -> Result<Term, Stop> {
        let Some(&count) = self.prototypes.get(name) else {
            let why = format!("nobody says how many arguments the kernel function {name} has");
            return Err(Stop::GiveUp(why));
        };
        let (mut shapes, mut terms) = (Vec::new(), Vec::new());
        for &value in values.iter().take(count) {
            self.argument(state, value, &mut shapes, &mut terms)?;
        }
        let nth = Self::count(state, name);
        state.events.push(Rc::new(Event {
            what: format!("call of {name} {shapes:?}"),
            map: None,
            parts: terms.into_iter().map(Part::Number).collect(),
        }));
        let nth = self.pool.constant(nth.into(), 32);
        let result = Symbol::Result(Arc::from(name), Vec::new());
        Ok(self.pool.apply(result, &[nth], 64))
    }
}

/// Only numbers of up to eight bytes.
pub(super) fn words(
    prover: &mut Prover,
    state: &mut State<'_>,
    data: Term,
    size: Term,
) -> Result<Vec<Term>, Stop> {
    let (bytes, length) = prover.sized_bytes(state, data, size)?;
    if prover.pool.number(length).is_none() {
        return Err(Stop::GiveUp(
            "arguments whose number is computed".to_owned(),
        ));
    }
    let endian = state.memory.endian;
    Ok(bytes
        .chunks(8)
        .map(|word| number_of(&mut prover.pool, endian, word))
        .collect())
}
