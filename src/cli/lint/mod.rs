//! `c2aya lint`: what is wrong with probes although they compile and load.

mod jobs;
mod since;

use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use self::since::Changes;
use super::{Outcome, port::Reading};
use crate::{
    diag::Severity,
    lint::{
        self, Applicability, Confidence, Job, KernelVersion, Linted,
        baseline::Baseline,
        fix::{self, Changed},
        place::shown,
    },
    output::lint::{self as output, Format},
    source::Cache,
};

/// Look for what is wrong with probes although they compile and load
#[derive(Debug, clap::Args)]
pub struct Args {
    /// C files, or folders in which to look for `*.bpf.c` and for C files that include
    /// `bpf_helpers.h`
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,

    /// In which form to write what is found
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Where to write it; to standard output if this isn't said
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The least severity with which the command fails
    #[arg(long, value_enum, default_value_t = FailOn::Warning)]
    fail_on: FailOn,

    #[command(flatten)]
    choice: Selection,

    #[command(flatten)]
    fixing: Fixing,

    #[command(flatten)]
    hiding: Hiding,

    /// How to read the C
    #[command(flatten)]
    reading: Reading,
}

/// What to look for.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What to look for")]
struct Selection {
    /// Use these rules only: categories, codes or the beginnings of codes, names
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    select: Vec<lint::Choice>,

    /// Don't use these rules
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    ignore: Vec<lint::Choice>,

    /// How sure a rule has to be that isn't selected by its name [default: medium]
    #[arg(long, value_enum)]
    confidence: Option<Confidence>,

    /// The oldest version of Linux that the programs are to run on
    #[arg(long, value_name = "VERSION")]
    min_kernel: Option<KernelVersion>,

    /// The configuration [default: the nearest c2aya.toml above each file]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Read no configuration
    #[arg(long, conflicts_with = "config")]
    no_config: bool,
}

/// What to do about it.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Fixing")]
struct Fixing {
    /// Make the fixes that change nothing but what is wrong
    #[arg(long)]
    fix: bool,

    /// Make the fixes too that need a look
    #[arg(long)]
    unsafe_fixes: bool,

    /// Print what the fixes would change instead of writing it (with --fix or --unsafe-fixes, else
    /// as with --fix); with =BASE as --since
    #[arg(
        long,
        value_name = "BASE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    diff: Option<String>,

    /// Allow what is found by comments with this reason
    #[arg(
        long,
        value_name = "REASON",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "was there before",
        conflicts_with_all = ["fix", "unsafe_fixes", "diff"]
    )]
    add_allow: Option<String>,
}

/// What not to report.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What to leave out")]
struct Hiding {
    /// Report only what stands on lines that changed since a git revision
    #[arg(long, value_name = "BASE")]
    since: Option<String>,

    /// Don't report what this file knows
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write what is found to the baseline
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
}

/// The least severity with which the command fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Note,
    Warning,
    Error,
    Never,
}

impl FailOn {
    fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Note => true,
            Self::Warning => severity >= Severity::Warning,
            Self::Error => severity >= Severity::Error,
            Self::Never => false,
        }
    }
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

    fn try_run(&self) -> Result<Outcome> {
        let jobs = self.jobs()?;
        let Some(first) = jobs.first() else {
            eprintln!("c2aya: nothing to lint");
            return Ok(Outcome::Undecided);
        };
        let changes = match self.base() {
            Some(base) => {
                let folder = first.path.parent().filter(|path| path.is_dir());
                let changes = Changes::since(base, folder.unwrap_or(Path::new(".")));
                Some(changes.with_context(|| format!("can't tell what changed since {base}"))?)
            }
            None => None,
        };
        let baseline = match &self.hiding.baseline {
            Some(path) if !self.hiding.write_baseline => Some(read_baseline(path)?),
            _ => None,
        };
        let filter = |linted: &mut Vec<Linted>| {
            if let Some(changes) = &changes {
                changes.keep(linted);
            }
            if let Some(baseline) = &baseline {
                baseline.hide(linted);
            }
        };
        let cache = Cache::default();
        let linted = match self.most() {
            Some(most) => {
                let fixed = fix::fix(&jobs, most, &cache, &filter);
                self.take(&fixed.texts)?;
                fixed.linted
            }
            None => {
                let mut linted = lint::lint_files(&jobs, &cache);
                filter(&mut linted);
                linted
            }
        };
        if let Some(reason) = &self.fixing.add_allow {
            return allow(&linted, reason);
        }
        if let (true, Some(path)) = (self.hiding.write_baseline, &self.hiding.baseline) {
            let text = Baseline::of(&linted).text()?;
            std::fs::write(path, text)
                .with_context(|| format!("can't write {}", path.display()))?;
            return Ok(Outcome::Done);
        }
        self.report(&linted)
    }

    fn report(&self, linted: &[Linted]) -> Result<Outcome> {
        match &self.output {
            Some(path) => {
                let mut text = Vec::new();
                output::write(self.format, linted, false, &mut text)?;
                std::fs::write(path, text)
                    .with_context(|| format!("can't write {}", path.display()))?;
            }
            None => {
                let color = std::io::stdout().is_terminal();
                let mut text = Vec::new();
                output::write(self.format, linted, color, &mut text)?;
                crate::cli::print(&text)?;
            }
        }
        if self.format == Format::Human {
            summarize(linted);
        }
        let mut findings = linted.iter().flat_map(|file| &file.findings);
        let fails = findings.any(|finding| self.fail_on.fails(finding.severity()));
        Ok(if fails {
            Outcome::Incomplete
        } else {
            Outcome::Done
        })
    }

    /// The revision since which changes count.
    fn base(&self) -> Option<&str> {
        let diff = self.fixing.diff.as_deref().filter(|base| !base.is_empty());
        self.hiding.since.as_deref().or(diff)
    }

    /// Whether fixes are shown and not written.
    fn shows(&self) -> bool {
        self.fixing.diff.as_deref() == Some("")
    }

    /// Which fixes to make, if any.
    fn most(&self) -> Option<Applicability> {
        if self.fixing.unsafe_fixes {
            Some(Applicability::Unsafe)
        } else if self.fixing.fix || self.shows() {
            Some(Applicability::Safe)
        } else {
            None
        }
    }

    /// Writes what fixes have changed, or prints it.
    fn take(&self, texts: &std::collections::BTreeMap<PathBuf, Changed>) -> Result<()> {
        for (path, changed) in texts {
            if self.shows() {
                let name = shown(path);
                let diff = similar::TextDiff::from_lines(&*changed.before, &*changed.after);
                let mut diff = diff.unified_diff();
                let diff = diff
                    .header(&format!("a/{name}"), &format!("b/{name}"))
                    .to_string();
                crate::cli::print(diff.as_bytes())?;
            } else {
                fix::write(path, changed)?;
            }
        }
        Ok(())
    }

    fn jobs(&self) -> Result<Vec<Job>> {
        jobs::find(&self.paths, &self.reading, &self.choice)
    }
}

/// How much was found, on standard error.
fn summarize(linted: &[Linted]) {
    let findings = || linted.iter().flat_map(|file| &file.findings);
    let count = findings().count();
    if count == 0 {
        return;
    }
    let files = linted
        .iter()
        .filter(|file| !file.findings.is_empty())
        .count();
    let fixable = |most: Applicability| {
        let fixes = findings().filter_map(|finding| finding.fix.as_ref());
        fixes.filter(|fix| fix.applicability <= most).count()
    };
    let (safe, all) = (fixable(Applicability::Safe), fixable(Applicability::Unsafe));
    let hint = match (safe, all) {
        (0, 0) => String::new(),
        (safe, all) if safe == all => format!("; --fix would fix {safe}"),
        (safe, all) => format!("; --fix would fix {safe}, --unsafe-fixes {all}"),
    };
    eprintln!(
        "c2aya: {count} found in {files} of {} files{hint}",
        linted.len()
    );
}

fn read_baseline(path: &Path) -> Result<Baseline> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("can't read {name}"))?;
    Baseline::parse(&text).with_context(|| format!("{name} is no baseline"))
}

/// Writes comments that allow what was found.
fn allow(linted: &[Linted], reason: &str) -> Result<Outcome> {
    if reason.contains(['"', '\n', '\r', '\\']) || reason.contains("*/") || reason.is_empty() {
        anyhow::bail!("--add-allow: a reason is one line without quotes and backslashes");
    }
    for (path, changed) in lint::fix::insert(linted, reason) {
        fix::write(&path, &changed)?;
    }
    Ok(Outcome::Done)
}
