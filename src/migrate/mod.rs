//! A whole repository: finding its BPF sources, porting them into one workspace, and keeping both in
//! step.

mod assemble;
pub mod check;
pub mod codes;
pub mod config;
pub mod discover;
pub mod fill;
pub mod fresh;
pub mod lines;
#[allow(clippy::module_inception, reason = "a migration as a whole")]
mod migrate;
pub mod names;
pub mod plan;
pub mod programs;
pub mod report;
pub mod run;
pub mod settings;
pub mod state;
pub mod unit;
pub mod user;

pub use migrate::{Done, migrate};

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{arch::Arch, quirks::Quirks, source};

/// How many loaders a workspace has.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Loader {
    /// One program for each object
    #[default]
    PerObject,
    /// One program that loads all objects
    Single,
    /// None: user space stays as it is
    None,
}

/// What the user wants.
#[derive(Clone, Debug)]
pub struct Request {
    /// The repository's folder.
    pub repository: PathBuf,
    /// The folder of the workspace.
    pub output: PathBuf,
    /// What the workspace is called.
    pub name: String,
    /// How many loaders it has.
    pub loader: Loader,
    /// Takes BPF sources without system call probes too.
    pub all_bpf: bool,
    /// Globs of the only sources that are taken.
    pub include: Vec<String>,
    /// Globs of sources that are left out.
    pub exclude: Vec<String>,
    /// How sources are read, ahead of what build files say.
    pub options: source::Options,
    /// Architectures to port for.
    pub archs: Vec<Arch>,
    /// What becomes of system calls that libbpf leaves to the user.
    pub quirks: Quirks,
    /// A compilation database that isn't where it is looked for.
    pub database: Option<PathBuf>,
    /// How many threads work.
    pub jobs: usize,
    /// Stops at the first source that can't be ported.
    pub fail_fast: bool,
    /// Overwrites what was edited.
    pub force: bool,
}
