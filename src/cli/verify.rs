//! `c2aya verify`: does the port do what the C does?

mod build;

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, bail};

use super::{Outcome, port::Reading};
use crate::{
    arch::Arch,
    verify::{Options, Verdict, prove::ProveOptions, verify},
};

/// Run a C probe and its port on the same made-up kernels, and compare what they leave behind
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 equal, 1 different, 2 could not be run, 3 undecided.\n\n\
    Neither root nor a kernel is needed: both objects run in c2aya's own machine. What a program \
    returns is compared where the kernel heeds it; Aya's macros for probes and tracepoints return 0 \
    whatever the function returns."
)]
pub struct Args {
    /// The C file; with --c it only names the comparison
    #[arg(value_name = "FILE.c")]
    file: PathBuf,

    /// The Rust side: an object, or the folder of a workspace [default: FILE.c is ported and built]
    #[arg(long, value_name = "OBJ|DIR")]
    rust: Option<PathBuf>,

    /// The C side, built already [default: FILE.c is compiled]
    #[arg(long, value_name = "OBJ")]
    c: Option<PathBuf>,

    /// The C side once more, compiled so that what C leaves undefined is defined, for programs that
    /// differ [default: FILE.c is compiled so, unless --c brings an object]
    #[arg(long, value_name = "OBJ", requires = "c")]
    c_defined: Option<PathBuf>,

    /// Made-up worlds for each program
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    runs: u64,

    /// Decides about the worlds
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,

    /// Kernels alone that wrap system calls (1), or that don't (0), for C that was compiled for one
    /// kind [default: both]
    #[arg(long, value_name = "0|1", value_parser = clap::value_parser!(u8).range(0..=1))]
    wrapper: Option<u8>,

    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    time: Option<u64>,

    /// The architecture whose registers the programs see
    #[arg(long, value_name = "ARCH", default_value = "x86_64")]
    arch: String,

    /// Raw BTF of the kernel to relocate CO-RE for [default: the types in the C object]
    #[arg(long, value_name = "FILE")]
    kernel: Option<PathBuf>,

    /// A read-only variable of the Rust object that its loader would set
    #[arg(long, value_name = "NAME=NUMBER")]
    fill: Vec<String>,

    /// Compare the programs that both have, where some of the C are not ported
    #[arg(long)]
    keep_going: bool,

    /// Prove that no world makes a difference; needs an SMT solver (z3)
    #[arg(long)]
    prove: bool,

    /// The solver for --prove, which reads SMT-LIB 2 [default: z3 -in]
    #[arg(long, value_name = "COMMAND", requires = "prove")]
    solver: Option<String>,

    /// Seconds for the proof of one program
    #[arg(
        long,
        value_name = "SECONDS",
        requires = "prove",
        default_value_t = 120
    )]
    prove_time: u64,

    /// JSON instead of text
    #[arg(long)]
    json: bool,

    /// The compiler for FILE.c [default: clang-22, or else clang]
    #[arg(long, value_name = "COMMAND")]
    clang: Option<String>,

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

    fn try_run(&self) -> Result<Outcome> {
        let Some(arch) = Arch::parse(&self.arch) else {
            let known: Vec<_> = Arch::ALL.iter().map(|arch| arch.name()).collect();
            bail!(
                "--arch: no architecture {}; there are {}",
                self.arch,
                known.join(", ")
            );
        };
        let options = Options {
            arch,
            worlds: self.runs,
            seed: self.seed,
            time: self.time.map(Duration::from_secs),
            kernel: self.kernel.as_ref().map(read).transpose()?,
            fill: self.fill()?,
            wrapper: self.wrapper.map(|wrapper| wrapper == 1),
            partly: self.keep_going,
            only: None,
            prove: self.prove.then(|| ProveOptions {
                solver: self.solver.clone(),
                program: Duration::from_secs(self.prove_time),
                ..ProveOptions::default()
            }),
        };
        let c = match &self.c {
            Some(object) => read(object)?,
            None => self.compiled(arch, build::Undefined::AsClangLikes)?,
        };
        let rust = match &self.rust {
            Some(folder) if folder.is_dir() => build::workspace_object(folder, &self.file, arch)?,
            Some(object) => read(object)?,
            None => build::ported_object(&self.file, arch, &self.reading)?,
        };
        let compare = |c: &[u8], options: &Options| {
            verify(c, &rust, options)
                .with_context(|| format!("can't compare {}", self.file.display()))
        };
        let mut report = compare(&c, &options)?;
        let different = report.different();
        if !different.is_empty()
            && let Some(defined) = self.c_defined(arch)?
        {
            let only = Some(different);
            report.settle(compare(&defined, &Options { only, ..options })?);
        }
        let shown = if self.json {
            format!("{}\n", serde_json::to_string_pretty(&report)?)
        } else {
            report.to_string()
        };
        super::print(shown.as_bytes())?;
        Ok(match report.verdict {
            Verdict::Equal => Outcome::Done,
            Verdict::Different => Outcome::Incomplete,
            Verdict::Undecided => Outcome::Undecided,
        })
    }

    /// The C object in which nothing depends on what C leaves undefined, if it can be had.
    fn c_defined(&self, arch: Arch) -> Result<Option<Vec<u8>>> {
        match (&self.c_defined, &self.c) {
            (Some(object), _) => read(object).map(Some),
            (None, Some(_)) => Ok(None),
            (None, None) => self.compiled(arch, build::Undefined::Defined).map(Some),
        }
    }

    fn compiled(&self, arch: Arch, undefined: build::Undefined) -> Result<Vec<u8>> {
        let clang = self.clang.as_deref();
        build::c_object(&self.file, arch, clang, &self.reading, undefined)
    }

    fn fill(&self) -> Result<BTreeMap<String, u64>> {
        let pair = |text: &String| {
            let (name, number) = text.split_once('=')?;
            let number = match number.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            Some((name.to_owned(), number))
        };
        self.fill
            .iter()
            .map(|text| pair(text).with_context(|| format!("--fill: {text:?} is no NAME=NUMBER")))
            .collect()
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("can't read {}", path.display()))
}
