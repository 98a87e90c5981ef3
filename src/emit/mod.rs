//! IR to Rust: tokens (quote), text (prettyplease), a workspace (`templates/`).

pub mod runtime;
