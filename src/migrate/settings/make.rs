//! Makefiles.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{Beside, Call, MAX_LENGTH, UNKNOWN, folder_of, is_bpf, normal, sources};

/// How deep values may name others, and files include others.
const MAX_DEPTH: usize = 16;

/// A line with those that `\` joins to it.
struct Line {
    number: usize,
    text: String,
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open: Option<Line> = None;
    for (number, text) in (1..).zip(text.lines()) {
        let (text, goes_on) = match text.strip_suffix('\\') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let line = match open.take() {
            Some(mut line) => {
                line.text.push(' ');
                line.text.push_str(text.trim_start());
                line
            }
            None => Line {
                number,
                text: text.to_owned(),
            },
        };
        if goes_on {
            open = Some(line);
        } else {
            lines.push(line);
        }
    }
    lines.extend(open);
    lines
}

/// The calls of clang for the BPF target in a Makefile.
pub(super) fn calls(repository: &Path, file: &Beside) -> Vec<Call> {
    let folder = folder_of(file);
    let lines = lines(&file.text);
    let mut variables = Variables::default();
    variables.set("CURDIR", "=", ".");
    variables.read(repository, &folder, &lines, 0);
    let mut calls = Vec::new();
    let mut prerequisites: Vec<String> = Vec::new();
    for line in &lines {
        let Some(recipe) = line.text.strip_prefix('\t') else {
            if assignment(&line.text).is_none()
                && let Some((_, behind)) = line.text.split_once(':')
            {
                let behind = variables.expand(behind, 0);
                prerequisites = behind.split_whitespace().map(str::to_owned).collect();
                // `targets: prerequisites; recipe`
                if let Some((before, recipe)) = behind.split_once(';') {
                    prerequisites = before.split_whitespace().map(str::to_owned).collect();
                    calls.extend(call(file, &folder, line.number, recipe, &prerequisites));
                }
            }
            continue;
        };
        let recipe = variables.expand(recipe, 0);
        calls.extend(call(file, &folder, line.number, &recipe, &prerequisites));
    }
    calls
}

fn call(
    file: &Beside,
    folder: &Path,
    line: usize,
    recipe: &str,
    prerequisites: &[String],
) -> Option<Call> {
    let recipe = recipe.trim_start_matches(['@', '-', '+', ' ']);
    let words = shlex::split(recipe).unwrap_or_default();
    if !is_bpf(&words) {
        return None;
    }
    let mut named = sources(&words, folder);
    // `$<`: the first of the rule's prerequisites, be it for all files of a pattern.
    if named.is_empty()
        && let Some(first) = prerequisites.first()
        && !first.contains('%')
    {
        named = sources(std::slice::from_ref(first), folder);
    }
    Some(Call {
        at: format!("{}:{line}", file.path.display()),
        folder: folder.to_owned(),
        sources: named,
        words,
    })
}

/// `NAME`, the operator and the value.
fn assignment(line: &str) -> Option<(&str, &str, &str)> {
    let line = line.trim_start_matches(' ');
    let line = line.strip_prefix("export ").unwrap_or(line);
    let line = line.strip_prefix("override ").unwrap_or(line);
    let at = line.find('=')?;
    let (before, value) = (line.get(..at)?, line.get(at + 1..)?);
    let operator = ["::", ":", "?", "+"]
        .into_iter()
        .find(|operator| before.ends_with(operator))
        .unwrap_or("");
    let name = before.strip_suffix(operator)?.trim();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!name.is_empty() && name.chars().all(plain)).then_some((name, operator, value.trim()))
}

#[derive(Default)]
struct Variables(BTreeMap<String, String>);

impl Variables {
    fn set(&mut self, name: &str, operator: &str, value: &str) {
        let value = value.split(" #").next().unwrap_or_default().trim();
        let known = self.0.get(name);
        let value = match (operator, known) {
            ("+", Some(known)) => format!("{known} {value}"),
            ("?", Some(known)) => known.clone(),
            // A value that names its own variable had another before.
            (_, Some(known)) if value.contains(&format!("$({name})")) => {
                value.replace(&format!("$({name})"), known)
            }
            _ => value.to_owned(),
        };
        if value.len() < MAX_LENGTH {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// Takes all assignments, also of files that are included.
    fn read(&mut self, repository: &Path, folder: &Path, lines: &[Line], depth: usize) {
        for line in lines {
            if let Some((name, operator, value)) = assignment(&line.text) {
                self.set(name, operator, value);
                continue;
            }
            let text = line.text.trim_start_matches(['-', 's']);
            let Some(paths) = text.strip_prefix("include ") else {
                continue;
            };
            for path in self.expand(paths, 0).split_whitespace() {
                let path: PathBuf = normal(&folder.join(path));
                let inside = !path.is_absolute() && !path.starts_with("..");
                if depth < MAX_DEPTH
                    && inside
                    && let Ok(text) = fs::read_to_string(repository.join(&path))
                {
                    self.read(repository, folder, &self::lines(&text), depth + 1);
                }
            }
        }
    }

    fn expand(&self, text: &str, depth: usize) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(rest.get(..at).unwrap_or_default());
            rest = rest.get(at + 1..).unwrap_or_default();
            let Some(first) = rest.chars().next() else {
                break;
            };
            let (inner, behind) = match first {
                '(' => enclosed(rest, '(', ')'),
                '{' => enclosed(rest, '{', '}'),
                '$' => {
                    out.push('$');
                    rest = rest.get(1..).unwrap_or_default();
                    continue;
                }
                // `$<` and the like.
                other => (Some(""), rest.get(other.len_utf8()..).unwrap_or_default()),
            };
            rest = behind;
            match inner {
                Some(inner) if depth < MAX_DEPTH && out.len() < MAX_LENGTH => {
                    out.push_str(&self.value(inner, depth + 1));
                }
                _ => out.push(UNKNOWN),
            }
        }
        out.push_str(rest);
        out
    }

    /// What `$(inner)` stands for.
    fn value(&self, inner: &str, depth: usize) -> String {
        let inner = self.expand(inner, depth);
        if let Some((function, arguments)) = inner.split_once(' ') {
            let arguments = arguments.trim();
            return match function {
                "abspath" | "realpath" | "strip" | "sort" => arguments.to_owned(),
                "addprefix" => match arguments.split_once(',') {
                    Some((prefix, words)) => words
                        .split_whitespace()
                        .map(|word| format!("{prefix}{word}"))
                        .collect::<Vec<_>>()
                        .join(" "),
                    None => UNKNOWN.to_string(),
                },
                _ => UNKNOWN.to_string(),
            };
        }
        match self.0.get(&inner) {
            Some(value) => self.expand(value, depth),
            None => UNKNOWN.to_string(),
        }
    }
}

/// What stands in the parentheses at the start, and what behind them.
fn enclosed(text: &str, open: char, close: char) -> (Option<&str>, &str) {
    let mut depth = 0usize;
    for (at, char) in text.char_indices() {
        if char == open {
            depth += 1;
        } else if char == close {
            depth -= 1;
            if depth == 0 {
                return (text.get(1..at), text.get(at + 1..).unwrap_or_default());
            }
        }
    }
    (None, "")
}
