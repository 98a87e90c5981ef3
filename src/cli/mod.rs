//! One file for each command.

pub mod lint;
pub mod port;
pub mod verify;

use clap::{Parser, Subcommand};

/// Turns libbpf C syscall probes into Aya Rust.
#[derive(Debug, Parser)]
#[command(name = "c2aya", version, about, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Port C files to an Aya workspace, or one file to standard output
    Port(port::Args),
    /// Look for what is wrong with probes although they compile and load
    Lint(lint::Args),
    /// Run a C probe and its port on the same made-up kernels, and compare what they leave behind
    Verify(verify::Args),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All was done.
    Done,
    /// Something could not be done; it has been named.
    Incomplete,
    /// Wrong usage, unreadable input, or a failure to write.
    Failed,
    /// Nothing wrong was found, but not all could be tried.
    Undecided,
}

impl Outcome {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Incomplete => 1,
            Self::Failed => 2,
            Self::Undecided => 3,
        }
    }
}
