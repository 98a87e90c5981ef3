//! `--cpp`: preprocessing by another program, such as `clang -E -target bpf`.
//!
//! The stand-ins are written to a folder for it: libbpf's first on its include path, the kernel's
//! last. Line markers tell which line of which file each line of the output is; the column is found
//! again by looking for the token on that line.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use tempfile::TempDir;

use crate::{
    arch::Arch,
    source::{
        Options,
        headers::{Headers, Opened},
        lex::{Kind, Lexeme, lex},
        preprocess::{Macro, Preprocessed, Raw, RawToken},
        standins,
        token::{Token, TokenKind},
    },
};

/// Runs `command` over `main`.
///
/// # Errors
///
/// What it said where it failed, or why it couldn't be run.
pub(crate) fn run(
    command: &str,
    main: &Opened,
    options: &Options,
    arch: Arch,
    headers: &Headers<'_>,
) -> Result<Preprocessed, String> {
    let words = words(command)?;
    let (program, first) = words.split_first().ok_or("the command is empty")?;
    let folder = stand_ins(arch).map_err(|error| error.to_string())?;
    let run = Command::new(program)
        .args(first)
        .args(arguments(main, options, arch, folder.path()))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run `{program}`: {error}"))?;
    if !run.status.success() {
        let said = String::from_utf8_lossy(&run.stderr);
        return Err(format!("{}\n{}", run.status, said.trim_end()));
    }
    let text = String::from_utf8(run.stdout).map_err(|_| "its output is not UTF-8")?;
    Ok(Output::new(headers, folder.path()).read(&text))
}

/// The words of a command line, as a shell splits them: at blanks outside quotes.
fn words(command: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match letter {
            quote @ ('"' | '\'') => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next() {
                        Some(letter) if letter == quote => break,
                        Some('\\') if quote == '"' => word.extend(letters.next()),
                        Some(letter) => word.push(letter),
                        None => return Err(format!("a {quote} is not closed")),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(letters.next()),
            letter if letter.is_whitespace() => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Ok(words)
}

/// A folder with every embedded header as the preprocessor is to see it.
fn stand_ins(arch: Arch) -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("c2aya-headers").tempdir()?;
    let write = |below: &str, name: &str, text: &str| {
        let path = folder.path().join(below).join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)
    };
    for (name, text) in standins::all() {
        if standins::is_indexed(name) {
            // Its declarations are put in front where they are needed.
            write(LIBBPF, name, "")?;
        } else if let Some(bare) = name.strip_prefix("bpf/") {
            write(LIBBPF, name, text)?;
            write(LIBBPF, bare, text)?;
        } else {
            write(KERNEL, name, text)?;
            write(KERNEL, &format!("uapi/{name}"), text)?;
        }
    }
    let (_, text) = standins::vmlinux(arch);
    let index = crate::source::vmlinux::Index::unconditional(&Arc::from(text()));
    write(KERNEL, "vmlinux.h", &index.directives())?;
    Ok(folder)
}

const LIBBPF: &str = "libbpf";
const KERNEL: &str = "kernel";

fn arguments(main: &Opened, options: &Options, arch: Arch, folder: &Path) -> Vec<PathBuf> {
    let mut arguments: Vec<PathBuf> = Vec::new();
    let mut pair = |flag: &str, value: PathBuf| {
        arguments.push(flag.into());
        arguments.push(value);
    };
    pair("-I", folder.join(LIBBPF));
    for path in &options.includes {
        pair("-I", path.clone());
    }
    for path in &options.system_includes {
        pair("-isystem", path.clone());
    }
    pair("-idirafter", folder.join(KERNEL));
    pair("-D", arch.target_macro().into());
    for define in &options.defines {
        pair("-D", define.into());
    }
    for name in &options.undefines {
        pair("-U", name.into());
    }
    for path in &options.forced {
        pair("-include", path.clone());
    }
    arguments.push(main.path.clone());
    arguments
}

/// Reads what a preprocessor wrote.
struct Output<'a> {
    headers: &'a Headers<'a>,
    folder: &'a Path,
    preprocessed: Preprocessed,
    texts: Vec<Option<Source>>,
    numbers: HashMap<PathBuf, usize>,
}

/// A file and where its lines begin.
struct Source {
    text: Arc<str>,
    lines: Vec<usize>,
    /// Whether its declarations are taken by name instead.
    indexed: bool,
}

impl<'a> Output<'a> {
    fn new(headers: &'a Headers<'a>, folder: &'a Path) -> Self {
        Self {
            headers,
            folder,
            preprocessed: Preprocessed::default(),
            texts: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    fn read(mut self, text: &str) -> Preprocessed {
        // The helpers' declarations, which the stand-in folder leaves out.
        let _ = self.headers.open(Path::new("bpf/bpf_helper_defs.h"));
        let mut file = None;
        let mut number = 0;
        for line in text.lines() {
            if let Some((next, name)) = marker(line) {
                number = next;
                file = Some(self.file(&name));
                continue;
            }
            let source = file.and_then(|file| self.texts.get(file)?.as_ref());
            if !source.is_some_and(|source| source.indexed) {
                let found = tokens(line, source, file.unwrap_or(0), number);
                self.preprocessed.tokens.extend(found);
            }
            number += 1;
        }
        self.defines();
        self.preprocessed
    }

    /// The number of the file that a line marker names.
    fn file(&mut self, name: &str) -> usize {
        let mut path = PathBuf::from(name);
        for below in [LIBBPF, KERNEL] {
            if let Ok(inside) = path.strip_prefix(self.folder.join(below)) {
                path = Headers::embedded_folder().join(inside);
                break;
            }
        }
        if let Some(&known) = self.numbers.get(&path) {
            return known;
        }
        let number = self.texts.len();
        let opened = self.headers.open(&path).ok();
        self.texts.push(opened.map(|opened| {
            Source {
                lines: std::iter::once(0)
                    .chain(opened.text.match_indices('\n').map(|(at, _)| at + 1))
                    .collect(),
                indexed: opened.index.is_some(),
                text: opened.text,
            }
        }));
        self.preprocessed.files.push(path.clone());
        self.numbers.insert(path, number);
        number
    }

    /// The object-like macros that the files define, as they are written.
    fn defines(&mut self) {
        for (file, source) in self.texts.iter().enumerate() {
            let Some(source) = source.as_ref().filter(|source| !source.indexed) else {
                continue;
            };
            self.preprocessed.macros.extend(defines(&source.text, file));
        }
    }
}

/// The line and file that a line marker says comes next.
fn marker(line: &str) -> Option<(usize, String)> {
    let rest = line
        .strip_prefix("# ")
        .or_else(|| line.strip_prefix("#line "))?;
    let (number, rest) = rest.split_once(' ')?;
    let name = rest.strip_prefix('"')?.rsplit_once('"')?.0;
    Some((
        number.parse().ok()?,
        name.replace("\\\\", "\\").replace("\\\"", "\""),
    ))
}

/// The tokens of one line of output, which stands on line `number` of `source`.
fn tokens(line: &str, source: Option<&Source>, file: usize, number: usize) -> Vec<RawToken> {
    let start = source.and_then(|source| source.lines.get(number.checked_sub(1)?).copied());
    let written = source.zip(start).and_then(|(source, start)| {
        let rest = source.text.get(start..)?;
        rest.lines().next()
    });
    let written = written.unwrap_or_default();
    let place = |at: usize, length: usize| {
        let start = u32::try_from(start? + at).ok()?;
        let length = u32::try_from(length).ok()?;
        Some(Raw {
            file,
            start,
            end: start + length,
        })
    };
    if let Some(pragma) = line.trim_start().strip_prefix("#pragma ") {
        let place = place(0, written.len());
        return vec![raw(
            TokenKind::Pragma,
            pragma.trim(),
            place,
            true,
            true,
            false,
        )];
    }
    let mut tokens = Vec::new();
    // Where on the line the last token was that stands there.
    let mut from = 0;
    let mut last = place(0, written.trim_end().len());
    let mut behind = 0;
    for lexeme in lex(line) {
        let kind = match lexeme.kind {
            Kind::Word => TokenKind::Word,
            Kind::Number => TokenKind::Number,
            Kind::Str => TokenKind::Str,
            Kind::Char => TokenKind::Char,
            Kind::Punct(_) => TokenKind::Punct,
            _ => continue,
        };
        let letters = lexeme.of(line);
        let found = find(written, letters, lexeme, from);
        if let Some(at) = found {
            from = at + letters.len();
            last = place(at, letters.len());
        }
        let space = lexeme.start > behind;
        tokens.push(raw(
            kind,
            letters,
            last,
            space,
            tokens.is_empty(),
            found.is_none(),
        ));
        behind = lexeme.end;
    }
    tokens
}

/// Where on the line as it is written a token stands, at or behind `from`.
fn find(written: &str, letters: &str, lexeme: Lexeme, from: usize) -> Option<usize> {
    let rest = written.get(from..)?;
    lex(rest)
        .find(|other| other.kind == lexeme.kind && other.of(rest) == letters)
        .map(|other| from + other.start)
}

fn raw(
    kind: TokenKind,
    text: &str,
    place: Option<Raw>,
    space: bool,
    line_start: bool,
    from_macro: bool,
) -> RawToken {
    RawToken {
        token: Token {
            kind,
            text: text.to_owned().into(),
            space,
            line_start,
            place: None,
            spelled: None,
            from_macro,
            unroll: None,
            index: 0,
        },
        place,
        spelled: place,
    }
}

fn defines(text: &str, file: usize) -> Vec<Macro> {
    let mut macros = Vec::new();
    let mut line: Vec<Lexeme> = Vec::new();
    for lexeme in lex(text).chain([Lexeme {
        kind: Kind::Newline,
        start: text.len(),
        end: text.len(),
    }]) {
        if lexeme.is_comment() {
            continue;
        }
        if lexeme.kind != Kind::Newline {
            line.push(lexeme);
            continue;
        }
        if let [hash, define, name, body @ ..] = line.as_slice()
            && hash.of(text) == "#"
            && define.of(text) == "define"
            && body
                .first()
                .is_none_or(|first| first.start > name.end || first.of(text) != "(")
            && let (Ok(start), Ok(end)) = (u32::try_from(name.start), u32::try_from(name.end))
        {
            let body: Vec<&str> = body.iter().map(|lexeme| lexeme.of(text)).collect();
            let body = body.join(" ");
            macros.push(Macro {
                name: name.of(text).to_owned(),
                function_like: false,
                span: Raw { file, start, end },
                body: Vec::new(),
                expanded: body.clone(),
                text: body,
            });
        }
        line.clear();
    }
    macros
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_words(command: &str, expected: &[&str]) {
        assert_eq!(words(command).unwrap(), expected);
    }

    #[test]
    fn commands_split_as_in_a_shell() {
        check_words("clang -E", &["clang", "-E"]);
        check_words(r#" a  "b c" 'd "e' f\ g "#, &["a", "b c", "d \"e", "f g"]);
        check_words("a ''", &["a", ""]);
        check_words("", &[]);
        assert!(words("a 'b").is_err());
    }

    #[test]
    fn line_markers() {
        assert_eq!(marker("# 12 \"a/b.c\" 2"), Some((12, "a/b.c".into())));
        assert_eq!(
            marker("# 1 \"a \\\"b\\\".c\""),
            Some((1, "a \"b\".c".into()))
        );
        assert_eq!(marker("#pragma once"), None);
        assert_eq!(marker("int x;"), None);
    }

    #[test]
    fn tokens_are_found_on_their_line() {
        let text: Arc<str> = Arc::from("x = MAX + x;\n");
        let source = Source {
            text,
            lines: vec![0, 13],
            indexed: false,
        };
        let found = tokens("x = 8 + x;", Some(&source), 0, 1);
        let places: Vec<u32> = found.iter().filter_map(|t| Some(t.place?.start)).collect();
        assert_eq!(places, [0, 2, 2, 8, 10, 11]);
    }
}
