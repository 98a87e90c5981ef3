//! A table of names.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// Declarations by name. The names themselves stay in the text, of which there are a hundred
/// thousand.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<u64, Name, BuildHasherDefault<Hashed>>);

#[derive(Clone, Copy, Debug)]
struct Name {
    start: u32,
    length: u32,
    decl: u32,
}

impl Names {
    /// Adds `name`, a part of `text`, unless it is there already.
    pub fn insert(&mut self, text: &str, name: &str, decl: u32) {
        let start = name.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
        let (Ok(start), Ok(length)) = (u32::try_from(start), u32::try_from(name.len())) else {
            return;
        };
        let new = Name {
            start,
            length,
            decl,
        };
        let mut hash = hash(name);
        // Names with the same hash take the next free numbers.
        while let Some(known) = self.0.get(&hash) {
            if known.of(text) == name {
                return;
            }
            hash = hash.wrapping_add(1);
        }
        self.0.insert(hash, new);
    }

    /// The declaration of `name`.
    pub fn get(&self, text: &str, name: &str) -> Option<u32> {
        let mut hash = hash(name);
        loop {
            let known = self.0.get(&hash)?;
            if known.of(text) == name {
                return Some(known.decl);
            }
            hash = hash.wrapping_add(1);
        }
    }
}

impl Name {
    fn of(self, text: &str) -> &str {
        let start = self.start as usize;
        text.get(start..start + self.length as usize)
            .unwrap_or_default()
    }
}

/// FNV-1a.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Takes a hash for what it is.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
