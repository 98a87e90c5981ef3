//! What a rule is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    context::{Context, Run},
    finding::{Applicability, Finding},
};
use crate::{
    diag::{Code, Diagnostic, Severity},
    source::span::Span,
};

/// One thing that `lint` looks for.
///
/// Each has a file in `src/lint/rules/`, whose doc comment is its manual page; see there for the
/// parts that a page has.
#[derive(Debug)]
pub struct Rule {
    /// Its identity, which never changes: `L0504`, `deprecated-probe-read`.
    pub code: Code,
    /// How bad what it finds is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it is about.
    pub category: Category,
    /// What it can do about it, if anything.
    pub fix: Option<Applicability>,
    /// The text of the rule's file, for its doc comment: `include_str!("name.rs")`.
    pub source: &'static str,
    /// How it looks.
    pub check: Check,
}

/// How a rule looks for what it finds.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// At one file.
    File(fn(&Context<'_>, &mut Vec<Finding>)),
    /// At what all files of a run are, after each has been looked at.
    Run(fn(&Run<'_>, &mut Vec<(usize, Finding)>)),
    /// It is the engine itself that reports it.
    Engine,
}

/// How sure a rule is of what it says.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Often right; it can't see all that decides about it.
    Low,
    /// Mostly right.
    Medium,
    /// At least 95 of 100 are right.
    High,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// L00xx: the linter itself, and files that it can't read.
    Lint,
    /// L01xx: the arguments of system calls, against the kernel's.
    Arguments,
    /// L02xx: how arguments reach the program.
    Convention,
    /// L03xx: system calls that differ.
    Quirks,
    /// L04xx: which system calls there are.
    SystemCalls,
    /// L05xx: reading memory.
    Memory,
    /// L06xx: what leaves the kernel by mistake, or was never written.
    Leaks,
    /// L07xx: names, and state that is kept between calls.
    State,
    /// L08xx, and the codes of `port`: where it runs, and what can't be ported.
    Portability,
}

impl Confidence {
    /// As the configuration names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Category {
    /// In the order of their codes.
    pub const ALL: [Self; 9] = [
        Self::Lint,
        Self::Arguments,
        Self::Convention,
        Self::Quirks,
        Self::SystemCalls,
        Self::Memory,
        Self::Leaks,
        Self::State,
        Self::Portability,
    ];

    /// As the configuration names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Arguments => "arguments",
            Self::Convention => "convention",
            Self::Quirks => "quirks",
            Self::SystemCalls => "system-calls",
            Self::Memory => "memory",
            Self::Leaks => "leaks",
            Self::State => "state",
            Self::Portability => "portability",
        }
    }

    /// What the codes of its rules begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Lint => "L00",
            Self::Arguments => "L01",
            Self::Convention => "L02",
            Self::Quirks => "L03",
            Self::SystemCalls => "L04",
            Self::Memory => "L05",
            Self::Leaks => "L06",
            Self::State => "L07",
            Self::Portability => "L08",
        }
    }
}

impl Rule {
    /// A finding of this rule at `span`.
    pub fn at(&self, span: impl Into<Option<Span>>, message: impl Into<String>) -> Finding {
        let mut diagnostic = Diagnostic::warning(self.code, span, message);
        diagnostic.severity = self.severity;
        Finding {
            diagnostic,
            confidence: self.confidence,
            category: self.category,
            fix: None,
        }
    }

    /// Its manual page: Markdown, out of the doc comment of its file.
    pub fn doc(&self) -> String {
        let lines = self.source.lines();
        let doc = lines.map_while(|line| line.strip_prefix("//!"));
        let mut text = String::new();
        for line in doc {
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
        }
        text
    }

    /// The first sentence of its manual page, without the full stop.
    pub fn summary(&self) -> String {
        let doc = self.doc();
        let paragraph = doc.split("\n\n").next().unwrap_or_default();
        let line = paragraph.trim().replace('\n', " ");
        line.strip_suffix('.').unwrap_or(&line).to_owned()
    }
}
