//! Faults put into a port on purpose: the comparison must notice every one.
//!
//! A fault is a change of the emitted text, as someone could get it wrong. It is tried at some places
//! of every port, each in a build of its own.

use std::{
    collections::BTreeMap,
    fs,
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};
use regex::Regex;

use crate::{
    compare,
    fixture::{Fixture, Pair},
    in_parallel,
    machine::Machine,
    tools::Tools,
};

struct Fault {
    name: &'static str,
    changes: &'static [Change],
}

/// One way to make a mistake.
struct Change {
    /// What the emitted text looks like.
    text: &'static str,
    /// What becomes of it.
    becomes: &'static str,
    /// What must stand in some file of the same folder, or the change would change nothing.
    needs: Option<&'static str>,
}

const fn change(text: &'static str, becomes: &'static str) -> Change {
    Change {
        text,
        becomes,
        needs: None,
    }
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "r10 read as rcx",
        changes: &[Change {
            // Byte offsets in x86_64's pt_regs: 56 is r10, 88 is rcx.
            text: r"112, 104, 96, 56, 72, 64",
            becomes: "112, 104, 96, 88, 72, 64",
            // The fourth argument is asked for.
            needs: Some(r"syscall::args\w*\([^\[]*\[[^\]]*\b3\b"),
        }],
    },
    Fault {
        name: "no sign extension",
        changes: &[
            Change {
                text: r"\bi64::from\((\w+)\)",
                becomes: "i64::from(${1} as u32)",
                // An argument that all are like.
                needs: Some(
                    r"let (?:(?:mut )?$1: i32 =|\([^:]*\b$1\b[^:]*: \(i32(?:, i32)*\) =) syscall::",
                ),
            },
            change(r": i64 = ctx\.ret\(\)", ": i64 = ctx.ret::<u32>().into()"),
        ],
    },
    Fault {
        name: "wrong width",
        // Of an argument: the first, or the only one.
        changes: &[
            change(
                r"let \((\w+),[^:]*: \(([iu])32,[^;]*;",
                "${0} let ${1} = ${1} as ${2}16 as ${2}32;",
            ),
            change(
                r"let (\w+): ([iu])32 = syscall::argument\([^;]*;",
                "${0} let ${1} = ${1} as ${2}16 as ${2}32;",
            ),
        ],
    },
    Fault {
        name: "kernel read for user read",
        changes: &[
            change(
                r"\b(?:generated::)?bpf_probe_read_user(\w*)\(",
                "aya_ebpf::helpers::generated::bpf_probe_read_kernel${1}(",
            ),
            change(
                r"\bbpf_probe_read_user\(",
                "aya_ebpf::helpers::bpf_probe_read_kernel(",
            ),
        ],
    },
    Fault {
        name: "swapped arguments",
        changes: &[change(
            r"(syscall::args\w*\([^\[]*\[\s*)(\d),\s*(\d)",
            "${1}${3}, ${2}",
        )],
    },
    Fault {
        name: "dropped statement",
        changes: &[
            change(r"^ +unsafe \{ [^{}]*atomic::\w+\([^;]*\);? \};?$", ""),
            change(r"^ +unsafe \{ \*?\w+ \+= [^;]* \};$", ""),
            change(
                r"^ +let _ = \w+\.(?:insert|remove|output)\w*\([^;]*\);$",
                "",
            ),
            change(r"^ +\w+(?:\.\w+)+ [-+|&^]?= [^;{}]+;$", ""),
        ],
    },
];

/// Who must notice.
#[derive(Clone, Copy)]
pub enum Judge<'a> {
    /// The comparison on this machine's kernel.
    Kernel,
    /// `verify` of this c2aya.
    Verify(&'a Path),
}

/// One fault at one place.
struct Mutant {
    fault: &'static str,
    file: PathBuf,
    line: usize,
    text: String,
}

/// Tries every fault at up to `places` places, each in another file where it can be. Fails if one
/// goes unnoticed, or if there is no place for it.
pub fn run(
    tools: &Tools,
    workspace: &Path,
    fixtures: &[Fixture],
    judge: Judge<'_>,
    places: usize,
    only: Option<&str>,
) -> Result<()> {
    let copy = tools.folder().join("faulty");
    copy_sources(workspace, &copy)?;
    let sources = sources(&copy)?;
    let mut unnoticed = 0;
    let chosen = |fault: &&Fault| only.is_none_or(|only| fault.name.contains(only));
    for fault in FAULTS.iter().filter(chosen) {
        let mut tried = 0;
        for mutant in spread(fault, &sources)? {
            let Some(outcome) = try_mutant(tools, &copy, fixtures, judge, &mutant)? else {
                continue;
            };
            let file = mutant.file.strip_prefix(&copy).unwrap_or(&mutant.file);
            let place = format!("{} in {}:{}", mutant.fault, file.display(), mutant.line);
            match outcome {
                Outcome::Noticed(how) => println!("noticed: {place}: {how}"),
                Outcome::Unnoticed => {
                    println!("UNNOTICED: {place}");
                    unnoticed += 1;
                }
            }
            tried += 1;
            if tried == places {
                break;
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

/// All places for a fault: the first of each file, then the second of each, and so on.
fn spread(fault: &'static Fault, sources: &[PathBuf]) -> Result<Vec<Mutant>> {
    let mut found = Vec::new();
    for file in sources {
        found.extend(mutants(fault, file)?.into_iter().enumerate());
    }
    found.sort_by_key(|(round, _)| *round);
    Ok(found.into_iter().map(|(_, mutant)| mutant).collect())
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
    judge: Judge<'_>,
    mutant: &Mutant,
) -> Result<Option<Outcome>> {
    let original = fs::read_to_string(&mutant.file)?;
    fs::write(&mutant.file, &mutant.text)?;
    let built = tools.try_build_ported(workspace);
    fs::write(&mutant.file, original)?;
    built?
        .map(|objects| notice(tools, fixtures, judge, &objects, mutant))
        .transpose()
}

fn notice(
    tools: &Tools,
    fixtures: &[Fixture],
    judge: Judge<'_>,
    objects: &BTreeMap<String, PathBuf>,
    mutant: &Mutant,
) -> Result<Outcome> {
    let mut jobs = Vec::new();
    let noticed = |fixture: &Fixture, difference: &str| {
        let short: String = difference.trim().chars().take(100).collect();
        Outcome::Noticed(format!("{}: {short}", fixture.name))
    };
    for fixture in fixtures
        .iter()
        .filter(|fixture| concerns(&mutant.file, fixture, fixtures))
    {
        let pair = fixture.pair(tools, Machine::X86_64, Some(objects))?;
        if let Judge::Verify(c2aya) = judge {
            if let Some(difference) = verified(c2aya, fixture, &pair)? {
                return Ok(noticed(fixture, &difference));
            }
            continue;
        }
        jobs.extend([true, false].map(|wrapper| (fixture, pair.clone(), wrapper)));
    }
    let verdicts = in_parallel(crate::JOBS_AT_A_TIME, &jobs, |(fixture, pair, wrapper)| {
        compare::compare(tools, fixture, pair, *wrapper)
    });
    for ((fixture, ..), verdict) in jobs.iter().zip(verdicts) {
        let verdict = verdict?;
        verdict.ensure_meant()?;
        if let Some(difference) = verdict.first_difference() {
            return Ok(noticed(fixture, difference));
        }
    }
    Ok(Outcome::Unnoticed)
}

/// The first difference that `verify` reports.
fn verified(c2aya: &Path, fixture: &Fixture, pair: &Pair) -> Result<Option<String>> {
    let mut command = Command::new(c2aya);
    command.arg("verify").arg(&fixture.source);
    command
        .arg("--c")
        .arg(&pair.c)
        .arg("--rust")
        .arg(&pair.rust);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    match output.status.code() {
        Some(0) => Ok(None),
        Some(1) => {
            let mut lines = said
                .lines()
                .skip_while(|line| !line.contains(": different"));
            Ok(Some(lines.nth(1).unwrap_or_default().to_owned()))
        }
        _ => bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)),
    }
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
    let nearby = folder_text(file)?;
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    for change in fault.changes {
        let pattern = Regex::new(&format!("(?m){}", change.text))?;
        for captures in pattern.captures_iter(&text) {
            let expand = |template: &str| {
                let mut expanded = String::new();
                captures.expand(template, &mut expanded);
                expanded
            };
            if let Some(needs) = change.needs
                && !Regex::new(&expand(needs))?.is_match(&nearby)
            {
                continue;
            }
            let whole = captures.get(0).context("a match without a text")?;
            found.push((whole.range(), expand(change.becomes)));
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

/// All that the Rust files beside this one say, and this one.
fn folder_text(file: &Path) -> Result<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(file.parent().context("a file without a folder")?)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(fs::read_to_string(&path)?);
        }
    }
    Ok(texts.concat())
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
            "    let pid: i32 = syscall::argument(&ctx, 0);",
            "    let pid: i32 = syscall::argument(&ctx, 0); let pid = pid as i16 as i32;",
        );
        let read = "let (dfd, mode): (u32, u16) = syscall::args(&ctx, [0, 2]);";
        let narrow = format!("{read} let dfd = dfd as u16 as u32;");
        check("wrong width", read, &narrow);
    }

    #[test]
    fn signs() {
        for read in [
            "let fd: i32 = syscall::argument(&ctx, 1);",
            "let (pid, mut fd): (i32, i32) = syscall::args(&ctx, [0, 1]);",
        ] {
            let before = format!("{read} y = i64::from(fd);");
            let after = format!("{read} y = i64::from(fd as u32);");
            check("no sign extension", &before, &after);
        }
        check(
            "no sign extension",
            "y = i64::from(fd);",
            "y = i64::from(fd);",
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
            "unsafe { aya_ebpf::helpers::generated::bpf_probe_read_kernel(at) }",
        );
        check(
            "kernel read for user read",
            "use x::bpf_probe_read_user(",
            "use x::bpf_probe_read_user(",
        );
    }
}
