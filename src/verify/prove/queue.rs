//! Queues, stacks and Bloom filters.

use std::rc::Rc;

use super::{
    effect::{Event, Part},
    machine::{Prover, State, Stop},
    maps::words_of,
    memory::word_bytes,
    term::{Symbol, Term},
};
use crate::verify::{object::MapKind, world::Atom};

impl Prover {
    pub(super) fn map_push(
        &mut self,
        state: &mut State<'_>,
        [map, value, flags]: [Term; 3],
    ) -> Result<Term, Stop> {
        let index = self.map(state, map)?;
        let (name, def) = Self::def(state, index)?;
        let value = self.memory_bytes(state, value, def.value_size.into())?;
        let nth = state.maps.get(index).map_or(0, |map| map.operations);
        let fails = Atom::Fails {
            map: name.clone(),
            nth,
        };
        let fails = self.pool.atom(fails, 1);
        let fails = self.decide(state, fails)?;
        let length = self.pool.constant(value.len() as u64, 64);
        state.events.push(Rc::new(Event {
            what: "push".to_owned(),
            map: Some(name),
            parts: vec![Part::Bytes(value.clone(), length), Part::Number(flags)],
        }));
        if let Some(map) = state.maps.get_mut(index) {
            map.operations += 1;
            if !fails {
                map.queue.push(value.into());
            }
        }
        let result = if fails { Self::errno(7) } else { 0 };
        Ok(self.pool.constant(result, 64))
    }

    /// `bpf_map_pop_elem`, or with `keep` `bpf_map_peek_elem`.
    pub(super) fn map_pop(
        &mut self,
        state: &mut State<'_>,
        map: Term,
        value: Term,
        keep: bool,
    ) -> Result<Term, Stop> {
        let index = self.map(state, map)?;
        let (name, def) = Self::def(state, index)?;
        let size = u64::from(def.value_size);
        let (nothing, done) = (self.error(2), self.pool.constant(0, 64));
        if def.kind == MapKind::BLOOM_FILTER {
            let value = self.memory_bytes(state, value, size)?;
            let mut key = words_of(&mut self.pool, &value);
            // Another filter once something was added.
            let added = state.maps.get(index).map_or(0, |map| map.queue.len());
            if added > 0 {
                key.push(self.pool.constant(added as u64, 32));
            }
            let there = self.pool.apply(Symbol::Present(name), &key, 1);
            return Ok(self.pool.choose(there, done, nothing));
        }
        let Some(map) = state.maps.get(index) else {
            return Ok(nothing);
        };
        let stack = def.kind == MapKind::STACK;
        // What was there before the program began lies below what it put on a stack, and ahead
        // of it in a queue.
        let (own, taken) = (map.queue.first(), map.taken);
        let own = if stack { map.queue.last() } else { own };
        let own = own.cloned();
        let key = self.pool.constant(taken.into(), 32);
        let older = if stack && own.is_some() {
            false
        } else {
            let there = self.pool.apply(Symbol::Present(name.clone()), &[key], 1);
            self.decide(state, there)?
        };
        let bytes = match (older, own) {
            (true, _) => {
                let cpu = self.pool.constant(0, 64);
                let words: Vec<Term> = (0..def.value_size.div_ceil(8))
                    .map(|word| {
                        let symbol = Symbol::Value(name.clone(), word);
                        self.pool.apply(symbol, &[key, cpu], 64)
                    })
                    .collect();
                Some(word_bytes(
                    &mut self.pool,
                    state.memory.endian,
                    &words,
                    size,
                ))
            }
            (false, own) => own.map(|own| own.to_vec()),
        };
        let found = bytes.is_some();
        let bytes = bytes.unwrap_or_else(|| {
            let zero = self.pool.constant(0, 8);
            vec![zero; def.value_size as usize]
        });
        self.store(state, value, &bytes)?;
        if !found {
            return Ok(nothing);
        }
        if !keep {
            if let Some(map) = state.maps.get_mut(index) {
                match (older, stack) {
                    (true, _) => map.taken += 1,
                    (false, true) => drop(map.queue.pop()),
                    (false, false) => drop(map.queue.remove(0)),
                }
            }
            state.events.push(Rc::new(Event {
                what: "pop".to_owned(),
                map: Some(name),
                parts: Vec::new(),
            }));
        }
        Ok(done)
    }
}
