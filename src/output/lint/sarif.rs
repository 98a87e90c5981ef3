//! SARIF 2.1.0, as GitHub's code scanning reads it: every rule is listed, so that a finding that is
//! gone can be told from a rule that is.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Entry;
use crate::lint::{
    Applicability, Fix, Linted,
    place::Place,
    registry::{self, Known},
};
use crate::output::uri;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn write(entries: &[Entry<'_>], out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<Value> = registry::codes().iter().map(rule).collect();
    let results: Vec<Value> = entries.iter().map(result).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "c2aya",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "%SRCROOT%": {
                "description": { "text": "The folder in which c2aya was started." },
            }},
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn rule(known: &Known) -> Value {
    let summary = format!("{}.", known.summary);
    let help = known
        .rule
        .map_or_else(|| summary.clone(), |rule| rule.doc());
    json!({
        "id": known.code.id,
        "name": known.code.name,
        "shortDescription": { "text": summary },
        "fullDescription": { "text": summary },
        "help": { "text": help, "markdown": help },
        "defaultConfiguration": { "level": known.severity.name() },
        "properties": {
            "tags": [known.category.name()],
            "precision": known.confidence.name(),
        },
    })
}

fn result(entry: &Entry<'_>) -> Value {
    let (finding, files) = (entry.finding, &entry.linted.files);
    let code = finding.code();
    let index = registry::codes()
        .iter()
        .position(|known| known.code == code);
    let related = finding.diagnostic.notes.iter().filter_map(|note| {
        let place = Place::of(note.span?, files)?;
        let mut location = location(&place);
        location["message"] = json!({ "text": note.message });
        Some(location)
    });
    let mut result = json!({
        "ruleId": code.id,
        "level": finding.severity().name(),
        "message": { "text": entry.text() },
        "locations": [location(&entry.place)],
        "partialFingerprints": { "primaryLocationLineHash": entry.fingerprint },
        "properties": { "name": code.name, "confidence": finding.confidence },
    });
    if let Some(index) = index {
        result["ruleIndex"] = json!(index);
    }
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    if let Some(fix) = &finding.fix
        && fix.applicability != Applicability::Display
        && let Some(fix) = change(fix, entry.linted)
    {
        result["fixes"] = json!([fix]);
    }
    result
}

fn location(place: &Place) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": artifact(&place.path),
            "region": region(place),
        },
    })
}

fn artifact(path: &str) -> Value {
    let uri = uri::encode(path);
    if path.starts_with('/') {
        json!({ "uri": format!("file://{uri}") })
    } else {
        json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
    }
}

fn region(place: &Place) -> Value {
    json!({
        "startLine": place.start.line,
        "startColumn": place.start.column,
        "endLine": place.end.line,
        "endColumn": place.end.column,
    })
}

/// A fix, where all that it changes can be named.
fn change(fix: &Fix, linted: &Linted) -> Option<Value> {
    let mut files: Vec<(String, Vec<Value>)> = Vec::new();
    for edit in &fix.edits {
        let place = Place::of(edit.span, &linted.files)?;
        let replacement = json!({
            "deletedRegion": region(&place),
            "insertedContent": { "text": edit.text },
        });
        match files.iter_mut().find(|(path, _)| *path == place.path) {
            Some((_, replacements)) => replacements.push(replacement),
            None => files.push((place.path, vec![replacement])),
        }
    }
    let changes = files.iter().map(|(path, replacements)| {
        json!({ "artifactLocation": artifact(path), "replacements": replacements })
    });
    Some(json!({
        "description": { "text": fix.title },
        "artifactChanges": changes.collect::<Vec<_>>(),
    }))
}
