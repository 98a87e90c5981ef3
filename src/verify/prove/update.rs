//! Elements that helpers set.

use std::{rc::Rc, sync::Arc};

use super::{
    effect::{Event, Part},
    machine::{Prover, State, Stop},
    term::{Binary, Symbol, Term},
};
use crate::verify::{machine::memory::Purpose, world::Atom};

/// Flags of `bpf_map_update_elem`.
const NOEXIST: u64 = 1;
const EXIST: u64 = 2;
const LOCK: u64 = 4;

impl Prover {
    pub(super) fn map_update(
        &mut self,
        state: &mut State<'_>,
        [map, key, value, flags]: [Term; 4],
    ) -> Result<Term, Stop> {
        let index = self.map(state, map)?;
        let (name, def) = Self::def(state, index)?;
        self.check_kind(def)?;
        let key = self.key(state, def, key)?;
        let value = self.memory_bytes(state, value, def.value_size.into())?;
        let flags = state.facts.simplify(&mut self.pool, flags);
        let Some(flag) = self.pool.number(flags) else {
            return Err(Stop::GiveUp(
                "an update whose flags are computed".to_owned(),
            ));
        };
        if flag & !(LOCK | 3) != 0 || flag & 3 == 3 {
            return Ok(self.error(22));
        }
        let array = def.kind.is_array();
        if array {
            let within = self.within(state, def, &key);
            if !self.decide(state, within)? {
                return Ok(self.error(7));
            }
        }
        let at = self.element(state, index, &key)?;
        let cpu = self.cpu(def);
        let looked_up =
            Self::at(state, index, at).is_some_and(|element| !element.values.is_empty());
        let region = self.value_region(state, index, at, cpu)?;
        let Some(element) = Self::at(state, index, at).cloned() else {
            return Err(Stop::Trap("uses a map that isn't there".to_owned()));
        };
        let in_place = array || def.kind.per_cpu();
        let mut present = element.present;
        let yes = self.pool.truth(true);
        if array {
            present = yes;
        } else if !element.replaced {
            let raced = self.pool.apply(Symbol::Raced(name.clone()), &key, 1);
            present = self.pool.bitwise(Binary::Or, present, raced);
        }
        // What the flags forbid; whether it fails otherwise is the same for the same attempts.
        let forbidden = match flag & (NOEXIST | EXIST) {
            NOEXIST => present,
            EXIST => self.pool.not(present),
            _ => self.pool.truth(false),
        };
        let event = self.update_event("update", &name, &key, Some((&value, forbidden)));
        let mut refused = self.pool.truth(false);
        let mut result = self.pool.constant(0, 64);
        if !array {
            let nth = state.maps.get(index).map_or(0, |map| map.operations);
            let map = state
                .maps
                .get(index)
                .map_or_else(|| Arc::from(""), |map| map.name.clone());
            let fails = self.pool.atom(Atom::Fails { map, nth }, 1);
            let (busy, full) = (self.error(16), self.error(7));
            let error = self.pool.choose(present, busy, full);
            result = self.pool.choose(fails, error, result);
            refused = fails;
        }
        if flag & NOEXIST != 0 {
            let exists = self.error(17);
            result = self.pool.choose(present, exists, result);
            refused = self.pool.bitwise(Binary::Or, refused, present);
        }
        if flag & EXIST != 0 {
            let missing = self.error(2);
            result = self.pool.choose(present, result, missing);
            let absent = self.pool.not(present);
            refused = self.pool.bitwise(Binary::Or, refused, absent);
        }
        let done = self.pool.not(refused);
        // A pointer to the old value may be in use: then it has to be known which value is meant.
        let was_there = state.facts.simplify(&mut self.pool, element.present);
        let used = !in_place && looked_up && !self.pool.is_zero(was_there);
        if used && !self.decide(state, done)? {
            Self::note_update(state, index, at, event, present);
            return Ok(result);
        }
        let size = def.value_size.into();
        let old = state.memory.bytes(&mut self.pool, region, 0, size)?;
        let new: Vec<Term> = old
            .iter()
            .zip(&value)
            .map(|(&old, &new)| self.pool.choose(done, new, old))
            .collect();
        let into = if in_place || !used {
            region
        } else {
            state.memory.add_unwritten(Purpose::MapValue(index), size)?
        };
        state.memory.put(into, 0, &new);
        Self::note_update(state, index, at, event, present);
        let all = self.pool.bitwise(Binary::Or, present, done);
        if let Some(element) = state
            .maps
            .get_mut(index)
            .and_then(|map| map.elements.get_mut(at))
        {
            element.present = all;
            if !in_place {
                element.values = vec![(cpu, into)];
            }
        }
        Ok(result)
    }

    pub(super) fn note_update(
        state: &mut State<'_>,
        index: usize,
        at: usize,
        event: Event,
        present: Term,
    ) {
        let Some(map) = state.maps.get_mut(index) else {
            return;
        };
        // The differential machine counts only those that got as far as to fail, so later failures
        // may have other numbers there: then a model isn't replayed as it was meant.
        map.operations += u32::from(!map.def.kind.is_array());
        if let Some(element) = map.elements.get_mut(at) {
            element.present = present;
        }
        state.events.push(Rc::new(event));
    }

    pub(super) fn update_event(
        &mut self,
        what: &str,
        map: &Arc<str>,
        key: &[Term],
        value: Option<(&[Term], Term)>,
    ) -> Event {
        let mut parts: Vec<Part> = key.iter().map(|&word| Part::Number(word)).collect();
        if let Some((value, forbidden)) = value {
            let length = self.pool.constant(value.len() as u64, 64);
            parts.push(Part::Bytes(value.to_vec(), length));
            parts.push(Part::Number(forbidden));
        }
        Event {
            what: what.to_owned(),
            map: Some(map.clone()),
            parts,
        }
    }
}
