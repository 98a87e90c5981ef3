//! Helpers that read what may not be there, and those that write or compare text.

use std::rc::Rc;

use super::{
    contents::Target,
    effect::{Event, Part},
    helpers::Amount,
    machine::{Prover, State, Stop},
    memory::{Place, word_bytes},
    term::{Binary, Symbol, Term},
};
use crate::verify::{bytes::Endian, world::Atom};

/// The first address behind user space, as a power of two.
const USER_BITS: u8 = 47;
/// Bytes of a thread's name.
const COMM_SIZE: u64 = 16;

/// Which half of the address space a read is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// Either, by the address.
    Any,
    /// User space.
    User,
    /// The kernel.
    Kernel,
}

impl Prover {
    /// Whether an address is one of user space.
    pub(super) fn is_user(&mut self, address: Term) -> Term {
        let end = self.pool.constant(1 << USER_BITS, 64);
        self.pool.less(address, end)
    }

    /// Whether so many bytes can be read.
    pub(super) fn readable(&mut self, address: Term, size: u64) -> Term {
        if size == 0 {
            return self.pool.truth(true);
        }
        let size = self.pool.constant(size, 64);
        self.pool.apply(Symbol::Readable, &[address, size], 1)
    }

    pub(super) fn allowed(&mut self, address: Term, space: Space) -> Term {
        match space {
            Space::Any => self.pool.truth(true),
            Space::User => self.is_user(address),
            Space::Kernel => {
                let user = self.is_user(address);
                self.pool.not(user)
            }
        }
    }

    pub(super) fn probe_read(
        &mut self,
        state: &mut State<'_>,
        [into, size, from]: [Term; 3],
        space: Space,
    ) -> Result<Term, Stop> {
        let (target, amount) = self.target(state, into, size)?;
        let from = state.facts.simplify(&mut self.pool, from);
        let source = self.place(state, from)?;
        let zero = self.pool.constant(0, 8);
        let (bytes, read) = match source {
            Place::Inside(region, at) => {
                // The memory of the program is the kernel's.
                let whole = state.memory.region(region).map_or(0, |region| region.size);
                let end = self
                    .pool
                    .constant(whole.saturating_sub(at).saturating_add(1), 64);
                let fits = self.pool.less(amount.term, end);
                let there = space != Space::User && at <= whole && self.decide(state, fits)?;
                if there {
                    let most = amount.most.min(whole - at);
                    let bytes = state.memory.bytes(&mut self.pool, region, at, most)?;
                    (bytes, self.pool.truth(true))
                } else {
                    let zeros = vec![zero; usize::try_from(amount.most).unwrap_or(0)];
                    (zeros, self.pool.truth(false))
                }
            }
            Place::World => {
                let bytes = self.world_bytes(state, from, amount.most);
                let readable = match self.pool.number(amount.term) {
                    Some(size) => self.readable(from, size),
                    None => self.pool.apply(Symbol::Readable, &[from, amount.term], 1),
                };
                let allowed = self.allowed(from, space);
                (bytes, self.pool.bitwise(Binary::And, allowed, readable))
            }
            _ => {
                return Err(Stop::GiveUp(
                    "a read at a computed place of its own memory".to_owned(),
                ));
            }
        };
        let bytes: Vec<Term> = bytes
            .iter()
            .map(|&byte| self.pool.choose(read, byte, zero))
            .collect();
        self.fill_target(state, target, amount, &bytes)?;
        let (done, fault) = (
            self.pool.constant(0, 64),
            self.pool.constant(Self::errno(14), 64),
        );
        Ok(self.pool.choose(read, done, fault))
    }

    /// What lies behind the null byte stays as it was.
    pub(super) fn probe_read_text(
        &mut self,
        state: &mut State<'_>,
        [into, size, from]: [Term; 3],
        space: Space,
    ) -> Result<Term, Stop> {
        let (target, amount) = self.target(state, into, size)?;
        if amount.most == 0 {
            return Ok(self.pool.constant(0, 64));
        }
        let from = state.facts.simplify(&mut self.pool, from);
        match (self.place(state, from)?, target) {
            (Place::World, _) => {}
            (Place::Inside(region, at), Target::At(id, offset)) => {
                return self.own_text(state, (id, offset), amount, (region, at), space);
            }
            _ => {
                return Err(Stop::GiveUp(
                    "text that is read at a computed place of the program's own memory".to_owned(),
                ));
            }
        }
        if let Target::At(id, offset) = target {
            state.memory.check_write(id, offset, amount.most)?;
        }
        let arguments = [from, amount.term];
        let readable = self.pool.apply(Symbol::TextReadable, &arguments, 1);
        let allowed = self.allowed(from, space);
        let read = self.pool.bitwise(Binary::And, allowed, readable);
        // From 1 to the size.
        let length = self.pool.apply(Symbol::TextLength, &arguments, 64);
        let one = self.pool.constant(1, 64);
        let least = self.pool.less(length, one);
        let least = self.pool.not(least);
        let most = self.pool.less(amount.term, length);
        let most = self.pool.not(most);
        let empty = self.pool.constant(0, 64);
        let empty = self.pool.equal(amount.term, empty);
        let within = self.pool.bitwise(Binary::And, least, most);
        let sane = self.pool.bitwise(Binary::Or, within, empty);
        state.facts.assume_new(&mut self.pool, sane);
        let zero = self.pool.constant(0, 8);
        let text = self.world_bytes(state, from, amount.most);
        let ended = (1..).zip(&text).map(|(next, &byte)| {
            let next = self.pool.constant(next, 64);
            let last = self.pool.equal(length, next);
            self.pool.choose(last, zero, byte)
        });
        let ended: Vec<Term> = ended.collect();
        let mut new = Vec::new();
        match target {
            Target::At(id, offset) => {
                let old = state
                    .memory
                    .bytes(&mut self.pool, id, offset, amount.most)?;
                for (index, (&old, &byte)) in (0..).zip(old.iter().zip(&ended)) {
                    let at = self.pool.constant(index, 64);
                    let within = self.pool.less(at, length);
                    let kept = self.pool.choose(within, byte, old);
                    new.push(self.pool.choose(read, kept, zero));
                }
                self.fill(state, (id, offset), amount, &new)?;
            }
            Target::Somewhere(id, offset) => {
                let zeroed = ended.iter().map(|&byte| self.pool.choose(read, byte, zero));
                new.extend(zeroed);
                let term = self.pool.choose(read, length, amount.term);
                let most = amount.most;
                self.store_somewhere(state, (id, offset), Amount { term, most }, &new)?;
            }
        }
        let fault = self.pool.constant(Self::errno(14), 64);
        let result = self.pool.choose(read, length, fault);
        let none = self.pool.constant(0, 64);
        Ok(self.pool.choose(empty, none, result))
    }

    /// The kernel function `bpf_copy_from_user_str`.
    pub(super) fn copy_text_from_user(
        &mut self,
        state: &mut State<'_>,
        [into, size, from, flags, _]: [Term; 5],
    ) -> Result<Term, Stop> {
        match self.pool.number(flags) {
            Some(0) => {}
            // BPF_F_PAD_ZEROS
            Some(1) => {
                let (id, offset, room) = self.inside(state, into)?;
                let amount = self.amount(state, size, room)?;
                let zero = self.pool.constant(0, 8);
                let zeros = vec![zero; usize::try_from(amount.most).unwrap_or(0)];
                self.fill(state, (id, offset), amount, &zeros)?;
            }
            Some(_) => return Ok(self.pool.constant(Self::errno(22), 64)),
            None => {
                let why = "bpf_copy_from_user_str with computed flags".to_owned();
                return Err(Stop::GiveUp(why));
            }
        }
        self.probe_read_text(state, [into, size, from], Space::User)
    }

    /// `bpf_strncmp`.
    pub(super) fn compare_text(
        &mut self,
        state: &mut State<'_>,
        left: Term,
        size: Term,
        right: Term,
    ) -> Result<Term, Stop> {
        let (left, length) = self.sized_bytes(state, left, size)?;
        if self.pool.number(length).is_none() {
            return Err(Stop::GiveUp("text of a computed size".to_owned()));
        }
        let (id, offset, room) = self.inside(state, right)?;
        let room = room.min(left.len() as u64);
        let mut right = state.memory.bytes(&mut self.pool, id, offset, room)?;
        let end = self.pool.constant(0, 8);
        right.resize(left.len(), end);
        let zero = self.pool.constant(0, 64);
        let (below, above) = (self.pool.constant(u64::MAX, 64), self.pool.constant(1, 64));
        let mut result = zero;
        for (&one, &other) in left.iter().zip(&right).rev() {
            let ended = self.pool.equal(one, end);
            let rest = self.pool.choose(ended, zero, result);
            let less = self.pool.less(one, other);
            let differ = self.pool.choose(less, below, above);
            let equal = self.pool.equal(one, other);
            result = self.pool.choose(equal, rest, differ);
        }
        Ok(result)
    }

    pub(super) fn probe_write_user(
        &mut self,
        state: &mut State<'_>,
        address: Term,
        from: Term,
        size: Term,
    ) -> Result<Term, Stop> {
        let (bytes, size) = self.sized_bytes(state, from, size)?;
        let address = state.facts.simplify(&mut self.pool, address);
        if self.pool.number(size).is_none() {
            return Err(Stop::GiveUp(
                "so many bytes written to user space as it computes".to_owned(),
            ));
        }
        let user = self.is_user(address);
        let readable = self.readable(address, bytes.len() as u64);
        let done = self.pool.bitwise(Binary::And, user, readable);
        state.events.push(Rc::new(Event {
            what: "write to user memory".to_owned(),
            map: None,
            parts: vec![Part::Number(address), Part::Bytes(bytes.clone(), size)],
        }));
        state.user_writes.push((address, bytes.into(), done));
        let (ok, fault) = (
            self.pool.constant(0, 64),
            self.pool.constant(Self::errno(14), 64),
        );
        Ok(self.pool.choose(done, ok, fault))
    }

    pub(super) fn current_comm(
        &mut self,
        state: &mut State<'_>,
        into: Term,
        size: Term,
    ) -> Result<Term, Stop> {
        let (id, offset, room) = self.inside(state, into)?;
        let amount = self.amount(state, size, room)?;
        let Some(size) = self.pool.number(amount.term) else {
            return Err(Stop::GiveUp(
                "a buffer for comm whose size is computed".to_owned(),
            ));
        };
        let words = [0, 1].map(|part| self.pool.atom(Atom::Comm(part), 64));
        // The world spells it so on every machine.
        let name = word_bytes(&mut self.pool, Endian::Little, &words, COMM_SIZE - 1);
        let zero = self.pool.constant(0, 8);
        let room = usize::try_from(size.saturating_sub(1)).unwrap_or(0);
        let mut bytes: Vec<Term> = name.into_iter().take(room).collect();
        bytes.resize(usize::try_from(size).unwrap_or(0), zero);
        self.fill(state, (id, offset), amount, &bytes)?;
        Ok(self.pool.constant(0, 64))
    }
}
