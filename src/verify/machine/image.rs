//! An object made ready to run: what a loader does before it loads.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::memory::{Memory, word_of};
use crate::verify::{
    error::{Result, fail},
    object::{Access, Global, Object},
    registers::Registers,
    world::{Atom, KERNEL_START, Oracle, hash_of},
};

/// The variable by which a loader says whether system calls are wrapped.
const WRAPPER: &str = "LINUX_HAS_SYSCALL_WRAPPER";

/// What a loader puts into read-only variables once and for all: their bytes, by name.
pub type Fill = HashMap<String, Vec<u8>>;

/// A variable that both objects have and that worlds give values to.
#[derive(Clone, Debug)]
pub struct Varying {
    /// Its bytes in the C object before the loader sets anything.
    pub initial: Vec<u8>,
    /// Bytes that hold a `bool`, which is 0 or 1.
    pub bools: Vec<u64>,
    /// Whether programs write to it, so that it is compared.
    pub written: bool,
}

/// What both objects have in common, by name, as the C object describes it.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Variables.
    pub globals: BTreeMap<String, Varying>,
    /// Bytes of each map's values that hold a `bool`.
    pub map_bools: BTreeMap<String, Vec<u64>>,
    /// How many parameters functions of the kernel have: Rust objects don't say it.
    pub prototypes: HashMap<String, usize>,
}

/// An object made ready to run.
#[derive(Debug)]
pub struct Image<'a> {
    /// What is run.
    pub object: &'a Object,
    /// The architecture of the probed machine.
    pub registers: &'a Registers,
    /// The names of the maps.
    pub map_names: Vec<Arc<str>>,
    /// Indices of the maps in the order of their names.
    pub map_order: Vec<usize>,
    pub(super) shape: &'a Shape,
    data: Vec<Vec<u8>>,
    varying: Vec<Placed<'a>>,
    wrapper: Option<(usize, usize, usize)>,
    ksyms: Vec<u64>,
}

#[derive(Debug)]
struct Placed<'a> {
    name: Arc<str>,
    section: usize,
    offset: usize,
    size: usize,
    varying: &'a Varying,
}

impl<'a> Image<'a> {
    /// For `object`, whose variables in `fill` the loader sets once and for all.
    ///
    /// # Errors
    ///
    /// Where a variable in `fill` or `shape` doesn't fit the object's.
    pub fn new(
        object: &'a Object,
        registers: &'a Registers,
        shape: &'a Shape,
        fill: &Fill,
    ) -> Result<Self> {
        let mut data: Vec<_> = object
            .data
            .iter()
            .map(|section| section.bytes.clone())
            .collect();
        let mut varying = Vec::new();
        let mut wrapper = None;
        for global in &object.globals {
            let Some((offset, size)) = extent(object, global) else {
                fail!("the variable {} lies outside its section", global.name);
            };
            if global.name == WRAPPER {
                wrapper = Some((global.section, offset, size));
                continue;
            }
            if let Some(value) = fill.get(&global.name) {
                let bytes = data
                    .get_mut(global.section)
                    .and_then(|bytes| bytes.get_mut(offset..offset + size));
                for (to, from) in bytes.unwrap_or_default().iter_mut().zip(value) {
                    *to = *from;
                }
                continue;
            }
            let Some(shared) = shape.globals.get(&global.name) else {
                continue;
            };
            if shared.initial.len() != size {
                fail!(
                    "the variable {} has {size} bytes, {} in C",
                    global.name,
                    shared.initial.len()
                );
            }
            varying.push(Placed {
                name: Arc::from(global.name.as_str()),
                section: global.section,
                offset,
                size,
                varying: shared,
            });
        }
        let mut map_order: Vec<_> = (0..object.maps.len()).collect();
        map_order.sort_by_key(|&index| object.maps.get(index).map(|map| &map.name));
        Ok(Self {
            object,
            registers,
            map_names: object
                .maps
                .iter()
                .map(|map| Arc::from(map.name.as_str()))
                .collect(),
            map_order,
            shape,
            data,
            varying,
            wrapper,
            ksyms: object.ksyms.iter().map(|name| ksym_address(name)).collect(),
        })
    }

    /// How many parameters functions of the kernel have.
    pub fn prototypes(&self) -> &HashMap<String, usize> {
        &self.shape.prototypes
    }

    /// The bytes of a section in the world of `oracle`, and whether programs may write to it.
    pub(super) fn section(
        &self,
        memory: &Memory,
        oracle: &Oracle<'_>,
        index: usize,
    ) -> (Vec<u8>, bool) {
        let mut bytes = self.data.get(index).cloned().unwrap_or_default();
        if let Some((section, offset, size)) = self.wrapper
            && section == index
            && let Some(place) = bytes.get_mut(offset..offset + size)
        {
            memory.endian.write(place, oracle.ask(Atom::Wrapper));
        }
        for placed in self.varying.iter().filter(|one| one.section == index) {
            let initial = &placed.varying.initial;
            let mut value = memory.made_up(oracle, placed.size, |word| Atom::Global {
                name: placed.name.clone(),
                word,
                initial: word_of(memory.endian, initial, word),
            });
            normalize_bools(&mut value, &placed.varying.bools);
            if let Some(place) = bytes.get_mut(placed.offset..placed.offset + placed.size) {
                place.copy_from_slice(&value);
            }
        }
        let writable = self
            .object
            .data
            .get(index)
            .is_some_and(|section| section.access == Access::Writable);
        (bytes, writable)
    }

    /// A section before the world says anything: its bytes, and whether programs may write.
    pub(in crate::verify) fn plain_section(&self, index: usize) -> (&[u8], bool) {
        let bytes = self.data.get(index).map_or(&[][..], Vec::as_slice);
        let section = self.object.data.get(index);
        let writable = section.is_some_and(|section| section.access == Access::Writable);
        (bytes, writable)
    }

    /// The variables that the world gives values to: name, section, offset and what is known.
    pub(in crate::verify) fn varying(
        &self,
    ) -> impl Iterator<Item = (&Arc<str>, usize, usize, &'a Varying)> {
        self.varying
            .iter()
            .map(|placed| (&placed.name, placed.section, placed.offset, placed.varying))
    }

    /// Where the variable lies that says whether system calls are wrapped: section, offset and
    /// size.
    pub(in crate::verify) fn wrapper(&self) -> Option<(usize, usize, usize)> {
        self.wrapper
    }

    /// The variables whose values are compared: name, section, offset and size.
    pub(in crate::verify) fn compared(
        &self,
    ) -> impl Iterator<Item = (&Arc<str>, usize, usize, usize)> {
        self.varying
            .iter()
            .filter(|placed| placed.varying.written)
            .map(|placed| (&placed.name, placed.section, placed.offset, placed.size))
    }

    /// The bytes of a map's values that hold a `bool`.
    pub(in crate::verify) fn bools(&self, map: &str) -> &'a [u64] {
        self.shape.map_bools.get(map).map_or(&[], Vec::as_slice)
    }

    /// The address of a kernel symbol.
    pub(in crate::verify) fn ksym(&self, index: usize) -> u64 {
        self.ksyms.get(index).copied().unwrap_or(0)
    }
}

/// Where a symbol of the kernel lies: everywhere in the same place, whatever the world.
pub fn ksym_address(name: &str) -> u64 {
    KERNEL_START + (hash_of(0, &name) & 0xff_ffff_fff8)
}

/// Makes bytes that hold a `bool` 0 or 1, as every C program keeps them.
pub fn normalize_bools(bytes: &mut [u8], bools: &[u64]) {
    for &at in bools {
        if let Some(byte) = usize::try_from(at).ok().and_then(|at| bytes.get_mut(at)) {
            *byte &= 1;
        }
    }
}

fn extent(object: &Object, global: &Global) -> Option<(usize, usize)> {
    object.initial(global)?;
    Some((
        usize::try_from(global.offset).ok()?,
        usize::try_from(global.size).ok()?,
    ))
}
