//! The memory that programs see: regions of the machine's own, and made-up memory around them.
//!
//! An address is a number that means a region and an offset into it, or a place in the world's
//! made-up kernel and user memory. No address of the host ever appears.

use std::collections::BTreeMap;

use super::Trap;
use crate::verify::{
    bytes::Endian,
    world::{Atom, Oracle, is_user},
};

/// Addresses of regions begin here, with the region's number in the middle.
const REGIONS_START: u64 = 0xffff_e000_0000_0000;
const REGIONS_END: u64 = 0xffff_f000_0000_0000;
const OFFSET_BITS: u32 = 26;
const OFFSET_MASK: u64 = (1 << OFFSET_BITS) - 1;
/// Functions have addresses too, for helpers that call back.
const FUNCTIONS_START: u64 = 0xffff_d000_0000_0000;
/// All regions of one run together.
const BYTES_MAX: usize = 128 << 20;
/// A region's number is its shelf, and its place there.
const PLACE_BITS: u32 = 16;

/// The number of a region.
pub type RegionId = usize;

/// What a region is, as far as anyone wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What the program was called with.
    Context,
    /// A function's 512 bytes.
    Stack,
    /// A value of a map.
    MapValue(usize),
    /// A section of variables.
    Data(usize),
    /// A record reserved in a ring buffer, by its map.
    Record(usize),
    /// Stands for a map; there is nothing to read.
    MapHandle(usize),
    /// A packet.
    Packet,
    /// Memory that a helper returned.
    Other,
}

impl Purpose {
    /// Programs store addresses of values and records, which are compared. So these are numbered
    /// apart from what two objects need not have the same number of: sections, maps, stacks.
    fn shelf(&self) -> usize {
        match self {
            Self::Data(_) | Self::MapHandle(_) => 0,
            Self::Stack => 1,
            Self::Context | Self::Packet | Self::Other => 2,
            Self::MapValue(_) | Self::Record(_) => 3,
        }
    }
}

/// One piece of memory.
#[derive(Debug)]
pub struct Region {
    /// What for.
    pub purpose: Purpose,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether programs may write.
    pub writable: bool,
    /// Whether it can be used at all.
    pub live: bool,
    /// Bytes that nobody has written yet, where that can happen: a bit each.
    unwritten: Option<Vec<u64>>,
}

/// All memory of one run.
#[derive(Debug)]
pub struct Memory {
    /// The byte order.
    pub endian: Endian,
    /// By [`Purpose::shelf`].
    shelves: [Vec<Region>; 4],
    total: usize,
    /// What is read where nobody wrote.
    fill: u8,
    /// Set once such a byte was read.
    pub read_unwritten: bool,
    /// Whether reads at null give 0, as [`Kind::follows_pointers`] says.
    ///
    /// [`Kind::follows_pointers`]: crate::verify::kind::Kind::follows_pointers
    pub follows_null: bool,
    /// User memory that the program wrote to, by address.
    written: BTreeMap<u64, u8>,
}

impl Memory {
    /// None yet; `fill` is what unwritten bytes hold.
    pub fn new(endian: Endian, fill: u8) -> Self {
        Self {
            endian,
            shelves: Default::default(),
            total: 0,
            fill,
            read_unwritten: false,
            follows_null: false,
            written: BTreeMap::new(),
        }
    }

    /// A new region that holds `bytes`.
    ///
    /// # Errors
    ///
    /// Where the run has used up its memory.
    pub fn add(
        &mut self,
        purpose: Purpose,
        bytes: Vec<u8>,
        writable: bool,
    ) -> Result<RegionId, Trap> {
        self.total += bytes.len() + size_of::<Region>();
        let number = purpose.shelf();
        let shelf = self.shelves.get_mut(number).ok_or(Trap::OutOfMemory)?;
        let place = shelf.len();
        if self.total > BYTES_MAX || bytes.len() as u64 > OFFSET_MASK || place >= 1 << PLACE_BITS {
            return Err(Trap::OutOfMemory);
        }
        shelf.push(Region {
            purpose,
            bytes,
            writable,
            live: true,
            unwritten: None,
        });
        Ok(number << PLACE_BITS | place)
    }

    /// A new region of `size` bytes that nobody has written.
    ///
    /// # Errors
    ///
    /// Where the run has used up its memory.
    pub fn add_unwritten(&mut self, purpose: Purpose, size: usize) -> Result<RegionId, Trap> {
        let id = self.add(purpose, vec![self.fill; size.min(BYTES_MAX)], true)?;
        self.forget(id);
        Ok(id)
    }

    /// Makes all bytes of a region unwritten again.
    pub fn forget(&mut self, id: RegionId) {
        let fill = self.fill;
        if let Some(region) = self.region_mut(id) {
            region.bytes.fill(fill);
            region.unwritten = Some(vec![u64::MAX; region.bytes.len().div_ceil(64)]);
        }
    }

    /// The region numbered `id`.
    pub fn region(&self, id: RegionId) -> Option<&Region> {
        let (shelf, place) = on_shelf(id);
        self.shelves.get(shelf)?.get(place)
    }

    /// The region numbered `id`, to be changed.
    pub fn region_mut(&mut self, id: RegionId) -> Option<&mut Region> {
        let (shelf, place) = on_shelf(id);
        self.shelves.get_mut(shelf)?.get_mut(place)
    }

    /// The address at which a region begins.
    pub fn address(id: RegionId) -> u64 {
        REGIONS_START + ((id as u64) << OFFSET_BITS)
    }

    /// The address that stands for the function at `slot`.
    pub fn function_address(slot: usize) -> u64 {
        FUNCTIONS_START + ((slot as u64) << 3)
    }

    /// The slot of the function that `address` stands for.
    pub fn function_at(address: u64) -> Option<usize> {
        let distance = address.checked_sub(FUNCTIONS_START)?;
        (address < REGIONS_START && distance & 7 == 0)
            .then(|| usize::try_from(distance >> 3).ok())
            .flatten()
    }

    /// The region and offset that `address` means.
    pub fn locate(address: u64) -> Option<(RegionId, usize)> {
        if !(REGIONS_START..REGIONS_END).contains(&address) {
            return None;
        }
        let inside = address - REGIONS_START;
        Some((
            usize::try_from(inside >> OFFSET_BITS).ok()?,
            usize::try_from(inside & OFFSET_MASK).ok()?,
        ))
    }

    /// A number at `address`, as a load instruction reads it.
    ///
    /// # Errors
    ///
    /// Outside what the program may read.
    pub fn load(&mut self, oracle: &Oracle<'_>, address: u64, size: u8) -> Result<u64, Trap> {
        let size = usize::from(size);
        if let Some((id, offset)) = Self::locate(address) {
            self.check_written(id, offset, size);
            let bytes = self
                .region(id)
                .filter(|region| region.live)
                .and_then(|region| region.bytes.get(offset..offset.checked_add(size)?))
                .ok_or(Trap::Access {
                    address,
                    size: size as u64,
                    write: false,
                })?;
            return Ok(self.endian.read(bytes));
        }
        if address < 0x1000 && !self.follows_null {
            return Err(Trap::Access {
                address,
                size: size as u64,
                write: false,
            });
        }
        // The kernel lets trusted pointers be followed, and reads 0 where nothing is.
        let mut bytes = [0; 8];
        let bytes = bytes.get_mut(..size).unwrap_or_default();
        if is_user(address) || !self.peek(oracle, address, bytes) {
            return Ok(0);
        }
        Ok(self.endian.read(bytes))
    }

    /// Stores a number at `address`, as a store instruction does.
    ///
    /// # Errors
    ///
    /// Outside what the program may write.
    pub fn store(&mut self, address: u64, size: u8, value: u64) -> Result<(), Trap> {
        let endian = self.endian;
        let bytes = self.writable(address, usize::from(size))?;
        endian.write(bytes, value);
        Ok(())
    }

    /// `size` bytes that a helper or store may write.
    ///
    /// # Errors
    ///
    /// Outside what the program may write.
    pub fn writable(&mut self, address: u64, size: usize) -> Result<&mut [u8], Trap> {
        let trap = Trap::Access {
            address,
            size: size as u64,
            write: true,
        };
        let (id, offset) = Self::locate(address).ok_or(trap.clone())?;
        let region = self
            .region_mut(id)
            .filter(|region| region.live && region.writable)
            .ok_or(trap.clone())?;
        let end = offset.checked_add(size).ok_or(trap.clone())?;
        if end > region.bytes.len() {
            return Err(trap);
        }
        if let Some(unwritten) = &mut region.unwritten {
            for byte in offset..end {
                if let Some(word) = unwritten.get_mut(byte / 64) {
                    *word &= !(1 << (byte % 64));
                }
            }
        }
        region.bytes.get_mut(offset..end).ok_or(trap)
    }

    /// `size` bytes that a helper reads from the machine's own memory.
    ///
    /// # Errors
    ///
    /// Outside what the program may read.
    pub fn readable(&mut self, address: u64, size: usize) -> Result<&[u8], Trap> {
        let trap = Trap::Access {
            address,
            size: size as u64,
            write: false,
        };
        let (id, offset) = Self::locate(address).ok_or(trap.clone())?;
        self.check_written(id, offset, size);
        self.region(id)
            .filter(|region| region.live)
            .and_then(|region| region.bytes.get(offset..offset.checked_add(size)?))
            .ok_or(trap)
    }

    /// Whether a helper may write so many bytes there.
    pub fn may_write(&self, address: u64, size: usize) -> bool {
        Self::locate(address).is_some_and(|(id, offset)| {
            self.region(id).is_some_and(|region| {
                region.live && region.writable && offset.saturating_add(size) <= region.bytes.len()
            })
        })
    }

    fn check_written(&mut self, id: RegionId, offset: usize, size: usize) {
        let Some(unwritten) = self.region(id).and_then(|region| region.unwritten.as_ref()) else {
            return;
        };
        let any = (offset..offset.saturating_add(size)).any(|byte| {
            unwritten
                .get(byte / 64)
                .is_some_and(|word| word >> (byte % 64) & 1 != 0)
        });
        self.read_unwritten |= any;
    }

    /// Copies memory of the kernel, of user space or of the machine as a fault-tolerant read does;
    /// whether all of it could be read.
    pub fn peek(&self, oracle: &Oracle<'_>, address: u64, into: &mut [u8]) -> bool {
        if let Some((id, offset)) = Self::locate(address) {
            let source = self
                .region(id)
                .filter(|region| region.live)
                .and_then(|region| region.bytes.get(offset..offset.checked_add(into.len())?));
            return match source {
                Some(source) => {
                    into.copy_from_slice(source);
                    true
                }
                None => false,
            };
        }
        let mut at = address;
        let mut word = [0; 8];
        let mut known = None;
        for byte in into {
            let base = at & !7;
            if known != Some(base) {
                let there = oracle.ask(Atom::Readable(base >> 12)) != 0
                    && oracle.ask(Atom::Hole(base >> 4)) == 0;
                if !there {
                    return false;
                }
                self.endian.write(&mut word, oracle.ask(Atom::Memory(base)));
                known = Some(base);
            }
            let made_up = usize::try_from(at & 7)
                .ok()
                .and_then(|index| word.get(index));
            *byte = self.written.get(&at).or(made_up).copied().unwrap_or(0);
            let Some(next) = at.checked_add(1) else {
                return false;
            };
            at = next;
        }
        true
    }

    /// Copies text up to and with its null byte, at most all of `into`, as a fault-tolerant read
    /// does: how many bytes, or none where it can't be read.
    pub fn peek_text(&self, oracle: &Oracle<'_>, address: u64, into: &mut [u8]) -> Option<usize> {
        let count = into.len();
        for (index, byte) in into.iter_mut().enumerate() {
            let at = address.checked_add(index as u64)?;
            let mut one = [0];
            if !self.peek(oracle, at, &mut one) {
                return None;
            }
            *byte = one[0];
            if *byte == 0 {
                return Some(index + 1);
            }
        }
        if let Some(last) = into.last_mut() {
            *last = 0;
        }
        Some(count)
    }

    /// Changes made-up user memory; whether that was possible.
    pub fn poke_user(&mut self, oracle: &Oracle<'_>, address: u64, bytes: &[u8]) -> bool {
        let addresses = || (0..bytes.len() as u64).map(|index| address.wrapping_add(index));
        if !addresses().all(|at| is_user(at) && oracle.ask(Atom::Readable(at >> 12)) != 0) {
            return false;
        }
        self.written.extend(addresses().zip(bytes.iter().copied()));
        true
    }

    /// Made-up bytes, eight from each atom that `atom` names.
    pub fn made_up(
        &self,
        oracle: &Oracle<'_>,
        size: usize,
        mut atom: impl FnMut(u32) -> Atom,
    ) -> Vec<u8> {
        let mut bytes = vec![0; size];
        for (word, chunk) in (0..).zip(bytes.chunks_mut(8)) {
            let mut whole = [0; 8];
            self.endian.write(&mut whole, oracle.ask(atom(word)));
            chunk.copy_from_slice(whole.get(..chunk.len()).unwrap_or_default());
        }
        bytes
    }
}

/// Where the region numbered `id` stands.
fn on_shelf(id: RegionId) -> (usize, usize) {
    (id >> PLACE_BITS, id & ((1 << PLACE_BITS) - 1))
}

/// The eight bytes of `bytes` numbered `word`, padded with zeros.
pub fn word_of(endian: Endian, bytes: &[u8], word: u32) -> u64 {
    let start = word as usize * 8;
    let mut whole = [0; 8];
    let rest = bytes.get(start..).unwrap_or_default();
    for (to, from) in whole.iter_mut().zip(rest) {
        *to = *from;
    }
    endian.read(&whole)
}
