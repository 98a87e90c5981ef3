//! The maps of an object, and those in a map of maps.

use std::{rc::Rc, sync::Arc};

use super::{
    machine::{Program, Prover, State, Stop},
    maps::MapState,
    memory::Memory,
    term::{Symbol, Term},
};
use crate::verify::{insn::Value, machine::memory::Purpose, object::MapKind};

impl Prover {
    /// The map that an element of a map of maps is.
    pub(super) fn inner_map<'a>(
        &mut self,
        state: &mut State<'a>,
        index: usize,
        key: &[Term],
    ) -> Result<Term, Stop> {
        let (name, def) = Self::def(state, index)?;
        let inner = def.inner.as_deref();
        let (&[key], Some(inner)) = (key, inner) else {
            let why = "a map of maps with long keys or without a definition of the inner ones";
            return Err(Stop::GiveUp(why.to_owned()));
        };
        let wide = self.pool.zero_extend(key, 64);
        if def.kind == MapKind::ARRAY_OF_MAPS {
            for &(at, value) in &def.initial {
                let Value::Map(given) = value else { continue };
                let at = self.pool.constant(at.into(), 64);
                let here = self.pool.equal(wide, at);
                if self.decide(state, here)? {
                    let handle = state.handle(given).unwrap_or(0);
                    return Ok(Memory::address(&mut self.pool, handle));
                }
            }
            let end = self.pool.constant(def.max_entries.into(), 64);
            let within = self.pool.less(wide, end);
            if !self.decide(state, within)? {
                return Ok(self.pool.constant(0, 64));
            }
        }
        let known = state
            .maps
            .get(index)
            .map(|map| map.inner.clone())
            .unwrap_or_default();
        let mut found = None;
        for (other, map) in known {
            let same = self.pool.equal(key, other);
            if self.decide(state, same)? {
                found = Some(map);
                break;
            }
        }
        let map = match found {
            Some(map) => map,
            None => {
                let simple = state.facts.simplify(&mut self.pool, wide);
                let label: Arc<str> = match self.pool.number(simple) {
                    Some(number) => Arc::from(format!("{name}[{number}]")),
                    None => Arc::from(format!("{name}[t{}]", key.id())),
                };
                let at = state.maps.len();
                let handle = state
                    .memory
                    .add_bytes(Purpose::MapHandle(at), Rc::from([]), false)?;
                let bools = state
                    .maps
                    .get(index)
                    .map_or_else(|| Rc::from([]), |map| map.bools.clone());
                state.maps.push(MapState::new(label, inner, bools, handle));
                if let Some(outer) = state.maps.get_mut(index) {
                    outer.inner.push((key, at));
                }
                at
            }
        };
        let handle = state.maps.get(map).map_or(0, |map| map.handle);
        let address = Memory::address(&mut self.pool, handle);
        let present = self.pool.apply(Symbol::Present(name), &[key], 1);
        let null = self.pool.constant(0, 64);
        Ok(self.pool.choose(present, address, null))
    }

    /// All maps of an object.
    pub(super) fn add_maps<'a>(program: &Program<'a>, state: &mut State<'a>) -> Result<(), Stop> {
        let image = program.image;
        state.maps_of_object = vec![0; image.object.maps.len()];
        for &index in &image.map_order {
            let (Some(def), Some(name)) =
                (image.object.maps.get(index), image.map_names.get(index))
            else {
                continue;
            };
            let at = state.maps.len();
            if let Some(place) = state.maps_of_object.get_mut(index) {
                *place = at;
            }
            let handle = state
                .memory
                .add_bytes(Purpose::MapHandle(at), Rc::from([]), false)?;
            let bools = image.bools(name).into();
            let map = MapState::new(name.clone(), def, bools, handle);
            state.maps.push(map);
        }
        Ok(())
    }
}
