//! The search for worlds that take every branch of both programs.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    time::Instant,
};

use super::{
    bytes::truncate,
    helpers::POISON,
    insn::{Op, Value},
    machine::{BranchSeen, Run},
    object::Object,
    pair::Pair,
    session::{Session, Trial},
    world::{Atom, Learnt, Random, World},
};

/// Worlds that are tried for one side of a branch because a number in them was compared, and as
/// many for any other reason.
const ATTEMPTS_MAX: u32 = 1500;
/// Worlds of either kind that one run gives rise to.
const ATTEMPTS_OF_RUN: usize = 12;
/// Worlds waiting to be tried.
const QUEUE_MAX: usize = 4000;
/// Atoms of one world that are changed on the way to a branch.
const ATOMS_MAX: usize = 4096;
/// Worlds without a new branch, after which the search changes only what it knows.
const CORPUS_MAX: usize = 400;

/// An atom and the value that it should have.
type Want = (Atom, u64);
/// One side of a branch.
type Edge = (usize, bool);

/// What the search found.
#[derive(Debug, Default)]
pub struct Explored {
    /// Worlds tried.
    pub worlds: u64,
    /// The first world in which the programs differ, and how.
    pub different: Option<(World, Box<Trial>)>,
    /// Sides of branches that C's program has, and took.
    pub c: Coverage,
    /// The same for Rust's.
    pub rust: Coverage,
    /// Executed instructions: C's, Rust's.
    pub instructions: (u64, u64),
    /// Calls of helpers: C's, Rust's.
    pub helper_calls: (u64, u64),
    /// Worlds in which C's program depends on memory that nobody wrote.
    pub indeterminate: u64,
    /// Worlds in which both ended early, and why for one of them.
    pub trapped: (u64, Option<String>),
    /// Whether the time was over before all worlds were tried.
    pub out_of_time: bool,
}

/// Sides of branches.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Those that were taken.
    pub taken: BTreeSet<(usize, bool)>,
    /// Those that the program has.
    pub all: BTreeSet<(usize, bool)>,
}

impl Coverage {
    fn of(object: &Object, entry: usize) -> Self {
        Self {
            taken: BTreeSet::new(),
            all: edges(object, entry),
        }
    }

    fn note(&mut self, branches: &[BranchSeen]) -> bool {
        let before = self.taken.len();
        self.taken
            .extend(branches.iter().map(|branch| (branch.slot, branch.taken)));
        self.taken.len() > before
    }

    /// The branches whose one side was never taken, with that side.
    pub fn missed(&self) -> impl Iterator<Item = &(usize, bool)> {
        self.all.difference(&self.taken)
    }
}

/// Both sides of every branch that can be reached from `entry`, through calls and callbacks too.
fn edges(object: &Object, entry: usize) -> BTreeSet<Edge> {
    let mut found = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut waiting = vec![entry];
    while let Some(at) = waiting.pop() {
        let Some(op) = object.code.get(at) else {
            continue;
        };
        if !seen.insert(at) {
            continue;
        }
        match *op {
            Op::Exit => continue,
            Op::Jump(target) => {
                waiting.push(target);
                continue;
            }
            Op::Branch { target, .. } => {
                // What a loader left unfilled is guarded so; no loader leaves it.
                let dead = |to| object.code.get(to) == Some(&Op::Helper(POISON));
                let sides = [(at, false, at + 1), (at, true, target)];
                let live = sides.into_iter().filter(|&(.., to)| !dead(to));
                found.extend(live.map(|(at, taken, _)| (at, taken)));
                waiting.push(target);
            }
            Op::MayGoto(target) | Op::Call(target) => waiting.push(target),
            Op::LoadImmediate { value, .. } => {
                if let Value::Function(target) = value {
                    waiting.push(target);
                }
                waiting.push(at + 2);
                continue;
            }
            _ => {}
        }
        waiting.push(at + 1);
    }
    found
}

/// How long and how far to search.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Worlds for one pair of programs.
    pub worlds: u64,
    /// When to stop in any case.
    pub end: Option<Instant>,
    /// The first seed.
    pub seed: u64,
}

struct Known {
    world: World,
    learnt: Learnt,
}

/// Runs `pair` in many worlds until they differ or the budget is used up.
pub fn explore(session: &Session<'_>, pair: &Pair, budget: Budget) -> Explored {
    let mut search = Search {
        session,
        pair,
        random: Random::new(budget.seed),
        explored: Explored {
            c: Coverage::of(session.c.object, pair.c.entry),
            rust: Coverage::of(session.rust.object, pair.rust.entry),
            ..Explored::default()
        },
        corpus: Vec::new(),
        exact: VecDeque::new(),
        guesses: VecDeque::new(),
        attempts: HashMap::new(),
    };
    // The plain world first: nothing in it needs explaining.
    search.exact.push_back(World::default());
    while search.explored.worlds < budget.worlds && search.explored.different.is_none() {
        if budget.end.is_some_and(|end| Instant::now() >= end) {
            search.explored.out_of_time = true;
            break;
        }
        let world = search.next();
        search.step(world);
    }
    search.explored
}

struct Search<'a> {
    session: &'a Session<'a>,
    pair: &'a Pair,
    random: Random,
    explored: Explored,
    corpus: Vec<Known>,
    /// Worlds in which a compared number is another, and worlds that may take a branch as well.
    exact: VecDeque<World>,
    guesses: VecDeque<World>,
    attempts: HashMap<(bool, usize, bool), [u32; 2]>,
}

impl Search<'_> {
    fn next(&mut self) -> World {
        let queued = match self.random.below(10) {
            0..=5 => self.exact.pop_front(),
            6..=7 => self.guesses.pop_front(),
            _ => None,
        };
        if let Some(world) = queued {
            return world;
        }
        if self.corpus.is_empty() || self.random.percent(60) {
            return World {
                seed: Some(self.random.number()),
                ..World::default()
            };
        }
        self.mutated()
    }

    /// A known world with a few atoms changed.
    fn mutated(&mut self) -> World {
        let index = usize::try_from(self.random.below(self.corpus.len() as u64)).unwrap_or(0);
        let Some(known) = self.corpus.get(index) else {
            return World::default();
        };
        let atoms = known.learnt.atoms();
        let mut world = known.world.clone();
        for _ in 0..=self.random.below(3) {
            let at = usize::try_from(self.random.below(atoms.len() as u64)).unwrap_or(0);
            let Some((atom, value)) = atoms.get(at) else {
                continue;
            };
            let value = match self.random.below(4) {
                0 => value ^ 1 << self.random.below(64),
                1 => value.wrapping_neg(),
                _ => self.session.palette.pick(&mut self.random),
            };
            world.set.insert(atom.clone(), value);
        }
        world
    }

    fn step(&mut self, world: World) {
        let trial = self.session.try_world(self.pair, &world);
        let explored = &mut self.explored;
        explored.worlds += 1;
        explored.indeterminate += u64::from(trial.indeterminate);
        let new_in_c = explored.c.note(&trial.c.branches);
        let new_in_rust = explored.rust.note(&trial.rust.branches);
        if trial.difference.is_some() {
            explored.different = Some((world, Box::new(trial)));
            return;
        }
        if let Some(trap) = &trial.c.outcome.trap {
            explored.trapped.0 += 1;
            explored.trapped.1 = Some(trap.to_string());
        } else {
            explored.instructions.0 += trial.c.instructions;
            explored.instructions.1 += trial.rust.instructions;
            explored.helper_calls.0 += trial.c.helper_calls;
            explored.helper_calls.1 += trial.rust.helper_calls;
        }
        let [exact, guesses] = self.wanted(&trial);
        for (queue, wants) in [(&mut self.exact, exact), (&mut self.guesses, guesses)] {
            for (atom, value) in wants {
                let mut world = world.clone();
                world.set.insert(atom, value);
                queue.push_back(world);
                if queue.len() > QUEUE_MAX {
                    queue.pop_front();
                }
            }
        }
        if (new_in_c || new_in_rust) && self.corpus.len() < CORPUS_MAX {
            let learnt = trial.c.learnt;
            self.corpus.push(Known { world, learnt });
        }
    }

    /// Changes that may take a branch the other way, where that was never taken.
    fn wanted(&mut self, trial: &Trial) -> [Vec<Want>; 2] {
        let mut wants = [Vec::new(), Vec::new()];
        for (is_c, run) in [(true, &trial.c), (false, &trial.rust)] {
            for branch in &run.branches {
                let coverage = if is_c {
                    &self.explored.c
                } else {
                    &self.explored.rust
                };
                if coverage.taken.contains(&(branch.slot, !branch.taken)) {
                    continue;
                }
                let tried = self
                    .attempts
                    .entry((is_c, branch.slot, !branch.taken))
                    .or_default();
                for (kind, found) in flips(run, branch).iter().enumerate() {
                    let (Some(tried), Some(wants)) = (tried.get_mut(kind), wants.get_mut(kind))
                    else {
                        continue;
                    };
                    for _ in 0..found.len().min(ATTEMPTS_OF_RUN) {
                        let at = self.random.below(found.len() as u64);
                        let want = usize::try_from(at).ok().and_then(|at| found.get(at));
                        if *tried < ATTEMPTS_MAX {
                            *tried += 1;
                            wants.extend(want.cloned());
                        }
                    }
                }
            }
        }
        wants
    }
}

/// For each atom that may be one side of the comparison, values that make it come out otherwise;
/// and guesses: numbers that anything could be, and the other answer to questions that have two.
fn flips(run: &Run, branch: &BranchSeen) -> [Vec<Want>; 2] {
    let (mut exact, mut guesses) = (Vec::new(), Vec::new());
    let (mut left, mut right) = (branch.left, branch.right);
    // A compiler may compare 32 bits as the upper half of 64.
    if (left | right) & 0xffff_ffff == 0 {
        left >>= 32;
        right >>= 32;
    }
    for (atom, value) in run.learnt.atoms().iter().rev().take(ATOMS_MAX) {
        match atom {
            Atom::Wrapper
            | Atom::Present { .. }
            | Atom::Hole(_)
            | Atom::Missing { .. }
            | Atom::Raced { .. }
            | Atom::Fails { .. }
            | Atom::Readable(_) => {
                guesses.push((atom.clone(), u64::from(*value == 0)));
                continue;
            }
            _ => {}
        }
        for (seen, other) in [(left, right), (right, left)] {
            for shift in [0, 32, 16, 48] {
                let Some(size) = matching(*value >> shift, seen) else {
                    continue;
                };
                let wants = if seen > 1 { &mut exact } else { &mut guesses };
                let mask = truncate(u64::MAX, size) << shift;
                for wanted in [
                    other,
                    other.wrapping_add(1),
                    other.wrapping_sub(1),
                    seen ^ other,
                ] {
                    let changed = value & !mask | wanted << shift & mask;
                    if changed != *value {
                        wants.push((atom.clone(), changed));
                    }
                }
                break;
            }
        }
    }
    [exact, guesses]
}

/// How many bytes of `value` a comparison saw as `seen`.
fn matching(value: u64, seen: u64) -> Option<u64> {
    [8, 4, 2, 1].into_iter().find(|&size| {
        let cut = truncate(value, size);
        let extended = super::bytes::sign_extend(value, size);
        seen == cut || seen == extended || seen == truncate(extended, 4)
    })
}
