//! Elements that maps keep for objects of the kernel.

use std::rc::Rc;

use super::{
    effect::{Event, Part},
    machine::{Prover, State, Stop},
    maps::Element,
    memory::{Memory, Place},
    term::Term,
};
use crate::verify::{machine::memory::Purpose, world::Atom};

/// Flag of the storage helpers.
const CREATE: u64 = 1;

impl Prover {
    /// The object of the kernel whose element is meant; none where there is no such object.
    fn owner(&mut self, state: &mut State<'_>, owner: Term) -> Result<Option<Term>, Stop> {
        let owner = state.facts.simplify(&mut self.pool, owner);
        if self.place(state, owner)? != Place::World {
            return Err(Stop::GiveUp(
                "storage for what is no object of the kernel".to_owned(),
            ));
        }
        let null = self.pool.constant(0, 64);
        let none = self.pool.equal(owner, null);
        Ok((!self.decide(state, none)?).then_some(owner))
    }

    pub(super) fn storage_get(
        &mut self,
        state: &mut State<'_>,
        [map, owner, value, flags]: [Term; 4],
    ) -> Result<Term, Stop> {
        let index = self.map(state, map)?;
        let (name, def) = Self::def(state, index)?;
        let null = self.pool.constant(0, 64);
        let Some(owner) = self.owner(state, owner)? else {
            return Ok(null);
        };
        let flags = state.facts.simplify(&mut self.pool, flags);
        let Some(flags) = self.pool.number(flags) else {
            return Err(Stop::GiveUp("storage whose flags are computed".to_owned()));
        };
        let at = self.element(state, index, &[owner])?;
        let present = Self::at(state, index, at).map(|element| element.present);
        let present = present.unwrap_or_else(|| self.pool.truth(false));
        let zero = self.pool.constant(0, 64);
        if self.decide(state, present)? {
            let region = self.value_region(state, index, at, zero)?;
            return Ok(Memory::address(&mut self.pool, region));
        }
        if flags & CREATE == 0 {
            return Ok(null);
        }
        let nth = state.maps.get(index).map_or(0, |map| map.operations);
        let map = name.clone();
        let fails = self.pool.atom(Atom::Fails { map, nth }, 1);
        let fails = self.decide(state, fails)?;
        let size = u64::from(def.value_size);
        let value = state.facts.simplify(&mut self.pool, value);
        let bytes = if self.pool.is_zero(value) {
            let zero = self.pool.constant(0, 8);
            vec![zero; def.value_size as usize]
        } else {
            self.memory_bytes(state, value, size)?
        };
        let region =
            state
                .memory
                .add_bytes(Purpose::MapValue(index), bytes.clone().into(), true)?;
        let yes = self.pool.truth(true);
        if let Some(map) = state.maps.get_mut(index) {
            map.operations += 1;
            if !fails && let Some(element) = map.elements.get_mut(at) {
                element.present = yes;
                element.replaced = true;
                element.values = vec![(zero, region)];
            }
        }
        let length = self.pool.constant(size, 64);
        state.events.push(Rc::new(Event {
            what: "create".to_owned(),
            map: Some(name),
            parts: vec![Part::Number(owner), Part::Bytes(bytes, length)],
        }));
        Ok(if fails {
            null
        } else {
            Memory::address(&mut self.pool, region)
        })
    }

    pub(super) fn storage_delete(
        &mut self,
        state: &mut State<'_>,
        map: Term,
        owner: Term,
    ) -> Result<Term, Stop> {
        let index = self.map(state, map)?;
        let (name, _) = Self::def(state, index)?;
        let Some(owner) = self.owner(state, owner)? else {
            return Ok(self.error(22));
        };
        let at = self.element(state, index, &[owner])?;
        let no = self.pool.truth(false);
        let element = state
            .maps
            .get_mut(index)
            .and_then(|map| map.elements.get_mut(at));
        let there = element.map_or(no, |element: &mut Element| {
            element.replaced = true;
            element.values.clear();
            std::mem::replace(&mut element.present, no)
        });
        state.events.push(Rc::new(Event {
            what: "delete".to_owned(),
            map: Some(name),
            parts: vec![Part::Number(owner)],
        }));
        let (done, missing) = (self.pool.constant(0, 64), self.error(2));
        Ok(self.pool.choose(there, done, missing))
    }
}
