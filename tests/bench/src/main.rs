//! Shows on real kernels that a port does what its C does.
//!
//! A fixture is a C file and a file of calls beside it (`NAME.bpf.c`, `NAME.calls.toml`, see
//! [`calls`]). Its port is one program of an emitted workspace. Both objects are put before the
//! kernel by the witness (tests/bench/witness), and what they leave behind must be equal.

mod call;
mod calls;
mod compare;
mod differences;
mod faults;
mod fixture;
mod observation;
mod plan;
mod tools;

use std::{
    panic::resume_unwind,
    path::PathBuf,
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

use crate::{fixture::Fixture, tools::Tools};

#[derive(Parser)]
#[command(about, version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Load an object through this kernel's verifier
    Load {
        object: PathBuf,
        /// Say that the kernel wraps its system calls, or that it doesn't; by default both in turn
        #[arg(long, value_parser = parse_flag)]
        wrapper: Option<bool>,
        /// Constants to set before loading: JSON, {"symbol": number}
        #[arg(long, value_name = "FILE")]
        values: Option<PathBuf>,
    },
    /// Compare ports with their C originals
    Compare {
        #[command(flatten)]
        inputs: Inputs,
        #[arg(long, value_parser = parse_flag)]
        wrapper: Option<bool>,
    },
    /// Put faults into the port on purpose: the comparison must notice every one
    Faults {
        #[command(flatten)]
        inputs: Inputs,
        /// How many places of each port a fault is tried at
        #[arg(long, default_value_t = 1)]
        places: usize,
        /// Only faults whose name contains this
        #[arg(long)]
        only: Option<String>,
    },
}

#[derive(clap::Args)]
struct Inputs {
    /// The emitted workspace
    #[arg(long, value_name = "DIR")]
    ported: PathBuf,
    /// The C files; beside each lies its NAME.calls.toml
    #[arg(required = true)]
    sources: Vec<PathBuf>,
}

impl Inputs {
    fn fixtures(&self) -> Result<Vec<Fixture>> {
        self.sources
            .iter()
            .map(|path| Fixture::open(path))
            .collect()
    }
}

fn parse_flag(text: &str) -> Result<bool, String> {
    match text {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err("0 or 1".into()),
    }
}

fn flags(only: Option<bool>) -> Vec<bool> {
    only.map_or_else(|| vec![false, true], |flag| vec![flag])
}

/// Comparing is mostly waiting for the kernel to take probes off again.
const JOBS_AT_A_TIME: usize = 4;

/// The results are in the order of the jobs.
fn in_parallel<J: Sync, R: Send>(jobs: &[J], work: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(number) else {
                return done;
            };
            done.push((number, work(job)));
        }
    };
    let mut results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..JOBS_AT_A_TIME).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    });
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

fn run(options: Options) -> Result<()> {
    let tools = Tools::new()?;
    match options.command {
        Command::Load {
            object,
            wrapper,
            values,
        } => {
            let mut refused = false;
            for flag in flags(wrapper) {
                refused |= !compare::load(&tools, &object, flag, values.as_deref())?;
            }
            if refused {
                bail!("refused by this kernel");
            }
        }
        Command::Compare { inputs, wrapper } => {
            let fixtures = inputs.fixtures()?;
            let objects = tools.build_ported(&inputs.ported)?;
            let jobs: Vec<_> = (fixtures.iter())
                .flat_map(|fixture| flags(wrapper).into_iter().map(move |flag| (fixture, flag)))
                .collect();
            let verdicts = in_parallel(&jobs, |(fixture, flag)| {
                compare::compare(&tools, fixture, &fixture.pair(&tools, &objects)?, *flag)
            });
            let mut different = 0;
            for verdict in verdicts {
                let verdict = verdict?;
                println!("{verdict}");
                different += usize::from(!verdict.is_equal());
            }
            if different > 0 {
                bail!("{different} comparisons found differences");
            }
        }
        Command::Faults {
            inputs,
            places,
            only,
        } => faults::run(
            &tools,
            &inputs.ported,
            &inputs.fixtures()?,
            places,
            only.as_deref(),
        )?,
    }
    Ok(())
}

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
