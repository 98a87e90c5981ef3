//! Comments and blank lines of a file, lexed from the text that the user wrote.

use std::sync::Arc;

use crate::source::{
    lex::{Kind, Lexeme, lex},
    span::{FileId, Span},
};

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

/// One comment; line comments right below one another are one.
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

/// The comments and blank lines of one file. Comments in what `#if 0` leaves out don't count.
#[derive(Clone, Debug)]
pub struct Trivia {
    /// By position.
    comments: Vec<Comment>,
    text: Arc<str>,
}

impl Trivia {
    /// Lexes `text`, which is all of `file`.
    pub fn new(file: FileId, text: &Arc<str>) -> Self {
        Self {
            comments: comments(file, text),
            text: Arc::clone(text),
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

    /// The comment about what stands at `offset`, behind it on the same line: with nothing but
    /// punctuation in between, or at the end of the line.
    pub fn trailing(&self, offset: u32) -> Option<&Comment> {
        let mut touching = true;
        for lexeme in lex(self.rest(offset)) {
            match lexeme.kind {
                Kind::Newline => return None,
                Kind::LineComment | Kind::BlockComment => {
                    let start = offset.checked_add(u32::try_from(lexeme.start).ok()?)?;
                    let comment = self.starting(start)?;
                    if touching || self.ends_line(comment.span.end) {
                        return Some(comment);
                    }
                }
                Kind::Punct(b',' | b';' | b')' | b']' | b'}') => {}
                _ => touching = false,
            }
        }
        None
    }

    /// The comment that documents what begins on the line of `offset`: right above it, or else
    /// behind it on the same line.
    pub fn doc(&self, offset: u32) -> Option<&Comment> {
        self.above(offset).or_else(|| self.trailing(offset))
    }

    /// The comment of its own line that ends on the line above that of `offset`.
    pub fn above(&self, offset: u32) -> Option<&Comment> {
        let above = self.line_start(offset).checked_sub(1)?;
        self.ending_on_line_of(above)
    }

    /// Whether a blank line stands right above the line of `offset`, or above the comments that
    /// stand there.
    pub fn blank_before(&self, offset: u32) -> bool {
        let mut start = self.line_start(offset);
        loop {
            let Some(end) = start.checked_sub(1) else {
                return false;
            };
            if let Some(comment) = self.ending_on_line_of(end) {
                start = self.line_start(comment.span.start);
                continue;
            }
            let above = self.line_start(end);
            let line = self.text.get(above as usize..end as usize);
            let line = line.unwrap_or_default().trim();
            if is_directive(line) {
                start = above;
                continue;
            }
            return line.is_empty();
        }
    }

    /// Whether a blank line stands somewhere between `start` and `end`, outside comments.
    pub fn blank_between(&self, start: u32, end: u32) -> bool {
        let text = self.text.get(start as usize..end as usize);
        let mut empty = false;
        for lexeme in lex(text.unwrap_or_default()) {
            if lexeme.kind == Kind::Newline && empty {
                return true;
            }
            empty = lexeme.kind == Kind::Newline;
        }
        false
    }

    /// The comment of its own line whose last line ends at the line break at `end`.
    fn ending_on_line_of(&self, end: u32) -> Option<&Comment> {
        let behind = self
            .comments
            .partition_point(|comment| comment.span.end <= end);
        let comment = self.comments.get(behind.checked_sub(1)?)?;
        let rest = self.text.get(comment.span.end as usize..end as usize)?;
        (comment.own_line && rest.trim().is_empty() && !rest.contains('\n')).then_some(comment)
    }

    fn starting(&self, start: u32) -> Option<&Comment> {
        let at = self
            .comments
            .binary_search_by_key(&start, |comment| comment.span.start)
            .ok()?;
        self.comments.get(at)
    }

    fn ends_line(&self, end: u32) -> bool {
        lex(self.rest(end))
            .find(|lexeme| !lexeme.is_comment())
            .is_none_or(|lexeme| lexeme.kind == Kind::Newline)
    }

    fn rest(&self, offset: u32) -> &str {
        self.text.get(offset as usize..).unwrap_or_default()
    }

    fn line_start(&self, offset: u32) -> u32 {
        let before = self.text.get(..offset as usize).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        u32::try_from(start).unwrap_or(offset)
    }
}

fn comments(file: FileId, text: &str) -> Vec<Comment> {
    let mut found: Vec<Lexeme> = Vec::new();
    let mut comments: Vec<Comment> = Vec::new();
    // Whether anything but comments stood on this line yet.
    let mut own_line = true;
    let mut skipping = Skipping::default();
    for lexeme in lex(text) {
        if skipping.see(lexeme, text) {
            own_line = lexeme.kind == Kind::Newline;
            continue;
        }
        match lexeme.kind {
            Kind::Newline => own_line = true,
            Kind::LineComment | Kind::BlockComment if is_directive(lexeme.of(text)) => {}
            Kind::LineComment | Kind::BlockComment => {
                match (found.last_mut(), comments.last_mut()) {
                    (Some(last), Some(comment)) if continues(text, *last, lexeme, own_line) => {
                        last.end = lexeme.end;
                        comment.span.end = u32::try_from(lexeme.end).unwrap_or(u32::MAX);
                        comment.text = said(last.of(text), lexeme.kind);
                    }
                    _ => {
                        comments.extend(comment(file, text, lexeme, own_line));
                        found.push(lexeme);
                    }
                }
            }
            _ => own_line = false,
        }
    }
    comments
}

/// Whether a comment speaks to the linter, and not to people.
fn is_directive(letters: &str) -> bool {
    let said = letters.trim_start_matches(['/', '*', ' ', '\t']);
    said.strip_prefix("c2aya:")
        .is_some_and(|rest| rest.trim_start().starts_with("allow"))
}

/// Whether `next` goes on with the line comment `last`: on the next line, in the same column.
fn continues(text: &str, last: Lexeme, next: Lexeme, own_line: bool) -> bool {
    let between = text.get(last.end..next.start).unwrap_or_default();
    let column = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        before.rfind('\n').map_or(at, |line| at - line - 1)
    };
    let last_line = text.get(..last.end).and_then(|before| before.rfind('\n'));
    let last_start = last_line.map_or(last.start, |line| last.start.max(line + 1));
    let last_text = text.get(last_start..last.end).unwrap_or_default();
    let last_start = last_start + (last_text.len() - last_text.trim_start().len());
    own_line
        && last.kind == Kind::LineComment
        && next.kind == Kind::LineComment
        && between.trim().is_empty()
        && between.matches('\n').count() == 1
        && column(last_start) == column(next.start)
}

fn comment(file: FileId, text: &str, lexeme: Lexeme, own_line: bool) -> Option<Comment> {
    let letters = lexeme.of(text);
    let doc = letters.starts_with("/**") && letters.len() > 4 && !letters.starts_with("/***")
        || letters.starts_with("/*!")
        || letters.starts_with("///") && !letters.starts_with("////")
        || letters.starts_with("//!");
    Some(Comment {
        span: Span {
            file,
            start: u32::try_from(lexeme.start).ok()?,
            end: u32::try_from(lexeme.end).ok()?,
        },
        text: said(letters, lexeme.kind),
        kind: match lexeme.kind {
            _ if doc => CommentKind::Doc,
            Kind::LineComment => CommentKind::Line,
            _ => CommentKind::Block,
        },
        own_line,
    })
}

/// What a comment says, without its frame.
fn said(letters: &str, kind: Kind) -> String {
    let lines: Vec<&str> = if kind == Kind::LineComment {
        letters
            .lines()
            .map(|line| {
                // A backslash goes on with the comment on a line without slashes.
                let line = line.trim_end();
                let line = line.strip_suffix('\\').unwrap_or(line);
                let Some(said) = line.trim_start().strip_prefix("//") else {
                    return line;
                };
                let said = said.trim_start_matches('/');
                said.strip_prefix('!').unwrap_or(said)
            })
            .collect()
    } else {
        let inside = letters.trim_start_matches('/');
        let inside = inside.strip_suffix("*/").unwrap_or(inside);
        let inside = inside.trim_start_matches('*');
        let inside = inside.strip_prefix('!').unwrap_or(inside);
        block_lines(inside)
    };
    let common = lines
        .iter()
        .skip(usize::from(kind == Kind::BlockComment))
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let mut text: Vec<&str> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let cut = if at == 0 && kind == Kind::BlockComment {
            indent
        } else {
            common.min(indent)
        };
        text.push(line.get(cut..).unwrap_or_default().trim_end());
    }
    let first = text.iter().position(|line| !line.is_empty());
    let last = text.iter().rposition(|line| !line.is_empty());
    match first.zip(last) {
        Some((first, last)) => text.get(first..=last).unwrap_or_default().join("\n"),
        None => String::new(),
    }
}

/// The lines of a block comment, without the asterisks that all but the first begin with.
fn block_lines(inside: &str) -> Vec<&str> {
    let starred = inside
        .lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .all(|line| line.trim_start().starts_with('*'));
    let lines = inside.lines().enumerate();
    lines
        .map(|(at, line)| {
            let bare = line.trim_start();
            match bare.strip_prefix('*') {
                Some(rest) if at > 0 && starred => rest.trim_start_matches('*'),
                _ => line,
            }
        })
        .collect()
}

/// Follows `#if 0` and the lines that it leaves out.
#[derive(Default)]
struct Skipping {
    /// Conditions open inside the one that leaves lines out, that one included; 0 outside.
    depth: usize,
    line: Vec<Lexeme>,
}

impl Skipping {
    /// Whether `lexeme` is left out.
    fn see(&mut self, lexeme: Lexeme, text: &str) -> bool {
        let was_skipped = self.depth > 0;
        if lexeme.kind == Kind::Newline {
            self.directive(text);
            self.line.clear();
        } else if self.line.len() < 4 && !lexeme.is_comment() {
            self.line.push(lexeme);
        }
        was_skipped
    }

    fn directive(&mut self, text: &str) {
        let words: Vec<&str> = self.line.iter().map(|lexeme| lexeme.of(text)).collect();
        match (words.as_slice(), self.depth) {
            (["#", "if", "0"], 0) => self.depth = 1,
            (["#", "if" | "ifdef" | "ifndef", ..], 1..) => self.depth += 1,
            (["#", "endif", ..], 1..) => self.depth -= 1,
            (["#", "else" | "elif", ..], 1) => self.depth = 0,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trivia(text: &str) -> Trivia {
        Trivia::new(FileId(0), &Arc::from(text))
    }

    #[track_caller]
    fn check_texts(text: &str, expected: &[&str]) {
        let trivia = trivia(text);
        let found: Vec<_> = trivia.comments().iter().map(|c| c.text.as_str()).collect();
        assert_eq!(found, expected);
    }

    /// Asks at the offset of `|`, which is not part of the text.
    #[track_caller]
    fn at<T>(text: &str, ask: impl Fn(&Trivia, u32) -> T) -> T {
        let offset = text.find('|').unwrap();
        let trivia = trivia(&text.replace('|', ""));
        ask(&trivia, u32::try_from(offset).unwrap())
    }

    fn trailing(text: &str) -> Option<String> {
        at(text, |trivia, offset| {
            trivia.trailing(offset).map(|c| c.text.clone())
        })
    }

    fn doc(text: &str) -> Option<String> {
        at(text, |trivia, offset| {
            trivia.doc(offset).map(|c| c.text.clone())
        })
    }

    fn blank_before(text: &str) -> bool {
        at(text, |trivia, offset| trivia.blank_before(offset))
    }

    #[test]
    fn texts() {
        check_texts("/* a */ // b\n", &["a", "b"]);
        check_texts("/*\n * a\n *\n *   b\n */", &["a\n\n  b"]);
        check_texts("/* a\n   b */", &["a\nb"]);
        check_texts("/** a */ /*! b */ /// c\n", &["a", "b", "c"]);
        check_texts("// a\n//  b\n\n// c\n", &["a\n b", "c"]);
        check_texts("\t// a\n\t// b\n", &["a\nb"]);
        check_texts("int x; // a\n       // b\n", &["a\nb"]);
        check_texts("int x; // a\n// b\n", &["a", "b"]);
        check_texts("/**/", &[""]);
        check_texts("/* a", &["a"]);
    }

    #[test]
    fn literals_and_continuations() {
        check_texts("\"/* a */\" '\"' // b", &["b"]);
        check_texts("// a \\\n b\n", &["a\nb"]);
        check_texts("#define X \\\n\t1 /* a */ \\\n\t+ 2\n", &["a"]);
    }

    #[test]
    fn what_the_linter_is_told_is_no_comment() {
        check_texts(
            "// a\n// c2aya: allow(b, reason = \"c\")\nint d; // e\n",
            &["a", "e"],
        );
        check_texts(
            "/* c2aya: allow(a) */ /* c2aya allows */",
            &["c2aya allows"],
        );
    }

    #[test]
    fn what_if_0_leaves_out() {
        check_texts(
            "#if 0\n// a\n#if X\n#endif\n// b\n#else\n// c\n#endif\n",
            &["c"],
        );
        check_texts("#if 1\n// a\n#endif\n", &["a"]);
    }

    #[test]
    fn own_lines() {
        let trivia = trivia("/* a */ /* b */\nint x; /* c */\n");
        let own: Vec<_> = trivia.comments().iter().map(|c| c.own_line).collect();
        assert_eq!(own, [true, true, false]);
    }

    #[test]
    fn trailing_comments() {
        assert_eq!(
            trailing("int a|; /* x */ int b; /* y */\n").as_deref(),
            Some("x")
        );
        assert_eq!(trailing("|int a; // x\n").as_deref(), Some("x"));
        assert_eq!(trailing("|f(a, /* b */ c);\n"), None);
        assert_eq!(trailing("int a|;\n// x\n"), None);
        assert_eq!(trailing("int a|; /* x\n y */\n").as_deref(), Some("x\ny"));
    }

    #[test]
    fn docs() {
        assert_eq!(doc("/* a */\n#define |X 1 /* b */\n").as_deref(), Some("a"));
        assert_eq!(
            doc("/* a */\n\n#define |X 1 /* b */\n").as_deref(),
            Some("b")
        );
        assert_eq!(doc("int y; /* a */\n#define |X 1\n"), None);
        assert_eq!(doc("// a\n// b\nint |x;\n").as_deref(), Some("a\nb"));
    }

    #[test]
    fn blank_lines() {
        assert!(blank_before("a;\n\n|b;\n"));
        assert!(blank_before("a;\n \t\n\t/* c */\n\t// d\n\t|b;\n"));
        assert!(blank_before("a;\n\n// c2aya: allow(d)\n|b;\n"));
        assert!(!blank_before("a;\n|b;\n"));
        assert!(!blank_before("|a;\n"));
        assert!(!blank_before("/* a\n\n */\n|b;\n"));
    }

    #[test]
    fn comments_between() {
        let trivia = trivia("/*a*/ x /*b*/ y /*c*/");
        let texts = |start, end| -> Vec<&str> {
            let found = trivia.between(start, end);
            found.iter().map(|c| c.text.as_str()).collect()
        };
        assert_eq!(texts(0, 21), ["a", "b", "c"]);
        assert_eq!(texts(1, 15), ["b"]);
        assert_eq!(texts(9, 10), Vec::<&str>::new());
    }
}
