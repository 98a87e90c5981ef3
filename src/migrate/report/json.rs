//! `migration.json`.

use super::data::Report;

/// Its text.
pub fn text(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}
