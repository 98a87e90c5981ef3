//! The memory of a path: pieces of bytes that are terms.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

use super::{
    contents::Splice,
    machine::Stop,
    term::{Pool, Symbol, Term},
};
use crate::verify::{
    bytes::Endian,
    error::Side,
    machine::memory::{Memory as Concrete, Purpose, RegionId},
};

/// Pieces beyond this size are not looked into.
const SIZE_MAX: u64 = 1 << 20;
/// Offsets beyond this are in front of the next piece.
const NEGATIVE: u64 = 1 << 25;

/// What a piece of memory held at first.
#[derive(Clone, Debug)]
pub(super) enum Base {
    /// What nobody knows.
    Unwritten(u32),
    /// Words of eight bytes.
    Words(Rc<[Term]>),
    /// Bytes.
    Bytes(Rc<[Term]>),
    /// Words that the world made up, by this name.
    Output(Arc<str>),
    /// What it held before something was written somewhere in it, and that.
    Spliced(Rc<Splice>),
}

/// One piece of memory.
#[derive(Clone, Debug)]
pub struct Region {
    /// What for.
    pub purpose: Purpose,
    /// Its bytes.
    pub size: u64,
    /// Whether programs may write.
    pub writable: bool,
    /// Whether it can be used at all.
    pub live: bool,
    pub(super) base: Base,
    /// Bytes that are 0 or 1.
    pub(super) bools: Rc<[u64]>,
    pub(super) written: BTreeMap<u64, Term>,
}

/// All memory of one path.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Whose it is.
    pub side: Side,
    /// The byte order.
    pub endian: Endian,
    regions: Vec<Rc<Region>>,
}

/// Where an address points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Into a piece of memory.
    Inside(RegionId, u64),
    /// Into a piece of memory, at an offset that is a term.
    Somewhere(RegionId, Term),
    /// To a function.
    Function(usize),
    /// Into the memory of the world.
    World,
}

impl Memory {
    /// None yet.
    pub fn new(side: Side, endian: Endian) -> Self {
        Self {
            side,
            endian,
            regions: Vec::new(),
        }
    }

    fn add(
        &mut self,
        purpose: Purpose,
        size: u64,
        base: Base,
        writable: bool,
    ) -> Result<RegionId, Stop> {
        if size > SIZE_MAX {
            return Err(Stop::GiveUp(format!("{size} bytes of memory in one piece")));
        }
        self.regions.push(Rc::new(Region {
            purpose,
            size,
            writable,
            live: true,
            base,
            bools: Rc::from([]),
            written: BTreeMap::new(),
        }));
        Ok(self.regions.len() - 1)
    }

    /// Memory that holds words of eight bytes.
    pub fn add_words(
        &mut self,
        purpose: Purpose,
        size: u64,
        words: &[Term],
        writable: bool,
    ) -> Result<RegionId, Stop> {
        self.add(purpose, size, Base::Words(words.into()), writable)
    }

    /// Memory that holds these bytes.
    pub fn add_bytes(
        &mut self,
        purpose: Purpose,
        bytes: Rc<[Term]>,
        writable: bool,
    ) -> Result<RegionId, Stop> {
        self.add(purpose, bytes.len() as u64, Base::Bytes(bytes), writable)
    }

    /// Memory that nobody has written.
    pub fn add_unwritten(&mut self, purpose: Purpose, size: u64) -> Result<RegionId, Stop> {
        let serial = u32::try_from(self.regions.len()).unwrap_or(u32::MAX);
        self.add(purpose, size, Base::Unwritten(serial), true)
    }

    /// Memory that the world made up, by this name.
    pub fn add_output(
        &mut self,
        purpose: Purpose,
        size: u64,
        name: Arc<str>,
    ) -> Result<RegionId, Stop> {
        self.add(purpose, size, Base::Output(name), true)
    }

    /// Whether a piece is a packet.
    pub fn is_packet(&self, id: RegionId) -> bool {
        self.region(id)
            .is_some_and(|region| region.purpose == Purpose::Packet)
    }

    /// The offsets of bytes that were written.
    pub fn written(&self, id: RegionId) -> Vec<u64> {
        let written = self.regions.get(id).map(|region| &region.written);
        written.into_iter().flatten().map(|(&at, _)| at).collect()
    }

    /// Says which bytes of a piece are 0 or 1.
    pub fn set_bools(&mut self, id: RegionId, bools: &[u64]) {
        if let Some(region) = self.regions.get_mut(id) {
            Rc::make_mut(region).bools = bools.into();
        }
    }

    /// Memory that holds what `one` does where `condition` holds, and else what `other` does; none
    /// where their pieces aren't the same.
    pub fn joined(pool: &mut Pool, condition: Term, one: &Self, other: &Self) -> Option<Self> {
        let mut joined = one.clone();
        let common = one.regions.len().min(other.regions.len());
        let mut rest = one.regions.iter().chain(&other.regions).skip(common);
        // Stacks of functions that were called in between.
        let beyond = |memory: &Self| {
            let mut beyond = memory.regions.iter().skip(common);
            beyond.any(|region| region.live)
        };
        if rest.next().is_some() && (beyond(one) || beyond(other)) {
            return None;
        }
        joined
            .regions
            .extend(other.regions.iter().skip(common).cloned());
        for (id, (left, right)) in one.regions.iter().zip(&other.regions).enumerate() {
            if Rc::ptr_eq(left, right) || !left.live && !right.live {
                continue;
            }
            let alike = left.live == right.live
                && left.size == right.size
                && left.purpose == right.purpose
                && match (&left.base, &right.base) {
                    (Base::Spliced(left), Base::Spliced(right)) => Rc::ptr_eq(left, right),
                    (Base::Spliced(_), _) | (_, Base::Spliced(_)) => false,
                    _ => true,
                };
            if !alike {
                return None;
            }
            let offsets: BTreeSet<u64> = left
                .written
                .keys()
                .chain(right.written.keys())
                .copied()
                .collect();
            let mut changed = Vec::new();
            for offset in offsets {
                let (a, b) = (
                    one.byte(pool, left, offset),
                    other.byte(pool, right, offset),
                );
                if a != b {
                    changed.push((offset, pool.choose(condition, a, b)));
                } else if !left.written.contains_key(&offset) {
                    changed.push((offset, a));
                }
            }
            if let Some(region) = joined.regions.get_mut(id) {
                Rc::make_mut(region).written.extend(changed);
            }
        }
        Some(joined)
    }

    /// Puts another piece in the place of one.
    pub(super) fn replace(&mut self, id: RegionId, region: Region) {
        if let Some(place) = self.regions.get_mut(id) {
            *place = Rc::new(region);
        }
    }

    /// Makes a piece unusable.
    pub fn free(&mut self, id: RegionId) {
        if let Some(region) = self.regions.get_mut(id) {
            Rc::make_mut(region).live = false;
        }
    }

    /// The piece numbered `id`.
    pub fn region(&self, id: RegionId) -> Option<&Region> {
        self.regions.get(id).map(Rc::as_ref)
    }

    /// The address at which a piece begins.
    pub fn address(pool: &mut Pool, id: RegionId) -> Term {
        pool.constant(Concrete::address(id), 64)
    }

    /// Where `address` points to.
    pub fn locate(&self, pool: &mut Pool, address: Term) -> Place {
        use super::term::Node;
        let number = match *pool.node(address) {
            Node::Const(number) | Node::Sum(_, number) => number,
            _ => 0,
        };
        let Some((id, offset)) = Concrete::locate(number) else {
            return match (pool.number(address), Concrete::function_at(number)) {
                (Some(_), Some(slot)) => Place::Function(slot),
                _ => Place::World,
            };
        };
        let mut id = id;
        if offset as u64 >= NEGATIVE {
            id += 1;
        }
        let base = Concrete::address(id);
        match pool.number(address) {
            Some(number) => Place::Inside(id, number.wrapping_sub(base)),
            None => Place::Somewhere(id, pool.add_number(address, base.wrapping_neg())),
        }
    }

    /// The usable piece with `size` bytes at `offset`.
    fn checked(&self, id: RegionId, offset: u64, size: u64, write: bool) -> Result<&Region, Stop> {
        let region = self.regions.get(id).filter(|region| {
            region.live
                && (region.writable || !write)
                && offset
                    .checked_add(size)
                    .is_some_and(|end| end <= region.size)
        });
        region.map(Rc::as_ref).ok_or_else(|| {
            let verb = if write { "writes" } else { "reads" };
            Stop::Trap(format!("{verb} outside of its memory"))
        })
    }

    /// One byte; the piece is known to have it.
    pub(super) fn byte(&self, pool: &mut Pool, region: &Region, offset: u64) -> Term {
        if let Some(&written) = region.written.get(&offset) {
            return written;
        }
        let byte = match &region.base {
            Base::Unwritten(serial) => {
                let offset = u32::try_from(offset).unwrap_or(u32::MAX);
                pool.apply(Symbol::Unwritten(self.side, *serial, offset), &[], 8)
            }
            Base::Bytes(bytes) => match usize::try_from(offset).ok().and_then(|at| bytes.get(at)) {
                Some(&byte) => byte,
                None => pool.constant(0, 8),
            },
            Base::Output(name) => {
                let word = u32::try_from(offset / 8).unwrap_or(u32::MAX);
                let nth = pool.constant(0, 32);
                let word = Symbol::Output(name.clone(), Vec::new(), word);
                let word = pool.apply(word, &[nth], 64);
                byte_of(pool, self.endian, word, offset % 8)
            }
            Base::Spliced(splice) => return self.spliced(pool, splice, offset),
            Base::Words(words) => {
                let word = usize::try_from(offset / 8)
                    .ok()
                    .and_then(|at| words.get(at));
                match word {
                    Some(&word) => byte_of(pool, self.endian, word, offset % 8),
                    None => pool.constant(0, 8),
                }
            }
        };
        if region.bools.contains(&offset) {
            let bit = pool.extract(byte, 0, 1);
            return pool.zero_extend(bit, 8);
        }
        byte
    }

    /// `size` bytes.
    pub fn bytes(
        &self,
        pool: &mut Pool,
        id: RegionId,
        offset: u64,
        size: u64,
    ) -> Result<Vec<Term>, Stop> {
        let region = self.checked(id, offset, size, false)?;
        Ok((offset..offset + size)
            .map(|at| self.byte(pool, region, at))
            .collect())
    }

    /// Whether so many bytes may be written there.
    pub fn check_write(&self, id: RegionId, offset: u64, size: u64) -> Result<(), Stop> {
        self.checked(id, offset, size, true).map(|_| ())
    }

    /// Writes bytes.
    pub fn write(&mut self, id: RegionId, offset: u64, bytes: &[Term]) -> Result<(), Stop> {
        self.checked(id, offset, bytes.len() as u64, true)?;
        self.put(id, offset, bytes);
        Ok(())
    }

    /// Writes bytes whether programs may or not.
    pub fn put(&mut self, id: RegionId, offset: u64, bytes: &[Term]) {
        if let Some(region) = self.regions.get_mut(id) {
            let region = Rc::make_mut(region);
            region.written.extend((offset..).zip(bytes.iter().copied()));
        }
    }

    /// A number of at most eight bytes.
    pub fn load(
        &self,
        pool: &mut Pool,
        id: RegionId,
        offset: u64,
        size: u64,
    ) -> Result<Term, Stop> {
        let bytes = self.bytes(pool, id, offset, size)?;
        Ok(number_of(pool, self.endian, &bytes))
    }
}

/// The byte of a word of eight bytes that lies at `index` in memory.
pub fn byte_of(pool: &mut Pool, endian: Endian, word: Term, index: u64) -> Term {
    let size = u64::from(pool.width(word) / 8);
    let place = match endian {
        Endian::Little => index,
        Endian::Big => size.saturating_sub(1).saturating_sub(index),
    };
    // Below 64.
    pool.extract(word, (place * 8) as u8, 8)
}

/// The number that bytes spell; at most eight.
pub fn number_of(pool: &mut Pool, endian: Endian, bytes: &[Term]) -> Term {
    let mut parts = bytes.to_vec();
    if endian == Endian::Little {
        parts.reverse();
    }
    pool.concat(&parts)
}

/// The bytes of a number in memory.
pub fn bytes_of(pool: &mut Pool, endian: Endian, number: Term) -> Vec<Term> {
    let size = u64::from(pool.width(number) / 8);
    (0..size)
        .map(|index| byte_of(pool, endian, number, index))
        .collect()
}

/// The first `size` bytes that words of eight bytes spell; zeros behind them.
pub fn word_bytes(pool: &mut Pool, endian: Endian, words: &[Term], size: u64) -> Vec<Term> {
    (0..size)
        .map(|at| {
            let word = usize::try_from(at / 8)
                .ok()
                .and_then(|index| words.get(index));
            match word {
                Some(&word) => byte_of(pool, endian, word, at % 8),
                None => pool.constant(0, 8),
            }
        })
        .collect()
}
