//! How far a long command is: a bar on a terminal, plain lines elsewhere.

use std::{
    collections::BTreeSet,
    io::IsTerminal as _,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::migrate::{run::Event, unit::State};

/// A run that takes less isn't worth a line.
const QUIET: Duration = Duration::from_secs(2);

/// How far a migration is.
pub struct Progress {
    bar: Option<ProgressBar>,
    state: Mutex<Inner>,
}

struct Inner {
    done: usize,
    failed: usize,
    open: BTreeSet<String>,
    said: Instant,
}

impl Progress {
    /// Begins.
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::no_length();
            let style = ProgressStyle::with_template("{bar:30} {pos} of {len}{msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self {
            bar,
            state: Mutex::new(Inner {
                done: 0,
                failed: 0,
                open: BTreeSet::new(),
                said: Instant::now(),
            }),
        }
    }

    /// Says how many sources there are.
    pub fn of(&self, all: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
        }
    }

    /// Shows what happens.
    pub fn hear(&self, event: Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Planned(all) => {
                self.of(all);
                return;
            }
            Event::Begin(task) => {
                state.open.insert(task.source.display().to_string());
            }
            Event::End(task, unit) => {
                state.done += 1;
                state.failed += usize::from(unit.state >= State::Partly);
                state.open.remove(&task.source.display().to_string());
            }
        }
        let current = state.open.first().cloned().unwrap_or_default();
        let failed = match state.failed {
            0 => String::new(),
            failed => format!(", {failed} not ported whole"),
        };
        if let Some(bar) = &self.bar {
            bar.set_position(u64::try_from(state.done).unwrap_or(u64::MAX));
            bar.set_message(format!("{failed}  {current}"));
        } else if state.said.elapsed() > QUIET {
            state.said = Instant::now();
            eprintln!("{} done{failed}; at {current}", state.done);
        }
    }

    /// Ends.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
