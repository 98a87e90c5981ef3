//! Sides of branches that no world takes.
//!
//! A program is run on terms, along all of its paths. A side that none of them takes is out of reach:
//! paths end only where what is known on them, or the solver, says that no world goes on there. Where
//! a path can't be followed to its end, all counts as taken to which the code could lead from there.

use std::{
    collections::{BTreeSet, HashMap},
    iter,
    rc::Rc,
    time::{Duration, Instant},
};

use super::{
    ProveOptions, deep,
    facts::Facts,
    machine::{Ended, Limits, Program, Prover, State},
    solver::Solver,
    term::Node,
};
use crate::verify::{
    coverage::{Coverage, Edge, edges},
    error::{Result, Side},
    explore::Budget,
    insn::{Op, Value},
    machine::{Image, Start},
    object::Object,
    pair::Pair,
    session::Session,
};

/// So much is done without a solver: the answer has to be the same on every machine.
const PATHS: u64 = 3000;
const STEPS_OF_PATH: u64 = 20_000;
const WORK_OF_WORLD: u64 = 100;
const TERMS: usize = 2_000_000;
/// Longer than that takes.
const LONG: Duration = Duration::from_secs(600);
/// The helper that goes on in another program.
const TAIL_CALL: u32 = 12;
/// With a solver, the part of the time for a program that may be used, and for each world.
const PART: u32 = 4;
const TIME_OF_WORLD: Duration = Duration::from_millis(3);

/// A program of one object: the object as it is on each kernel, where it begins, and whose it is.
pub type Subject<'a> = (Vec<&'a Image<'a>>, Start, Side);

/// The programs of `pair`.
pub fn subjects<'a>(session: &Session<'a>, pair: &Pair) -> [Subject<'a>; 2] {
    let c = session.others.iter().map(|(c, _)| c);
    let rust = session.others.iter().map(|(_, rust)| rust);
    let c = iter::once(session.c).chain(c).collect();
    let rust = iter::once(session.rust).chain(rust).collect();
    [(c, pair.c, Side::C), (rust, pair.rust, Side::Rust)]
}

/// Notes the sides of branches in `coverage` of which terms alone say that no world takes them.
pub fn note_unreachable(coverage: &mut Coverage, subject: &Subject<'_>, budget: Budget) {
    let limits = Limits {
        instructions: STEPS_OF_PATH,
        paths: PATHS,
        terms: TERMS,
        work: WORK_OF_WORLD.saturating_mul(budget.worlds),
        end: budget.end.unwrap_or_else(|| Instant::now() + LONG),
    };
    // First path by path; then with both sides of a branch as one path, which knows less and gets
    // further.
    for joining in [false, true] {
        let missed = coverage.missed();
        let found = out_of_reach(missed, subject, (limits, joining), Solver::none);
        coverage.unreachable.extend(found);
    }
}

/// The same with a solver.
///
/// # Errors
///
/// Where it doesn't run.
pub fn ask_unreachable(
    coverage: &mut Coverage,
    subject: &Subject<'_>,
    budget: Budget,
    options: &ProveOptions,
) -> Result<()> {
    super::check_solver(options)?;
    let solver = || Solver::new(options.solver.as_deref(), options.question);
    // After few worlds much was not taken that is easily reached.
    let worlds = u32::try_from(budget.worlds).unwrap_or(u32::MAX);
    let time = TIME_OF_WORLD.saturating_mul(worlds);
    let limits = Limits::new(time.min(options.program / PART));
    let missed = coverage.missed();
    let found = out_of_reach(missed, subject, (limits, false), || {
        solver().unwrap_or_else(|_| Solver::none())
    });
    coverage.unreachable.extend(found);
    Ok(())
}

/// What is left of `missed`, that is out of reach whatever the kernel.
fn out_of_reach(
    missed: BTreeSet<Edge>,
    (images, start, side): &Subject<'_>,
    (limits, joining): (Limits, bool),
    solver: impl Fn() -> Solver + Sync,
) -> BTreeSet<Edge> {
    let mut left = missed;
    for image in images {
        if left.is_empty() {
            break;
        }
        let before = std::mem::take(&mut left);
        let work = || {
            let mut prover = Prover::new(solver(), limits, image.prototypes().clone());
            prover.joining = joining;
            let program = prover.program(image, *start, *side);
            let walk = Walk {
                prover,
                program,
                left: before,
                leads: HashMap::new(),
            };
            walk.left()
        };
        left = deep(work).unwrap_or_default();
    }
    left
}

struct Walk<'a> {
    prover: Prover,
    program: Program<'a>,
    /// What was not reached yet.
    left: BTreeSet<Edge>,
    /// To which sides code leads, by the instruction.
    leads: HashMap<usize, Rc<BTreeSet<Edge>>>,
}

impl Walk<'_> {
    /// What no path takes.
    fn left(mut self) -> BTreeSet<Edge> {
        for case in self.prover.cases(&self.program) {
            let mut facts = Facts::default();
            facts.assume(&mut self.prover.pool, case);
            let wrapped = !matches!(*self.prover.pool.node(case), Node::Not(_));
            let Ok(first) = self.prover.begin(&self.program, facts, wrapped) else {
                return BTreeSet::new();
            };
            let mut waiting = vec![first];
            loop {
                let next = self.prover.next(&self.program, &mut waiting);
                self.reached();
                if self.left.is_empty() {
                    return self.left;
                }
                match next {
                    // The kernel's verifier lets nothing through that does so, so our machine is wrong.
                    Ok(Some(state)) if matches!(state.ended, Some(Ended::Trapped(_))) => {
                        self.may_follow(&state);
                    }
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_) => {
                        if let Some(state) = waiting.pop() {
                            self.may_follow(&state);
                        }
                    }
                }
            }
        }
        self.left
    }

    fn reached(&mut self) {
        let taken = std::mem::take(&mut self.prover.taken);
        self.left.retain(|edge| !taken.contains(edge));
    }

    /// Counts as reached what may follow on `state`.
    fn may_follow(&mut self, state: &State<'_>) {
        let object = self.program.image.object;
        let returns = state.frames.iter().map(super::calls::Frame::goes_on_at);
        // It may call back, or go on in another program.
        let called = called_by_address(object);
        let places = [state.at].into_iter().chain(returns).chain(called);
        for at in places {
            let leads = self.leads.entry(at);
            let leads = leads.or_insert_with(|| Rc::new(edges(object, at)));
            self.left.retain(|edge| !leads.contains(edge));
        }
    }
}

/// What may be called without being named in the call.
fn called_by_address(object: &Object) -> impl Iterator<Item = usize> {
    let function = |value: &Value| match *value {
        Value::Function(at) => Some(at),
        _ => None,
    };
    let in_code = object.code.iter().filter_map(move |op| match op {
        Op::LoadImmediate { value, .. } => function(value),
        _ => None,
    });
    let in_data = (object.data.iter().flat_map(|section| &section.addresses))
        .filter_map(move |(_, value)| function(value));
    let programs = object.programs.iter().map(|program| program.entry);
    let tail_calls = object
        .code
        .iter()
        .any(|op| matches!(op, Op::Helper(TAIL_CALL)));
    let programs = programs.filter(move |_| tail_calls);
    in_code.chain(in_data).chain(programs)
}
