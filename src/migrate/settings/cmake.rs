//! CMake's custom commands.

use std::{collections::HashMap, path::Path};

use super::{Beside, Call, MAX_LENGTH, UNKNOWN, folder_of, is_bpf, sources};

/// A call of a CMake command.
struct Command {
    line: usize,
    name: String,
    arguments: Vec<String>,
}

/// Words behind which another command or part begins.
const PARTS: [&str; 12] = [
    "COMMAND",
    "DEPENDS",
    "OUTPUT",
    "COMMENT",
    "WORKING_DIRECTORY",
    "VERBATIM",
    "MAIN_DEPENDENCY",
    "BYPRODUCTS",
    "ARGS",
    "ALL",
    "COMMAND_EXPAND_LISTS",
    "OUTPUT_VARIABLE",
];

/// The calls of clang for the BPF target.
pub(super) fn calls(file: &Beside) -> Vec<Call> {
    let folder = folder_of(file);
    let up: String = folder.components().map(|_| "../").collect();
    let up = if up.is_empty() { ".".to_owned() } else { up };
    let mut values: HashMap<String, String> = HashMap::new();
    for name in ["CMAKE_SOURCE_DIR", "PROJECT_SOURCE_DIR"] {
        values.insert(name.to_owned(), up.clone());
    }
    for name in ["CMAKE_CURRENT_SOURCE_DIR", "CMAKE_CURRENT_LIST_DIR"] {
        values.insert(name.to_owned(), ".".to_owned());
    }
    let mut calls = Vec::new();
    for command in commands(&file.text) {
        let arguments = expand(&command.arguments, &values);
        match (command.name.as_str(), arguments.split_first()) {
            ("set", Some((name, rest))) => {
                values.insert(name.clone(), rest.join(";"));
            }
            ("list", Some((how, rest))) if how == "APPEND" => {
                if let Some((name, rest)) = rest.split_first() {
                    let value = values.entry(name.clone()).or_default();
                    for word in rest {
                        if value.len() < MAX_LENGTH {
                            value.push(';');
                            value.push_str(word);
                        }
                    }
                }
            }
            ("add_custom_command" | "add_custom_target" | "execute_process", _) => {
                calls.extend(custom(file, &folder, command.line, &arguments));
            }
            _ => {}
        }
    }
    calls
}

fn custom(file: &Beside, folder: &Path, line: usize, arguments: &[String]) -> Option<Call> {
    let mut words: Vec<String> = Vec::new();
    let mut in_command = false;
    for argument in arguments {
        if argument == "COMMAND" {
            if is_bpf(&words) {
                break;
            }
            words.clear();
            in_command = true;
        } else if argument == "ARGS" {
        } else if PARTS.contains(&argument.as_str()) {
            in_command = false;
        } else if in_command {
            words.push(argument.clone());
        }
    }
    // One word may hold several options.
    let several = |word: &str| word.split_whitespace().all(|part| part.starts_with('-'));
    let words: Vec<String> = words
        .iter()
        .flat_map(|word| match word.contains(' ') && several(word) {
            true => shlex::split(word).unwrap_or_default(),
            false => vec![word.clone()],
        })
        .collect();
    is_bpf(&words).then(|| Call {
        at: format!("{}:{line}", file.path.display()),
        folder: folder.to_owned(),
        sources: sources(&words, folder),
        words,
    })
}

/// Fills in variables; lists become several words.
fn expand(arguments: &[String], values: &HashMap<String, String>) -> Vec<String> {
    let mut words = Vec::new();
    for argument in arguments {
        let mut out = String::new();
        let mut rest = argument.as_str();
        while let Some(at) = rest.find('$') {
            out.push_str(rest.get(..at).unwrap_or_default());
            rest = rest.get(at + 1..).unwrap_or_default();
            let (name, behind) = match rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
            {
                Some((name, behind)) => (Some(name), behind),
                None => (None, rest),
            };
            match name.and_then(|name| values.get(name)) {
                Some(value) if out.len() + value.len() < MAX_LENGTH => out.push_str(value),
                _ => out.push(UNKNOWN),
            }
            rest = behind;
        }
        out.push_str(rest);
        words.extend(
            out.split(';')
                .filter(|word| !word.is_empty())
                .map(str::to_owned),
        );
    }
    words
}

/// All commands, without looking at conditions.
fn commands(text: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut name = String::new();
    let mut line = 1;
    let mut open: Option<(usize, Command)> = None;
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char == '\n' {
            line += 1;
        }
        match (&mut open, char) {
            (_, '#') => while chars.next_if(|&char| char != '\n').is_some() {},
            (None, '(') => {
                let command = Command {
                    line,
                    name: std::mem::take(&mut name).to_lowercase(),
                    arguments: Vec::new(),
                };
                open = Some((1, command));
            }
            (None, char) if char.is_alphanumeric() || char == '_' => name.push(char),
            (None, char) if char.is_whitespace() && !name.is_empty() => {
                while chars
                    .next_if(|char| char.is_whitespace() && *char != '\n')
                    .is_some()
                {}
                if chars.peek() != Some(&'(') {
                    name.clear();
                }
            }
            (None, _) => name.clear(),
            (Some(_), '"') => {
                while let Some(char) = chars.next() {
                    match char {
                        '"' => break,
                        '\\' => word.extend(chars.next()),
                        char => {
                            line += usize::from(char == '\n');
                            word.push(char);
                        }
                    }
                }
            }
            (Some((depth, command)), char) if char.is_whitespace() || matches!(char, '(' | ')') => {
                if !word.is_empty() {
                    command.arguments.push(std::mem::take(&mut word));
                }
                match char {
                    '(' => *depth += 1,
                    ')' => *depth -= 1,
                    _ => {}
                }
                if *depth == 0
                    && let Some((_, command)) = open.take()
                {
                    commands.push(command);
                }
            }
            (Some(_), char) => word.push(char),
        }
    }
    commands
}
