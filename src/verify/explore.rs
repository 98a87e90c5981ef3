//! The search for worlds that take every branch of both programs.

use std::{
    collections::{HashMap, VecDeque},
    iter,
    time::Instant,
};

use super::{
    coverage::Coverage,
    guide::{Aim, GUESSES, KINDS, Nearest, Want, flips},
    machine::BranchSeen,
    pair::Pair,
    prove::{note_unreachable, subjects},
    session::{Session, Trial},
    world::{Learnt, Random, World},
};

/// Worlds of one kind that are tried for one side of a branch.
const ATTEMPTS_MAX: u32 = 1500;
/// Worlds of each kind that one run gives rise to for each side; and one that took a new side.
const ATTEMPTS_OF_RUN: usize = 2;
const ATTEMPTS_OF_NEW: usize = 64;
/// Worlds waiting to be tried of each kind, beside those that lead on from new sides.
const QUEUE_MAX: usize = 1000;
/// Of the turns that a run took past a branch, those of the first and of the last that are looked at.
const TURNS_OF_RUN: usize = 2;
/// Worlds without a new branch, after which the search changes only what it knows.
const CORPUS_MAX: usize = 400;

/// The part of the worlds after which nothing is tried any more for sides that no world takes.
const UNREACHABLE_AFTER: u64 = 10;

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

impl Explored {
    fn is_open(&self, (is_c, slot, taken): Aim) -> bool {
        let coverage = if is_c { &self.c } else { &self.rust };
        coverage.is_open((slot, taken))
    }
}

/// `branches` but for those in the middle of many that are the same one, going the same way.
fn first_and_last(branches: &[BranchSeen]) -> impl Iterator<Item = &BranchSeen> {
    let side = |branch: &BranchSeen| (branch.slot, branch.taken);
    let mut all: HashMap<_, usize> = HashMap::new();
    for branch in branches {
        *all.entry(side(branch)).or_default() += 1;
    }
    let mut seen: HashMap<_, usize> = HashMap::new();
    branches.iter().filter(move |branch| {
        let side = side(branch);
        let all = all.get(&side).copied().unwrap_or_default();
        let seen = seen.entry(side).or_default();
        *seen += 1;
        *seen <= TURNS_OF_RUN || all - *seen < TURNS_OF_RUN
    })
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
    let c_objects = || {
        let others = session.others.iter().map(|(c, _)| c.object);
        iter::once(session.c.object).chain(others)
    };
    let mut search = Search {
        session,
        pair,
        random: Random::new(budget.seed),
        explored: Explored {
            c: Coverage::of(pair.c.entry, c_objects()),
            rust: Coverage::of(pair.rust.entry, iter::once(session.rust.object)),
            ..Explored::default()
        },
        corpus: Vec::new(),
        queues: Default::default(),
        attempts: HashMap::new(),
        nearest: Nearest::default(),
    };
    while search.explored.worlds < budget.worlds && search.explored.different.is_none() {
        if budget.end.is_some_and(|end| Instant::now() >= end) {
            search.explored.out_of_time = true;
            break;
        }
        // The plain world first: nothing in it needs explaining.
        let world = match search.explored.worlds {
            0 => World::default(),
            _ => search.next(),
        };
        search.step(world);
        if search.explored.worlds == budget.worlds / UNREACHABLE_AFTER {
            search.leave_unreachable(budget);
        }
    }
    search.explored
}

struct Search<'a> {
    session: &'a Session<'a>,
    pair: &'a Pair,
    random: Random,
    explored: Explored,
    corpus: Vec<Known>,
    /// Worlds that may take a branch as well, of each kind of [`Flips`](super::guide::Flips).
    queues: [VecDeque<(Aim, World)>; KINDS],
    attempts: HashMap<Aim, Attempts>,
    nearest: Nearest,
}

/// What was tried for one side of a branch.
#[derive(Default)]
struct Attempts {
    /// Worlds of each kind.
    of_kind: [u32; KINDS],
    /// Runs that gave rise to them.
    runs: u32,
}

impl Search<'_> {
    fn next(&mut self) -> World {
        let [exact, switches, guesses, ends] = &mut self.queues;
        let turn = self.random.below(13);
        let queue = match turn {
            0..=2 => Some(exact),
            3 => Some(switches),
            4 => Some(guesses),
            12 => Some(ends),
            _ => None,
        };
        let queued = match queue {
            Some(queue) => {
                let open = |aim: &Aim| self.explored.is_open(*aim);
                loop {
                    match queue.pop_front() {
                        Some((aim, world)) if open(&aim) => break Some(world),
                        Some(_) => {}
                        None => break None,
                    }
                }
            }
            None if turn < 7 => self.nearest.step(&mut self.random, self.session.palette),
            None => None,
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

    /// Finds out which of the sides that were not taken yet no world takes.
    fn leave_unreachable(&mut self, budget: Budget) {
        let [c, rust] = subjects(self.session, self.pair);
        let explored = &mut self.explored;
        note_unreachable(&mut explored.c, &c, budget);
        note_unreachable(&mut explored.rust, &rust, budget);
        self.nearest.forget(|(is_c, slot, taken)| {
            let coverage = if is_c { &explored.c } else { &explored.rust };
            coverage.unreachable.contains(&(slot, taken))
        });
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
        self.aim(&world, &trial);
        let new = new_in_c || new_in_rust;
        let wanted = self.wanted(&trial, new);
        for (queue, wants) in self.queues.iter_mut().zip(wanted) {
            for (aim, changes) in wants {
                let mut world = world.clone();
                world.set.extend(changes);
                // What is new leads on from here.
                if new {
                    queue.push_front((aim, world));
                } else if queue.len() < QUEUE_MAX {
                    queue.push_back((aim, world));
                }
            }
        }
        if new && self.corpus.len() < CORPUS_MAX {
            let learnt = trial.c.learnt;
            self.corpus.push(Known { world, learnt });
        }
    }

    /// Notes how near the world came to sides that were never taken.
    fn aim(&mut self, world: &World, trial: &Trial) {
        let explored = &self.explored;
        for (is_c, run, coverage) in [
            (true, &trial.c, &explored.c),
            (false, &trial.rust, &explored.rust),
        ] {
            for branch in &run.branches {
                self.nearest.reached((is_c, branch.slot, branch.taken));
                let other = (branch.slot, !branch.taken);
                if !coverage.is_open(other) {
                    continue;
                }
                let aim = (is_c, other.0, other.1);
                let random = &mut self.random;
                self.nearest.offer(aim, branch, world, &run.learnt, random);
            }
        }
    }

    /// Changes that may take a branch the other way, where that was never taken.
    fn wanted(&mut self, trial: &Trial, new: bool) -> [Vec<(Aim, Want)>; KINDS] {
        let endian = self.session.c.object.endian;
        let mut wants = [const { Vec::new() }; KINDS];
        for (is_c, run) in [(true, &trial.c), (false, &trial.rust)] {
            for branch in first_and_last(&run.branches) {
                let coverage = if is_c {
                    &self.explored.c
                } else {
                    &self.explored.rust
                };
                let other = (branch.slot, !branch.taken);
                if !coverage.is_open(other) {
                    continue;
                }
                let aim = (is_c, branch.slot, !branch.taken);
                let tried = self.attempts.entry(aim).or_default();
                let is_full = |(tried, queue): (&u32, &VecDeque<_>)| {
                    *tried >= ATTEMPTS_MAX || queue.len() >= QUEUE_MAX
                };
                let is_useless = tried.runs >= ATTEMPTS_MAX
                    || (tried.of_kind.iter().zip(&self.queues)).all(is_full);
                if !new && is_useless {
                    continue;
                }
                tried.runs += 1;
                for (kind, found) in flips(run, branch, endian).kinds().iter().enumerate() {
                    let (Some(tried), Some(wants)) =
                        (tried.of_kind.get_mut(kind), wants.get_mut(kind))
                    else {
                        continue;
                    };
                    let most = if new {
                        ATTEMPTS_OF_NEW
                    } else {
                        ATTEMPTS_OF_RUN
                    };
                    if new && kind != GUESSES {
                        let first = found.iter().take(ATTEMPTS_OF_NEW).rev();
                        wants.extend(first.map(|flip| (aim, flip.want())));
                        continue;
                    }
                    for _ in 0..found.len().min(most) {
                        // What was asked last is likelier to have decided.
                        let count = found.len() as u64;
                        let at = self.random.below(count).min(self.random.below(count));
                        let want = usize::try_from(at).ok().and_then(|at| found.get(at));
                        if new || *tried < ATTEMPTS_MAX {
                            *tried += 1;
                            wants.extend(want.map(|flip| (aim, flip.want())));
                        }
                    }
                }
            }
        }
        wants
    }
}
