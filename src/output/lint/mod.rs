//! What `lint` says, in the languages of those who listen.

mod concise;
mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;

use std::io::{self, Write};

use crate::{
    lint::{
        Finding, Linted,
        place::{Place, fingerprints},
    },
    output::human,
};

pub use json::VERSION as JSON_VERSION;

/// In which form findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The lines, with what is wrong and what to do
    #[default]
    Human,
    /// One line each
    Concise,
    /// c2aya's own, versioned (docs/lint.md)
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// JUnit, for whatever shows tests
    Junit,
}

/// A finding, with what all forms say about it.
pub(super) struct Entry<'a> {
    pub(super) finding: &'a Finding,
    pub(super) linted: &'a Linted,
    pub(super) place: Place,
    pub(super) fingerprint: String,
}

/// Writes all findings.
///
/// # Errors
///
/// `out` can't be written to.
pub fn write(
    format: Format,
    linted: &[Linted],
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let entries: Vec<_> = linted.iter().flat_map(entries).collect();
    match format {
        Format::Human => {
            for entry in &entries {
                let text = human::render(&entry.finding.diagnostic, &entry.linted.files, color);
                writeln!(out, "{text}\n")?;
            }
            Ok(())
        }
        Format::Concise => concise::write(&entries, out),
        Format::Json => json::write(&entries, linted, out),
        Format::Sarif => sarif::write(&entries, out),
        Format::Github => github::write(&entries, out),
        Format::Gitlab => gitlab::write(&entries, out),
        Format::Junit => junit::write(&entries, linted, out),
    }
}

fn entries(linted: &Linted) -> Vec<Entry<'_>> {
    let prints = fingerprints(linted);
    let findings = linted.findings.iter().zip(prints);
    findings
        .map(|(finding, fingerprint)| Entry {
            finding,
            linted,
            place: Place::of_finding(finding, linted),
            fingerprint,
        })
        .collect()
}

impl Entry<'_> {
    /// Message, and what to do about it.
    fn text(&self) -> String {
        let message = &self.finding.diagnostic.message;
        match &self.finding.diagnostic.help {
            Some(help) => format!("{message}; {help}"),
            None => message.clone(),
        }
    }
}
