//! `c2aya check`: whether committed ports are made from the C as it is.

use std::{num::NonZero, path::PathBuf, thread};

use super::{
    Outcome,
    migrate::{failed, tell},
    port::report,
};
use crate::{
    migrate::{
        Done,
        check::{Checked, check, request},
        config::Config,
        migrate,
        unit::State,
    },
    source::span::SourceMap,
};

/// Check that a workspace which `migrate` wrote is made from the C as it is now
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workspace's folder
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,

    /// Bring it up to date instead, as `migrate` does
    #[arg(long)]
    update: bool,

    /// Name what is out of date, without the differences
    #[arg(short, long)]
    quiet: bool,

    /// How many threads work [default: one for each core]
    #[arg(short, long, value_name = "NUMBER")]
    jobs: Option<NonZero<usize>>,
}

impl Args {
    /// Does it.
    pub fn run(&self) -> Outcome {
        let jobs = self
            .jobs
            .or_else(|| thread::available_parallelism().ok())
            .map_or(1, NonZero::get);
        let (request, last) = match request(&self.folder, jobs) {
            Ok(found) => found,
            Err(error) => return failed(*error),
        };
        if self.update {
            let done = Config::read(&request.repository)
                .and_then(|config| migrate(&request, &config, &|_| {}));
            return match done {
                Ok(done) => {
                    tell(&request, &done);
                    updated(&done)
                }
                Err(error) => failed(*error),
            };
        }
        match check(&request, &last) {
            Ok(checked) => {
                self.show(&checked);
                if checked.is_whole() {
                    Outcome::Done
                } else {
                    Outcome::Incomplete
                }
            }
            Err(error) => failed(*error),
        }
    }

    fn show(&self, checked: &Checked) {
        report(&checked.diagnostics, &SourceMap::default());
        for stale in &checked.stale {
            say!("{} is out of date:", stale.source);
            for change in &stale.changes {
                say!("    {change}");
            }
            if !self.quiet {
                for difference in &stale.differences {
                    super::say(&difference.diff);
                }
            }
        }
        for difference in &checked.others {
            say!("{} is out of date", difference.path);
            if !self.quiet && !difference.path.starts_with("migration.") {
                super::say(&difference.diff);
            }
        }
        if checked.is_whole() {
            say!(
                "{} sources: all is made from the C as it is",
                checked.sources
            );
        } else {
            eprintln!("`c2aya check --update` brings it up to date");
        }
    }
}

/// What can't be ported is no fault of the update; a conflict is.
fn updated(done: &Done) -> Outcome {
    let worse = done.units.values().any(|unit| unit.state >= State::Partly);
    if worse || !done.written.conflicts.is_empty() {
        Outcome::Incomplete
    } else {
        Outcome::Done
    }
}
