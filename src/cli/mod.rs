//! One file for each command.

/// Prints a line as `println!` does, but ends quietly where nobody reads it any more.
macro_rules! say {
    ($($text:tt)*) => {
        crate::cli::say(&format!("{}\n", format_args!($($text)*)))
    };
}

pub mod check;
pub mod lint;
pub mod lsp;
pub mod migrate;
pub mod port;
mod progress;
pub mod rules;
pub mod verify;

use std::io::Write as _;

use clap::{CommandFactory as _, Parser, Subcommand};

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
    /// Port a repository's BPF sources into one workspace, and keep both in step
    Migrate(migrate::Args),
    /// Check that a workspace which `migrate` wrote is made from the C as it is now
    Check(check::Args),
    /// List what `lint` looks for
    Rules(rules::Args),
    /// Tell what a code means
    Explain(rules::Explain),
    /// Be a language server for editors, on standard input and output
    Lsp(lsp::Args),
    /// Run a C probe and its port on the same made-up kernels, and compare what they leave behind
    Verify(verify::Args),
    /// Write a completion script for a shell to standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write manual pages into a folder
    Man {
        /// The folder, which is made if there is none
        #[arg(value_name = "DIR")]
        folder: std::path::PathBuf,
    },
}

/// Writes a completion script.
pub fn completions(shell: clap_complete::Shell) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "c2aya", &mut text);
    match print(&text) {
        Ok(()) => Outcome::Done,
        Err(error) => failed(&error),
    }
}

/// Writes the manual pages, one for each command.
pub fn man(folder: &std::path::Path) -> Outcome {
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    match written {
        Ok(()) => Outcome::Done,
        Err(error) => failed(&error),
    }
}

/// Writes to standard output. Whoever has stopped reading, as `head` does, wants no more of it.
fn print(text: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Likewise, where a command has done its work and only tells about it.
fn say(text: &str) {
    if let Err(error) = print(text.as_bytes()) {
        failed(&error);
    }
}

fn failed(error: &std::io::Error) -> Outcome {
    eprintln!("c2aya: {error}");
    Outcome::Failed
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
