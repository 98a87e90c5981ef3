//! Loads and stores at addresses that are terms.

use super::{
    helpers::Amount,
    machine::{Prover, State, Stop, signed_offset},
    memory::{Place, bytes_of, number_of},
    term::{Binary, Node, Symbol, Term},
};
use crate::verify::{
    insn::{AtomicOp, Op},
    machine::memory::{Memory as Concrete, RegionId},
};

/// Places in which an access may be.
const PLACES_MAX: u64 = 1024;

impl Prover {
    /// Where an address points to, once it is known which of several pieces of memory it is.
    pub fn place(&mut self, state: &mut State<'_>, address: Term) -> Result<Place, Stop> {
        let address = state.facts.simplify(&mut self.pool, address);
        match *self.pool.node(address) {
            Node::If(condition, yes, no) if self.points(yes) || self.points(no) => {
                return Err(Stop::Fork(condition));
            }
            Node::Sum(ref terms, _) => {
                for &(term, _) in terms {
                    if let Node::If(condition, yes, no) = *self.pool.node(term)
                        && (self.points(yes) || self.points(no))
                    {
                        return Err(Stop::Fork(condition));
                    }
                }
            }
            _ => {}
        }
        Ok(state.memory.locate(&mut self.pool, address))
    }

    fn points(&self, term: Term) -> bool {
        match *self.pool.node(term) {
            Node::Const(number) | Node::Sum(_, number) => Concrete::locate(number).is_some(),
            Node::If(_, yes, no) => self.points(yes) || self.points(no),
            _ => false,
        }
    }

    /// The offsets at which an access of `size` bytes may be; none where there are too many.
    fn offsets(
        &mut self,
        state: &mut State<'_>,
        id: RegionId,
        offset: Term,
        size: u64,
    ) -> Result<Option<Vec<u64>>, Stop> {
        let room = state.memory.region(id).map_or(0, |region| region.size);
        let end = self
            .pool
            .constant(room.saturating_sub(size).saturating_add(1), 64);
        let inside = self.pool.less(offset, end);
        if room < size || !self.decide(state, inside)? {
            return Err(Stop::Trap("reaches outside of its memory".to_owned()));
        }
        let offset = state.facts.simplify(&mut self.pool, offset);
        let (least, most) = state.facts.range(&self.pool, offset);
        let most = most.min(room - size);
        let (start, step) = self.steps(offset);
        let found: Vec<u64> = (least..=most)
            .filter(|at| at % step == start % step)
            .take(usize::try_from(PLACES_MAX).unwrap_or(0) + 1)
            .collect();
        Ok((found.len() as u64 <= PLACES_MAX).then_some(found))
    }

    /// A number and a power of two: the term is the one plus a multiple of the other.
    fn steps(&self, term: Term) -> (u64, u64) {
        let zeros = |term: Term| match *self.pool.node(term) {
            Node::Concat(ref parts) => match parts.last() {
                Some(&last) if self.pool.is_zero(last) => self.pool.width(last).min(16),
                _ => 0,
            },
            _ => 0,
        };
        match *self.pool.node(term) {
            Node::Sum(ref terms, constant) => {
                let step = terms.iter().map(|&(term, factor)| {
                    (factor.trailing_zeros().min(16) as u8 + zeros(term)).min(16)
                });
                let step = 1 << step.min().unwrap_or(0);
                (constant, step)
            }
            _ => (0, 1 << zeros(term)),
        }
    }

    /// A number of `size` bytes.
    pub fn load(&mut self, state: &mut State<'_>, address: Term, size: u8) -> Result<Term, Stop> {
        let place = self.place(state, address)?;
        self.within_packet(state, place, size.into())?;
        match place {
            Place::Inside(id, offset) => {
                if let Some(pointer) = self.context_pointer(state, (id, offset), size)? {
                    return Ok(pointer);
                }
                state.memory.load(&mut self.pool, id, offset, size.into())
            }
            Place::Somewhere(id, offset) => {
                let mut value = None;
                let Some(places) = self.offsets(state, id, offset, size.into())? else {
                    let bytes = self.load_somewhere(state, (id, offset), size.into())?;
                    return Ok(number_of(&mut self.pool, state.memory.endian, &bytes));
                };
                for at in places {
                    let here = state.memory.load(&mut self.pool, id, at, size.into())?;
                    value = Some(match value {
                        None => here,
                        Some(value) => {
                            let place = self.pool.constant(at, 64);
                            let hit = self.pool.equal(offset, place);
                            self.pool.choose(hit, here, value)
                        }
                    });
                }
                value.ok_or_else(|| Stop::Trap("reads outside of its memory".to_owned()))
            }
            Place::Function(_) => Err(Stop::Trap("reads its code".to_owned())),
            Place::World => {
                // The kernel lets trusted pointers be followed, and reads 0 where nothing is.
                let address = state.facts.simplify(&mut self.pool, address);
                let bytes = self.world_bytes(state, address, size.into());
                let value = number_of(&mut self.pool, state.memory.endian, &bytes);
                let user = self.is_user(address);
                let readable = self.readable(address, size.into());
                let kernel = self.pool.not(user);
                let there = self.pool.bitwise(Binary::And, readable, kernel);
                let zero = self.pool.constant(0, size * 8);
                Ok(self.pool.choose(there, value, zero))
            }
        }
    }

    /// Stores bytes as an instruction does.
    pub fn store(
        &mut self,
        state: &mut State<'_>,
        address: Term,
        bytes: &[Term],
    ) -> Result<(), Stop> {
        let place = self.place(state, address)?;
        self.within_packet(state, place, bytes.len() as u64)?;
        match place {
            Place::Inside(id, offset) => state.memory.write(id, offset, bytes),
            Place::Somewhere(id, offset) => {
                let size = bytes.len() as u64;
                let Some(places) = self.offsets(state, id, offset, size)? else {
                    let amount = Amount {
                        term: self.pool.constant(size, 64),
                        most: size,
                    };
                    return self.store_somewhere(state, (id, offset), amount, bytes);
                };
                for at in places {
                    let old = state.memory.bytes(&mut self.pool, id, at, size)?;
                    let place = self.pool.constant(at, 64);
                    let hit = self.pool.equal(offset, place);
                    let new: Vec<Term> = old
                        .iter()
                        .zip(bytes)
                        .map(|(&old, &new)| self.pool.choose(hit, new, old))
                        .collect();
                    state.memory.write(id, at, &new)?;
                }
                Ok(())
            }
            _ => Err(Stop::Trap("writes outside of its memory".to_owned())),
        }
    }

    pub(super) fn atomic(&mut self, state: &mut State<'_>, op: Op) -> Result<(), Stop> {
        let Op::Atomic {
            size,
            op,
            fetch,
            base,
            offset,
            src,
        } = op
        else {
            return Ok(());
        };
        let address = self.pool.add_number(state.get(base), signed_offset(offset));
        let operand = self.pool.extract(state.get(src), 0, size * 8);
        let endian = state.memory.endian;
        if op == AtomicOp::StoreRelease {
            let bytes = bytes_of(&mut self.pool, endian, operand);
            return self.store(state, address, &bytes);
        }
        let old = self.load(state, address, size)?;
        let pool = &mut self.pool;
        let new = match op {
            AtomicOp::Add => pool.add(old, operand),
            AtomicOp::Or => pool.bitwise(Binary::Or, old, operand),
            AtomicOp::And => pool.bitwise(Binary::And, old, operand),
            AtomicOp::Xor => pool.bitwise(Binary::Xor, old, operand),
            AtomicOp::Exchange | AtomicOp::StoreRelease => operand,
            AtomicOp::CompareExchange => {
                let expected = pool.extract(state.get(0), 0, size * 8);
                let same = pool.equal(old, expected);
                pool.choose(same, operand, old)
            }
            AtomicOp::LoadAcquire => {
                let old = pool.zero_extend(old, 64);
                return self.set(state, src, old);
            }
        };
        let bytes = bytes_of(&mut self.pool, endian, new);
        self.store(state, address, &bytes)?;
        if fetch {
            let into = if op == AtomicOp::CompareExchange {
                0
            } else {
                src
            };
            let old = self.pool.zero_extend(old, 64);
            self.set(state, into, old)?;
        }
        Ok(())
    }

    /// Bytes of kernel or user memory, as far as they can be read.
    pub fn world_bytes(&mut self, state: &State<'_>, address: Term, size: u64) -> Vec<Term> {
        (0..size)
            .map(|index| {
                let at = self.pool.add_number(address, index);
                self.world_byte(state, at)
            })
            .collect()
    }

    fn world_byte(&mut self, state: &State<'_>, at: Term) -> Term {
        let mut byte = self.pool.apply(Symbol::Memory, &[at], 8);
        for (address, bytes, done) in &state.user_writes {
            for (index, &written) in (0..).zip(bytes.iter()) {
                let place = self.pool.add_number(*address, index);
                let hit = self.pool.equal(at, place);
                let hit = self.pool.bitwise(Binary::And, hit, *done);
                byte = self.pool.choose(hit, written, byte);
            }
        }
        byte
    }
}
