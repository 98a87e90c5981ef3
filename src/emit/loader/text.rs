//! Pieces of Rust text.

use std::fmt::Write as _;

use crate::{
    emit::names,
    ir::{Comment, Notes},
};

/// The comments on something as its documentation; empty where there are none.
pub(super) fn doc(notes: &Notes, indent: &str) -> String {
    let mut text = String::new();
    for comment in notes.before.iter().chain(&notes.after) {
        if !text.is_empty() {
            let _ = writeln!(text, "{indent}///");
        }
        text.push_str(&comment_lines(comment, &format!("{indent}///")));
    }
    text
}

/// A comment's lines behind a marker such as `///`.
pub(super) fn comment_lines(comment: &Comment, marker: &str) -> String {
    let mut text = String::new();
    for line in &comment.lines {
        let line = line.trim_end();
        let space = if line.is_empty() { "" } else { " " };
        let _ = writeln!(text, "{marker}{space}{line}");
    }
    text
}

/// rustfmt keeps arrays and arguments up to this length on one line.
const SHORT: usize = 60;

/// A call of `function`, at an indentation and followed by `behind`.
pub(super) fn call(function: &str, arguments: &[String], indent: usize, behind: &str) -> String {
    let inside = arguments.join(", ");
    let line = format!("{function}({inside}){behind}");
    if !inside.contains('\n') && inside.len() <= SHORT && indent + line.len() <= 100 {
        return line;
    }
    let inner = " ".repeat(indent + 4);
    let mut text = format!("{function}(\n");
    for argument in arguments {
        let _ = writeln!(text, "{inner}{argument},");
    }
    let _ = write!(text, "{}){behind}", " ".repeat(indent));
    text
}

/// An array behind `head`, on one line where it fits, followed by `behind`.
pub(super) fn list(head: &str, items: Vec<String>, indent: usize, behind: &str) -> String {
    let inside = items.join(", ");
    let line = format!("[{inside}]");
    // rustfmt keeps short arrays on one line.
    if !inside.contains('\n')
        && inside.len() <= SHORT
        && indent + head.len() + line.len() + behind.len() <= 100
    {
        return line;
    }
    let inner = " ".repeat(indent + 4);
    let mut text = "[\n".to_owned();
    for item in items {
        let item = item.replace('\n', &format!("\n{inner}"));
        let _ = writeln!(text, "{inner}{item},");
    }
    text.push_str(&" ".repeat(indent));
    text.push(']');
    text
}

/// A name of C as one of Rust: a keyword is written raw.
pub(super) fn identifier(name: &str) -> String {
    if !names::is_keyword(name) {
        return name.to_owned();
    }
    // These can't be raw.
    if matches!(name, "self" | "Self" | "super" | "crate" | "_") {
        return format!("{name}_");
    }
    format!("r#{name}")
}

/// A name as it stands on a command line.
pub(super) fn kebab(name: &str) -> String {
    name.trim_matches('_')
        .replace('_', "-")
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{identifier, kebab};

    #[test]
    fn names_are_rusts() {
        assert_eq!(identifier("target_uid"), "target_uid");
        assert_eq!(identifier("type"), "r#type");
        assert_eq!(identifier("self"), "self_");
        assert_eq!(kebab("min_len"), "min-len");
    }
}
