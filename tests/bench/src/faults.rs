//! Faults put into a port on purpose: the comparison must notice every one.
//!
//! A fault is a change of the emitted text, as someone could get it wrong. It is tried at some places
//! of every port, each in a build of its own.

use std::{
    collections::BTreeMap,
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use regex::Regex;

use crate::{compare, fixture::Fixture, in_parallel, machine::Machine, tools::Tools};

struct Fault {
    name: &'static str,
    /// What the emitted text looks like, and what becomes of it; several ways to make one mistake.
    /// Groups called `same` and `name` must match the same text.
    changes: &'static [(&'static str, &'static str)],
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "r10 read as rcx",
        // Byte offsets in x86_64's pt_regs: 56 is r10, 88 is rcx.
        changes: &[(r"112, 104, 96, 56, 72, 64", "112, 104, 96, 88, 72, 64")],
    },
    Fault {
        name: "no sign extension",
        changes: &[
            (
                r"\b(\w+) as i32 as (i64|u64|isize)\b",
                "${1} as u32 as ${2}",
            ),
            (r"\bi64::from\((\w+)\)", "(${1} as u32 as i64)"),
            (r": i64 = ctx\.ret\(\)", ": i64 = ctx.ret::<u32>().into()"),
        ],
    },
    Fault {
        name: "wrong width",
        // Of an argument, which is converted at once and keeps its name.
        changes: &[
            (
                r"(?<before> let (?:mut )?)(?<same>\w+) = (?<name>\w+) as (?<sign>[iu])32;",
                "${before}${name} = ${name} as ${sign}16 as ${sign}32;",
            ),
            (
                r"(?<before> let (?:mut )?)(?<same>\w+) = (?<name>\w+) as (?<sign>[iu])16;",
                "${before}${name} = ${name} as ${sign}8 as ${sign}16;",
            ),
        ],
    },
    Fault {
        name: "kernel read for user read",
        changes: &[
            (
                r"\b((?:generated::)?)bpf_probe_read_user(\w*)\(",
                "aya_ebpf::helpers::${1}bpf_probe_read_kernel${2}(",
            ),
            (
                r"\bprobe_read_user(\w*)\(&mut",
                "probe_read_kernel${1}(&mut",
            ),
        ],
    },
    Fault {
        name: "swapped arguments",
        changes: &[(r"(syscall::args\w*\([^\[]*\[)(\d), (\d)", "${1}${3}, ${2}")],
    },
    Fault {
        name: "dropped statement",
        changes: &[
            (r"^ +unsafe \{ [^{}]*atomic::\w+\([^;]*\);? \};?$", ""),
            (r"^ +unsafe \{ \*\w+ \+= [^;]* \};$", ""),
            (
                r"^ +let _ = \w+\.(?:insert|remove|output)\w*\([^;]*\);$",
                "",
            ),
            (r"^ +\w+(?:\.\w+)+ [-+|&^]?= [^;{}]+;$", ""),
        ],
    },
];

/// One fault at one place.
struct Mutant {
    fault: &'static str,
    file: PathBuf,
    line: usize,
    text: String,
}

/// Tries every fault at up to `places` places of each file. Fails if one goes unnoticed, or if there
/// is no place for it in any port.
pub fn run(
    tools: &Tools,
    workspace: &Path,
    fixtures: &[Fixture],
    places: usize,
    only: Option<&str>,
) -> Result<()> {
    let copy = tools.folder().join("faulty");
    copy_sources(workspace, &copy)?;
    let sources = sources(&copy)?;
    let mut unnoticed = 0;
    for fault in FAULTS
        .iter()
        .filter(|fault| only.is_none_or(|only| fault.name.contains(only)))
    {
        let mut tried = 0;
        for file in &sources {
            let mut here = 0;
            for mutant in mutants(fault, file)? {
                let Some(outcome) = try_mutant(tools, &copy, fixtures, &mutant)? else {
                    continue;
                };
                let place = mutant
                    .file
                    .strip_prefix(&copy)
                    .unwrap_or(&mutant.file)
                    .display();
                match outcome {
                    Outcome::Noticed(how) => {
                        println!("noticed: {} ({place}:{}): {how}", mutant.fault, mutant.line)
                    }
                    Outcome::Unnoticed => {
                        println!("UNNOTICED: {} ({place}:{})", mutant.fault, mutant.line);
                        unnoticed += 1;
                    }
                }
                tried += 1;
                here += 1;
                if here == places {
                    break;
                }
            }
        }
        ensure!(
            tried > 0,
            "no port has a place for the fault {:?}",
            fault.name
        );
    }
    if unnoticed > 0 {
        bail!("{unnoticed} faults went unnoticed");
    }
    Ok(())
}

enum Outcome {
    Noticed(String),
    Unnoticed,
}

/// `None` where the changed text isn't Rust any more: that is no fault that anyone could ship.
fn try_mutant(
    tools: &Tools,
    workspace: &Path,
    fixtures: &[Fixture],
    mutant: &Mutant,
) -> Result<Option<Outcome>> {
    let original = fs::read_to_string(&mutant.file)?;
    fs::write(&mutant.file, &mutant.text)?;
    let built = tools.try_build_ported(workspace);
    fs::write(&mutant.file, original)?;
    built?
        .map(|objects| notice(tools, fixtures, &objects, mutant))
        .transpose()
}

fn notice(
    tools: &Tools,
    fixtures: &[Fixture],
    objects: &BTreeMap<String, PathBuf>,
    mutant: &Mutant,
) -> Result<Outcome> {
    let mut jobs = Vec::new();
    for fixture in fixtures
        .iter()
        .filter(|fixture| concerns(&mutant.file, fixture, fixtures))
    {
        let pair = fixture.pair(tools, Machine::X86_64, Some(objects))?;
        jobs.extend([true, false].map(|wrapper| (fixture, pair.clone(), wrapper)));
    }
    let verdicts = in_parallel(&jobs, |(fixture, pair, wrapper)| {
        compare::compare(tools, fixture, pair, *wrapper)
    });
    for ((fixture, ..), verdict) in jobs.iter().zip(verdicts) {
        let verdict = verdict?;
        verdict.ensure_meant()?;
        if let Some(difference) = verdict.first_difference() {
            let short: String = difference.chars().take(100).collect();
            return Ok(Outcome::Noticed(format!("{}: {short}", fixture.name)));
        }
    }
    Ok(Outcome::Unnoticed)
}

/// A file that bears a fixture's name is that fixture's; others are shared.
fn concerns(file: &Path, fixture: &Fixture, fixtures: &[Fixture]) -> bool {
    let bears = |fixture: &Fixture| {
        file.file_stem()
            .is_some_and(|stem| stem == fixture.name.as_str())
            || file
                .parent()
                .and_then(Path::file_name)
                .is_some_and(|folder| folder == fixture.name.as_str())
    };
    bears(fixture) || !fixtures.iter().any(bears)
}

/// Everything that a fault can be made of a file, from its beginning to its end.
fn mutants(fault: &'static Fault, file: &Path) -> Result<Vec<Mutant>> {
    let text =
        fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    for (pattern, replacement) in fault.changes {
        let pattern = Regex::new(&format!("(?m){pattern}"))?;
        for captures in pattern.captures_iter(&text) {
            if captures.name("same").map(|name| name.as_str())
                != captures.name("name").map(|name| name.as_str())
            {
                continue;
            }
            let whole = captures.get(0).context("a match without a text")?;
            let mut changed = String::new();
            captures.expand(replacement, &mut changed);
            found.push((whole.range(), changed));
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    Ok(found
        .into_iter()
        .filter(|(range, _)| is_code(&text, range.start))
        .map(|(range, changed)| Mutant {
            fault: fault.name,
            file: file.to_owned(),
            line: text[..range.start].lines().count().max(1),
            text: format!("{}{changed}{}", &text[..range.start], &text[range.end..]),
        })
        .collect())
}

/// Neither a comment nor an import.
fn is_code(text: &str, at: usize) -> bool {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].trim_start();
    !line.starts_with("//") && !line.starts_with("use ")
}

/// The Rust files of the programs for the kernel, in the order of their names.
fn sources(workspace: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(workspace)? {
        let folder = entry?.path();
        if folder.to_string_lossy().ends_with("-ebpf") {
            collect(&folder.join("src"), &mut found)?;
        }
    }
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// All but what was built.
fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if !entry.file_type()?.is_dir() {
            fs::copy(entry.path(), target)?;
        } else if entry.file_name() != "target" && entry.file_name() != ".git" {
            copy_sources(&entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a line at the first place for a fault.
    fn check(fault: &str, line: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("main.rs");
        fs::write(&file, format!("{line}\n")).unwrap();
        let fault = FAULTS.iter().find(|known| known.name == fault).unwrap();
        let mutants = mutants(fault, &file).unwrap();
        let text = mutants
            .first()
            .map_or(line, |mutant| mutant.text.trim_end());
        assert_eq!(text, expected);
    }

    #[test]
    fn widths() {
        check(
            "wrong width",
            "    let pid = pid as i32;",
            "    let pid = pid as i16 as i32;",
        );
        check(
            "wrong width",
            "    let mode = mode as u16;",
            "    let mode = mode as u8 as u16;",
        );
    }

    #[test]
    fn signs() {
        check(
            "no sign extension",
            "x = fd as i32 as i64;",
            "x = fd as u32 as i64;",
        );
        check(
            "no sign extension",
            "let r: i64 = ctx.ret();",
            "let r: i64 = ctx.ret::<u32>().into();",
        );
    }

    #[test]
    fn arguments() {
        check(
            "swapped arguments",
            "syscall::args(&ctx, [0, 2]);",
            "syscall::args(&ctx, [2, 0]);",
        );
    }

    #[test]
    fn statements() {
        check("dropped statement", "    event.uid = ids as u32;", "");
        check("dropped statement", "    let _ = STARTS.remove(&tid);", "");
        check(
            "dropped statement",
            "    // event.uid = 1;",
            "    // event.uid = 1;",
        );
    }

    #[test]
    fn reads() {
        check(
            "kernel read for user read",
            "unsafe { bpf_probe_read_user(at) }",
            "unsafe { aya_ebpf::helpers::bpf_probe_read_kernel(at) }",
        );
        check(
            "kernel read for user read",
            "use x::bpf_probe_read_user(",
            "use x::bpf_probe_read_user(",
        );
    }
}
