//! What a rule found, and what to do about it.

use serde::Serialize;

use super::rule::{Category, Confidence};
use crate::{
    diag::{Code, Diagnostic, Severity},
    source::span::Span,
};

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Rule, place, message, notes and help.
    pub diagnostic: Diagnostic,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// What the rule is about.
    pub category: Category,
    /// How to change the file, if that can be said.
    pub fix: Option<Fix>,
}

/// A change of the user's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: `rename it to BPF_KSYSCALL`.
    pub title: String,
    /// Whether it may be made unseen.
    pub applicability: Applicability,
    /// The ranges to replace, which don't overlap.
    pub edits: Vec<Edit>,
}

/// Whether a fix may be made without a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// `--fix`: the program means the same, or what it was meant to mean without a doubt.
    Safe,
    /// `--unsafe-fixes`: the program may mean something else.
    Unsafe,
    /// Shown, never made: it has gaps to fill in.
    Display,
}

/// A range of a file, and the text that replaces it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// In a file of the user's own; empty to insert.
    pub span: Span,
    /// What comes in its place.
    pub text: String,
}

impl Finding {
    /// Its rule's code.
    pub fn code(&self) -> Code {
        self.diagnostic.code
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.diagnostic.severity
    }

    /// Where it is.
    pub fn span(&self) -> Option<Span> {
        self.diagnostic.span
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.note(span, message);
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.help(help);
        self
    }

    /// Offers a change; without a help of its own, the title is the help.
    #[must_use]
    pub fn fix(
        mut self,
        applicability: Applicability,
        title: impl Into<String>,
        edits: impl IntoIterator<Item = (Span, String)>,
    ) -> Self {
        let title = title.into();
        self.diagnostic.help.get_or_insert_with(|| title.clone());
        let edits = edits.into_iter().map(|(span, text)| Edit { span, text });
        self.fix = Some(Fix {
            title,
            applicability,
            edits: edits.collect(),
        });
        self
    }
}
