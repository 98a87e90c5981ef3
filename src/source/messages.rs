//! What reading has to say, in our words and with our codes.

use std::path::Path;

use super::read::Ids;
use crate::{
    diag::Diagnostic,
    source::{
        Options, codes,
        headers::{MAX_FILE, Stop},
        lex::{Kind, lex},
        preprocess::RawMessage,
        span::{FileId, SourceMap, Span},
    },
};

/// How deep brackets may nest in a file as it is written.
const MAX_NESTING: usize = 512;

/// Complains about a text that the preprocessor had better not see.
pub(super) fn check_text(file: FileId, text: &str) -> Option<Diagnostic> {
    let mut depth = 0usize;
    for lexeme in lex(text) {
        match lexeme.kind {
            Kind::Punct(b'(' | b'[' | b'{') => depth += 1,
            Kind::Punct(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            let place = span(file, lexeme.start, lexeme.end);
            let message = format!("brackets nest more than {MAX_NESTING} deep here");
            return Some(
                Diagnostic::error(codes::NESTING_TOO_DEEP, place, message)
                    .help("split the expression or move the inner blocks to functions"),
            );
        }
    }
    None
}

/// The preprocessor gave up without a word.
pub(super) fn broke_down(file: FileId) -> Diagnostic {
    let place = span(file, 0, 0);
    Diagnostic::error(
        codes::PREPROCESSOR,
        place,
        "the file could not be preprocessed",
    )
    .help("use another preprocessor: `--cpp 'clang -E'`")
}

/// `--cpp` failed.
pub(super) fn outside(file: FileId, command: &str, why: &str) -> Diagnostic {
    let mut lines = why.lines();
    let first = lines.next().unwrap_or_default();
    let message = format!("`{command}` failed: {first}");
    let failed = Diagnostic::error(codes::OUTSIDE_PREPROCESSOR, span(file, 0, 0), message);
    lines
        .take(MAX_LINES)
        .fold(failed, |failed, line| failed.note(None, line))
}

/// How much of what another program says is repeated.
const MAX_LINES: usize = 12;

/// Why reading stopped. `invalid` is the file that isn't UTF-8, its text repaired.
pub(super) fn stopped(stop: &Stop, invalid: Option<FileId>) -> Diagnostic {
    match stop {
        Stop::TooManyIncludes(path) => Diagnostic::error(
            codes::NESTING_TOO_DEEP,
            None,
            format!("includes never end; the last one was of {}", path.display()),
        )
        .help("add include guards to headers that include each other"),
        Stop::TooLarge(path) => Diagnostic::error(
            codes::FILE_TOO_LARGE,
            None,
            format!("{} is larger than {} MiB", path.display(), MAX_FILE >> 20),
        ),
        Stop::InvalidUtf8 { path, offset } => {
            let place = invalid.and_then(|file| span(file, *offset, *offset));
            let message = format!(
                "{} is not UTF-8: byte {offset} begins no character",
                path.display()
            );
            Diagnostic::error(codes::INVALID_UTF8, place, message)
                .help("convert it, for instance with `iconv -f latin1 -t utf8`")
        }
        Stop::Unreadable { path, why } => Diagnostic::error(
            codes::UNREADABLE_FILE,
            None,
            format!("cannot read {}: {why}", path.display()),
        ),
        Stop::TooMuch(path) => Diagnostic::error(
            codes::EXPANSION_TOO_LARGE,
            None,
            format!(
                "the macros that {} defines or uses expand to millions of tokens",
                path.display()
            ),
        ),
        Stop::InvalidBtf { path, why } => Diagnostic::error(
            codes::INVALID_BTF,
            None,
            format!("cannot read {} as BTF: {why}", path.display()),
        ),
    }
}

/// The preprocessor's messages.
pub(super) fn translate(
    messages: &[RawMessage],
    ids: &Ids,
    files: &SourceMap,
    options: &Options,
) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    for message in messages {
        let place = message.place.and_then(|place| ids.span(place));
        let diagnostic = match message.code {
            "E0341" => missing(&message.text, place, files, options),
            // What clang says nothing about, or what the next stage says better.
            "W0332" | "W0334" | "W0330" | "W0337" => continue,
            "W0301" if place.is_none() => continue,
            code => {
                let kind = match code {
                    "E0342" => codes::NESTING_TOO_DEEP,
                    "E0310" => codes::EXPANSION_TOO_LARGE,
                    "E0338" | "E0810" => codes::ERROR_DIRECTIVE,
                    "W0331" | "W0335" => codes::WARNING_DIRECTIVE,
                    _ if message.error => codes::PREPROCESSOR,
                    _ => codes::PREPROCESSOR_WARNING,
                };
                let text = match code {
                    "E0338" => format!("#error {}", message.text),
                    "W0331" => format!("#warning {}", message.text),
                    _ => message.text.clone(),
                };
                if message.error {
                    Diagnostic::error(kind, place, text)
                } else {
                    Diagnostic::warning(kind, place, text)
                }
            }
        };
        let diagnostic = match message.code {
            "E0341" => diagnostic,
            _ => message
                .notes
                .iter()
                .fold(diagnostic, |diagnostic, (note, place)| {
                    diagnostic.note(place.and_then(|place| ids.span(place)), note.clone())
                }),
        };
        // One complaint about each thing that grows without end.
        let limits = [codes::NESTING_TOO_DEEP, codes::EXPANSION_TOO_LARGE];
        let said = diagnostics
            .iter()
            .any(|known| known.code == diagnostic.code && known.span == diagnostic.span);
        let limited = limits.contains(&diagnostic.code)
            && diagnostics
                .iter()
                .any(|known| known.code == diagnostic.code);
        if !said && !limited {
            diagnostics.push(diagnostic);
        }
    }
    diagnostics
}

fn missing(text: &str, place: Option<Span>, files: &SourceMap, options: &Options) -> Diagnostic {
    let name = text.split('`').nth(1).unwrap_or(text);
    let place = place.map(|place| whole_line(place, files));
    let mut folders: Vec<String> = Vec::new();
    let including = place
        .and_then(|place| files.get(place.file))
        .and_then(|file| file.path.parent());
    let named = options.includes.iter().chain(&options.system_includes);
    for folder in including.into_iter().chain(named.map(AsRef::as_ref)) {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        folders.push(folder.display().to_string());
    }
    Diagnostic::error(
        codes::MISSING_HEADER,
        place,
        format!("there is no header `{name}`"),
    )
    .note(
        None,
        format!(
            "looked in {} and among the headers that c2aya brings along",
            folders.join(", ")
        ),
    )
    .help("name the folder that it lies in with `-I DIR`, or `-isystem DIR` for a system's headers")
}

/// From `place`, the start of a directive, to the end of its line.
fn whole_line(place: Span, files: &SourceMap) -> Span {
    let rest = files
        .get(place.file)
        .and_then(|file| file.text.get(place.start as usize..))
        .unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default().trim_end();
    Span {
        end: place.start + u32::try_from(line.len()).unwrap_or(0),
        ..place
    }
}

fn span(file: FileId, start: usize, end: usize) -> Option<Span> {
    Some(Span {
        file,
        start: u32::try_from(start).ok()?,
        end: u32::try_from(end).ok()?,
    })
}
