//! `c2aya lint`: what is wrong with probes although they compile and load.

use std::{
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use super::{Outcome, port::Reading};
use crate::{
    diag::Severity,
    lint::{self, Confidence, Settings},
    output::human,
    source::Cache,
};

/// Look for what is wrong with probes although they compile and load
#[derive(Debug, clap::Args)]
pub struct Args {
    /// C files, or folders in which to look for `*.bpf.c` and for C files that include
    /// `bpf_helpers.h`
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,

    /// Leave out what rules that are less sure find
    #[arg(long, value_enum, default_value_t = Confidence::Medium)]
    confidence: Confidence,

    /// How to read the C
    #[command(flatten)]
    reading: Reading,
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
        let settings = Settings {
            archs: self
                .reading
                .archs()
                .map_err(|name| anyhow::anyhow!("--target-arch: no architecture {name}"))?,
            confidence: self.confidence,
            ..Settings::default()
        };
        let options = self.reading.options();
        let commands = self.reading.commands()?;
        let mut files = Vec::new();
        for path in files_of(&self.paths) {
            let options = match &commands {
                Some(commands) => commands.add(&path, &options)?,
                None => options.clone(),
            };
            files.push((path, options));
        }
        if files.is_empty() {
            eprintln!("c2aya: nothing to lint");
            return Ok(Outcome::Undecided);
        }
        let linted = lint::lint_files(&files, &settings, &Cache::default());
        let mut out = std::io::stdout().lock();
        let color = out.is_terminal();
        let mut worst = None;
        for file in &linted {
            for finding in &file.findings {
                worst = worst.max(Some(finding.severity()));
                let text = human::render(&finding.diagnostic, &file.files, color);
                writeln!(out, "{text}\n")?;
            }
        }
        Ok(match worst {
            Some(Severity::Warning | Severity::Error) => Outcome::Incomplete,
            _ => Outcome::Done,
        })
    }
}

/// The files that paths name; of a folder those in it that look like BPF programs, in order.
fn files_of(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let walk = ignore::WalkBuilder::new(path)
            .sort_by_file_path(Path::cmp)
            .build();
        let found = walk.filter_map(|entry| {
            let entry = entry.ok()?;
            let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
            (is_file && is_program(entry.path())).then(|| entry.into_path())
        });
        files.extend(found);
    }
    files
}

/// Whether a file is the source of BPF programs, by its name or what it includes.
fn is_program(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with(".bpf.c")
        || name.ends_with(".c")
            && std::fs::read(path).is_ok_and(|text| {
                memchr::memmem::find(&text, b"bpf_helpers.h\"").is_some()
                    || memchr::memmem::find(&text, b"bpf_helpers.h>").is_some()
            })
}
