//! Workflow commands, which GitHub shows beside the lines.

use std::io::{self, Write};

use super::Entry;
use crate::diag::Severity;

pub(super) fn write(entries: &[Entry<'_>], out: &mut dyn Write) -> io::Result<()> {
    for entry in entries {
        let (place, code) = (&entry.place, entry.finding.code());
        let level = match entry.finding.severity() {
            Severity::Note => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let mut columns = String::new();
        // Columns of different lines can't be said.
        if place.start.line == place.end.line {
            let last = place.end.column.max(place.start.column + 1) - 1;
            columns = format!(",col={},endColumn={last}", place.start.column);
        }
        writeln!(
            out,
            "::{level} file={},line={},endLine={}{columns},title={}::{}",
            property(&place.path),
            place.start.line,
            place.end.line,
            property(&format!("{} {}", code.id, code.name)),
            data(&entry.text())
        )?;
    }
    Ok(())
}

/// Text behind `::`, as `@actions/core` escapes it.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
