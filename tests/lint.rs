//! Every rule against the file that shows what it finds, and the one that shows what it doesn't.
//!
//! `tests/lint/CODE-name.bpf.c` says with `// expect: CODE` (or `/* expect: CODE */`) at the end of
//! a line what is found on it: that and nothing else, of any rule. On a line of its own it is about
//! the file as such. Settings stand in lines of their
//! own: `// min-kernel: 5.4`, `// target-arch: aarch64`, `// confidence: low`.
//!
//! `tests/lint/wild/` has what was seen in public sources: mistakes, and what only looks like one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    slice,
    sync::Arc,
};

use c2aya::{
    arch::Arch,
    cli::rules,
    config, emit,
    lint::{self, Applicability, Category, Confidence, Job, Linted, Settings, fix, registry},
    output::human,
    port,
    source::{Cache, Options},
};

#[test]
fn findings_are_where_they_are_expected() {
    let mut wrong = Vec::new();
    for path in files("tests/lint")
        .into_iter()
        .chain(files("tests/lint/wild"))
    {
        let text = fs::read_to_string(&path).unwrap();
        let expected = expected(&text);
        let linted = lint::lint_file(&test_job(&path), &Cache::default());
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
fn a_fix_does_what_it_says() {
    let mut wrong = Vec::new();
    for path in files("tests/lint") {
        let job = test_job(&path);
        let before = lint::lint_file(&job, &Cache::default());
        for most in [Applicability::Safe, Applicability::Unsafe] {
            let offered = before.findings.iter().filter(|finding| {
                let fix = finding.fix.as_ref();
                fix.is_some_and(|fix| fix.applicability <= most)
            });
            let offered: Vec<_> = offered.map(|finding| finding.code().id).collect();
            if offered.is_empty() {
                continue;
            }
            let fix = |cache: &Cache| fix::fix(slice::from_ref(&job), most, cache, &|_| {});
            let cache = Cache::default();
            let fixed = fix(&cache);
            let mut left = codes(&before);
            for code in offered {
                let at = left.iter().position(|other| *other == code).unwrap();
                left.remove(at);
            }
            let (name, now) = (path.display(), codes(&fixed.linted[0]));
            // A fix may do away with other findings too, never bring one.
            let wanted = left.clone();
            let gone = now.iter().all(|code| {
                let at = left.iter().position(|other| other == code);
                at.map(|at| left.remove(at)).is_some()
            });
            if !gone {
                wrong.push(format!(
                    "{name}, {most:?}: left are {now:?}, not {wanted:?}"
                ));
            }
            if !fix(&cache).texts.is_empty() {
                wrong.push(format!("{name}, {most:?}: a second time changes more"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A fix by itself changes what it says and no other byte, and does away with its own finding.
#[test]
fn a_fix_alone_changes_what_it_says() {
    let mut shown = BTreeSet::new();
    for path in files("tests/lint") {
        let job = test_job(&path);
        let before = lint::lint_file(&job, &Cache::default());
        for finding in &before.findings {
            let Some(offered) = &finding.fix else {
                continue;
            };
            if offered.applicability == Applicability::Display {
                continue;
            }
            let cache = Cache::default();
            let fixed = fix::fix(
                slice::from_ref(&job),
                Applicability::Unsafe,
                &cache,
                &|linted| linted[0].findings.retain(|other| other == finding),
            );
            let at = format!("{}, {}", path.display(), finding.diagnostic.message);
            let text = fs::read_to_string(&path).unwrap();
            let mut wanted = text.clone();
            let mut edits = offered.edits.clone();
            edits.sort();
            for edit in edits.iter().rev() {
                let range = edit.span.start as usize..edit.span.end as usize;
                wanted.replace_range(range, &edit.text);
            }
            let after = fixed.texts.get(&path).unwrap_or_else(|| panic!("{at}"));
            assert_eq!(after.after.as_ref(), wanted, "{at}");
            let mut left = codes(&before);
            let own = left.iter().position(|code| *code == finding.code().id);
            left.remove(own.unwrap());
            for code in codes(&lint::lint_file(&job, &cache)) {
                let known = left.iter().position(|other| *other == code);
                left.remove(known.unwrap_or_else(|| panic!("{at}: {code} is new, or still there")));
            }
            shown.insert((finding.code().id, offered.applicability));
        }
    }
    for rule in registry::all() {
        if let Some(most) = rule.fix.filter(|most| *most != Applicability::Display) {
            assert!(shown.contains(&(rule.code.id, most)), "{}", rule.code.id);
        }
    }
}

/// What the port has to say of a file, by line: that, or what a rule says of the same fault.
#[test]
fn what_the_port_says_is_found() {
    let mut missing = Vec::new();
    for path in files("fixtures").into_iter().chain(files("tests/lint")) {
        let job = job(&path, Settings::default());
        let linted = lint::lint_file(&job, &Cache::default());
        let port = port::lower_file(&path, &job.options, &Arch::ALL, &Cache::default());
        let said = port.object.iter().flat_map(emit::said);
        for diagnostic in said.chain(port.diagnostics) {
            // Files are numbered alike: both read the same in the same order.
            let found = linted.findings.iter().any(|finding| {
                finding.span() == diagnostic.span
                    && (finding.code() == diagnostic.code
                        || registry::says_the_same(finding.code(), diagnostic.code))
            });
            if !found {
                let said = human::render(&diagnostic, &port.files, false);
                missing.push(format!("{}: {said}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The codes of what was found, sorted.
fn codes(linted: &Linted) -> Vec<&'static str> {
    let mut codes: Vec<_> = linted
        .findings
        .iter()
        .map(|found| found.code().id)
        .collect();
    codes.sort_unstable();
    codes
}

const FIXTURES_HEAD: &str = "# What is found in fixtures: file, line and code, sorted.";

/// `tests/lint/fixtures.txt` lists what is wrong with fixtures, which they are there to show. After a
/// change that is meant: `UPDATE_DOCS=1 cargo test --test lint fixtures`.
#[test]
fn fixtures_have_the_faults_that_they_are_to_show() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expected = fs::read_to_string(folder.join("tests/lint/fixtures.txt")).unwrap();
    let expected: Vec<&str> = expected
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    let mut found = Vec::new();
    for path in files("fixtures") {
        let linted = lint::lint_file(&job(&path, Settings::default()), &Cache::default());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for finding in &linted.findings {
            let line = finding
                .span()
                .and_then(|span| linted.files.line_column(span))
                .map_or(0, |(line, _)| line);
            found.push(format!("{name}:{line} {}", finding.code().id));
        }
    }
    found.sort();
    found.dedup();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let text = format!("{FIXTURES_HEAD}\n{}\n", found.join("\n"));
        fs::write(folder.join("tests/lint/fixtures.txt"), text).unwrap();
        return;
    }
    assert_eq!(found, expected, "{}", found.join("\n"));
}

/// After a change that is meant: `UPDATE_DOCS=1 cargo test --test lint docs`.
#[test]
fn docs_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wanted = BTreeMap::new();
    let mut index = String::from(
        "# Rules\n\nGenerated from the comments in `src/lint/rules/`; `c2aya explain CODE` prints the same.\n",
    );
    for category in Category::ALL {
        index.push_str(&format!("\n## {}\n", category.name()));
        for known in registry::codes() {
            if known.category != category {
                continue;
            }
            let (code, summary) = (known.code, &known.summary);
            if known.rule.is_some() {
                let file = format!("{}-{}.md", code.id, code.name);
                index.push_str(&format!(
                    "- [{} {}]({file}): {summary}\n",
                    code.id, code.name
                ));
                wanted.insert(format!("docs/rules/{file}"), rules::page(known));
            } else {
                index.push_str(&format!("- {} {}: {summary}\n", code.id, code.name));
            }
        }
    }
    wanted.insert("docs/rules/README.md".to_owned(), index);
    let schema = serde_json::to_string_pretty(&config::schema()).unwrap() + "\n";
    wanted.insert("docs/c2aya.schema.json".to_owned(), schema);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let _ = fs::remove_dir_all(root.join("docs/rules"));
        fs::create_dir_all(root.join("docs/rules")).unwrap();
        for (path, text) in &wanted {
            fs::write(root.join(path), text).unwrap();
        }
    }
    let stale: Vec<_> = wanted
        .iter()
        .filter(|(path, text)| fs::read_to_string(root.join(path)).ok().as_ref() != Some(text))
        .map(|(path, _)| path)
        .collect();
    assert!(stale.is_empty(), "stale: {stale:#?}");
    for entry in fs::read_dir(root.join("docs/rules")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            wanted.contains_key(&format!("docs/rules/{name}")),
            "{name} is of no rule"
        );
    }
}

/// As the lines at the head of the file want it linted.
fn test_job(path: &Path) -> Job {
    let text = fs::read_to_string(path).unwrap();
    let mut settings = Settings::default();
    for line in text.lines() {
        if let Some(version) = line.strip_prefix("// min-kernel: ") {
            settings.min_kernel = Some(version.parse().unwrap());
        } else if line == "// confidence: low" {
            settings.confidence = Confidence::Low;
        } else if let Some(archs) = line.strip_prefix("// target-arch: ") {
            settings.archs = archs
                .split(", ")
                .map(|name| Arch::parse(name).unwrap())
                .collect();
        }
    }
    job(path, settings)
}

fn job(path: &Path, settings: Settings) -> Job {
    Job {
        path: path.to_owned(),
        options: Options::default(),
        settings: Arc::new(settings),
    }
}

/// The codes that the comments of a file expect, by line.
fn expected(text: &str) -> BTreeMap<u32, BTreeSet<&str>> {
    let mut expected: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some((_, codes)) = line.split_once(" expect: ") else {
            continue;
        };
        // On a line of its own, it is about the file as such.
        let number = if line.starts_with("// expect:") {
            0
        } else {
            number
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
