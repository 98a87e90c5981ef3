//! The maps of a path. Whether an element is there is a term, and so is what it holds.

use std::{rc::Rc, sync::Arc};

use super::{
    machine::{Prover, State, Stop},
    memory::{Memory, Place, number_of},
    term::{Binary, Pool, Symbol, Term},
};
use crate::verify::{
    machine::memory::{Purpose, RegionId},
    object::{MapDef, MapKind},
    world::{Atom, CPUS},
};

/// One map.
#[derive(Clone, Debug)]
pub struct MapState<'a> {
    /// Its name; `outer[key]` for a map in a map.
    pub name: Arc<str>,
    /// Its definition.
    pub def: &'a MapDef,
    /// What stands for it.
    pub handle: RegionId,
    /// Elements that the program looked at.
    pub elements: Vec<Element>,
    /// How many operations could have failed so far.
    pub operations: u32,
    pub(super) bools: Rc<[u64]>,
    /// Maps in it, by key.
    pub(super) inner: Vec<(Term, usize)>,
    /// How many elements were taken from a queue or stack beyond those put in.
    pub taken: u32,
    /// What was put into a queue or stack.
    pub queue: Vec<Rc<[Term]>>,
}

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The bytes of its key, eight in a term.
    pub key: Vec<Term>,
    /// Whether it was there at first.
    pub was_present: Term,
    /// Whether it is there.
    pub present: Term,
    /// Whether the first value is gone.
    pub replaced: bool,
    /// Where its values lie, by CPU.
    pub values: Vec<(Term, RegionId)>,
}

/// Bytes as terms of up to eight.
pub fn words_of(pool: &mut Pool, bytes: &[Term]) -> Vec<Term> {
    bytes
        .chunks(8)
        .map(|chunk| number_of(pool, crate::verify::Endian::Little, chunk))
        .collect()
}

impl<'a> MapState<'a> {
    /// A map in its state before the program runs.
    pub fn new(name: Arc<str>, def: &'a MapDef, bools: Rc<[u64]>, handle: RegionId) -> Self {
        Self {
            name,
            def,
            handle,
            elements: Vec::new(),
            operations: 0,
            bools,
            inner: Vec::new(),
            taken: 0,
            queue: Vec::new(),
        }
    }

    /// Whether nothing was looked up or done since.
    pub fn same(&self, later: &Self) -> bool {
        self.operations == later.operations
            && self.taken == later.taken
            && self.queue.len() == later.queue.len()
            && self.inner.len() == later.inner.len()
            && self.elements == later.elements
    }

    /// Makes bytes of a value that hold a `bool` 0 or 1.
    pub fn only_bools(&self, pool: &mut Pool, bytes: &mut [Term]) {
        for &at in self.bools.iter() {
            if let Some(byte) = usize::try_from(at).ok().and_then(|at| bytes.get_mut(at)) {
                let bit = pool.extract(*byte, 0, 1);
                *byte = pool.zero_extend(bit, 8);
            }
        }
    }
}

/// The words that an element's value has at first.
pub fn original(pool: &mut Pool, map: &MapState<'_>, key: &[Term], cpu: Term) -> Vec<Term> {
    let count = map.def.value_size.div_ceil(8);
    let mut arguments = key.to_vec();
    arguments.push(cpu);
    (0..count)
        .map(|word| pool.apply(Symbol::Value(map.name.clone(), word), &arguments, 64))
        .collect()
}

impl Prover {
    /// The map that an argument stands for.
    pub(super) fn map(&mut self, state: &mut State<'_>, address: Term) -> Result<usize, Stop> {
        let place = self.place(state, address)?;
        if let Place::Inside(id, 0) = place
            && let Some(&Purpose::MapHandle(index)) =
                state.memory.region(id).map(|region| &region.purpose)
        {
            return Ok(index);
        }
        Err(Stop::Trap("passes a helper what is no map".to_owned()))
    }

    pub(super) fn def<'a>(state: &State<'a>, index: usize) -> Result<(Arc<str>, &'a MapDef), Stop> {
        let map = state.maps.get(index);
        map.map(|map| (map.name.clone(), map.def))
            .ok_or_else(|| Stop::Trap("uses a map that isn't there".to_owned()))
    }

    /// The CPU whose value is meant.
    pub(super) fn cpu(&mut self, def: &MapDef) -> Term {
        if def.kind.per_cpu() {
            self.cpu_number()
        } else {
            self.pool.constant(0, 64)
        }
    }

    /// The CPU that runs the program.
    pub(super) fn cpu_number(&mut self) -> Term {
        let cpu = self.pool.atom(Atom::Cpu, 8);
        self.pool.zero_extend(cpu, 64)
    }

    /// The element of a key, as far as the program looked at it before.
    fn find(
        &mut self,
        state: &mut State<'_>,
        index: usize,
        key: &[Term],
    ) -> Result<Option<usize>, Stop> {
        let keys: Vec<Vec<Term>> = match state.maps.get(index) {
            Some(map) => map
                .elements
                .iter()
                .map(|element| element.key.clone())
                .collect(),
            None => return Ok(None),
        };
        for (at, known) in keys.iter().enumerate() {
            let same = self.same_key(known, key);
            if self.decide(state, same)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// When two keys are equal.
    pub(super) fn same_key(&mut self, one: &[Term], other: &[Term]) -> Term {
        let mut same = self.pool.truth(true);
        for (&one, &other) in one.iter().zip(other) {
            let equal = self.pool.equal(one, other);
            same = self.pool.bitwise(Binary::And, same, equal);
        }
        same
    }

    /// Whether an element is there at first.
    fn present(&mut self, state: &State<'_>, index: usize, key: &[Term]) -> Result<Term, Stop> {
        let (name, def) = Self::def(state, index)?;
        if !def.kind.is_array() {
            return Ok(self.pool.apply(Symbol::Present(name), key, 1));
        }
        let within = self.within(state, def, key);
        let missing = self.pool.apply(Symbol::Missing(name), key, 1);
        let there = self.pool.not(missing);
        Ok(self.pool.bitwise(Binary::And, within, there))
    }

    /// Whether a key is an index of an array.
    pub(super) fn within(&mut self, state: &State<'_>, def: &MapDef, key: &[Term]) -> Term {
        let Some(&index) = key.first() else {
            return self.pool.truth(false);
        };
        let bytes = super::memory::bytes_of(&mut self.pool, crate::verify::Endian::Little, index);
        let index = number_of(&mut self.pool, state.memory.endian, &bytes);
        let index = self.pool.zero_extend(index, 64);
        let end = self.pool.constant(def.max_entries.into(), 64);
        self.pool.less(index, end)
    }

    /// The element of a key, which is added where the program didn't look at it yet.
    pub(super) fn element(
        &mut self,
        state: &mut State<'_>,
        index: usize,
        key: &[Term],
    ) -> Result<usize, Stop> {
        if let Some(at) = self.find(state, index, key)? {
            return Ok(at);
        }
        let present = self.present(state, index, key)?;
        let Some(map) = state.maps.get_mut(index) else {
            return Err(Stop::Trap("uses a map that isn't there".to_owned()));
        };
        if map.def.kind == MapKind::LPM_TRIE && !map.elements.is_empty() {
            let why = "several keys of an LPM trie, which may find the same element";
            return Err(Stop::GiveUp(why.to_owned()));
        }
        map.elements.push(Element {
            key: key.to_vec(),
            was_present: present,
            present,
            replaced: false,
            values: Vec::new(),
        });
        Ok(map.elements.len() - 1)
    }

    /// Where the value of an element lies for a CPU.
    pub(super) fn value_region(
        &mut self,
        state: &mut State<'_>,
        index: usize,
        at: usize,
        cpu: Term,
    ) -> Result<RegionId, Stop> {
        let element = state
            .maps
            .get(index)
            .and_then(|map| map.elements.get(at))
            .cloned();
        let Some(element) = element else {
            return Err(Stop::Trap("uses a map that isn't there".to_owned()));
        };
        for &(known, region) in &element.values {
            let same = self.pool.equal(known, cpu);
            if self.decide(state, same)? {
                return Ok(region);
            }
        }
        let Some(map) = state.maps.get(index) else {
            return Err(Stop::Trap("uses a map that isn't there".to_owned()));
        };
        let words = if element.replaced {
            let zero = self.pool.constant(0, 64);
            vec![zero; map.def.value_size.div_ceil(8) as usize]
        } else {
            original(&mut self.pool, map, &element.key, cpu)
        };
        let bools = if element.replaced {
            Rc::from([])
        } else {
            map.bools.clone()
        };
        let size = map.def.value_size.into();
        let id = state
            .memory
            .add_words(Purpose::MapValue(index), size, &words, true)?;
        state.memory.set_bools(id, &bools);
        if let Some(element) = state
            .maps
            .get_mut(index)
            .and_then(|map| map.elements.get_mut(at))
        {
            element.values.push((cpu, id));
        }
        Ok(id)
    }

    /// The bytes of a key in the program's memory.
    pub(super) fn key(
        &mut self,
        state: &mut State<'_>,
        def: &MapDef,
        address: Term,
    ) -> Result<Vec<Term>, Stop> {
        let bytes = self.memory_bytes(state, address, def.key_size.into())?;
        let bytes: Vec<Term> = bytes
            .iter()
            .map(|&byte| state.facts.simplify(&mut self.pool, byte))
            .collect();
        Ok(words_of(&mut self.pool, &bytes))
    }

    pub(super) fn map_lookup<'a>(
        &mut self,
        state: &mut State<'a>,
        map: Term,
        key: Term,
        cpu: Option<Term>,
    ) -> Result<Term, Stop> {
        let index = self.map(state, map)?;
        let (_, def) = Self::def(state, index)?;
        let key = self.key(state, def, key)?;
        if def.kind.of_maps() {
            return self.inner_map(state, index, &key);
        }
        self.check_kind(def)?;
        let cpu = match cpu {
            None => self.cpu(def),
            Some(cpu) => {
                let cpu = self.pool.extract(cpu, 0, 32);
                let cpu = self.pool.zero_extend(cpu, 64);
                let end = self.pool.constant(CPUS.into(), 64);
                let there = self.pool.less(cpu, end);
                if !self.decide(state, there)? {
                    return Ok(self.pool.constant(0, 64));
                }
                cpu
            }
        };
        let at = self.element(state, index, &key)?;
        let region = self.value_region(state, index, at, cpu)?;
        let present = Self::at(state, index, at)
            .map_or_else(|| self.pool.truth(false), |element| element.present);
        let address = Memory::address(&mut self.pool, region);
        let null = self.pool.constant(0, 64);
        Ok(self.pool.choose(present, address, null))
    }

    pub(super) fn check_kind(&self, def: &MapDef) -> Result<(), Stop> {
        let known = matches!(
            def.kind,
            MapKind::HASH
                | MapKind::ARRAY
                | MapKind::PERCPU_HASH
                | MapKind::PERCPU_ARRAY
                | MapKind::LRU_HASH
                | MapKind::LRU_PERCPU_HASH
                | MapKind::LPM_TRIE
        ) || def.kind.is_storage();
        if known {
            Ok(())
        } else {
            Err(Stop::GiveUp(format!("a map of kind {}", def.kind.0)))
        }
    }

    pub(super) fn at<'s>(state: &'s State<'_>, index: usize, at: usize) -> Option<&'s Element> {
        state.maps.get(index)?.elements.get(at)
    }

    /// Whether the next operation on a map fails for want of memory or a lock.
    pub(super) fn fails(&mut self, state: &mut State<'_>, index: usize) -> Term {
        let Some(map) = state.maps.get_mut(index) else {
            return self.pool.truth(true);
        };
        let nth = map.operations;
        map.operations += 1;
        let map = map.name.clone();
        self.pool.atom(Atom::Fails { map, nth }, 1)
    }

    pub(super) fn error(&mut self, number: u64) -> Term {
        self.pool.constant(number.wrapping_neg(), 64)
    }

    pub(super) fn map_delete(
        &mut self,
        state: &mut State<'_>,
        map: Term,
        key: Term,
    ) -> Result<Term, Stop> {
        let index = self.map(state, map)?;
        let (name, def) = Self::def(state, index)?;
        let key = self.key(state, def, key)?;
        if def.kind.is_array() {
            return Ok(self.error(22));
        }
        self.check_kind(def)?;
        let at = self.element(state, index, &key)?;
        let no = self.pool.truth(false);
        let event = self.update_event("delete", &name, &key, None);
        let mut there = no;
        if let Some(element) = state
            .maps
            .get_mut(index)
            .and_then(|map| map.elements.get_mut(at))
        {
            there = element.present;
            element.present = no;
            element.replaced = true;
            element.values.clear();
        }
        state.events.push(Rc::new(event));
        let (done, missing) = (self.pool.constant(0, 64), self.error(2));
        Ok(self.pool.choose(there, done, missing))
    }
}
