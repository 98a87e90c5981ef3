//! The kernel that a program sees, made up as the program looks at it.
//!
//! Everything that a program can learn from outside is an [`Atom`]. What its value is follows from
//! the world's seed and the atom alone, so both objects see the same world however differently
//! they look at it; single atoms can be set to other values, by which worlds are steered and
//! shrunk.

mod generate;
mod palette;

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    hash::{Hash, Hasher},
    sync::Arc,
};

pub use generate::{KERNEL_START, is_user};
pub use palette::Palette;

/// One thing that a program can learn from outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atom {
    /// Whether the kernel wraps its system calls.
    Wrapper,
    /// Which kernel it is, of one that has all that programs ask about and those that don't.
    Kernel,
    /// An argument of the system call or function, counted from 0.
    Argument(u8),
    /// Another word of the context, by its offset in bytes.
    Context(u32),
    /// Eight bytes of kernel or user memory, by their address.
    Memory(u64),
    /// Whether a page of kernel or user memory can be read, by its number.
    Readable(u64),
    /// Whether sixteen bytes of kernel or user memory can't be read although their page can, by
    /// their number: as if pages were as small as that.
    Hole(u64),
    /// Whether a map has an element.
    Present {
        /// The map.
        map: Arc<str>,
        /// The key.
        key: Arc<[u8]>,
    },
    /// Whether an array hides an element that it has: kernels don't do it, but programs have to
    /// be ready for it.
    Missing {
        /// The map.
        map: Arc<str>,
        /// The key.
        key: Arc<[u8]>,
    },
    /// Whether another CPU adds an element just before the program does.
    Raced {
        /// The map.
        map: Arc<str>,
        /// The key.
        key: Arc<[u8]>,
    },
    /// Eight bytes of a map's value.
    Value {
        /// The map.
        map: Arc<str>,
        /// The key.
        key: Arc<[u8]>,
        /// Whose value it is in a per-CPU map.
        cpu: u32,
        /// Which eight bytes.
        word: u32,
    },
    /// Eight bytes of a variable.
    Global {
        /// The variable.
        name: Arc<str>,
        /// Which eight bytes.
        word: u32,
        /// Those that the object has there.
        initial: u64,
    },
    /// Whether a map's operation fails, by how many there were before it.
    Fails {
        /// The map.
        map: Arc<str>,
        /// Counted from 0.
        nth: u32,
    },
    /// The clock, at each time that a program looks.
    Time(u32),
    /// Eight bytes of the thread's name.
    Comm(u8),
    /// Whether the kernel can't say what the thread's name is: kernels don't do it, but programs
    /// may be ready for it.
    Nameless,
    /// The ids that a program can ask for.
    Tid,
    /// The process.
    Tgid,
    /// The user.
    Uid,
    /// The group.
    Gid,
    /// The processor that runs the program.
    Cpu,
    /// What any other helper or kernel function returns, by name and how often it was called.
    Result {
        /// The helper.
        helper: Arc<str>,
        /// Counted from 0.
        nth: u32,
    },
    /// Eight bytes that a helper wrote: as [`Atom::Result`], and which.
    Output {
        /// The helper.
        helper: Arc<str>,
        /// Counted from 0.
        nth: u32,
        /// Which eight bytes.
        word: u32,
    },
}

/// A choice of all atoms.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Decides about every atom that isn't set; none is the plain world where nothing happens.
    pub seed: Option<u64>,
    /// Atoms that were set.
    pub set: BTreeMap<Atom, u64>,
}

/// What a program learnt, in the order of its first looks.
#[derive(Clone, Debug, Default)]
pub struct Learnt {
    order: Vec<(Atom, u64)>,
    known: HashMap<Atom, u64, Stable>,
}

/// Answers for one run in a world, and remembers what was asked.
#[derive(Debug)]
pub struct Oracle<'a> {
    world: &'a World,
    palette: &'a Palette,
    learnt: RefCell<Learnt>,
}

impl<'a> Oracle<'a> {
    /// For one run in `world`.
    pub fn new(world: &'a World, palette: &'a Palette) -> Self {
        Self {
            world,
            palette,
            learnt: RefCell::default(),
        }
    }

    /// The value of `atom`.
    pub fn ask(&self, atom: Atom) -> u64 {
        let mut learnt = self.learnt.borrow_mut();
        if let Some(&value) = learnt.known.get(&atom) {
            return value;
        }
        let known = match atom {
            Atom::Wrapper => self.palette.wrapper().map(u64::from),
            _ => None,
        };
        let value = known
            .or_else(|| self.world.set.get(&atom).copied())
            .unwrap_or_else(|| match self.world.seed {
                Some(seed) => generate::value(seed, &atom, self.palette),
                None => atom.plain(),
            });
        let value = atom.normal(value);
        learnt.order.push((atom.clone(), value));
        learnt.known.insert(atom, value);
        value
    }

    /// How much was asked so far.
    pub fn asked(&self) -> usize {
        self.learnt.borrow().order.len()
    }

    /// What was asked.
    pub fn into_learnt(self) -> Learnt {
        self.learnt.into_inner()
    }
}

impl Learnt {
    /// The atoms and their values, in the order of the first looks.
    pub fn atoms(&self) -> &[(Atom, u64)] {
        &self.order
    }
}

impl Atom {
    /// Its value in the plain world.
    pub fn plain(&self) -> u64 {
        match self {
            Self::Readable(page) => (*page != 0).into(),
            Self::Wrapper => 1,
            Self::Global { initial, .. } => *initial,
            Self::Tid | Self::Tgid => 1,
            _ => 0,
        }
    }

    /// Whether it is the answer to a question that has two.
    pub fn is_switch(&self) -> bool {
        matches!(
            self,
            Self::Wrapper
                | Self::Nameless
                | Self::Present { .. }
                | Self::Hole(_)
                | Self::Missing { .. }
                | Self::Raced { .. }
                | Self::Fails { .. }
                | Self::Readable(_)
        )
    }

    /// `value` as this atom can have it.
    fn normal(&self, value: u64) -> u64 {
        match self {
            // Nothing lies where null pointers point.
            Self::Readable(0) => 0,
            _ if self.is_switch() => (value != 0).into(),
            Self::Tid | Self::Tgid | Self::Uid | Self::Gid => value & 0xffff_ffff,
            Self::Cpu => value % u64::from(CPUS),
            _ => value,
        }
    }
}

/// The kernel that `value` of [`Atom::Kernel`] means, of so many that lack something; none where it
/// lacks nothing.
pub fn kernel_of(value: u64, others: usize) -> Option<usize> {
    let kernels = u64::try_from(others).ok()?.checked_add(1)?;
    usize::try_from(value % kernels).ok()?.checked_sub(1)
}

/// Processors of a world.
pub const CPUS: u32 = 4;

/// A hash that is the same on every machine and in every run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stable;

/// The state of [`Stable`].
#[derive(Clone, Copy, Debug)]
pub struct StableHasher(u64);

impl std::hash::BuildHasher for Stable {
    type Hasher = StableHasher;

    fn build_hasher(&self) -> StableHasher {
        StableHasher(0x9e37_79b9_7f4a_7c15)
    }
}

impl Hasher for StableHasher {
    fn finish(&self) -> u64 {
        mix(self.0)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk
                .iter()
                .rev()
                .fold(0, |word, &byte| word << 8 | u64::from(byte));
            self.write_u64(word);
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }
}

/// Scatters the bits of `number` (the finalizer of SplitMix64).
pub fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

/// The stable hash of anything.
pub fn hash_of(seed: u64, what: &impl Hash) -> u64 {
    use std::hash::BuildHasher as _;
    let mut hasher = Stable.build_hasher();
    hasher.write_u64(seed);
    what.hash(&mut hasher);
    hasher.finish()
}

/// Pseudo-random numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `end`; 0 where `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number().checked_rem(end).unwrap_or(0)
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, times: u64) -> bool {
        self.below(100) < times
    }

    /// One of `choices`; 0 where there are none.
    pub fn pick(&mut self, choices: &[u64]) -> u64 {
        let index = self.below(choices.len() as u64);
        usize::try_from(index)
            .ok()
            .and_then(|index| choices.get(index))
            .copied()
            .unwrap_or(0)
    }
}
