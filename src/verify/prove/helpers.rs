//! The kernel's helpers on terms: contracts of those that are known in detail, and for the others
//! what their arguments are.

use std::{rc::Rc, sync::Arc};

use super::{
    effect::{Event, Part},
    machine::{Flow, Program, Prover, State, Stop},
    memory::{Place, bytes_of, number_of},
    probe::Space,
    term::Term,
};
use crate::verify::{
    helpers::{POISON, helper},
    insn::Op,
    world::Atom,
};

/// Longer pieces of memory are given up.
const BYTES_MAX: u64 = 1 << 15;

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
            Op::Helper(id) => self.helper(state, id, arguments),
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
        state: &mut State<'a>,
        id: u32,
        arguments: [Term; 5],
    ) -> Result<Flow, Stop> {
        let [a, b, c, d, e] = arguments;
        let known = helper(id);
        if let Some(kinds) = known.map(|helper| helper.arguments)
            && kinds.contains('c')
        {
            self.context_is_used(state, kinds.starts_with('!'))?;
        }
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
            169..=172 => Err(Stop::GiveUp("a timer: its callback runs later".to_owned())),
            177 => self.trace_vprintk(state, [a, b], [c, d]),
            181 => return self.repeat(state, a, b, c),
            182 => self.compare_text(state, a, b, c),
            183 => self.function_argument(state, b, c),
            195 => self.map_lookup(state, a, b, Some(c)),
            87 => self.map_push(state, [a, b, c]),
            88 => self.map_pop(state, a, b, false),
            89 => self.map_pop(state, a, b, true),
            107 | 145 | 156 | 210 => self.storage_get(state, [a, b, c, d]),
            108 | 146 | 157 | 211 => self.storage_delete(state, a, b),
            126 => self.seq_printf(state, [b, c], [d, e]),
            164 => return self.for_each_element(state, a, b, c),
            165 => self.snprintf(state, [a, b], c, [d, e]),
            POISON => Err(Stop::Trap(
                "accesses what the kernel doesn't have".to_owned(),
            )),
            _ => match known {
                Some(helper) => self.uninterpreted(state, helper.name, helper.arguments, arguments),
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

    pub(super) fn count(state: &mut State<'_>, name: &str) -> u32 {
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
            Place::Inside(id, _) if state.memory.is_packet(id) => {
                Err(Stop::GiveUp("a helper's buffer in a packet".to_owned()))
            }
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
        let place = self.place(state, address)?;
        self.within_packet(state, place, size)?;
        match place {
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
