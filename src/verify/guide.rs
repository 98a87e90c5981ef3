//! Where a branch could go the other way: what a world would have to be like.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    bytes::{Endian, sign_extend, truncate},
    ends::{End, cuts, longer},
    machine::{BranchSeen, Run},
    world::{Atom, Learnt, Palette, Random, World},
};

/// Atoms of one world that are changed on the way to a branch.
const ATOMS_MAX: usize = 4096;
/// Kernels that are tried; more are not made.
const KERNELS: u64 = 10;
/// What is added to numbers of the world before they are compared, at most.
const SUM_MAX: u64 = 4096;
/// Lengths of texts, at most.
const LENGTH_MAX: u64 = 4096;
/// Numbers asked last of which two are changed at once.
const NEAR: usize = 16;
/// Worlds for one side of a branch that bring it no nearer, after which others have their turn.
const PATIENCE: u32 = 1000;
/// Worlds that are as near as others replace them so many times in a hundred.
const DRIFT: u64 = 20;

/// Atoms and the values that they should have.
pub type Want = Vec<(Atom, u64)>;
/// A side of a branch, in C's object or in Rust's.
pub type Aim = (bool, usize, bool);

/// For each side of a branch that was never taken, the world that came nearest to it.
#[derive(Debug, Default)]
pub struct Nearest {
    aims: BTreeMap<Aim, Near>,
}

#[derive(Debug)]
struct Near {
    distance: u64,
    world: World,
    atoms: Vec<(Atom, u64)>,
    tried: u32,
}

impl Nearest {
    /// Keeps `world` if it came nearer to `aim` than all before.
    pub fn offer(
        &mut self,
        aim: Aim,
        branch: &BranchSeen,
        world: &World,
        learnt: &Learnt,
        random: &mut Random,
    ) {
        let distance = branch.distance;
        let tried = match self.aims.get(&aim) {
            Some(near) if near.distance < distance => return,
            Some(near) if near.distance == distance && !random.percent(DRIFT) => return,
            Some(near) if near.distance == distance => near.tried,
            _ => 0,
        };
        let atoms = asked_before(learnt, branch).cloned();
        let near = Near {
            distance,
            world: world.clone(),
            atoms: atoms.collect(),
            tried,
        };
        self.aims.insert(aim, near);
    }

    /// Forgets about a side that was taken.
    pub fn reached(&mut self, aim: Aim) {
        self.aims.remove(&aim);
    }

    /// Forgets about the sides that `are_out_of_reach`.
    pub fn forget(&mut self, are_out_of_reach: impl Fn(Aim) -> bool) {
        self.aims.retain(|&aim, _| !are_out_of_reach(aim));
    }

    /// A world that may be nearer to one of the sides.
    pub fn step(&mut self, random: &mut Random, palette: &Palette) -> Option<World> {
        let open = |near: &&mut Near| near.tried < PATIENCE && !near.atoms.is_empty();
        let count = self.aims.values_mut().filter(open).count();
        let at = usize::try_from(random.below(count as u64)).ok()?;
        let near = self.aims.values_mut().filter(open).nth(at)?;
        near.tried += 1;
        let mut world = near.world.clone();
        for _ in 0..=random.below(2) {
            // What was asked last is likelier to have decided.
            let count = near.atoms.len() as u64;
            let at = random.below(count).min(random.below(count));
            let (atom, value) = near.atoms.get(usize::try_from(at).ok()?)?;
            let before = world.set.get(atom).unwrap_or(value);
            let changed = if atom.is_switch() {
                u64::from(*before == 0)
            } else {
                varied(*before, random, palette)
            };
            world.set.insert(atom.clone(), changed);
        }
        Some(world)
    }
}

/// A number like `value`.
fn varied(value: u64, random: &mut Random, palette: &Palette) -> u64 {
    let byte = 8 * random.below(8);
    match random.below(10) {
        0 => value ^ 1 << random.below(64),
        1 => value.wrapping_add(1 + random.below(16)),
        2 => value.wrapping_sub(1 + random.below(16)),
        3 => value.wrapping_add(1 << random.below(64)),
        4 => value.wrapping_sub(1 << random.below(64)),
        5 => value & !(0xff << byte) | random.below(256) << byte,
        6 => value << 1 | random.below(2),
        7 => value >> 1,
        8 => u64::from(value == 0),
        _ => palette.pick(random),
    }
}

/// Atoms and the values that would make a comparison come out otherwise.
#[derive(Clone, Debug)]
pub enum Flip<'a> {
    /// One of them.
    One((&'a Atom, u64)),
    /// Two that have to change together.
    Two([(&'a Atom, u64); 2]),
    /// Memory that ends elsewhere.
    End(End<'a>),
}

impl Flip<'_> {
    /// What a world has to have.
    pub fn want(&self) -> Want {
        let set = |(atom, value): &(&Atom, u64)| ((*atom).clone(), *value);
        match self {
            Self::One(one) => vec![set(one)],
            Self::Two(two) => two.iter().map(set).collect(),
            Self::End(end) => end.want(),
        }
    }
}

/// How many kinds of [`Flips`] there are.
pub const KINDS: usize = 4;
/// The kind that is least likely to help.
pub const GUESSES: usize = 2;

/// Changes of a world that may make a comparison come out otherwise.
#[derive(Debug, Default)]
pub struct Flips<'a> {
    /// For each atom that may be one side of it, values that do so.
    pub exact: Vec<Flip<'a>>,
    /// The other answer to questions that have two, those asked last first.
    pub switches: Vec<Flip<'a>>,
    /// Numbers that anything could be.
    pub guesses: Vec<Flip<'a>>,
    /// Memory and texts that end elsewhere.
    pub ends: Vec<Flip<'a>>,
}

impl<'a> Flips<'a> {
    /// All of them.
    pub fn kinds(self) -> [Vec<Flip<'a>>; KINDS] {
        [self.exact, self.switches, self.guesses, self.ends]
    }
}

/// What was asked before a branch, the last first: nothing else can have decided.
fn asked_before<'a>(
    learnt: &'a Learnt,
    branch: &BranchSeen,
) -> impl Iterator<Item = &'a (Atom, u64)> + Clone {
    let atoms = learnt.atoms();
    let before = atoms.get(..branch.asked).unwrap_or(atoms);
    before.iter().rev().take(ATOMS_MAX)
}

/// What the world of `run` would have to be like for `branch` to go the other way.
pub fn flips<'a>(run: &'a Run, branch: &BranchSeen, endian: Endian) -> Flips<'a> {
    let mut flips = Flips::default();
    // A length, or what lies where a text was put.
    if branch.left.min(branch.right) <= LENGTH_MAX {
        let found = longer(asked_before(&run.learnt, branch), endian);
        flips.ends.extend(found.into_iter().map(Flip::End));
    }
    // What can't be read shows as a number that isn't 0.
    if branch.left == 0 || branch.right == 0 {
        let found = cuts(asked_before(&run.learnt, branch), endian);
        flips.ends.extend(found.into_iter().map(Flip::End));
    }
    let (mut left, mut right) = (branch.left, branch.right);
    // A compiler may compare 32 bits as the upper half of 64.
    if (left | right) & 0xffff_ffff == 0 {
        left >>= 32;
        right >>= 32;
    }
    let atoms = || asked_before(&run.learnt, branch);
    for (atom, value) in atoms() {
        if atom.is_switch() {
            let other = u64::from(*value == 0);
            flips.switches.push(Flip::One((atom, other)));
        } else if *atom == Atom::Kernel {
            let kernels = (0..KERNELS).map(|kernel| Flip::One((atom, kernel)));
            flips.switches.extend(kernels);
        }
    }
    for (seen, other) in [(left, right), (right, left)] {
        let parts: Vec<_> = atoms()
            .filter(|(atom, _)| !atom.is_switch() && *atom != Atom::Kernel)
            .flat_map(|(atom, value)| {
                let parts = Part::all(*value, seen);
                parts.into_iter().map(move |part| (atom, *value, part))
            })
            .collect();
        let wants = if seen > 1 {
            &mut flips.exact
        } else {
            &mut flips.guesses
        };
        let changed = |(atom, value, part): &(&'a Atom, u64, Part), wanted| {
            let changed = part.with(*value, wanted);
            (changed != *value).then_some((*atom, changed))
        };
        let near: Vec<_> = (parts.iter())
            .take_while({
                let mut atoms = BTreeSet::new();
                move |one| {
                    atoms.insert(one.0);
                    atoms.len() <= NEAR
                }
            })
            .collect();
        for wanted in [
            other,
            other.wrapping_add(1),
            other.wrapping_sub(1),
            seen ^ other,
        ] {
            let alone = parts.iter().filter_map(|one| changed(one, wanted));
            wants.extend(alone.map(Flip::One));
            // Two that have to be the same, as a comparison before this one wanted it.
            wants.extend(near.iter().enumerate().flat_map(|(at, one)| {
                let others = near.iter().skip(at + 1);
                let like = others.filter(|two| two.0 != one.0 && two.2.is_like(&one.2));
                like.filter_map(|two| {
                    let second = changed(two, wanted)?;
                    let first = changed(one, wanted)?;
                    Some(Flip::Two([first, second]))
                })
            }));
        }
    }
    flips
}

/// What a comparison saw of a value of the world.
struct Part {
    shift: u32,
    size: u64,
    /// Whether its bytes were swapped.
    swapped: bool,
    /// What was added.
    sum: u64,
}

impl Part {
    /// The parts of `value` that may have been seen as `seen`.
    fn all(value: u64, seen: u64) -> Vec<Self> {
        let part = |shift, size, swapped, sum| Self {
            shift,
            size,
            swapped,
            sum,
        };
        let places = [0, 32, 16, 48, 8, 24, 40, 56];
        let same = places.iter().filter_map(|&shift| {
            let size = matching(value >> shift, seen)?;
            Some(part(shift, size, false, 0))
        });
        let found: Vec<_> = same.collect();
        if !found.is_empty() || seen < 0x100 {
            return found;
        }
        let swapped = places.iter().flat_map(|&shift| {
            let sizes = [2, 4, 8].into_iter();
            let same = move |size: &u64| swap(truncate(value >> shift, *size), *size) == seen;
            sizes
                .filter(same)
                .map(move |size| part(shift, size, true, 0))
        });
        let found: Vec<_> = swapped.collect();
        if !found.is_empty() {
            return found;
        }
        let shift = seen.leading_zeros().checked_sub(value.leading_zeros());
        if let Some(shift) = shift.filter(|&shift| value >> shift == seen) {
            return vec![part(shift, 8, false, 0)];
        }
        let sums = places.iter().filter_map(|&shift| {
            let sum = seen.wrapping_sub(value >> shift);
            let small = sum.wrapping_add(SUM_MAX) <= 2 * SUM_MAX;
            // Of what is little, any number is a part.
            let likely = shift == 0 || value >> shift > SUM_MAX;
            (small && likely).then(|| part(shift, 8, false, sum))
        });
        sums.collect()
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.shift, self.size, self.swapped) == (other.shift, other.size, other.swapped)
    }

    /// `value` with `wanted` to be seen in this part.
    fn with(&self, value: u64, wanted: u64) -> u64 {
        let wanted = wanted.wrapping_sub(self.sum);
        let wanted = if self.swapped {
            swap(truncate(wanted, self.size), self.size)
        } else {
            wanted
        };
        let mask = truncate(u64::MAX, self.size) << self.shift;
        value & !mask | wanted << self.shift & mask
    }
}

/// The bytes of a number of `size` bytes in the other order.
fn swap(value: u64, size: u64) -> u64 {
    value
        .swap_bytes()
        .checked_shr(u32::try_from(64 - 8 * size.min(8)).unwrap_or(0))
        .unwrap_or(0)
}

/// How many bytes of `value` a comparison saw as `seen`.
fn matching(value: u64, seen: u64) -> Option<u64> {
    [8, 4, 2, 1].into_iter().find(|&size| {
        let cut = truncate(value, size);
        let extended = sign_extend(value, size);
        seen == cut || seen == extended || seen == truncate(extended, 4)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `value`, of which a comparison saw `seen`, so that it sees `wanted`.
    fn check(value: u64, seen: u64, wanted: u64, expected: u64) {
        let parts = Part::all(value, seen);
        let changed: Vec<_> = parts.iter().map(|part| part.with(value, wanted)).collect();
        assert!(
            changed.contains(&expected),
            "{value:x} seen as {seen:x}: {changed:x?}"
        );
    }

    #[test]
    fn parts() {
        check(0x1234_5678, 0x1234_5678, 7, 7);
        check(0x61_62_63, 0x62, 0x7a, 0x61_7a_63);
        // A port in the order of the network.
        check(0x3500, 0x35, 0x50, 0x5000);
        check(0xdead_beef_0000_3412, 0x1234, 0x50, 0xdead_beef_0000_5000);
        check(0x1234_5678_9abc, 0x1234_5678_9abc >> 9, 3, 3 << 9 | 0xbc);
        check(1000, 1005, 2005, 2000);
        check(0x1234_5678_9abc, 0x12_3456_789a - 15, 3, 18 << 8 | 0xbc);
        // A sign that was made longer.
        check(0xffff_fffe, u64::MAX - 1, 5, 5);
    }
}
