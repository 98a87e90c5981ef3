//! The text of the user's own files, in lexemes.

use crate::source::{
    lex::{Kind, Lexeme, lex},
    span::{FileId, FileKind, SourceMap, Span},
};

/// The lexemes of the user's own files, in branches that the preprocessor leaves out too.
#[derive(Debug)]
pub struct Text<'a> {
    files: Vec<FileText<'a>>,
}

#[derive(Debug)]
struct FileText<'a> {
    id: FileId,
    text: &'a str,
    lexemes: Vec<Lexeme>,
    /// For each lexeme, whether it stands on the line of a directive that isn't `#define`, or is
    /// the name that one defines.
    directive: Vec<bool>,
}

/// A word of the user's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// Its letters.
    pub text: &'a str,
    /// Where it stands.
    pub span: Span,
}

impl<'a> Text<'a> {
    pub(super) fn new(files: &'a SourceMap) -> Self {
        let own = files
            .iter()
            .filter(|(_, file)| matches!(file.kind, FileKind::Main | FileKind::Local));
        let files = own.map(|(id, file)| {
            let lexemes: Vec<_> = lex(&file.text).collect();
            FileText {
                id,
                text: &file.text,
                directive: directives(&lexemes, &file.text),
                lexemes,
            }
        });
        Self {
            files: files.collect(),
        }
    }

    /// The user's own files.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &'a str)> + '_ {
        self.files.iter().map(|file| (file.id, file.text))
    }

    /// All lexemes of the file, comments and line ends among them.
    pub fn lexemes(&self, file: FileId) -> &[Lexeme] {
        self.file(file).map_or(&[], |file| &file.lexemes)
    }

    /// Words outside comments, literals and directives; in the bodies of `#define` too.
    pub fn words(&self) -> impl Iterator<Item = Word<'a>> + '_ {
        self.files.iter().flat_map(FileText::words)
    }

    /// Where that word stands.
    pub fn places<'s>(&'s self, word: &'s str) -> impl Iterator<Item = Span> + 's {
        let words = self.words().filter(move |found| found.text == word);
        words.map(|found| found.span)
    }

    /// The word, and only it, that a place covers.
    pub fn word_at(&self, span: Span) -> Option<Word<'a>> {
        let file = self.file(span.file)?;
        let at = file.index_at(span.start)?;
        let lexeme = file.lexemes.get(at)?;
        (lexeme.kind == Kind::Word).then(|| file.word(*lexeme))
    }

    /// The word that holds a byte, or ends at it.
    pub fn word_touching(&self, file: FileId, offset: u32) -> Option<Word<'a>> {
        let file = self.file(file)?;
        let offset = offset as usize;
        let touches = |lexeme: &&Lexeme| {
            lexeme.kind == Kind::Word && lexeme.start <= offset && offset <= lexeme.end
        };
        file.lexemes
            .iter()
            .find(touches)
            .map(|lexeme| file.word(*lexeme))
    }

    /// The word before the parenthesis that the place is the first thing in: `BPF_KSYSCALL` for the
    /// name in `BPF_KSYSCALL(name, …)`.
    pub fn word_around(&self, span: Span) -> Option<Word<'a>> {
        let file = self.file(span.file)?;
        let before = file.before(span.start)?;
        let mut before = before.filter(|lexeme| !lexeme.is_comment() && !is_newline(lexeme));
        let open = before.next()?;
        let word = before.next()?;
        (open.kind == Kind::Punct(b'(') && word.kind == Kind::Word).then(|| file.word(*word))
    }

    /// What stands in the parentheses of the nearest `name(…)` before the place, with no `;` or `}`
    /// in between.
    pub fn argument_before(&self, name: &str, place: Span) -> Option<Span> {
        let file = self.file(place.file)?;
        let mut inside: Option<(usize, usize)> = None;
        let mut open = false;
        for lexeme in file.before(place.start)? {
            match lexeme.kind {
                Kind::Newline | Kind::LineComment | Kind::BlockComment => {}
                Kind::Punct(b';' | b'}') => return None,
                Kind::Punct(b')') => inside = Some((lexeme.start, lexeme.start)),
                Kind::Punct(b'(') => {
                    open = true;
                    continue;
                }
                Kind::Word if open && lexeme.of(file.text) == name => {
                    let (start, end) = inside?;
                    return file.span(start, end);
                }
                _ => {
                    if let Some((start, _)) = &mut inside {
                        *start = lexeme.start;
                    }
                }
            }
            open = false;
        }
        None
    }

    fn file(&self, id: FileId) -> Option<&FileText<'a>> {
        self.files.iter().find(|file| file.id == id)
    }
}

impl<'a> FileText<'a> {
    fn words(&self) -> impl Iterator<Item = Word<'a>> + '_ {
        let lexemes = self.lexemes.iter().zip(&self.directive);
        lexemes
            .filter(|(lexeme, directive)| lexeme.kind == Kind::Word && !**directive)
            .map(|(lexeme, _)| self.word(*lexeme))
    }

    fn word(&self, lexeme: Lexeme) -> Word<'a> {
        let span = self.span(lexeme.start, lexeme.end);
        Word {
            text: lexeme.of(self.text),
            span: span.unwrap_or(Span {
                file: self.id,
                start: 0,
                end: 0,
            }),
        }
    }

    fn span(&self, start: usize, end: usize) -> Option<Span> {
        Some(Span {
            file: self.id,
            start: u32::try_from(start).ok()?,
            end: u32::try_from(end).ok()?,
        })
    }

    fn index_at(&self, start: u32) -> Option<usize> {
        self.lexemes
            .binary_search_by_key(&(start as usize), |lexeme| lexeme.start)
            .ok()
    }

    /// The lexemes before an offset, the nearest first.
    fn before(&self, start: u32) -> Option<impl Iterator<Item = &Lexeme>> {
        let at = self
            .lexemes
            .partition_point(|lexeme| lexeme.end <= start as usize);
        Some(self.lexemes.get(..at)?.iter().rev())
    }
}

fn is_newline(lexeme: &Lexeme) -> bool {
    lexeme.kind == Kind::Newline
}

/// Which lexemes belong to directives, the bodies of `#define` apart.
fn directives(lexemes: &[Lexeme], text: &str) -> Vec<bool> {
    let mut found = Vec::with_capacity(lexemes.len());
    for line in lexemes.split_inclusive(is_newline) {
        let words: Vec<usize> = (0..line.len())
            .filter(|&at| line.get(at).is_some_and(|lexeme| !lexeme.is_comment()))
            .collect();
        let is = |at: usize, word: &str| {
            let lexeme = words.get(at).and_then(|&at| line.get(at));
            lexeme.is_some_and(|lexeme| lexeme.of(text) == word)
        };
        let hidden = match (is(0, "#"), is(1, "define")) {
            (false, _) => 0,
            (true, true) => words.get(2).map_or(line.len(), |at| at + 1),
            (true, false) => line.len(),
        };
        found.extend((0..line.len()).map(|at| at < hidden));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn files(text: &str) -> SourceMap {
        let mut files = SourceMap::default();
        files.add("a.bpf.c".into(), Arc::from(text), FileKind::Main);
        files
    }

    #[track_caller]
    fn check_words(text: &str, expected: &[&str]) {
        let files = files(text);
        let text = Text::new(&files);
        let words: Vec<_> = text.words().map(|word| word.text).collect();
        assert_eq!(words, expected);
    }

    #[test]
    fn words_are_those_of_the_program() {
        check_words("int a; // b\n\"c\" 'd' /* e */ f", &["int", "a", "f"]);
        check_words("#include <a.h>\n#if B\nc\n#endif\n", &["c"]);
        check_words("#define A B(c) \\\n d\ne", &["B", "c", "d", "e"]);
    }

    /// What `ask` finds for the place of `|name`, as text.
    #[track_caller]
    fn check(text: &str, ask: fn(&Text<'_>, Span) -> Option<Span>, expected: Option<&str>) {
        let start = text.find('|').unwrap();
        let files = files(&text.replace('|', ""));
        let place = Span {
            file: FileId(0),
            start: u32::try_from(start).unwrap(),
            end: u32::try_from(start + 1).unwrap(),
        };
        let found = ask(&Text::new(&files), place);
        assert_eq!(found.map(|span| files.text(span)), expected);
    }

    #[test]
    fn the_macro_around_a_name() {
        let around: fn(&Text<'_>, Span) -> Option<Span> =
            |text, place| Some(text.word_around(place)?.span);
        check("int M(|f, int a)", around, Some("M"));
        check("int M(\n\t/* c */\n\t|f, int a)", around, Some("M"));
        check("int |f(int a)", around, None);
    }

    #[test]
    fn the_section_before_a_name() {
        let before: fn(&Text<'_>, Span) -> Option<Span> =
            |text, place| text.argument_before("SEC", place);
        check("SEC(\"a\") int |f()", before, Some("\"a\""));
        check(
            "SEC(\"a\" B \"c\")\nint M(|f)",
            before,
            Some("\"a\" B \"c\""),
        );
        check("SEC(\"a\") int g; int |f()", before, None);
    }
}
