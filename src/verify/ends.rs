//! Worlds in which memory or a text ends elsewhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    rc::Rc,
};

use super::{bytes::Endian, guide::Want, world::Atom};

/// Bytes that can be read.
const READABLE: [u64; 5] = [1, 2, 4, 8, 12];
/// So far behind a pointer something has to have been read for it to be one.
const REACH: u64 = 64;
/// How far memory is moved to where it ends.
const AWAY: u64 = 256;
/// Memory is readable or not in pieces of this size.
const PIECE: u64 = 16;
/// Pointers that are tried, of those that were asked last; texts.
const POINTERS_MAX: usize = 8;
const TEXTS_MAX: usize = 3;
/// Words that a long text goes on for.
const LONG: u64 = 20;
/// What it is made of.
const LETTER: u8 = b'x';

/// Memory that ends elsewhere.
#[derive(Clone, Debug)]
pub enum End<'a> {
    /// A pointer points to the last bytes that there are, which are the same as before.
    Cut {
        /// The pointer.
        pointer: &'a Atom,
        /// What it was.
        from: u64,
        /// How many bytes there are.
        size: u64,
        /// Words by their addresses.
        memory: Rc<BTreeMap<u64, u64>>,
        /// The order of the bytes in words.
        endian: Endian,
    },
    /// A text goes on.
    Longer {
        /// Where its last word is.
        address: u64,
        /// What that word is now.
        word: u64,
    },
}

/// For the pointers in `asked`: that what they point to ends early.
pub fn cuts<'a>(
    asked: impl Iterator<Item = &'a (Atom, u64)> + Clone,
    endian: Endian,
) -> Vec<End<'a>> {
    let memory = (asked.clone()).filter_map(|(atom, value)| match atom {
        Atom::Memory(address) => Some((*address, *value)),
        _ => None,
    });
    let memory: Rc<BTreeMap<u64, u64>> = Rc::new(memory.collect());
    let is_pointer = |value: u64| {
        let end = value.saturating_add(REACH);
        value < end && memory.range(value & !7..end).next().is_some()
    };
    let mut seen = BTreeSet::new();
    asked
        .filter(|(atom, value)| !atom.is_switch() && is_pointer(*value) && seen.insert(*value))
        .take(POINTERS_MAX)
        .flat_map(|(pointer, from)| {
            READABLE.map(|size| End::Cut {
                pointer,
                from: *from,
                size,
                memory: memory.clone(),
                endian,
            })
        })
        .collect()
}

/// For the texts in `asked` that were read last: that they don't end where they do.
pub fn longer<'a>(
    asked: impl Iterator<Item = &'a (Atom, u64)> + Clone,
    endian: Endian,
) -> Vec<End<'a>> {
    let words = asked.filter_map(|(atom, value)| match atom {
        Atom::Memory(address) => Some((*address, *value)),
        _ => None,
    });
    let mut later = BTreeSet::new();
    // A text was read no further than to the word in which it ends.
    let ends = words.filter(|&(address, _)| {
        later.insert(address);
        !later.contains(&address.wrapping_add(8))
    });
    let mut found = Vec::new();
    for (address, value) in ends.take(TEXTS_MAX) {
        let mut bytes = [0; 8];
        endian.write(&mut bytes, value);
        let zeros = (0..bytes.len()).filter(|&at| bytes.get(at) == Some(&0));
        // Which of them is the end is not known, and those before it have to stay.
        for first in zeros {
            let mut filled = bytes;
            let rest = filled.iter_mut().skip(first).filter(|byte| **byte == 0);
            rest.for_each(|byte| *byte = LETTER);
            let word = endian.read(&filled);
            found.push(End::Longer { address, word });
        }
    }
    found
}

impl End<'_> {
    /// What a world has to have for it.
    pub fn want(&self) -> Want {
        match *self {
            Self::Cut {
                pointer,
                from,
                size,
                ref memory,
                endian,
            } => cut(pointer, from, size, memory, endian),
            Self::Longer { address, word } => {
                let letters = u64::from_ne_bytes([LETTER; 8]);
                let following = (1..=LONG).map(|nth| address.wrapping_add(8 * nth));
                let following = following.flat_map(|address| {
                    [
                        (Atom::Readable(address >> 12), 1),
                        (Atom::Hole(address / PIECE), 0),
                        (Atom::Memory(address), letters),
                    ]
                });
                iter::once((Atom::Memory(address), word))
                    .chain(following)
                    .collect()
            }
        }
    }
}

/// The same `size` bytes as at `from`, with nothing behind them.
fn cut(pointer: &Atom, from: u64, size: u64, memory: &BTreeMap<u64, u64>, endian: Endian) -> Want {
    let end = (from & !(PIECE - 1)).wrapping_add(AWAY);
    let to = end.wrapping_sub(size);
    let byte_of = |address: u64| {
        let mut bytes = [0; 8];
        endian.write(&mut bytes, *memory.get(&(address & !7))?);
        bytes.get(usize::try_from(address & 7).ok()?).copied()
    };
    let mut want = vec![
        (pointer.clone(), to),
        (Atom::Readable(to >> 12), 1),
        (Atom::Hole(to / PIECE), 0),
        (Atom::Hole(end / PIECE), 1),
    ];
    for word in (to & !7..end).step_by(8) {
        let mut bytes = [0; 8];
        for (index, byte) in (0..).zip(&mut bytes) {
            let offset = word.wrapping_add(index).checked_sub(to);
            let original = offset.and_then(|offset| from.checked_add(offset));
            *byte = original.and_then(byte_of).unwrap_or(0);
        }
        want.push((Atom::Memory(word), endian.read(&bytes)));
    }
    want
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_lies_before_the_end() {
        let asked = [
            (Atom::Argument(1), 0x7f00_0000_1003),
            (Atom::Readable(0x7_f000_0001), 1),
            (Atom::Memory(0x7f00_0000_1000), 0x8877_6655_4433_2211),
        ];
        let found = cuts(asked.iter(), Endian::Little);
        assert_eq!(found.len(), READABLE.len());
        let two: BTreeMap<_, _> = found[1].want().into_iter().collect();
        assert_eq!(two[&Atom::Argument(1)], 0x7f00_0000_10fe);
        assert_eq!(two[&Atom::Memory(0x7f00_0000_10f8)], 0x5544 << 48);
        assert_eq!(two[&Atom::Hole(0x7f00_0000_1100 / PIECE)], 1);
        // Numbers that nothing was read at are no pointers.
        assert_eq!(cuts(asked.iter().take(2), Endian::Little).len(), 0);
    }

    #[test]
    fn texts_go_on_from_where_they_end() {
        let asked = [
            (Atom::Memory(0x1000), 0x6162_6364_6566_0001),
            (Atom::Memory(0x2000), 0x6100_6161_6161_6161),
            (Atom::Memory(0x2008), 0x61),
        ];
        let found = longer(asked.iter().rev(), Endian::Little);
        let found: Vec<_> = found.iter().map(End::want).collect();
        let firsts: Vec<_> = found.iter().map(|want| want[0].clone()).collect();
        // Seven bytes of the last one that may be its end, and one of the first.
        assert_eq!(firsts.len(), 8);
        assert_eq!(firsts[0], (Atom::Memory(0x2008), 0x7878_7878_7878_7861));
        assert_eq!(firsts[7], (Atom::Memory(0x1000), 0x6162_6364_6566_7801));
        assert!(found[7].contains(&(Atom::Memory(0x1008), 0x7878_7878_7878_7878)));
    }
}
