//! The contents of maps.
//!
//! Whether an element is there, and what it holds, the world decides when a program first looks.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::verify::{
    insn::Value,
    machine::{
        Change, Changes, Image, Trap,
        memory::{Memory, Purpose, RegionId},
        normalize_bools,
    },
    object::{MapDef, MapKind},
    world::{Atom, Oracle},
};

/// Elements of all maps in one run.
const ELEMENTS_MAX: usize = 100_000;

/// All maps of a run.
#[derive(Debug, Default)]
pub struct Maps<'a> {
    states: Vec<State<'a>>,
    /// The state of each map of the object.
    of_object: Vec<usize>,
    inner: HashMap<Arc<str>, usize>,
    elements: usize,
}

/// One map.
#[derive(Debug)]
pub struct State<'a> {
    /// Its name; `outer[key]` for a map in a map.
    pub name: Arc<str>,
    /// Its definition.
    pub def: &'a MapDef,
    /// What stands for it in programs.
    pub handle: RegionId,
    /// How many operations could have failed so far.
    pub operations: u32,
    /// How many elements were taken from a queue or stack beyond those put in.
    pub taken: u32,
    /// What was put into a queue or stack.
    pub queue: Vec<Vec<u8>>,
    bools: &'a [u64],
    elements: BTreeMap<Arc<[u8]>, Element>,
}

#[derive(Debug)]
struct Element {
    was_present: bool,
    present: bool,
    /// Whether another CPU added it.
    raced: bool,
    /// Whether the program replaced the value, so that CPUs not looked at hold zeros.
    replaced: bool,
    values: BTreeMap<u32, Held>,
    /// What each CPU had at first, as far as anyone looked.
    originals: BTreeMap<u32, Vec<u8>>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    region: RegionId,
}

impl<'a> Maps<'a> {
    /// Those of the object, in their state before the program runs.
    ///
    /// # Errors
    ///
    /// Where the run has used up its memory.
    pub fn new(image: &'a Image<'a>, memory: &mut Memory) -> Result<Self, Trap> {
        let mut maps = Self {
            of_object: vec![0; image.object.maps.len()],
            ..Self::default()
        };
        for &index in &image.map_order {
            let (Some(def), Some(name)) =
                (image.object.maps.get(index), image.map_names.get(index))
            else {
                continue;
            };
            let bools = image.bools(name);
            if let Some(place) = maps.of_object.get_mut(index) {
                *place = maps.states.len();
            }
            maps.add(name.clone(), def, bools, memory)?;
        }
        Ok(maps)
    }

    fn add(
        &mut self,
        name: Arc<str>,
        def: &'a MapDef,
        bools: &'a [u64],
        memory: &mut Memory,
    ) -> Result<usize, Trap> {
        let index = self.states.len();
        let handle = memory.add(Purpose::MapHandle(index), Vec::new(), false)?;
        self.states.push(State {
            name,
            def,
            handle,
            operations: 0,
            taken: 0,
            queue: Vec::new(),
            bools,
            elements: BTreeMap::new(),
        });
        Ok(index)
    }

    /// What stands for the object's map numbered `index`.
    pub fn handle(&self, index: usize) -> Option<RegionId> {
        let state = self.of_object.get(index)?;
        self.states.get(*state).map(|state| state.handle)
    }

    /// The map that `address` stands for.
    pub fn find(&self, memory: &Memory, address: u64) -> Option<usize> {
        let (region, offset) = Memory::locate(address)?;
        match memory.region(region)?.purpose {
            Purpose::MapHandle(index) if offset == 0 => Some(index),
            _ => None,
        }
    }

    /// The map numbered `index`.
    pub fn get(&self, index: usize) -> Option<&State<'a>> {
        self.states.get(index)
    }

    /// The map numbered `index`, to be changed.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut State<'a>> {
        self.states.get_mut(index)
    }

    /// Whether the next operation on the map fails for want of memory or a lock.
    pub fn fails(&mut self, index: usize, oracle: &Oracle<'_>) -> bool {
        let Some(state) = self.states.get_mut(index) else {
            return true;
        };
        let nth = state.operations;
        state.operations += 1;
        oracle.ask(Atom::Fails {
            map: state.name.clone(),
            nth,
        }) != 0
    }

    fn element(
        &mut self,
        index: usize,
        key: &[u8],
        oracle: &Oracle<'_>,
    ) -> Result<Option<&mut Element>, Trap> {
        let Some(state) = self.states.get_mut(index) else {
            return Ok(None);
        };
        if !state.elements.contains_key(key) {
            self.elements += 1;
            if self.elements > ELEMENTS_MAX {
                return Err(Trap::OutOfMemory);
            }
            let key: Arc<[u8]> = Arc::from(key);
            let map = state.name.clone();
            let present = if state.def.kind.is_array() {
                let key = key.clone();
                oracle.ask(Atom::Missing { map, key }) == 0
            } else {
                let key = key.clone();
                oracle.ask(Atom::Present { map, key }) != 0
            };
            let element = Element {
                was_present: present,
                present,
                raced: false,
                replaced: false,
                values: BTreeMap::new(),
                originals: BTreeMap::new(),
            };
            state.elements.insert(key, element);
        }
        Ok(state.elements.get_mut(key))
    }

    /// Whether the element is there.
    ///
    /// # Errors
    ///
    /// Where the run has used up its memory.
    pub fn present(&mut self, index: usize, key: &[u8], oracle: &Oracle<'_>) -> Result<bool, Trap> {
        let element = self.element(index, key, oracle)?;
        Ok(element.is_some_and(|element| element.present))
    }

    /// The value of an element for a CPU, where the element is there.
    ///
    /// # Errors
    ///
    /// Where the run has used up its memory.
    pub fn lookup(
        &mut self,
        index: usize,
        key: &[u8],
        cpu: u32,
        memory: &mut Memory,
        oracle: &Oracle<'_>,
    ) -> Result<Option<RegionId>, Trap> {
        let Some(element) = self.element(index, key, oracle)? else {
            return Ok(None);
        };
        if !element.present {
            return Ok(None);
        }
        if let Some(held) = element.values.get(&cpu) {
            return Ok(Some(held.region));
        }
        let original = (element.was_present || element.raced) && !element.replaced;
        let Some(state) = self.states.get_mut(index) else {
            return Ok(None);
        };
        let size = usize::try_from(state.def.value_size).unwrap_or(0);
        let bytes = if original {
            let shared: Arc<[u8]> = Arc::from(key);
            let mut bytes = memory.made_up(oracle, size, |word| Atom::Value {
                map: state.name.clone(),
                key: shared.clone(),
                cpu,
                word,
            });
            normalize_bools(&mut bytes, state.bools);
            bytes
        } else {
            vec![0; size]
        };
        let region = memory.add(Purpose::MapValue(index), bytes.clone(), true)?;
        if let Some(element) = state.elements.get_mut(key) {
            if original {
                element.originals.insert(cpu, bytes);
            }
            element.values.insert(cpu, Held { region });
        }
        Ok(Some(region))
    }

    /// Adds an element that isn't there, if another CPU does so in this world.
    ///
    /// # Errors
    ///
    /// Where the run has used up its memory.
    pub fn race(
        &mut self,
        index: usize,
        key: &[u8],
        memory: &mut Memory,
        oracle: &Oracle<'_>,
    ) -> Result<(), Trap> {
        let Some(state) = self.states.get(index) else {
            return Ok(());
        };
        let (map, array) = (state.name.clone(), state.def.kind.is_array());
        if array || self.present(index, key, oracle)? {
            return Ok(());
        }
        let shared = Arc::from(key);
        if oracle.ask(Atom::Raced { map, key: shared }) == 0 {
            return Ok(());
        }
        if let Some(element) = self.element(index, key, oracle)? {
            if element.replaced {
                return Ok(());
            }
            element.present = true;
            element.raced = true;
        }
        self.lookup(index, key, 0, memory, oracle).map(|_| ())
    }

    /// Sets the value of an element for a CPU; programs that hold the old one keep it.
    ///
    /// # Errors
    ///
    /// Where the run has used up its memory.
    pub fn update(
        &mut self,
        index: usize,
        key: &[u8],
        cpu: u32,
        value: &[u8],
        memory: &mut Memory,
        oracle: &Oracle<'_>,
    ) -> Result<(), Trap> {
        let Some(state) = self.states.get(index) else {
            return Ok(());
        };
        let in_place = state.def.kind.is_array() || state.def.kind.per_cpu();
        if in_place
            && let Some(region) = self.lookup(index, key, cpu, memory, oracle)?
            && let Some(region) = memory.region_mut(region)
        {
            region.bytes.copy_from_slice(value);
            return Ok(());
        }
        let region = memory.add(Purpose::MapValue(index), value.to_vec(), true)?;
        if let Some(element) = self.element(index, key, oracle)? {
            element.values.clear();
            element.present = true;
            element.replaced = true;
            element.values.insert(cpu, Held { region });
        }
        Ok(())
    }

    /// Takes an element away; whether it was there.
    ///
    /// # Errors
    ///
    /// Where the run has used up its memory.
    pub fn delete(&mut self, index: usize, key: &[u8], oracle: &Oracle<'_>) -> Result<bool, Trap> {
        let Some(element) = self.element(index, key, oracle)? else {
            return Ok(false);
        };
        let there = std::mem::take(&mut element.present);
        element.values.clear();
        element.replaced = true;
        Ok(there)
    }

    /// The keys of the elements that are there, in their order.
    pub fn keys(&self, index: usize) -> Vec<Arc<[u8]>> {
        let elements = self.states.get(index).map(|state| &state.elements);
        elements
            .into_iter()
            .flatten()
            .filter(|(_, element)| element.present)
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// The key of the element that has its value, or one of its values, in a region.
    pub fn key_of(&self, index: usize, region: RegionId) -> Option<Arc<[u8]>> {
        let mut elements = self.states.get(index)?.elements.iter();
        let holds = |element: &Element| element.values.values().any(|held| held.region == region);
        let (key, _) = elements.find(|(_, element)| holds(element))?;
        Some(key.clone())
    }

    /// The map that an element of a map of maps is.
    ///
    /// # Errors
    ///
    /// Where the run has used up its memory.
    pub fn inner(
        &mut self,
        index: usize,
        key: &[u8],
        memory: &mut Memory,
        oracle: &Oracle<'_>,
    ) -> Result<Option<RegionId>, Trap> {
        let Some(state) = self.states.get(index) else {
            return Ok(None);
        };
        let def = state.def;
        let number = memory.endian.read(key);
        let given = def
            .initial
            .iter()
            .find(|(at, _)| u64::from(*at) == number)
            .filter(|_| def.kind == MapKind::ARRAY_OF_MAPS);
        if let Some(&(_, Value::Map(given))) = given {
            return Ok(self.handle(given));
        }
        if def.kind == MapKind::ARRAY_OF_MAPS && number >= u64::from(def.max_entries) {
            return Ok(None);
        }
        let present = oracle.ask(Atom::Present {
            map: state.name.clone(),
            key: Arc::from(key),
        });
        let Some(inner) = def.inner.as_deref().filter(|_| present != 0) else {
            return Ok(None);
        };
        let name: Arc<str> = Arc::from(format!("{}[{number}]", state.name));
        let bools = state.bools;
        let known = match self.inner.get(&name) {
            Some(&known) => known,
            None => {
                let added = self.add(name.clone(), inner, bools, memory)?;
                self.inner.insert(name, added);
                added
            }
        };
        Ok(self.states.get(known).map(|state| state.handle))
    }

    /// The elements that are not as they were.
    pub fn changes(&self, memory: &Memory) -> Changes {
        let mut changes = Changes::new();
        for state in &self.states {
            for (key, element) in &state.elements {
                let mut values = BTreeMap::new();
                if !element.present {
                    if element.was_present {
                        let before = element.originals.get(&0).cloned();
                        values.insert(
                            0,
                            Change {
                                before,
                                after: None,
                            },
                        );
                    }
                } else {
                    for (&cpu, held) in &element.values {
                        let bytes = memory.region(held.region).map(|region| &region.bytes);
                        let before = element.originals.get(&cpu);
                        let before = before.filter(|_| element.was_present);
                        if bytes != before {
                            let change = Change {
                                before: before.cloned(),
                                after: bytes.cloned(),
                            };
                            values.insert(cpu, change);
                        }
                    }
                }
                if !values.is_empty() {
                    changes.insert((state.name.clone(), key.to_vec()), values);
                }
            }
        }
        changes
    }
}
