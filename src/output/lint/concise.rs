//! One line for each finding: `path:line:column: severity[code] message`.

use std::io::{self, Write};

use super::Entry;

pub(super) fn write(entries: &[Entry<'_>], out: &mut dyn Write) -> io::Result<()> {
    for entry in entries {
        let (place, finding) = (&entry.place, entry.finding);
        writeln!(
            out,
            "{}:{}:{}: {}[{}] {}",
            place.path,
            place.start.line,
            place.start.column,
            finding.severity().name(),
            finding.code().id,
            finding.diagnostic.message
        )?;
    }
    Ok(())
}
