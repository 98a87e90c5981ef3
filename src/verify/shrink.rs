//! The smallest world in which two programs still differ.

use super::{
    pair::Pair,
    session::{Session, Trial},
    world::{Atom, World},
};

/// Worlds that are tried on the way.
const TRIALS_MAX: u32 = 3000;

/// Makes `world` as plain as it can be while the programs differ.
pub fn shrink(session: &Session<'_>, pair: &Pair, world: &World, trial: Trial) -> (World, Trial) {
    let mut shrinker = Shrinker {
        session,
        pair,
        left: TRIALS_MAX,
        best: (world.clone(), trial),
    };
    // Everything that was asked, spelled out: the seed isn't needed any more.
    let mut plain = World::default();
    for run in [&shrinker.best.1.rust, &shrinker.best.1.c] {
        plain.set.extend(run.learnt.atoms().iter().cloned());
    }
    if shrinker.differs(plain) {
        shrinker.drop_atoms();
        shrinker.simplify_values();
        shrinker.drop_atoms();
    }
    shrinker.best
}

struct Shrinker<'a> {
    session: &'a Session<'a>,
    pair: &'a Pair,
    left: u32,
    best: (World, Trial),
}

impl Shrinker<'_> {
    /// Keeps `world` if the programs differ in it.
    fn differs(&mut self, world: World) -> bool {
        self.attempt(world).is_ok()
    }

    /// Keeps `world` if the programs differ in it; gives it back with what came of it otherwise.
    fn attempt(&mut self, world: World) -> Result<(), Option<Box<(World, Trial)>>> {
        self.left = self.left.checked_sub(1).ok_or(None)?;
        let trial = self.session.try_world(self.pair, &world);
        if trial.difference.is_none() {
            return Err(Some(Box::new((world, trial))));
        }
        self.best = (world, trial);
        Ok(())
    }

    /// Tries `world`, and where the programs then look up other elements that aren't there, the
    /// world in which they are.
    fn differs_with_elements(&mut self, world: World) -> bool {
        let failed = match self.attempt(world) {
            Ok(()) => return true,
            Err(None) => return false,
            Err(Some(failed)) => failed,
        };
        let (mut world, trial) = *failed;
        let absent: Vec<Atom> = trial
            .c
            .learnt
            .atoms()
            .iter()
            .filter(|(atom, value)| matches!(atom, Atom::Present { .. }) && *value == 0)
            .map(|(atom, _)| atom.clone())
            .collect();
        if absent.is_empty() {
            return false;
        }
        world.set.retain(|atom, _| {
            !matches!(
                atom,
                Atom::Present { .. } | Atom::Missing { .. } | Atom::Value { .. }
            )
        });
        world.set.extend(absent.into_iter().map(|atom| (atom, 1)));
        self.differs(world)
    }

    /// Sets atoms back to what they are in the plain world, many at once at first.
    fn drop_atoms(&mut self) {
        self.best.0.set.retain(|atom, value| atom.plain() != *value);
        let mut size = self.best.0.set.len();
        while size > 0 {
            let atoms: Vec<Atom> = self.best.0.set.keys().cloned().collect();
            for chunk in atoms.chunks(size) {
                let mut world = self.best.0.clone();
                world.set.retain(|atom, _| !chunk.contains(atom));
                self.differs(world);
            }
            size /= 2;
        }
    }

    fn simplify_values(&mut self) {
        let atoms: Vec<(Atom, u64)> = self
            .best
            .0
            .set
            .iter()
            .map(|(atom, value)| (atom.clone(), *value))
            .collect();
        for (atom, value) in atoms {
            if !self.best.0.set.contains_key(&atom) {
                continue;
            }
            for simple in simpler(value) {
                let mut world = self.best.0.clone();
                world.set.insert(atom.clone(), simple);
                if self.differs_with_elements(world) {
                    break;
                }
            }
        }
    }
}

/// Numbers that are easier on the eye, the easiest first.
fn simpler(value: u64) -> impl Iterator<Item = u64> {
    let high = value & 0xffff_ffff_0000_0000;
    let candidates = [
        1,
        2,
        u64::MAX,
        0x7f00_0000_0000,
        0x1_0000_0000,
        value & 0xff,
        value & 0xffff,
        value & 0xffff_ffff,
        high,
        high | 1,
        1 << (63 - value.leading_zeros().min(63)),
    ];
    candidates
        .into_iter()
        .take_while(move |&candidate| candidate != value)
        .filter(|&candidate| candidate != 0)
}
