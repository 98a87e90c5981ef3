//! GitLab's code quality report: a part of Code Climate's.

use std::io::{self, Write};

use serde_json::json;

use super::Entry;
use crate::diag::Severity;

pub(super) fn write(entries: &[Entry<'_>], out: &mut dyn Write) -> io::Result<()> {
    let issues = entries.iter().map(|entry| {
        json!({
            "type": "issue",
            "check_name": entry.finding.code().name,
            "description": format!("{}: {}", entry.finding.code().id, entry.text()),
            "fingerprint": entry.fingerprint,
            "severity": match entry.finding.severity() {
                Severity::Note => "info",
                Severity::Warning => "minor",
                Severity::Error => "major",
            },
            "location": {
                "path": entry.place.path,
                "lines": { "begin": entry.place.start.line, "end": entry.place.end.line },
            },
        })
    });
    serde_json::to_writer_pretty(&mut *out, &issues.collect::<Vec<_>>())?;
    writeln!(out)
}
