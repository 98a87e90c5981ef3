//! Parses the command line, runs the command, turns the outcome into an exit code.

use std::process::ExitCode;

use c2aya::cli::{Cli, Command};
use clap::Parser as _;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Port(args) => args.run(),
        Command::Verify(args) => args.run(),
    };
    ExitCode::from(outcome.code())
}
