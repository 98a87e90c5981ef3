//! Parses the command line, runs the command, turns the outcome into an exit code.

use std::{ffi::OsString, process::ExitCode};

use c2aya::cli::{self, Cli, Command};
use clap::Parser as _;

/// Types and tokens are many small allocations, which this one makes faster than the C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse_from(std::env::args_os().map(as_option));
    let outcome = match cli.command {
        Command::Port(args) => args.run(),
        Command::Lint(args) => args.run(),
        Command::Migrate(args) => args.run(),
        Command::Check(args) => args.run(),
        Command::Lsp(args) => args.run(),
        Command::Rules(args) => args.run(),
        Command::Explain(args) => args.run(),
        Command::Completions { shell } => cli::completions(shell),
        Command::Man { folder } => cli::man(&folder),
        Command::Verify(args) => args.run(),
    };
    ExitCode::from(outcome.code())
}

/// The compiler's long options have one hyphen, which build systems pass on as they are.
fn as_option(argument: OsString) -> OsString {
    match argument.to_str() {
        Some("-isystem") => "--isystem".into(),
        Some("-include") => "--include".into(),
        _ => argument,
    }
}
