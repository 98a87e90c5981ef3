//! What a stage has to say about the user's file.
//!
//! Stages collect diagnostics and return them beside their result; they never print or exit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::span::Span;

/// How bad a finding is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; nothing is lost.
    Note,
    /// The port is whole, but something deserves a look.
    Warning,
    /// Something could not be read or ported.
    Error,
}

impl Severity {
    /// As the configuration and most forms of output name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The stable identity of a kind of diagnostic: `E0123` and a kebab-case name.
///
/// Codes never change their meaning and are never used again.
/// E00xx: reading and preprocessing; E01xx: parsing; E02xx: types and meaning;
/// E03xx: lowering; E04xx: emitting; E05xx: files and options. Warnings have `W` for `E`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Code {
    /// For example `E0301`.
    pub id: &'static str,
    /// For example `unsupported-section`.
    pub name: &'static str,
}

impl Code {
    /// A code; each is a `const` next to the code that reports it.
    pub const fn new(id: &'static str, name: &'static str) -> Self {
        Self { id, name }
    }
}

/// One message about one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of message this is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence without a full stop, in lower case.
    pub message: String,
    /// The place in a file that the user wrote; none where no file is to blame.
    pub span: Option<Span>,
    /// Further places or facts.
    pub notes: Vec<Note>,
    /// What to do about it.
    pub help: Option<String>,
}

/// A remark that belongs to a [`Diagnostic`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where, if anywhere.
    pub span: Option<Span>,
    /// What.
    pub message: String,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: Code, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    /// A warning at `span`.
    pub fn warning(code: Code, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    fn new(
        severity: Severity,
        code: Code,
        span: impl Into<Option<Span>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            span: span.into(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        self.notes.push(Note {
            span: span.into(),
            message: message.into(),
        });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Whether any of `diagnostics` is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}
