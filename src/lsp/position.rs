//! Positions as the protocol counts them: lines from 0, and units of UTF-16.

use lsp_types::{Position, Range};

use crate::source::span::{SourceMap, Span};

/// The range of a span; empty at the start of the file where there is no such file.
pub fn range(files: &SourceMap, span: Span) -> Range {
    let text = files.get(span.file).map_or("", |file| &file.text);
    Range {
        start: position(text, span.start),
        end: position(text, span.end),
    }
}

fn position(text: &str, offset: u32) -> Position {
    let before = text.get(..offset as usize).unwrap_or_default();
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let character = before
        .get(start..)
        .unwrap_or_default()
        .encode_utf16()
        .count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Position {
        line: number(line),
        character: number(character),
    }
}

/// The byte at a position; that of the line's end where the line is shorter.
pub fn offset(text: &str, position: Position) -> Option<u32> {
    let mut start = 0;
    for _ in 0..position.line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let rest = text.get(start..)?;
    let line = rest.split('\n').next()?;
    let mut left = position.character as usize;
    let mut at = start;
    for letter in line.chars() {
        if left < letter.len_utf16() {
            break;
        }
        left -= letter.len_utf16();
        at += letter.len_utf8();
    }
    u32::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let text = "a\n\u{1f41d}b\u{e9}c\n\n";
        for at in [0, 1, 2, 6, 7, 9, 10, 11, 12] {
            assert_eq!(offset(text, position(text, at)), Some(at));
        }
        assert_eq!(position(text, 9), Position::new(1, 4));
        assert_eq!(offset(text, Position::new(0, 9)), Some(1));
        assert_eq!(offset(text, Position::new(9, 0)), None);
    }
}
