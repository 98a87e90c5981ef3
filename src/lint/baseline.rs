//! What was found before, and isn't reported again.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::{
    Linted,
    place::{Place, fingerprints},
};

/// The form of the file.
const VERSION: u32 = 1;

/// Findings that are known.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    findings: BTreeSet<Known>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Known {
    path: String,
    code: String,
    fingerprint: String,
}

impl Baseline {
    /// All that was found.
    pub fn of(linted: &[Linted]) -> Self {
        let mut findings = BTreeSet::new();
        for file in linted {
            for (finding, fingerprint) in file.findings.iter().zip(fingerprints(file)) {
                findings.insert(Known {
                    path: Place::of_finding(finding, file).path,
                    code: finding.code().id.to_owned(),
                    fingerprint,
                });
            }
        }
        Self {
            version: VERSION,
            findings,
        }
    }

    /// Reads one.
    ///
    /// # Errors
    ///
    /// It isn't one, or of another version.
    pub fn parse(text: &str) -> Result<Self> {
        let read: Self = serde_json::from_str(text)?;
        if read.version != VERSION {
            bail!("its version is {}, and {VERSION} is known", read.version);
        }
        Ok(read)
    }

    /// The file's text: sorted, one value on a line.
    ///
    /// # Errors
    ///
    /// It has no form as JSON.
    pub fn text(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Takes out of `linted` what is known; how many those are.
    pub fn hide(&self, linted: &mut [Linted]) -> usize {
        let known: BTreeSet<&str> = self
            .findings
            .iter()
            .map(|known| known.fingerprint.as_str())
            .collect();
        let mut hidden = 0;
        for file in linted {
            let mut prints = fingerprints(file).into_iter();
            file.findings.retain(|_| {
                let is_known = prints
                    .next()
                    .is_some_and(|print| known.contains(print.as_str()));
                hidden += usize::from(is_known);
                !is_known
            });
        }
        hidden
    }
}
