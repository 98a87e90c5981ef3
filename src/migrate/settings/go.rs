//! `//go:generate … bpf2go …` lines.

use super::{Beside, Call, folder_of, normal};

/// A call of bpf2go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::migrate) struct Bpf2go {
    /// The line, from 1.
    pub line: usize,
    /// What generated names begin with.
    pub ident: String,
    /// The C file, as it is written.
    pub source: String,
    /// What is handed to the compiler.
    pub flags: Vec<String>,
}

/// The calls in a file.
pub(in crate::migrate) fn bpf2go(text: &str) -> Vec<Bpf2go> {
    let lines = (1..).zip(text.lines());
    lines
        .filter_map(|(line, text)| {
            let command = text.strip_prefix("//go:generate ")?;
            let words = shlex::split(command)?;
            let at = words.iter().position(|word| {
                let program = word.rsplit('/').next().unwrap_or(word);
                program.split('@').next() == Some("bpf2go")
            })?;
            parse(line, words.get(at + 1..)?)
        })
        .collect()
}

fn parse(line: usize, words: &[String]) -> Option<Bpf2go> {
    let mut flags = Vec::new();
    let mut plain = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            flags.extend(rest.by_ref().cloned());
        } else if let Some(option) = word.strip_prefix('-').filter(|_| plain.len() < 2) {
            let option = option.trim_start_matches('-');
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None if matches!(option, "no-strip" | "no-global-types") => (option, None),
                None => (option, rest.next().cloned()),
            };
            if name == "cflags" {
                let value = value.unwrap_or_default();
                flags.extend(shlex::split(&value).unwrap_or_default());
            }
        } else {
            plain.push(word.clone());
        }
    }
    let mut plain = plain.into_iter();
    let (ident, source) = (plain.next()?, plain.next()?);
    flags.extend(plain);
    // The environment's variables aren't known.
    flags.retain(|flag| !flag.starts_with('$'));
    Some(Bpf2go {
        line,
        ident,
        source,
        flags,
    })
}

pub(super) fn calls(file: &Beside) -> Vec<Call> {
    let folder = folder_of(file);
    let calls = bpf2go(&file.text).into_iter();
    calls
        .map(|call| Call {
            at: format!("{}:{}", file.path.display(), call.line),
            sources: vec![normal(&folder.join(call.source))],
            folder: folder.clone(),
            words: call.flags,
        })
        .collect()
}
