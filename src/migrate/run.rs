//! Ports all sources of a plan, on all cores, each only if something changed.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use super::{
    Loader, Request,
    fresh::Files,
    plan::{Plan, Task},
    state::State,
    unit::{self, Made, Unit},
};
use crate::source::Cache;

/// Emitting recurses into what was nested in C.
const STACK: usize = 64 << 20;

/// What happens while sources are ported.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// So many sources there are.
    Planned(usize),
    /// A source is begun.
    Begin(&'a Task),
    /// A source is done.
    End(&'a Task, &'a Unit),
}

/// What became of all sources.
#[derive(Debug, Default)]
pub struct Ran {
    /// In the order of the plan; those that weren't begun lack.
    pub made: Vec<Made>,
    /// How many were ported, and not taken over from the last run.
    pub redone: usize,
    /// Whether a source that couldn't be ported ended the run.
    pub stopped: bool,
}

/// The last run, as far as it is kept.
pub struct Last<'a> {
    /// What it remembered.
    pub state: &'a State,
    /// The text of a file as it was generated.
    pub text: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

/// Ports the sources.
pub fn run(
    request: &Request,
    plan: &Plan,
    last: Option<&Last<'_>>,
    heard: &(dyn Fn(Event<'_>) + Sync),
) -> Ran {
    heard(Event::Planned(plan.tasks.len()));
    let cache = Cache::default();
    let files = Files::new(request);
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let redone = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<usize, Made>> = Mutex::default();
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = plan.tasks.get(at) else {
                break;
            };
            heard(Event::Begin(task));
            let kept = last.and_then(|last| kept(request, task, last, &files, &cache));
            let made = kept.unwrap_or_else(|| {
                redone.fetch_add(1, Ordering::Relaxed);
                unit::make(request, task, &cache)
            });
            heard(Event::End(task, &made.unit));
            if request.fail_fast && made.unit.state >= unit::State::Partly {
                stop.store(true, Ordering::Relaxed);
            }
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            results.insert(at, made);
        }
    };
    thread::scope(|scope| {
        let mut started = 0;
        for _ in 0..request.jobs.clamp(1, plan.tasks.len().max(1)) {
            let worker = thread::Builder::new().stack_size(STACK);
            started += usize::from(worker.spawn_scoped(scope, work).is_ok());
        }
        if started == 0 {
            work();
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ran {
        made: results.into_values().collect(),
        redone: redone.into_inner(),
        stopped: stop.into_inner(),
    }
}

/// What the last run made of a source, if that is still right.
fn kept(
    request: &Request,
    task: &Task,
    last: &Last<'_>,
    files: &Files<'_>,
    cache: &Cache,
) -> Option<Made> {
    // A loader of all objects needs what is in them.
    if request.loader == Loader::Single {
        return None;
    }
    let path = request.repository.join(&task.source);
    let unit = last.state.units.get(&unit::input_name(request, &path))?;
    if !files.is_fresh(unit, task) {
        return None;
    }
    let mut texts = BTreeMap::new();
    for (path, hash) in &unit.files {
        let text = (last.text)(path)?;
        if crate::output::write::hash(text.as_bytes()) != *hash {
            return None;
        }
        texts.insert(PathBuf::from(path), text);
    }
    Some(Made {
        unit: unit.clone(),
        files: texts,
        text: cache.read(&path).ok(),
        object: None,
    })
}
