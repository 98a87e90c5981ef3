//! Blanks that C doesn't know, and that compilers take for blanks all the same.

use std::sync::Arc;

use super::lex::{Kind, lex};

/// `text` with spaces for the blanks of Unicode that stand between its tokens, which text copied
/// from a web page has; no byte moves.
pub(super) fn plain(text: &Arc<str>) -> Arc<str> {
    if text.is_ascii() || !text.contains(is_blank) {
        return Arc::clone(text);
    }
    let mut plain = String::with_capacity(text.len());
    for lexeme in lex(text) {
        if lexeme.is_comment() || matches!(lexeme.kind, Kind::Str | Kind::Char) {
            continue;
        }
        plain.push_str(text.get(plain.len()..lexeme.start).unwrap_or_default());
        for letter in lexeme.of(text).chars() {
            if is_blank(letter) {
                plain.extend(std::iter::repeat_n(' ', letter.len_utf8()));
            } else {
                plain.push(letter);
            }
        }
    }
    plain.push_str(text.get(plain.len()..).unwrap_or_default());
    Arc::from(plain)
}

/// Those that clang takes for blanks, and the mark at the beginning of a file.
fn is_blank(letter: char) -> bool {
    matches!(
        letter,
        '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{180e}' | '\u{2000}'
            ..='\u{200a}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{202f}'
                | '\u{205f}'
                | '\u{3000}'
                | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_tokens_only() {
        let text = "\u{feff}int\u{a0}a; // a\u{a0}b\nchar b[] =\u{2003}\"\u{a0}\";";
        let plain = plain(&Arc::from(text));
        assert_eq!(plain.len(), text.len());
        assert_eq!(&*plain, "   int  a; // a\u{a0}b\nchar b[] =   \"\u{a0}\";");
    }
}
