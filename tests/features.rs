//! What is ported, held against the fixtures; docs/features.md is made here.
//!
//! `UPDATE_DOCS=1 cargo test --test features` writes the document.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Output},
};

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

#[derive(Deserialize)]
struct Features {
    group: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    feature: Vec<Feature>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Feature {
    name: String,
    c: String,
    refused: Option<String>,
    because: Option<String>,
    /// Why no fixture shows it: `c` is ported alone.
    alone: Option<String>,
    /// Comments count as code.
    #[serde(default)]
    comments: bool,
}

struct Fixture {
    name: String,
    text: String,
    code: String,
}

#[test]
fn every_feature_is_shown_or_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("tests/features/features.toml")).unwrap();
    let features: Features = toml::from_str(&text).unwrap();
    let fixtures = fixtures(root);
    let mut document = String::from(HEAD);
    let mut missing = Vec::new();
    for group in &features.group {
        write!(
            document,
            "\n## {}\n| feature | ported | shown by |\n|---|---|---|\n",
            group.name
        )
        .unwrap();
        for feature in &group.feature {
            let row = match (&feature.refused, &feature.alone) {
                (Some(code), _) => refused(feature, code),
                (None, Some(why)) => alone(feature, why),
                (None, None) => shown(feature, &fixtures),
            };
            match row {
                Ok(row) => writeln!(document, "| {} | {row} |", feature.name).unwrap(),
                Err(error) => missing.push(format!("{}: {error}", feature.name)),
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    let path = root.join("docs/features.md");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &document).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == document,
        "docs/features.md is stale: UPDATE_DOCS=1 cargo test --test features"
    );
}

const HEAD: &str = "\
# What is ported
Made by `tests/features.rs`, which finds each feature in a fixture or sees it refused; do not edit. \
What a fixture shows is built, accepted by the verifier with the wrapper flag both ways, and leaves \
behind what its C does (docs/testing.md says where). What is refused is named with its code and place, \
and the other programs of the file are ported with `--keep-going`.
";

/// The fixtures whose code has the feature.
fn shown(feature: &Feature, fixtures: &[Fixture]) -> Result<String, String> {
    let pattern: Regex = RegexBuilder::new(&feature.c)
        .multi_line(true)
        .build()
        .map_err(|error| error.to_string())?;
    let names: Vec<_> = fixtures
        .iter()
        .filter(|fixture| {
            pattern.is_match(if feature.comments {
                &fixture.text
            } else {
                &fixture.code
            })
        })
        .take(3)
        .map(|fixture| format!("`{}`", fixture.name))
        .collect();
    match names.is_empty() {
        true => Err("in no fixture".to_owned()),
        false => Ok(format!("yes | {}", names.join(", "))),
    }
}

/// The reason of a refusal, if the port does refuse it.
fn refused(feature: &Feature, code: &str) -> Result<String, String> {
    let because = feature.because.as_deref().ok_or("no reason")?;
    let port = port(&feature.c);
    let said = String::from_utf8_lossy(&port.stderr);
    match port.status.code() == Some(1) && said.contains(&format!("[{code}]")) {
        true => Ok(format!("no: {because} | `{code}`")),
        false => Err(format!("not refused with {code}, but: {said}")),
    }
}

/// The word for what is ported by itself.
fn alone(feature: &Feature, why: &str) -> Result<String, String> {
    let port = port(&feature.c);
    match port.status.success() {
        true => Ok(format!("yes | ported, not run: {why}")),
        false => Err(String::from_utf8_lossy(&port.stderr).into_owned()),
    }
}

/// Ports the body of a file.
fn port(c: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alone.bpf.c");
    let includes = [
        "vmlinux.h",
        "bpf/bpf_helpers.h",
        "bpf/bpf_tracing.h",
        "bpf/usdt.bpf.h",
    ];
    let includes: String = includes
        .iter()
        .map(|name| format!("#include <{name}>\n"))
        .collect();
    let license = "char LICENSE[] SEC(\"license\") = \"GPL\";";
    fs::write(&file, format!("{includes}{c}\n{license}\n")).unwrap();
    let mut port = Command::new(env!("CARGO_BIN_EXE_c2aya"));
    port.arg("port").arg(&file).output().unwrap()
}

fn fixtures(root: &Path) -> Vec<Fixture> {
    let comments = Regex::new(r"(?s)//[^\n]*|/\*.*?\*/").unwrap();
    // tests/kernel.rs compares what verify can't meet the branches of.
    let folders = ["fixtures", "tests/beside"].map(|folder| fs::read_dir(root.join(folder)));
    let mut fixtures: Vec<_> = folders
        .into_iter()
        .flat_map(|files| files.unwrap())
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let name = path
                .file_name()?
                .to_str()?
                .strip_suffix(".bpf.c")?
                .to_owned();
            let text = fs::read_to_string(&path).ok()?;
            let code = comments.replace_all(&text, "").into_owned();
            Some(Fixture { name, text, code })
        })
        .collect();
    fixtures.sort_by(|a, b| a.name.cmp(&b.name));
    fixtures
}
