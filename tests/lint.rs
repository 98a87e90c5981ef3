//! Every rule against the file that shows what it finds, and the one that shows what it doesn't.
//!
//! `tests/lint/CODE-name.bpf.c` says with `// expect: CODE` (or `/* expect: CODE */`) at the end of
//! a line what is found on it: that and nothing else, of any rule. Settings stand in lines of their
//! own: `// min-kernel: 5.4`, `// target-arch: aarch64`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use c2aya::{
    arch::Arch,
    diag::Severity,
    lint::{self, Confidence, Linted, Settings, registry, rule::Check},
    output::human,
    source::{Cache, Options},
};

#[test]
fn findings_are_where_they_are_expected() {
    let mut wrong = Vec::new();
    for path in files("tests/lint") {
        let text = fs::read_to_string(&path).unwrap();
        let expected = expected(&text);
        let linted = lint(&path);
        let mut found: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
        for finding in &linted.findings {
            let line = finding
                .span()
                .and_then(|span| linted.files.line_column(span))
                .map_or(0, |(line, _)| line);
            found.entry(line).or_default().insert(finding.code().id);
        }
        if found != expected {
            wrong.push(format!(
                "{}\n  expected {expected:?}\n  found    {found:?}\n{}",
                path.display(),
                said(&linted)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_its_two_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    let mut missing = Vec::new();
    for rule in registry::all() {
        if matches!(rule.check, Check::Engine) {
            continue;
        }
        let stem = format!("{}-{}", rule.code.id, rule.code.name);
        let shows = format!("{stem}.bpf.c");
        let text = fs::read_to_string(folder.join(&shows)).unwrap_or_default();
        if !expected(&text)
            .values()
            .any(|codes| codes.contains(rule.code.id))
        {
            missing.push(format!("{shows}, which expects {}", rule.code.id));
        }
        let clean = format!("{stem}.clean.bpf.c");
        match fs::read_to_string(folder.join(&clean)) {
            Ok(text) if expected(&text).is_empty() => {}
            _ => missing.push(format!("{clean}, which expects nothing")),
        }
    }
    assert!(missing.is_empty(), "missing: {missing:#?}");
}

#[test]
fn every_file_belongs_to_a_rule() {
    for path in files("tests/lint") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let stem = name.strip_suffix(".bpf.c").unwrap();
        let stem = stem.strip_suffix(".clean").unwrap_or(stem);
        let (code, rule) = stem.split_once('-').unwrap();
        let found = registry::find(code).unwrap_or_else(|| panic!("{name}: no rule {code}"));
        assert_eq!(found.code.name, rule, "{name}");
    }
}

#[test]
fn fixtures_are_clean() {
    let mut found = Vec::new();
    for path in files("fixtures") {
        let mut linted = lint::lint_file(
            &path,
            &Options::default(),
            &Settings::default(),
            &Cache::default(),
        );
        linted
            .findings
            .retain(|finding| finding.severity() > Severity::Note);
        found.push(said(&linted));
    }
    let found = found.concat();
    assert!(found.is_empty(), "{found}");
}

fn lint(path: &Path) -> Linted {
    let text = fs::read_to_string(path).unwrap();
    let mut settings = Settings {
        confidence: Confidence::Low,
        ..Settings::default()
    };
    for line in text.lines() {
        if let Some(version) = line.strip_prefix("// min-kernel: ") {
            settings.min_kernel = Some(version.parse().unwrap());
        } else if let Some(archs) = line.strip_prefix("// target-arch: ") {
            settings.archs = archs
                .split(", ")
                .map(|name| Arch::parse(name).unwrap())
                .collect();
        }
    }
    lint::lint_file(path, &Options::default(), &settings, &Cache::default())
}

/// The codes that the comments of a file expect, by line.
fn expected(text: &str) -> BTreeMap<u32, BTreeSet<&str>> {
    let mut expected: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some((_, codes)) = line.split_once(" expect: ") else {
            continue;
        };
        let codes = codes.strip_suffix("*/").unwrap_or(codes);
        let codes = codes.split([',', ' ']).filter(|code| !code.is_empty());
        expected.entry(number).or_default().extend(codes);
    }
    expected
}

fn said(linted: &Linted) -> String {
    let findings = linted.findings.iter();
    findings
        .map(|finding| human::render(&finding.diagnostic, &linted.files, false) + "\n\n")
        .collect()
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".bpf.c"))
        .collect();
    files.sort();
    files
}
