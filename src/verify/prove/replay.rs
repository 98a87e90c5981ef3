//! A solver's values as a world of the differential machine.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    eval::Model,
    term::{Pool, Shape, Symbol},
};
use crate::verify::{
    Endian,
    object::Object,
    world::{Atom, World, hash_of},
};

/// What text is made of where nothing is said about it.
const LETTER: u8 = b'a';
/// Text that is longer is not spelled out.
const TEXT_MAX: u64 = 1 << 15;

/// The world in which symbols have the values of `model`, as far as there is one.
pub fn world(pool: &Pool, model: &Model, c: &Object) -> World {
    let mut made = Making {
        c,
        world: World::default(),
        bytes: BTreeMap::new(),
        readable: Vec::new(),
        unreadable: Vec::new(),
        lengths: BTreeMap::new(),
    };
    let mut texts = Vec::new();
    for ((symbol, arguments), &value) in &model.values {
        let Some(symbol) = pool.symbol_of(*symbol) else {
            continue;
        };
        match (symbol, arguments.as_slice()) {
            (Symbol::TextReadable, &[address, size]) => texts.push((address, size, value)),
            (Symbol::TextLength, &[address, size]) => {
                made.lengths.insert((address, size), value);
            }
            _ => made.set(symbol, arguments, value),
        }
    }
    for (address, size, readable) in texts {
        made.text(address, size, readable != 0);
    }
    made.finish()
}

struct Making<'a> {
    c: &'a Object,
    world: World,
    bytes: BTreeMap<u64, u8>,
    readable: Vec<(u64, u64)>,
    unreadable: Vec<(u64, u64)>,
    lengths: BTreeMap<(u64, u64), u64>,
}

impl Making<'_> {
    fn set(&mut self, symbol: &Symbol, arguments: &[u64], value: u64) {
        let atom = match (symbol, arguments) {
            (Symbol::Atom(atom), _) => atom.clone(),
            (Symbol::Memory, &[address]) => {
                // One byte.
                self.bytes.insert(address, value as u8);
                return;
            }
            (Symbol::Readable, &[address, size]) => {
                let list = if value != 0 {
                    &mut self.readable
                } else {
                    &mut self.unreadable
                };
                list.push((address, size));
                return;
            }
            (Symbol::Present(map), key) => Atom::Present {
                map: map.clone(),
                key: self.key(map, key),
            },
            (Symbol::Missing(map), key) => Atom::Missing {
                map: map.clone(),
                key: self.key(map, key),
            },
            (Symbol::Raced(map), key) => Atom::Raced {
                map: map.clone(),
                key: self.key(map, key),
            },
            (Symbol::Value(map, word), [key @ .., cpu]) => Atom::Value {
                map: map.clone(),
                key: self.key(map, key),
                cpu: u32::try_from(*cpu).unwrap_or(u32::MAX),
                word: *word,
            },
            (Symbol::Result(helper, shapes), arguments) => Atom::Result {
                helper: helper.clone(),
                nth: number_of(shapes, arguments),
            },
            (Symbol::Output(helper, shapes, word), arguments) => Atom::Output {
                helper: helper.clone(),
                nth: number_of(shapes, arguments),
                word: *word,
            },
            _ => return,
        };
        self.world.set.insert(atom, value);
    }

    fn key(&self, map: &str, words: &[u64]) -> Arc<[u8]> {
        let mut key: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let outer = map.split('[').next().unwrap_or(map);
        if let Some((_, def)) = self.c.map(outer) {
            let size = match &def.inner {
                Some(inner) if outer != map => inner.key_size,
                _ => def.key_size,
            };
            // Programs are chosen by index, which has eight bytes here.
            if size != 0 && !def.kind.is_storage() && def.kind.0 != 3 {
                key.truncate(size as usize);
            }
        }
        Arc::from(key)
    }

    fn text(&mut self, address: u64, size: u64, readable: bool) {
        if !readable {
            self.unreadable.push((address, 1));
            return;
        }
        let length = self.lengths.get(&(address, size)).copied().unwrap_or(1);
        let length = length.clamp(1, size.clamp(1, TEXT_MAX));
        self.readable.push((address, length));
        for index in 0..length - 1 {
            let byte = self
                .bytes
                .entry(address.wrapping_add(index))
                .or_insert(LETTER);
            if *byte == 0 {
                *byte = LETTER;
            }
        }
        if length < size {
            self.bytes.insert(address.wrapping_add(length - 1), 0);
        }
    }

    /// A name ends with its first null byte.
    fn name(&mut self) {
        let part = |world: &World, part| world.set.get(&Atom::Comm(part)).copied();
        let (first, second) = (part(&self.world, 0), part(&self.world, 1));
        let mut bytes = first.unwrap_or(0).to_le_bytes().to_vec();
        bytes.extend(second.unwrap_or(0).to_le_bytes());
        let last = bytes.iter().rposition(|&byte| byte != 0).unwrap_or(0);
        for byte in bytes.iter_mut().take(last).filter(|byte| **byte == 0) {
            *byte = LETTER;
        }
        for (part, word) in (0..).zip(bytes.chunks(8)) {
            if first.is_some() || second.is_some() {
                self.world
                    .set
                    .insert(Atom::Comm(part), Endian::Little.read(word));
            }
        }
    }

    fn finish(mut self) -> World {
        self.name();
        let granules = |&(address, size): &(u64, u64)| {
            (address >> 4)..=(address.saturating_add(size.saturating_sub(1)) >> 4)
        };
        let needed: BTreeSet<u64> = self.readable.iter().flat_map(granules).collect();
        for range in &self.unreadable {
            if let Some(hole) = granules(range).find(|granule| !needed.contains(granule)) {
                self.world.set.insert(Atom::Hole(hole), 1);
            }
        }
        let mut words: BTreeMap<u64, [u8; 8]> = BTreeMap::new();
        for (&address, &byte) in &self.bytes {
            let word = words.entry(address & !7).or_default();
            // Below eight.
            if let Some(place) = word.get_mut((address & 7) as usize) {
                *place = byte;
            }
        }
        let endian: Endian = self.c.endian;
        for (address, word) in words {
            self.world
                .set
                .insert(Atom::Memory(address), endian.read(&word));
        }
        self.world
    }
}

/// The number by which the differential machine knows a call.
fn number_of(shapes: &[Shape], arguments: &[u64]) -> u32 {
    if shapes.is_empty() {
        let nth = arguments.first().copied().unwrap_or(0);
        return u32::try_from(nth).unwrap_or(0);
    }
    let mut rest = arguments.iter().copied();
    let mut hash = 0;
    for shape in shapes {
        hash = match shape {
            Shape::Number => hash_of(hash, &rest.next().unwrap_or(0)),
            Shape::Memory(size) => {
                // A byte in each.
                let bytes: Vec<u8> = rest.by_ref().take(*size).map(|byte| byte as u8).collect();
                hash_of(hash, &bytes)
            }
            Shape::Map(name) => hash_of(hash, name),
            Shape::Opaque => hash_of(hash, &0_u64),
        };
    }
    (hash & 0xffff_ffff) as u32
}
