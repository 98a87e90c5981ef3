//! c2aya turns libbpf C syscall probes into Aya Rust.
//!
//! A file flows through the stages below in this order, each taking the typed result of the one
//! before it: [`source`] → [`c`] → [`lower`] → [`ir`] ([`merge`]d, with [`quirks`]) → [`emit`].

pub mod arch;
pub mod c;
pub mod cli;
pub mod config;
pub mod diag;
pub mod emit;
pub mod ir;
pub mod lint;
pub mod lower;
pub mod lsp;
pub mod merge;
pub mod migrate;
pub mod output;
pub mod port;
pub mod quirks;
pub mod source;
pub mod verify;
