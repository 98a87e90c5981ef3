//! Just enough of a lexer to find brackets, attributes and declarations in preprocessed text.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Identifier or keyword.
    Word,
    /// String, character or number.
    Literal,
    /// One byte of punctuation.
    Punct(u8),
}

/// A token and its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

/// The tokens of `text`, and the ranges of its comments; lines that begin with `#` are passed over.
pub(super) fn lex(text: &str) -> (Vec<Token>, Vec<std::ops::Range<usize>>) {
    let bytes = text.as_bytes();
    let get = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let mut tokens = Vec::with_capacity(bytes.len() / 4);
    let mut comments = Vec::new();
    let mut at = 0;
    let mut line_start = true;
    while at < bytes.len() {
        let start = at;
        let kind = match get(at) {
            b'\n' => {
                line_start = true;
                at += 1;
                continue;
            }
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'#' if line_start => {
                at = find(bytes, at, b"\n").unwrap_or(bytes.len());
                continue;
            }
            b'/' if get(at + 1) == b'/' => {
                at = find(bytes, at, b"\n").unwrap_or(bytes.len());
                comments.push(start..at);
                continue;
            }
            b'/' if get(at + 1) == b'*' => {
                at = find(bytes, at + 2, b"*/").map_or(bytes.len(), |end| end + 2);
                comments.push(start..at);
                continue;
            }
            quote @ (b'"' | b'\'') => {
                at += 1;
                while at < bytes.len() && get(at) != quote && get(at) != b'\n' {
                    at += if get(at) == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
                TokenKind::Literal
            }
            byte if byte.is_ascii_digit() => {
                while get(at).is_ascii_alphanumeric() || matches!(get(at), b'.' | b'_') {
                    at += 1;
                }
                TokenKind::Literal
            }
            byte if is_word(byte) => {
                while is_word(get(at)) {
                    at += 1;
                }
                TokenKind::Word
            }
            byte => {
                at += 1;
                TokenKind::Punct(byte)
            }
        };
        line_start = false;
        tokens.push(Token {
            kind,
            start,
            end: at,
        });
    }
    (tokens, comments)
}

/// Whether `byte` can be part of an identifier; bytes beyond ASCII can.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(wanted.len())
        .position(|window| window == wanted)
        .map(|at| from + at)
}
