//! Pieces of memory that are read or written at so many places that nobody can list them.
//!
//! What such a piece holds afterwards has a name of its own: a function from offsets to bytes of
//! which nothing is known but what it was made from. So two programs that write the same to the
//! same place of the same piece have the same bytes there, wherever it is.

use std::rc::Rc;

use super::{
    facts::Facts,
    helpers::Amount,
    machine::{Prover, State, Stop},
    memory::{Base, Memory, Place, Region},
    term::{Pool, Symbol, Term},
};
use crate::verify::machine::memory::{Purpose, RegionId};

/// What a piece held before bytes were written somewhere in it.
#[derive(Debug)]
pub struct Splice {
    before: Region,
    /// The first place that may have been written, and the one behind the last.
    places: (u64, u64),
    /// The name of what it holds since.
    name: u32,
}

/// Where a helper writes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// At an offset in a piece of memory.
    At(RegionId, u64),
    /// At an offset that is a term.
    Somewhere(RegionId, Term),
}

impl Prover {
    /// Where a helper writes that is given an address and a size.
    pub(super) fn target(
        &mut self,
        state: &mut State<'_>,
        address: Term,
        size: Term,
    ) -> Result<(Target, Amount), Stop> {
        let Place::Somewhere(id, offset) = self.place(state, address)? else {
            let (id, offset, room) = self.inside(state, address)?;
            let amount = self.amount(state, size, room)?;
            return Ok((Target::At(id, offset), amount));
        };
        let whole = state.memory.region(id).map_or(0, |region| region.size);
        let amount = self.amount(state, size, whole)?;
        let whole = self.pool.constant(whole, 64);
        let last = self.pool.sub(whole, amount.term);
        let outside = self.pool.less(last, offset);
        if self.decide(state, outside)? {
            return Err(Stop::Trap(
                "gives a helper more bytes than there are".to_owned(),
            ));
        }
        Ok((Target::Somewhere(id, offset), amount))
    }

    /// Lets a helper write bytes there, as many as `amount` says.
    pub(super) fn fill_target(
        &mut self,
        state: &mut State<'_>,
        target: Target,
        amount: Amount,
        bytes: &[Term],
    ) -> Result<(), Stop> {
        match target {
            Target::At(id, offset) => self.fill(state, (id, offset), amount, bytes),
            Target::Somewhere(id, offset) => {
                self.store_somewhere(state, (id, offset), amount, bytes)
            }
        }
    }

    /// The same as a store, of an amount that may be a term.
    pub(super) fn store_somewhere(
        &mut self,
        state: &mut State<'_>,
        (id, offset): (RegionId, Term),
        amount: Amount,
        bytes: &[Term],
    ) -> Result<(), Stop> {
        let Amount { term, most } = amount;
        let offset = state.facts.simplify(&mut self.pool, offset);
        let places = self.places(&state.facts, offset, most);
        state
            .memory
            .splice(&mut self.pool, id, (offset, places), term, bytes)
    }

    /// The bytes at an offset that is a term.
    pub(super) fn load_somewhere(
        &mut self,
        state: &State<'_>,
        (id, offset): (RegionId, Term),
        size: u64,
    ) -> Result<Vec<Term>, Stop> {
        state.memory.somewhere(&mut self.pool, id, offset, size)
    }

    fn places(&self, facts: &Facts, offset: Term, size: u64) -> (u64, u64) {
        let (least, most) = facts.range(&self.pool, offset);
        (least, most.saturating_add(size))
    }
}

impl Memory {
    /// Writes the first `amount` of `bytes` at an offset that is a term.
    fn splice(
        &mut self,
        pool: &mut Pool,
        id: RegionId,
        (offset, places): (Term, (u64, u64)),
        amount: Term,
        bytes: &[Term],
    ) -> Result<(), Stop> {
        let region = self.listed(id)?;
        if !region.live || !region.writable {
            return Err(Stop::Trap("writes outside of its memory".to_owned()));
        }
        let mut made_from = self.made_from(pool, region);
        made_from.extend([offset, amount]);
        made_from.extend(bytes);
        let splice = Splice {
            before: region.clone(),
            places,
            name: pool.contents(&made_from),
        };
        let after = Region {
            base: Base::Spliced(Rc::new(splice)),
            written: Default::default(),
            ..region.clone()
        };
        self.replace(id, after);
        Ok(())
    }

    /// Bytes at an offset that is a term.
    fn somewhere(
        &self,
        pool: &mut Pool,
        id: RegionId,
        offset: Term,
        size: u64,
    ) -> Result<Vec<Term>, Stop> {
        let region = self.listed(id)?;
        if !region.live {
            return Err(Stop::Trap("reads outside of its memory".to_owned()));
        }
        let name = match &region.base {
            Base::Spliced(splice) if region.written.is_empty() => splice.name,
            _ => {
                let made_from = self.made_from(pool, region);
                pool.contents(&made_from)
            }
        };
        let bytes = (0..size).map(|index| {
            let at = pool.add_number(offset, index);
            pool.apply(Symbol::Contents(name), &[at], 8)
        });
        Ok(bytes.collect())
    }

    /// The byte of a piece that was written somewhere.
    pub(super) fn spliced(&self, pool: &mut Pool, splice: &Splice, offset: u64) -> Term {
        let (first, end) = splice.places;
        if offset < first || offset >= end {
            return self.byte(pool, &splice.before, offset);
        }
        let at = pool.constant(offset, 64);
        pool.apply(Symbol::Contents(splice.name), &[at], 8)
    }

    fn listed(&self, id: RegionId) -> Result<&Region, Stop> {
        let region = self.region(id).filter(|region| {
            !matches!(
                region.purpose,
                Purpose::Packet | Purpose::Context | Purpose::MapHandle(_)
            )
        });
        region.ok_or_else(|| Stop::GiveUp("an access may be in too many places".to_owned()))
    }

    /// All that the bytes of a piece are a function of.
    fn made_from(&self, pool: &mut Pool, region: &Region) -> Vec<Term> {
        let mut terms = match &region.base {
            Base::Words(words) => words.to_vec(),
            Base::Bytes(bytes) => bytes.to_vec(),
            Base::Unwritten(serial) => {
                vec![pool.apply(Symbol::Unwritten(self.side, *serial, 0), &[], 8)]
            }
            Base::Output(name) => {
                let word = Symbol::Output(name.clone(), Vec::new(), 0);
                let nth = pool.constant(0, 32);
                vec![pool.apply(word, &[nth], 64)]
            }
            Base::Spliced(splice) => {
                let start = pool.constant(0, 64);
                vec![pool.apply(Symbol::Contents(splice.name), &[start], 8)]
            }
        };
        // Bytes that are 0 or 1 are part of what the base means.
        for &at in region.bools.iter() {
            terms.push(pool.constant(at, 16));
        }
        for (&at, &byte) in &region.written {
            terms.extend([pool.constant(at, 64), byte]);
        }
        terms
    }
}
