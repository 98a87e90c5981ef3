//! Shows on real kernels that a port does what its C does.
//!
//! A fixture is a C file and a file of calls beside it (`NAME.bpf.c`, `NAME.calls.toml`, see
//! [`calls`]). Its port is one program of an emitted workspace. Both objects are put before the
//! kernel by the witness (tests/bench/witness), and what they leave behind must be equal.

mod archive;
mod boot;
mod call;
mod calls;
mod compare;
mod cost;
mod differences;
mod faults;
mod fixture;
mod kernels;
mod machine;
mod observation;
mod plan;
mod shown;
mod tools;
mod types;
mod verdict;

use std::{
    panic::resume_unwind,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Parser, Subcommand};

use crate::{
    cost::Costs,
    fixture::{Fixture, Pair},
    machine::Machine,
    tools::Tools,
    verdict::Verdict,
};

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
    /// Compare on other kernels, in virtual machines
    Boot {
        #[command(flatten)]
        inputs: Inputs,
        /// As scripts/fetch-kernel --list has them
        #[arg(long = "kernel", required = true)]
        kernels: Vec<String>,
        /// Fixtures' own workspaces, DIR/FIXTURE: on x86_64 and arm64 the port is then loaded by the
        /// loader that it came with, and what that prints is compared too
        #[arg(long, value_name = "DIR")]
        loaders: Option<PathBuf>,
    },
    /// Put faults into the port on purpose: the comparison must notice every one
    Faults {
        #[command(flatten)]
        inputs: Inputs,
        /// At how many places each fault is tried
        #[arg(long, default_value_t = 2)]
        places: usize,
        /// Only faults whose name contains this
        #[arg(long)]
        only: Option<String>,
        /// By this c2aya's `verify` instead of on the kernel
        #[arg(long, value_name = "C2AYA")]
        verify: Option<PathBuf>,
    },
}

#[derive(clap::Args)]
struct Inputs {
    /// The emitted workspace; without one the C is compared with itself, which tries the calls
    #[arg(long, value_name = "DIR")]
    ported: Option<PathBuf>,
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
fn in_parallel<J: Sync, R: Send>(
    at_a_time: usize,
    jobs: &[J],
    work: impl Fn(&J) -> R + Sync,
) -> Vec<R> {
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
        let workers: Vec<_> = (0..at_a_time).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    });
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Builds both objects of every fixture.
fn pairs<'a>(
    tools: &Tools,
    workspace: Option<&Path>,
    fixtures: &[&'a Fixture],
    machine: Machine,
) -> Result<Vec<(&'a Fixture, Pair)>> {
    let objects = workspace
        .map(|workspace| tools.build_ported(workspace, machine))
        .transpose()?;
    let pairs = in_parallel(JOBS_AT_A_TIME, fixtures, |fixture| {
        fixture.pair(tools, machine, objects.as_ref())
    });
    (fixtures.iter().copied())
        .zip(pairs)
        .map(|(fixture, pair)| Ok((fixture, pair?)))
        .collect()
}

fn report(verdicts: &[Verdict]) -> Result<()> {
    let mut bad = 0;
    for verdict in verdicts {
        println!("{verdict}");
        bad += usize::from(!verdict.is_equal());
    }
    ensure!(bad == 0, "{bad} comparisons failed");
    Ok(())
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
            if inputs.ported.is_none() {
                println!("no --ported: this compares each C with itself");
            }
            let all: Vec<_> = fixtures.iter().collect();
            let pairs = pairs(&tools, inputs.ported.as_deref(), &all, Machine::X86_64)?;
            let jobs: Vec<_> = (pairs.iter())
                .flat_map(|pair| flags(wrapper).into_iter().map(move |flag| (pair, flag)))
                .collect();
            let verdicts = in_parallel(JOBS_AT_A_TIME, &jobs, |((fixture, pair), flag)| {
                compare::compare(&tools, fixture, pair, *flag)
            });
            let verdicts = verdicts.into_iter().collect::<Result<Vec<_>>>()?;
            let costs = verdicts
                .iter()
                .flat_map(|verdict| verdict.costs.iter().map(|cost| (&*verdict.name, cost)));
            let costs = Costs(costs.collect());
            report(&verdicts)?;
            println!("\n{costs}");
            costs.ensure_bounded()?;
        }
        Command::Boot {
            inputs,
            kernels,
            loaders,
        } => kernels::run(&tools, &inputs, &kernels, loaders.as_deref())?,
        Command::Faults {
            inputs,
            places,
            only,
            verify,
        } => {
            let judge = match &verify {
                Some(c2aya) => faults::Judge::Verify(c2aya),
                None => faults::Judge::Kernel,
            };
            faults::run(
                &tools,
                inputs
                    .ported
                    .as_deref()
                    .context("faults are put into a port: --ported")?,
                &inputs.fixtures()?,
                judge,
                places,
                only.as_deref(),
            )?;
        }
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
