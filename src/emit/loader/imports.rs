//! The imports of a loader's modules.

use std::collections::{BTreeMap, BTreeSet};

use crate::emit::runtime::select::format_use;

/// Modules of the loader itself.
const OWN: [&str; 10] = [
    "attach", "btf", "contents", "decode", "externs", "kconfig", "ksyms", "records", "syscalls",
    "trace",
];

/// The imports that a text needs: those of other crates, and those of the loader's own modules, which
/// lie in `root`, with `more` of it.
pub(super) fn split(body: &str, root: &str, more: Vec<String>) -> (String, String) {
    let mut foreign = Vec::new();
    let mut own: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let all = of_text(body);
    for line in all.lines() {
        let path = line
            .strip_prefix("use ")
            .and_then(|line| line.strip_suffix(';'));
        let module = path.and_then(|path| path.split_once("::"));
        match module
            .and_then(|(module, names)| Some((*OWN.iter().find(|own| **own == module)?, names)))
        {
            Some((module, names)) => {
                let names = names.trim_start_matches('{').trim_end_matches('}');
                let names = names.split(", ").map(str::to_owned);
                own.entry(module).or_default().extend(names);
            }
            None => foreign.push(line),
        }
    }
    // Functions are called by their module's name.
    for module in OWN {
        let path = format!("{module}::");
        let called = body.match_indices(&path).any(|(at, _)| {
            let before = body.get(..at).and_then(|before| before.chars().next_back());
            before.is_none_or(|char| !char.is_alphanumeric() && !matches!(char, '_' | ':'))
        });
        if called {
            own.entry(module).or_default().insert(0, "self".to_owned());
        }
    }
    let own = own
        .into_iter()
        .map(|(module, names)| match names.as_slice() {
            [only] if only == "self" => module.to_owned(),
            [only] => format!("{module}::{only}"),
            _ => format!("{module}::{{{}}}", names.join(", ")),
        });
    let mut own: Vec<String> = more.into_iter().chain(own).collect();
    own.sort();
    let own = match own.as_slice() {
        [] => String::new(),
        [only] => format!("use {root}::{only};\n"),
        _ => format!(
            "{}\n",
            format_use(&format!("use {root}::{{{}}};", own.join(", "))).trim_end()
        ),
    };
    (foreign.join("\n").trim_matches('\n').to_owned(), own)
}

/// The imports that a text needs, grouped and sorted as rustfmt has them.
pub(super) fn of_text(body: &str) -> String {
    // What is said in comments isn't used.
    let words: BTreeSet<&str> = (body.lines())
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split(|char: char| !char.is_alphanumeric() && char != '_'))
        .collect();
    let has = |word: &str| words.contains(word);
    let group = |path: &str, names: &[(&str, bool)]| -> Option<String> {
        let names: Vec<&str> = names
            .iter()
            .filter(|(_, needed)| *needed)
            .map(|(name, _)| *name)
            .collect();
        match names[..] {
            [] => None,
            ["self"] => Some(format!("use {path};\n")),
            [one] => Some(format!("use {path}::{one};\n")),
            _ => Some(format!("use {path}::{{{}}};\n", names.join(", "))),
        }
    };
    let std = match (body.contains("io::"), has("PathBuf")) {
        (true, true) => "use std::{io, path::PathBuf};\n".to_owned(),
        (true, false) => "use std::io;\n".to_owned(),
        (false, true) => "use std::path::PathBuf;\n".to_owned(),
        (false, false) => String::new(),
    };
    let others: String = [
        group(
            "anyhow",
            &[
                (
                    "Context as _",
                    // An error has a method of that name too.
                    body.replace("error.context(", "").contains("context("),
                ),
                ("Error", has("Error")),
                ("Result", has("Result")),
                ("bail", body.contains("bail!")),
                ("ensure", body.contains("ensure!")),
            ],
        ),
        group(
            "aya",
            &[("Ebpf", has("Ebpf")), ("EbpfLoader", has("EbpfLoader"))],
        ),
        group(
            "btf",
            &[
                ("Ask", has("Ask")),
                ("Btf", has("Btf")),
                ("Question", has("Question")),
            ],
        ),
        group("clap", &[("Parser", has("Parser"))]),
        group("contents", &[("Contents", has("Contents"))]),
        group(
            "decode",
            &[("Type", body.contains(" Type::") || body.contains("&Type::"))],
        ),
        group(
            "externs",
            &[("Extern", has("Extern")), ("What", has("What"))],
        ),
        group(
            "kconfig",
            &[("Kind", has("Kind")), ("Variable", has("Variable"))],
        ),
        group("ksyms", &[("Ksym", has("Ksym"))]),
        group("records", &[("Records", has("Records"))]),
        group("syscalls", &[("Syscalls", has("Syscalls"))]),
        group("tokio", &[("signal", body.contains("signal::"))]),
    ]
    .into_iter()
    .flatten()
    .collect();
    let separator = if std.is_empty() { "" } else { "\n" };
    format!("{std}{separator}{others}")
}

#[cfg(test)]
mod tests {
    use super::of_text;

    #[test]
    fn a_word_of_a_comment_is_no_use() {
        assert_eq!(of_text("/// What the Parser is asked.\nfn f() {}\n"), "");
        assert_eq!(of_text("fn f() -> What {}\n"), "use externs::What;\n");
    }
}
