//! What the user wants to know.

use std::{fmt, str::FromStr};

use super::rule::Confidence;
use crate::arch::Arch;

/// What decides about which findings there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The architectures that the programs are to run on.
    pub archs: Vec<Arch>,
    /// The oldest kernel that they are to run on, if that was said.
    pub min_kernel: Option<KernelVersion>,
    /// Findings of rules that are less sure aren't reported.
    pub confidence: Confidence,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            archs: Arch::ALL.to_vec(),
            min_kernel: None,
            confidence: Confidence::Medium,
        }
    }
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
        let wrong = || format!("{text} is no version of Linux, such as 5.15");
        let (major, rest) = text.split_once('.').ok_or_else(wrong)?;
        let minor = rest.split_once('.').map_or(rest, |(minor, _)| minor);
        Ok(Self {
            major: major.parse().map_err(|_| wrong())?,
            minor: minor.parse().map_err(|_| wrong())?,
        })
    }
}

impl fmt::Display for KernelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
