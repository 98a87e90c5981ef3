//! c2aya's own form, with all that is known of a finding. docs/lint.md describes it.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use serde::Serialize;

use super::Entry;
use crate::lint::{
    Applicability, Category, Confidence, Fix, Linted,
    place::{Place, shown},
};

/// Grows when something is taken away or means something else; not when something is added.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    tool: Tool,
    files: Vec<String>,
    findings: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Item<'a> {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    confidence: Confidence,
    category: Category,
    message: &'a str,
    place: &'a Place,
    notes: Vec<Note<'a>>,
    help: Option<&'a str>,
    fix: Option<Change<'a>>,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct Note<'a> {
    message: &'a str,
    place: Option<Place>,
}

#[derive(Serialize)]
struct Change<'a> {
    title: &'a str,
    applicability: Applicability,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    place: Option<Place>,
    text: &'a str,
}

pub(super) fn write(
    entries: &[Entry<'_>],
    linted: &[Linted],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut files: BTreeSet<String> = BTreeSet::new();
    files.extend(linted.iter().map(|file| shown(&file.path)));
    let report = Report {
        version: VERSION,
        tool: Tool {
            name: "c2aya",
            version: env!("CARGO_PKG_VERSION"),
        },
        files: files.into_iter().collect(),
        findings: entries.iter().map(item).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn item<'a>(entry: &'a Entry<'_>) -> Item<'a> {
    let (finding, files) = (entry.finding, &entry.linted.files);
    let diagnostic = &finding.diagnostic;
    let notes = diagnostic.notes.iter().map(|note| Note {
        message: &note.message,
        place: note.span.and_then(|span| Place::of(span, files)),
    });
    let change = |fix: &'a Fix| Change {
        title: &fix.title,
        applicability: fix.applicability,
        edits: fix
            .edits
            .iter()
            .map(|edit| Replacement {
                place: Place::of(edit.span, files),
                text: &edit.text,
            })
            .collect(),
    };
    Item {
        code: finding.code().id,
        name: finding.code().name,
        severity: finding.severity().name(),
        confidence: finding.confidence,
        category: finding.category,
        message: &diagnostic.message,
        place: &entry.place,
        notes: notes.collect(),
        help: diagnostic.help.as_deref(),
        fix: finding.fix.as_ref().map(change),
        fingerprint: &entry.fingerprint,
    }
}
