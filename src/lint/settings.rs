//! What the user wants to know.

use std::{collections::BTreeMap, fmt, str::FromStr};

use super::{
    registry,
    rule::{Category, Confidence},
};
use crate::{
    arch::Arch,
    diag::{Code, Severity},
};

/// What decides about which findings there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The architectures that the programs are to run on.
    pub archs: Vec<Arch>,
    /// Whether a file that asks for its architecture is read for each of them, or for the first only.
    pub each_arch: bool,
    /// The oldest kernel that they are to run on, if that was said.
    pub min_kernel: Option<KernelVersion>,
    /// Findings of rules that are less sure aren't reported.
    pub confidence: Confidence,
    /// What to look for; everything if empty.
    pub select: Vec<Choice>,
    /// What of it not to look for.
    pub ignore: Vec<Choice>,
    /// How bad findings are, where the user sees it otherwise; the last that fits counts.
    pub severities: Vec<(Choice, Severity)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            archs: Arch::ALL.to_vec(),
            each_arch: false,
            min_kernel: None,
            confidence: Confidence::Medium,
            select: Vec::new(),
            ignore: Vec::new(),
            severities: Vec::new(),
        }
    }
}

impl Settings {
    /// Whether findings of that code are wanted.
    pub fn wants(&self, code: Code, category: Category, confidence: Confidence) -> bool {
        let any = |choices: &[Choice]| choices.iter().any(|choice| choice.is(code, category));
        // A file that can't be read is never clean.
        let unreadable = category == Category::Lint && code.id.starts_with('E');
        // What is named by itself is wanted however sure it is.
        let named = self.select.iter().any(|choice| choice.names(code));
        (named || confidence >= self.confidence)
            && (unreadable || self.select.is_empty() || any(&self.select))
            && !any(&self.ignore)
    }

    /// How bad findings of that code are, if the user says so.
    pub fn severity(&self, code: Code, category: Category) -> Option<Severity> {
        let said = self.severities.iter().rev();
        said.clone()
            .find(|(choice, _)| choice.names(code))
            .or_else(|| said.clone().find(|(choice, _)| choice.is(code, category)))
            .map(|(_, severity)| *severity)
    }
}

/// Some rules: `all`, a category (`memory`), the beginning of codes (`L05`), a code or a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice(String);

impl Choice {
    fn names(&self, code: Code) -> bool {
        code.id == self.0 || code.name == self.0
    }

    fn is(&self, code: Code, category: Category) -> bool {
        let prefix = self.0.starts_with(|c: char| c.is_ascii_uppercase());
        self.names(code)
            || self.0 == "all"
            || category.name() == self.0
            || prefix && code.id.starts_with(&self.0)
    }
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let choice = Self(text.to_owned());
        let known = registry::codes();
        let fits = known
            .iter()
            .any(|known| choice.is(known.code, known.category));
        if fits || text == "all" {
            return Ok(choice);
        }
        let names = known.iter().map(|known| known.code.name);
        let names = names.chain(Category::ALL.iter().map(|category| category.name()));
        Err(match crate::c::suggest::closest(text, names) {
            Some(near) => format!("no rule and no category is called `{text}`; is it `{near}`?"),
            None => format!("no rule and no category is called `{text}`; see `c2aya rules`"),
        })
    }
}

/// Severities by what they are about, as a configuration has them.
pub fn severities(
    said: &BTreeMap<String, Severity>,
) -> impl Iterator<Item = Result<(Choice, Severity), String>> {
    said.iter()
        .map(|(choice, severity)| Ok((choice.parse()?, *severity)))
}

/// A version of Linux: `5.15`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KernelVersion {
    /// 5
    pub major: u16,
    /// 15
    pub minor: u16,
}

impl FromStr for KernelVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no version of Linux, such as 5.15");
        let mut parts = text.split('.').map(|part| part.parse().ok());
        let (Some(Some(major)), Some(Some(minor))) = (parts.next(), parts.next()) else {
            return Err(wrong());
        };
        if parts.any(|part| part.is_none()) {
            return Err(wrong());
        }
        Ok(Self { major, minor })
    }
}

impl fmt::Display for KernelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
