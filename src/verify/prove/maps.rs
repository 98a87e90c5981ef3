//! The maps of a path. Whether an element is there is a term, and so is what it holds.

use std::{rc::Rc, sync::Arc};

use super::{
    effect::{Event, Part},
    machine::{Program, Prover, State, Stop},
    memory::{Memory, Place, number_of},
    term::{Binary, Pool, Symbol, Term},
};
use crate::verify::{
    insn::Value,
    machine::memory::{Purpose, RegionId},
    object::{MapDef, MapKind},
    world::{Atom, CPUS},
};

/// Flags of `bpf_map_update_elem`.
const NOEXIST: u64 = 1;
const EXIST: u64 = 2;
const LOCK: u64 = 4;

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
    bools: Rc<[u64]>,
    /// Maps in it, by key.
    inner: Vec<(Term, usize)>,
}

/// One element.
#[derive(Clone, Debug)]
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
        }
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
    fn cpu(&mut self, def: &MapDef) -> Term {
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
    fn within(&mut self, state: &State<'_>, def: &MapDef, key: &[Term]) -> Term {
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
    fn element(
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
    fn value_region(
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
    fn key(
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

    fn check_kind(&self, def: &MapDef) -> Result<(), Stop> {
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

    fn at<'s>(state: &'s State<'_>, index: usize, at: usize) -> Option<&'s Element> {
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

    fn error(&mut self, number: u64) -> Term {
        self.pool.constant(number.wrapping_neg(), 64)
    }

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

    fn note_update(state: &mut State<'_>, index: usize, at: usize, event: Event, present: Term) {
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

    fn update_event(
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

    /// The map that an element of a map of maps is.
    fn inner_map<'a>(
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
