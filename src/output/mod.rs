//! What a command says: human, json, sarif, github, html.

pub mod human;
pub mod ir_json;
pub mod lint;
pub mod uri;
pub mod write;
