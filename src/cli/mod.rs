//! One file for each command.

pub mod compile_commands;
pub mod port;

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
}

impl Outcome {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Incomplete => 1,
            Self::Failed => 2,
        }
    }
}
