//! What an atom's value is in the world of a seed.

use super::{Atom, Palette, Random, hash_of};

/// The first address behind user space.
pub const USER_END: u64 = 0x0000_8000_0000_0000;
/// Where made-up kernel memory begins, and ends with all of its pages' numbers in 24 bits.
pub const KERNEL_START: u64 = 0xffff_8880_0000_0000;

const USER_START: u64 = 0x0000_7f00_0000_0000;
const PAGE_BITS: u32 = 12;

/// Whether the address is one of user space.
pub fn is_user(address: u64) -> bool {
    address < USER_END
}

/// Text ends in eight words of so many.
const ENDS: u64 = 20;

/// What a page of made-up memory holds.
enum Page {
    Text,
    Words,
}

/// The value of `atom` in the world of `seed`.
pub(super) fn value(seed: u64, atom: &Atom, palette: &Palette) -> u64 {
    let mut random = Random::new(hash_of(seed, atom));
    // Some worlds have little in them.
    let mood = hash_of(seed, &"mood") % 8;
    if mood == 2
        && let Some(part) = part_of_text(atom)
        && random.percent(60)
    {
        return the_text(seed, part);
    }
    match atom {
        Atom::Wrapper => (hash_of(seed, &"wrapper") & 1 == 0).into(),
        Atom::Argument(_) | Atom::Context(_) => argument(&mut random, palette),
        Atom::Memory(address) => memory(seed, *address, &mut random, palette),
        Atom::Readable(page) => readable(*page, &mut random),
        Atom::Present { .. } => random.percent(if mood == 0 { 10 } else { 65 }).into(),
        Atom::Value { .. } | Atom::Output { .. } => {
            if mood == 1 {
                0
            } else {
                contents(&mut random, palette)
            }
        }
        Atom::Global { initial, .. } => {
            if random.percent(60) {
                *initial
            } else {
                contents(&mut random, palette)
            }
        }
        Atom::Fails { .. } => random.percent(12).into(),
        Atom::Hole(_) => random.percent(2).into(),
        Atom::Missing { .. } => random.percent(3).into(),
        Atom::Raced { .. } => random.percent(8).into(),
        Atom::Time(nth) => time(seed, *nth),
        Atom::Kernel => match random.below(10) {
            0..=5 => 0,
            _ => random.below(64),
        },
        Atom::Nameless => random.percent(2).into(),
        Atom::Comm(part) => comm(*part, &mut random),
        Atom::Tid => 1 + random.below(60_000),
        Atom::Tgid => {
            if random.percent(25) {
                value(seed, &Atom::Tid, palette)
            } else {
                1 + random.below(60_000)
            }
        }
        Atom::Uid | Atom::Gid => match random.below(4) {
            0 => 0,
            1 => palette.pick_word(&mut random),
            _ => 1000 + random.below(1000),
        },
        Atom::Cpu => random.below(4),
        Atom::Result { .. } => match random.below(3) {
            0 => 0,
            1 => kernel_pointer(&mut random),
            _ => palette.pick(&mut random),
        },
    }
}

/// Which eight bytes of a text an atom could be.
fn part_of_text(atom: &Atom) -> Option<u32> {
    match atom {
        Atom::Comm(part) => Some(u32::from(*part)),
        Atom::Global { word, .. } | Atom::Value { word, .. } => Some(*word),
        _ => None,
    }
}

/// Eight bytes of the text that everything is called in some worlds: what programs compare names
/// with lies in their variables and maps.
fn the_text(seed: u64, part: u32) -> u64 {
    let length = u64::from(hash_of(seed, &"length") as u32) % 18;
    let part = u64::from(part) % 2;
    let bits = hash_of(seed, &("text", part));
    (0..8).fold(0, |word, place| {
        let byte = if part * 8 + place < length {
            letter(bits >> (place * 6))
        } else {
            0
        };
        word | byte << (place * 8)
    })
}

fn letter(bits: u64) -> u64 {
    const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyz/./-_ 0123456789ABCDEFGHIJKLMNOPQRSTUV";
    let letter = usize::try_from(bits & 63).ok();
    letter
        .and_then(|letter| LETTERS.get(letter))
        .map_or(0x78, |&letter| u64::from(letter))
}

/// A register at the entry of a function or system call.
fn argument(random: &mut Random, palette: &Palette) -> u64 {
    match random.below(20) {
        0..=6 => user_pointer(random),
        7..=8 => kernel_pointer(random),
        9 => 0,
        10..=11 => random.below(16),
        _ => palette.pick(random),
    }
}

/// Eight bytes of a value or variable.
fn contents(random: &mut Random, palette: &Palette) -> u64 {
    match random.below(10) {
        0..=1 => 0,
        2..=3 => random.below(100),
        4 => user_pointer(random),
        5 => text(random, ENDS),
        6..=7 => palette.pick_word(random) | palette.pick_word(random) << 32,
        _ => palette.pick(random),
    }
}

fn page(seed: u64, address: u64) -> Page {
    if hash_of(seed, &("page", address >> PAGE_BITS)) % 100 < 55 {
        Page::Text
    } else {
        Page::Words
    }
}

fn memory(seed: u64, address: u64, random: &mut Random, palette: &Palette) -> u64 {
    let user = is_user(address);
    // Text fills whatever there is for it in some worlds.
    let ends = match hash_of(seed, &"ends") % 6 {
        0 => 40 * ENDS,
        _ => ENDS,
    };
    match page(seed, address) {
        Page::Text if user || random.percent(50) => text(random, ends),
        _ => match random.below(20) {
            0..=2 => 0,
            3..=9 if user => user_pointer(random),
            3..=9 => kernel_pointer(random),
            10..=12 => random.below(100),
            13..=16 => palette.pick_word(random) | palette.pick_word(random) << 32,
            _ => palette.pick(random),
        },
    }
}

/// The first page and the one that holds error numbers as pointers are never there.
fn readable(page: u64, random: &mut Random) -> u64 {
    let address = page << PAGE_BITS;
    let nowhere = page == 0 || (USER_END..0xffff_0000_0000_0000).contains(&address);
    (!nowhere && page < u64::MAX >> PAGE_BITS && random.percent(88)).into()
}

/// Eight bytes of text, with ends in eight of `ends`; in memory order of a little-endian machine.
fn text(random: &mut Random, ends: u64) -> u64 {
    let bits = random.number();
    let end = random.below(ends);
    (0..8).fold(0, |word, place| {
        let byte = if place == end {
            0
        } else {
            letter(bits >> (place * 6))
        };
        word | byte << (place * 8)
    })
}

fn comm(part: u8, random: &mut Random) -> u64 {
    let word = text(random, ENDS);
    match part {
        0 => word | 0x61,
        // The last byte ends the name.
        _ => word & 0x00ff_ffff_ffff_ffff,
    }
}

fn user_pointer(random: &mut Random) -> u64 {
    USER_START + (random.below(1 << 24) << PAGE_BITS) + offset_in_page(random)
}

fn kernel_pointer(random: &mut Random) -> u64 {
    KERNEL_START + (random.below(1 << 24) << PAGE_BITS) + offset_in_page(random)
}

fn offset_in_page(random: &mut Random) -> u64 {
    match random.below(16) {
        // Close to the end, so that reads cross into the next page.
        0 => 4096 - 1 - random.below(64),
        1..=6 => random.below(4096),
        _ => 8 * random.below(500),
    }
}

/// Nanoseconds since boot that grow from look to look.
fn time(seed: u64, nth: u32) -> u64 {
    let mut random = Random::new(hash_of(seed, &"time"));
    let start = match random.below(4) {
        0 => random.below(1000),
        1 => random.number() >> 8,
        _ => random.below(1 << 44),
    };
    let step = 1 + (random.number() >> (24 + random.below(36)));
    start.wrapping_add(step.wrapping_mul(nth.into()))
}
