//! What became of a repository, for machines and for people.

pub mod data;
mod html;
mod json;
mod markdown;

use std::{collections::BTreeMap, path::PathBuf};

use super::{Request, plan::Plan, unit::Made};
use crate::diag::Diagnostic;

/// The files of the report, from the workspace's folder.
pub fn files(
    request: &Request,
    plan: &Plan,
    made: &[Made],
    diagnostics: &[Diagnostic],
) -> BTreeMap<PathBuf, String> {
    let data = data::Report::of(request, plan, made, diagnostics);
    BTreeMap::from([
        (PathBuf::from("migration.json"), json::text(&data)),
        (PathBuf::from("MIGRATION.md"), markdown::text(&data)),
        (PathBuf::from("migration.html"), html::text(&data, made)),
    ])
}
