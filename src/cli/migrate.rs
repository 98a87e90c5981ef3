//! `c2aya migrate`: a whole repository to one Aya workspace.

use std::{num::NonZero, path::PathBuf, thread};

use super::{
    Outcome,
    port::{CommonReading, folder_name, parse_archs, report},
    progress::Progress,
};
use crate::{
    migrate::{
        Done, Loader, Request,
        config::Config,
        migrate,
        plan::{Plan, plan},
        report::data::reason,
        unit::State,
    },
    quirks::Quirks,
    source::span::SourceMap,
};

/// Port a repository's BPF sources into one workspace, and keep both in step
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The repository's folder
    #[arg(value_name = "REPO")]
    repository: PathBuf,

    /// The folder of the workspace
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// What the workspace is called [default: the name of DIR]
    #[arg(long)]
    name: Option<String>,

    /// How many loaders the workspace has [default: per-object]
    #[arg(long, value_enum)]
    loader: Option<Loader>,

    /// What becomes of system calls that libbpf leaves to the user: mmap, clone, socket calls, and
    /// those of 32-bit programs [default: libbpf]
    #[arg(long, value_enum)]
    quirks: Option<Quirks>,

    /// Take BPF sources without system call probes too
    #[arg(long)]
    all_bpf: bool,

    /// Take only sources that fit
    #[arg(id = "only", long = "include", value_name = "GLOB")]
    include: Vec<String>,

    /// Leave out sources that fit
    #[arg(id = "without", long = "exclude", value_name = "GLOB")]
    exclude: Vec<String>,

    /// List what would be done and why, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// How many threads work [default: one for each core]
    #[arg(short, long, value_name = "NUMBER")]
    jobs: Option<NonZero<usize>>,

    /// Go on where a source can't be ported; this is the default
    #[arg(long, conflicts_with = "fail_fast")]
    keep_going: bool,

    /// Stop at the first source that can't be ported, and write nothing
    #[arg(long)]
    fail_fast: bool,

    /// Overwrite generated files that were edited since
    #[arg(long)]
    force: bool,

    /// How to read the C
    #[command(flatten)]
    reading: CommonReading,
}

impl Args {
    /// Does it.
    pub fn run(&self) -> Outcome {
        match self.try_run() {
            Ok(outcome) => outcome,
            Err(error) => {
                eprintln!("c2aya: {error:#}");
                Outcome::Failed
            }
        }
    }

    fn try_run(&self) -> anyhow::Result<Outcome> {
        let config = match Config::read(&self.repository) {
            Ok(config) => config,
            Err(error) => return Ok(failed(*error)),
        };
        let request = self.request(&config)?;
        if self.dry_run {
            return Ok(match plan(&request, &config) {
                Ok(plan) => {
                    report(&plan.diagnostics, &SourceMap::default());
                    show(&plan);
                    Outcome::Done
                }
                Err(error) => failed(*error),
            });
        }
        let progress = Progress::new();
        let done = migrate(&request, &config, &|event| progress.hear(event));
        progress.end();
        let done = match done {
            Ok(done) => done,
            Err(error) => return Ok(failed(*error)),
        };
        tell(&request, &done);
        let all = done.units.values().all(|unit| unit.state < State::Partly);
        let whole = all && done.written.conflicts.is_empty() && !done.stopped;
        Ok(if whole {
            Outcome::Done
        } else {
            Outcome::Incomplete
        })
    }

    /// What the command line and the configuration want.
    fn request(&self, config: &Config) -> anyhow::Result<Request> {
        let either = |own: &[String], configured: &[String]| {
            if own.is_empty() { configured } else { own }.to_vec()
        };
        let archs = match &config.archs {
            Some(configured) if self.reading.target_arch.is_empty() => parse_archs(configured)?,
            _ => self.reading.archs()?,
        };
        let migrate = &config.migrate;
        Ok(Request {
            repository: self.repository.clone(),
            output: self.output.clone(),
            name: (self.name.clone())
                .or_else(|| migrate.name.clone())
                .unwrap_or_else(|| folder_name(&self.output)),
            loader: self.loader.or(migrate.loader).unwrap_or_default(),
            all_bpf: self.all_bpf || migrate.all_bpf,
            include: either(&self.include, &migrate.include),
            exclude: either(&self.exclude, &migrate.exclude),
            options: self.reading.options(),
            archs,
            quirks: self.quirks.or(migrate.quirks).unwrap_or_default(),
            database: self.reading.compile_commands.clone(),
            jobs: self
                .jobs
                .or_else(|| thread::available_parallelism().ok())
                .map_or(1, NonZero::get),
            fail_fast: self.fail_fast,
            force: self.force,
        })
    }
}

pub(super) fn failed(error: crate::diag::Diagnostic) -> Outcome {
    report(&[error], &SourceMap::default());
    Outcome::Failed
}

/// Says what was done.
pub(super) fn tell(request: &Request, done: &Done) {
    let nowhere = SourceMap::default();
    report(&done.plan.diagnostics, &nowhere);
    report(&done.diagnostics, &nowhere);
    report(&done.written.diagnostics, &nowhere);
    let mut counts = [0usize; State::ALL.len()];
    for (source, unit) in &done.units {
        for (count, state) in counts.iter_mut().zip(State::ALL) {
            *count += usize::from(unit.state == state);
        }
        if let Some(reason) = reason(unit.state, &unit.findings) {
            let first = unit.findings.iter().find(|finding| finding.error);
            let place = first.and_then(|first| {
                let file = first.file.as_ref()?;
                Some(format!("{file}:{}: ", first.line))
            });
            let place = place.unwrap_or_default();
            eprintln!("{source} is {}: {place}{reason}", unit.state.words());
        }
    }
    if done.stopped {
        eprintln!("stopped; nothing was written");
        return;
    }
    let shown = State::ALL
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{count} {}", state.words()))
        .collect::<Vec<_>>()
        .join(", ");
    say!("{} sources: {shown}", done.units.len());
    let output = request.output.display();
    if done.up_to_date {
        say!("nothing has changed since {output} was written");
        return;
    }
    let written = &done.written;
    say!(
        "{} ported anew; {} files written to {output}, {} merged with edits, {} in conflict",
        done.redone,
        written.written.len(),
        written.merged.len(),
        written.conflicts.len(),
    );
    say!("{output}/MIGRATION.md and migration.html say what is left to do");
}

/// Lists what would be done.
fn show(plan: &Plan) {
    for task in &plan.tasks {
        say!("{} → {}", task.source.display(), task.object);
        say!("    {}", task.why);
        let options = task.options.to_string();
        if !options.is_empty() {
            say!("    {options}");
        }
        if !task.from.is_empty() {
            say!("    from {}", task.from.join(", "));
        }
    }
    for source in &plan.left_out {
        say!("{} is left out: {}", source.path.display(), source.why);
    }
    say!(
        "{} to port, {} left out",
        plan.tasks.len(),
        plan.left_out.len()
    );
}
