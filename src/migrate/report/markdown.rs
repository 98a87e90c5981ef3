//! `MIGRATION.md`.

use std::{collections::BTreeMap, fmt::Write as _};

use super::data::{Report, Source};
use crate::migrate::unit::{Finding, State};

/// Its text.
pub fn text(report: &Report) -> String {
    let mut out = format!("# Migration of {}\n\n", report.name);
    let (sources, programs) = (&report.totals.sources, &report.totals.programs);
    let _ = write!(
        out,
        "| | all | ported | with warnings | partly | refused |\n|---|--:|--:|--:|--:|--:|\n| sources | {} | {} | {} | {} | {} |\n| programs | {} | {} | {} | – | {} |\n",
        sources.all,
        sources.ported,
        sources.warnings,
        sources.partly,
        sources.refused,
        programs.all,
        programs.ported,
        programs.warnings,
        programs.refused
    );
    let todo: Vec<&Source> = report
        .sources
        .iter()
        .filter(|source| source.state >= State::Partly)
        .collect();
    if !todo.is_empty() {
        out.push_str("\n## What is left to do\n");
        for source in todo {
            let _ = writeln!(out, "\n### `{}`: {}\n", source.path, source.state.words());
            if !source.findings.iter().any(|finding| finding.error)
                && let Some(reason) = &source.reason
            {
                let _ = writeln!(out, "- {reason}");
            }
            for finding in source.findings.iter().filter(|finding| finding.error) {
                out.push_str(&line(finding));
            }
            let refused: Vec<String> = source
                .programs
                .iter()
                .filter(|program| program.state == State::Refused)
                .map(|program| format!("`{}`", program.name))
                .collect();
            if !refused.is_empty() {
                let _ = writeln!(out, "- not ported: {}", refused.join(", "));
            }
        }
    }
    hindrances(report, &mut out);
    let warned: Vec<&Source> = report
        .sources
        .iter()
        .filter(|source| source.findings.iter().any(|finding| !finding.error))
        .collect();
    if !warned.is_empty() {
        out.push_str("\n## What deserves a look\n");
        for source in warned {
            let _ = writeln!(out, "\n### `{}`\n", source.path);
            for finding in source.findings.iter().filter(|finding| !finding.error) {
                out.push_str(&line(finding));
            }
        }
    }
    if !report.user_space.is_empty() {
        out.push_str("\n## User space\n\n");
        for change in &report.user_space {
            let _ = writeln!(out, "- `{}:{}` {}", change.file, change.line, change.what);
        }
    }
    if !report.notes.is_empty() {
        out.push_str("\n## Notes\n\n");
        for note in &report.notes {
            let _ = writeln!(out, "- {note}");
        }
    }
    out.push_str("\n## All sources\n\n| source | object | state | programs |\n|---|---|---|---|\n");
    for source in &report.sources {
        let programs: Vec<&str> = source
            .programs
            .iter()
            .map(|program| program.name.as_str())
            .collect();
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            source.path,
            source.object,
            source.state.words(),
            programs.join(", ")
        );
    }
    if !report.left_out.is_empty() {
        out.push_str("\n## Left out\n\n");
        for source in &report.left_out {
            let _ = writeln!(out, "- `{}`: {}", source.path, source.why);
        }
    }
    out
}

fn line(finding: &Finding) -> String {
    let place = match &finding.file {
        Some(file) => format!("`{file}:{}` ", finding.line),
        None => String::new(),
    };
    let mut line = format!("- {place}{} ({})", finding.message, finding.code);
    if let Some(help) = &finding.help {
        let _ = write!(line, " – {help}");
    }
    line.push('\n');
    line
}

/// What keeps most sources from being ported, where there are several.
fn hindrances(report: &Report, out: &mut String) {
    let mut found: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for source in &report.sources {
        let mut codes: Vec<(&str, &str)> = source
            .findings
            .iter()
            .filter(|finding| finding.error)
            .map(|finding| (finding.code.as_str(), finding.name.as_str()))
            .collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            *found.entry(code).or_default() += 1;
        }
    }
    if found.len() < 2 {
        return;
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|&(code, count)| (std::cmp::Reverse(count), code));
    out.push_str("\n## What hinders most\n\n| | | sources |\n|---|---|--:|\n");
    for ((code, name), count) in found {
        let _ = writeln!(out, "| {code} | {name} | {count} |");
    }
}
