//! Proof that two programs do the same, whatever the world is like.
//!
//! Both are run on terms instead of numbers, path by path; for every pair of paths that the same
//! world can take, what they leave behind is compared. Equal terms are equal; about the others an
//! SMT solver is asked.

mod access;
mod alu;
mod arithmetic;
mod ask;
mod begin;
mod bits;
mod calls;
mod contents;
mod effect;
mod eval;
mod facts;
mod finals;
mod helpers;
mod inner;
mod join;
mod machine;
mod maps;
mod memory;
mod numbers;
mod packet;
mod print;
mod probe;
mod queue;
mod reach;
mod records;
mod replay;
mod solver;
mod storage;
mod term;
#[cfg(test)]
mod tests;
mod text;
mod uninterpreted;
mod update;

use std::{
    fmt, thread,
    time::{Duration, Instant},
};

use serde::Serialize;

pub(super) use reach::{ask_unreachable, note_unreachable, subjects};

use self::{
    eval::Model,
    facts::Facts,
    finals::Ends,
    machine::{Limits, Prover, State, Stop},
    solver::{Answer, Solver},
    term::Binary,
};
use super::{
    error::{Result, Side},
    pair::Pair,
    session::{Session, Trial},
    world::{Atom, World},
};

/// Terms may nest deep.
const STACK: usize = 1 << 29;
/// Worlds of the solver's that don't show before it is given up.
const DOUBTS_MAX: u32 = 20;
/// The part of the time that is left in which a question has to be answered on which all hangs.
const PATIENCE: u32 = 4;
/// Worlds around a model that are tried.
const SEEDS: u64 = 40;

/// How to prove.
#[derive(Clone, Debug)]
pub struct ProveOptions {
    /// The solver's command; by default z3.
    pub solver: Option<String>,
    /// For one question.
    pub question: Duration,
    /// For one program.
    pub program: Duration,
    /// Paths that are gone one by one; where there are more, both sides of branches become one.
    pub paths: u64,
}

impl Default for ProveOptions {
    fn default() -> Self {
        Self {
            solver: None,
            question: Duration::from_secs(5),
            program: Duration::from_secs(120),
            paths: 5000,
        }
    }
}

/// What a proof came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// No world makes a difference.
    Proven,
    /// Neither.
    Undecided,
    /// A world does, and the differential machine showed it.
    Refuted,
}

/// A proof, or what is left of it.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// What it came to.
    pub outcome: Outcome,
    /// Why not further.
    pub reason: Option<String>,
    /// Paths through C's program.
    pub c_paths: u64,
    /// Pairs of paths that one world can take.
    pub pairs: u64,
    /// Questions to the solver.
    pub questions: u64,
    /// How long it took.
    pub seconds: f64,
    /// Whether bytes that C never wrote were left out.
    pub unwritten: bool,
}

/// A world in which the programs differ, and what came of it.
pub type Found = (World, Box<Trial>);

/// Whether the solver runs.
///
/// # Errors
///
/// Where it doesn't: what to install.
pub fn check_solver(options: &ProveOptions) -> Result<()> {
    Solver::new(options.solver.as_deref(), options.question).map(|_| ())
}

/// Tries to prove that the programs of `pair` do the same; with a world in which they don't, where
/// there is one.
///
/// # Errors
///
/// Where the solver doesn't run.
pub fn prove(
    session: &Session<'_>,
    pair: &Pair,
    options: &ProveOptions,
) -> Result<(Proof, Option<Found>)> {
    let solver = Solver::new(options.solver.as_deref(), options.question)?;
    let begun = Instant::now();
    let work = move || {
        let whole = Limits::new(options.program);
        let mut attempt = Attempt {
            session,
            pair,
            prover: Prover::new(
                solver,
                Limits {
                    paths: options.paths,
                    ..Limits::new(options.program / 2)
                },
                session.c.prototypes().clone(),
            ),
            c_paths: 0,
            pairs: 0,
            unwritten: false,
            doubt: None,
            doubts: 0,
            found: None,
        };
        let mut reason = attempt.run().err();
        // Where there are too many paths, fewer with more on each.
        if attempt.prover.exhausted && attempt.found.is_none() {
            attempt.prover.joining = true;
            attempt.prover.limits = whole;
            attempt.prover.paths = 0;
            (attempt.c_paths, attempt.pairs) = (0, 0);
            reason = attempt.run().err();
        }
        let outcome = match (&reason, &attempt.found) {
            (_, Some(_)) => Outcome::Refuted,
            (None, None) => Outcome::Proven,
            (Some(_), None) => Outcome::Undecided,
        };
        let proof = Proof {
            outcome,
            reason,
            c_paths: attempt.c_paths,
            pairs: attempt.pairs,
            questions: attempt.prover.solver.asked,
            seconds: (begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
            unwritten: attempt.unwritten,
        };
        (proof, attempt.found)
    };
    let failed = || Proof {
        outcome: Outcome::Undecided,
        reason: Some("no thread for it".to_owned()),
        c_paths: 0,
        pairs: 0,
        questions: 0,
        seconds: 0.0,
        unwritten: false,
    };
    Ok(deep(work).unwrap_or_else(|| (failed(), None)))
}

/// Does `work` where there is much room on the stack.
fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        thread.ok()?.join().ok()
    })
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.outcome {
            Outcome::Proven => "proven",
            Outcome::Undecided => "not proven",
            Outcome::Refuted => "refuted",
        };
        write!(f, "{outcome}")?;
        if let Some(reason) = &self.reason {
            write!(f, ": {reason}")?;
        }
        write!(
            f,
            " ({} paths of C, {} pairs of paths, {} questions, {:.1} s)",
            self.c_paths, self.pairs, self.questions, self.seconds
        )
    }
}

struct Attempt<'s> {
    session: &'s Session<'s>,
    pair: &'s Pair,
    prover: Prover,
    c_paths: u64,
    pairs: u64,
    unwritten: bool,
    /// What the solver says and the machine doesn't show, and how often.
    doubt: Option<String>,
    doubts: u32,
    found: Option<Found>,
}

impl Attempt<'_> {
    /// Goes through all pairs of paths; why that ended early, if it did.
    fn run(&mut self) -> std::result::Result<(), String> {
        let (session, pair) = (self.session, self.pair);
        let prover = &mut self.prover;
        let c = prover.program(session.c, pair.c, Side::C);
        let rust = prover.program(session.rust, pair.rust, Side::Rust);
        let cases = prover.cases(&c);
        let (both, known) = (cases.len() > 1, session.palette.wrapper());
        for case in cases {
            let mut facts = Facts::default();
            self.prover.pool.truth(true);
            facts.assume(&mut self.prover.pool, case);
            let wrapped = !matches!(*self.prover.pool.node(case), term::Node::Not(_));
            if both && known.is_some_and(|known| known != wrapped) {
                continue;
            }
            let first = self.prover.begin(&c, facts, wrapped).map_err(reason)?;
            let mut waiting = vec![first];
            while let Some(c_end) = self.prover.next(&c, &mut waiting)? {
                self.c_paths += 1;
                let first = self
                    .prover
                    .begin(&rust, c_end.facts.clone(), wrapped)
                    .map_err(reason)?;
                let mut waiting = vec![first];
                while let Some(rust_end) = self.prover.next(&rust, &mut waiting)? {
                    self.pairs += 1;
                    self.compare(&c_end, &rust_end)?;
                    if self.found.is_some() {
                        return Ok(());
                    }
                }
            }
        }
        self.doubt.take().map_or(Ok(()), Err)
    }

    fn compare(&mut self, c: &State<'_>, rust: &State<'_>) -> std::result::Result<(), String> {
        let ends = Ends {
            c,
            rust,
            c_image: self.session.c,
            rust_image: self.session.rust,
            result_counts: self.pair.kind.result_counts(),
        };
        let mut waiting = vec![rust.facts.clone()];
        while let Some(mut facts) = waiting.pop() {
            if facts.impossible {
                continue;
            }
            match self.prover.differences(&ends, &mut facts) {
                Ok((differences, unwritten)) => {
                    self.unwritten |= unwritten;
                    if differences.is_empty() {
                        continue;
                    }
                    let mut any = self.prover.pool.truth(false);
                    for difference in &differences {
                        let when = difference.when;
                        any = self.prover.pool.bitwise(Binary::Or, any, when);
                    }
                    let what: Vec<_> = differences.iter().map(|one| one.what.as_str()).collect();
                    self.question(&facts, any, &what.join("; "))?;
                    if self.found.is_some() {
                        return Ok(());
                    }
                }
                Err(Stop::Fork(condition)) => {
                    let mut other = facts.clone();
                    let opposite = self.prover.pool.not(condition);
                    for (facts, condition) in [(&mut facts, condition), (&mut other, opposite)] {
                        facts.model = None;
                        facts.assume(&mut self.prover.pool, condition);
                    }
                    waiting.extend([other, facts]);
                }
                Err(stop) => {
                    // Only if any world comes here.
                    if self.possible(&facts) {
                        return Err(reason(stop));
                    }
                }
            }
        }
        Ok(())
    }

    fn possible(&mut self, facts: &Facts) -> bool {
        let answer = self.prover.solver.ask(&self.prover.pool, &facts.all);
        !matches!(answer, Answer::Never)
    }

    /// Whether there is a world in which the difference shows.
    fn question(
        &mut self,
        facts: &Facts,
        when: term::Term,
        what: &str,
    ) -> std::result::Result<(), String> {
        let prover = &mut self.prover;
        let mut answer = prover.ask(facts, when);
        // One after the other is easier than all at once.
        if matches!(answer, Answer::Unknown) {
            let mut open = vec![when];
            let mut single = Vec::new();
            while let Some(term) = open.pop() {
                match *prover.pool.node(term) {
                    term::Node::Binary(Binary::Or, left, right) => open.extend([left, right]),
                    _ => single.push(term),
                }
            }
            answer = Answer::Never;
            let left = prover.limits.end.saturating_duration_since(Instant::now());
            let usual = prover.solver.limit;
            prover.solver.limit = usual.max(left / PATIENCE);
            for when in single {
                answer = prover.ask(facts, when);
                if !matches!(answer, Answer::Never) {
                    break;
                }
            }
            prover.solver.limit = usual;
        }
        match answer {
            Answer::Never => Ok(()),
            Answer::Unknown => Err(format!("the solver has no answer about {what}")),
            Answer::Holds(model) => {
                // A likely world first: in others the difference may have no place to show.
                let mut likely = facts.clone();
                likely.model = None;
                let wishes = self.prover.likely(facts, when);
                likely.all.extend(wishes);
                if let Answer::Holds(model) = self.prover.ask(&likely, when) {
                    self.found = self.replayed(&model);
                }
                if self.found.is_none() {
                    self.found = self.replayed(&model);
                }
                let doubt = format!(
                    "the solver names a world that differs in {what}, but there it does not show"
                );
                match self.found {
                    Some(_) => Ok(()),
                    // It may show on another path.
                    None if self.doubts < DOUBTS_MAX => {
                        self.doubts += 1;
                        self.doubt.get_or_insert(doubt);
                        Ok(())
                    }
                    None => Err(doubt),
                }
            }
        }
    }

    /// The world of a model, if the programs differ in it.
    fn replayed(&self, model: &Model) -> Option<Found> {
        let whole = replay::world(&self.prover.pool, model, self.session.c.object);
        // What is printed may be the same for some arguments.
        let mut without = whole.clone();
        without
            .set
            .retain(|atom, _| !matches!(atom, Atom::Argument(_)));
        let worlds = [whole, without];
        (0..=SEEDS)
            .flat_map(|seed| worlds.iter().map(move |world| (seed, world)))
            .find_map(|(seed, world)| {
                let world = World {
                    // The plain world first.
                    seed: seed.checked_sub(1),
                    set: world.set.clone(),
                };
                let trial = self.session.try_world(self.pair, &world);
                let found = trial.difference.is_some();
                found.then(|| (world, Box::new(trial)))
            })
    }
}

fn reason(stop: Stop) -> String {
    match stop {
        Stop::GiveUp(why) | Stop::Trap(why) => why,
        Stop::Fork(_) | Stop::End => "it depends".to_owned(),
    }
}
