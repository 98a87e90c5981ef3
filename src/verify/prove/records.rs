//! Records for user space.

use std::rc::Rc;

use super::{
    effect::{Event, Part},
    machine::{Prover, State, Stop},
    memory::{Memory, Place},
    term::Term,
};
use crate::verify::machine::memory::Purpose;

impl Prover {
    /// A record for user space; `error` is what a failure returns.
    pub(super) fn record(
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

    pub(super) fn ringbuf_reserve(
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

    pub(super) fn ringbuf_end(
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
}
