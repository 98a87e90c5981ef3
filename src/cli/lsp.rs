//! `c2aya lsp`: the linter in an editor.

use lsp_server::Connection;

use super::Outcome;
use crate::lsp;

/// Be a language server for editors, on standard input and output
#[derive(Debug, clap::Args)]
pub struct Args {
    /// As it is without, for editors that say so
    #[arg(long)]
    stdio: bool,
}

impl Args {
    /// Does it.
    pub fn run(&self) -> Outcome {
        let (connection, threads) = Connection::stdio();
        let served = lsp::serve(&connection);
        // The writer ends when nobody can write any more.
        drop(connection);
        let joined = threads.join();
        match served.and_then(|()| Ok(joined?)) {
            Ok(()) => Outcome::Done,
            Err(error) => {
                eprintln!("c2aya: {error:#}");
                Outcome::Failed
            }
        }
    }
}
