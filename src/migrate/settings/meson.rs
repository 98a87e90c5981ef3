//! Meson's custom targets and generators.

use std::{collections::HashMap, path::Path};

use super::{Beside, Call, MAX_LENGTH, UNKNOWN, folder_of, is_bpf, sources};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Text(String),
    Word(String),
    Mark(char),
}

/// The calls of clang for the BPF target.
pub(super) fn calls(file: &Beside) -> Vec<Call> {
    let folder = folder_of(file);
    let up: String = folder.components().map(|_| "../").collect();
    let up = if up.is_empty() { ".".to_owned() } else { up };
    let mut values: HashMap<String, Vec<String>> = HashMap::new();
    let mut calls = Vec::new();
    for (line, statement) in statements(&file.text) {
        let words = |tokens: &[Token]| words(tokens, &values, &up);
        match statement.as_slice() {
            [Token::Word(name), Token::Mark('='), rest @ ..] => {
                let value = words(rest);
                calls.extend(call(file, &folder, line, &value));
                values.insert(name.clone(), value);
            }
            [
                Token::Word(name),
                Token::Mark('+'),
                Token::Mark('='),
                rest @ ..,
            ] => {
                let more = words(rest);
                let value = values.entry(name.clone()).or_default();
                if value.len() < MAX_LENGTH {
                    value.extend(more);
                }
            }
            all => calls.extend(call(file, &folder, line, &words(all))),
        }
    }
    calls
}

fn call(file: &Beside, folder: &Path, line: usize, words: &[String]) -> Option<Call> {
    // A list of flags by itself calls nothing, and is taken where it is used.
    let calls = words
        .iter()
        .any(|word| word.contains("clang") || word == &UNKNOWN.to_string());
    (calls && is_bpf(words)).then(|| Call {
        at: format!("{}:{line}", file.path.display()),
        folder: folder.to_owned(),
        sources: sources(words, folder),
        words: words.to_vec(),
    })
}

/// The texts in an expression, in order, with variables filled in.
fn words(tokens: &[Token], values: &HashMap<String, Vec<String>>, up: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut joins = false;
    let mut rest = tokens;
    while let Some((token, behind)) = rest.split_first() {
        rest = behind;
        let new = match token {
            Token::Text(text) => {
                // `'-I@0@'.format(x)`
                if text.contains("@0@")
                    && let [
                        Token::Mark('.'),
                        Token::Word(format),
                        Token::Mark('('),
                        arguments @ ..,
                    ] = rest
                    && format == "format"
                {
                    let end = arguments
                        .iter()
                        .position(|token| *token == Token::Mark(')'));
                    let end = end.unwrap_or(arguments.len());
                    let filled = self::words(arguments.get(..end).unwrap_or_default(), values, up);
                    rest = arguments.get(end..).unwrap_or_default();
                    let filled = filled
                        .first()
                        .cloned()
                        .unwrap_or_else(|| UNKNOWN.to_string());
                    vec![text.replace("@0@", &filled)]
                } else {
                    vec![text.clone()]
                }
            }
            Token::Word(word) if word == "meson" => {
                let known = match rest {
                    [Token::Mark('.'), Token::Word(name), ..] => match name.as_str() {
                        "current_source_dir" => ".".to_owned(),
                        "source_root" | "project_source_root" | "global_source_root" => {
                            up.to_owned()
                        }
                        _ => UNKNOWN.to_string(),
                    },
                    _ => UNKNOWN.to_string(),
                };
                while let [Token::Mark('.' | '(' | ')') | Token::Word(_), behind @ ..] = rest {
                    let end = rest.first() == Some(&Token::Mark(')'));
                    rest = behind;
                    if end {
                        break;
                    }
                }
                vec![known]
            }
            Token::Word(word) => match (values.get(word), rest.first()) {
                // A call, or the name of an argument.
                (_, Some(Token::Mark('(' | ':'))) => continue,
                (Some(value), _) => value.clone(),
                (None, _) => vec![UNKNOWN.to_string()],
            },
            // `'-I' + x` joins two texts, `[…] + […]` two lists.
            Token::Mark('+' | '/') => {
                let slash = *token == Token::Mark('/');
                joins = rest.first() != Some(&Token::Mark('['));
                if joins
                    && slash
                    && let Some(last) = words.last_mut()
                {
                    last.push('/');
                }
                continue;
            }
            Token::Mark(_) => {
                joins = false;
                continue;
            }
        };
        match (std::mem::take(&mut joins), new.as_slice(), words.last_mut()) {
            (true, [one], Some(last)) if last.len() < MAX_LENGTH => last.push_str(one),
            _ => words.extend(new),
        }
    }
    words
}

/// Statements with the line that each begins in.
fn statements(text: &str) -> Vec<(usize, Vec<Token>)> {
    let mut statements = Vec::new();
    let mut tokens = Vec::new();
    let (mut line, mut start, mut depth) = (1usize, 1usize, 0usize);
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if tokens.is_empty() {
            start = line;
        }
        match char {
            '\n' => {
                line += 1;
                if depth == 0 && !tokens.is_empty() {
                    statements.push((start, std::mem::take(&mut tokens)));
                }
            }
            '#' => while chars.next_if(|&char| char != '\n').is_some() {},
            '\'' => {
                let mut text = String::new();
                while let Some(char) = chars.next() {
                    match char {
                        '\'' => break,
                        '\\' => text.extend(chars.next()),
                        char => {
                            line += usize::from(char == '\n');
                            text.push(char);
                        }
                    }
                }
                tokens.push(Token::Text(text));
            }
            char if char.is_alphanumeric() || char == '_' => {
                let mut word = char.to_string();
                while let Some(char) = chars.next_if(|char| char.is_alphanumeric() || *char == '_')
                {
                    word.push(char);
                }
                tokens.push(Token::Word(word));
            }
            char if char.is_whitespace() => {}
            char => {
                match char {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                tokens.push(Token::Mark(char));
            }
        }
    }
    if !tokens.is_empty() {
        statements.push((start, tokens));
    }
    statements
}
