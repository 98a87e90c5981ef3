//! Whether a workspace is made from the C as it is now.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::{
    Request, codes,
    config::Config,
    fresh::Files,
    lines,
    migrate::{around, is_fresh, make},
    plan::{Plan, plan},
    state::State,
    unit::{self, Unit},
};
use crate::{
    diag::Diagnostic,
    output::write::{self, Manifest},
};

/// What a check found.
#[derive(Debug, Default)]
pub struct Checked {
    /// How many sources there are.
    pub sources: usize,
    /// Ports that aren't made from the C as it is.
    pub stale: Vec<Stale>,
    /// Other generated files that would be different.
    pub others: Vec<Difference>,
    /// Files that are missing, or wait to be put together.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether all is as it should be.
    pub const fn is_whole(&self) -> bool {
        self.stale.is_empty() && self.others.is_empty() && self.diagnostics.is_empty()
    }
}

/// A source whose port is out of date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// The source.
    pub source: String,
    /// What changed, a line for each.
    pub changes: Vec<String>,
    /// How its files differ.
    pub differences: Vec<Difference>,
}

/// How a generated file differs from what would be generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// From the workspace's folder.
    pub path: String,
    /// A unified diff.
    pub diff: String,
}

/// The request that a folder was made by.
///
/// # Errors
///
/// The folder isn't one that `c2aya migrate` wrote, or can't be read.
pub fn request(folder: &Path, jobs: usize) -> Result<(Request, State), Box<Diagnostic>> {
    let Some(state) = State::read(folder)? else {
        let message = format!(
            "`{}` isn't a folder that `c2aya migrate` wrote",
            folder.display()
        );
        return Err(Box::new(Diagnostic::error(codes::BAD_STATE, None, message)));
    };
    // `.` may lead nowhere by text alone.
    let from = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let repository = tidy(&from.join(&state.repository));
    Ok((
        state.wanted.request(repository, folder.to_owned(), jobs),
        state,
    ))
}

/// The same folder, by its shortest name.
fn tidy(path: &Path) -> PathBuf {
    let (Ok(real), Ok(here)) = (path.canonicalize(), std::env::current_dir()) else {
        return path.to_owned();
    };
    match real.strip_prefix(&here) {
        Ok(inside) if inside.as_os_str().is_empty() => PathBuf::from("."),
        Ok(inside) => inside.to_owned(),
        Err(_) => real,
    }
}

/// Compares what would be generated now with what was generated last, never with what a person has
/// edited since.
///
/// # Errors
///
/// The repository or the folder can't be read.
pub fn check(request: &Request, last: &State) -> Result<Checked, Box<Diagnostic>> {
    let config = Config::read(&request.repository)?;
    let plan = plan(request, &config)?;
    let (manifest, cut_off) = write::manifest(&request.output)?;
    let manifest = manifest.unwrap_or_else(|| Manifest::new(&BTreeMap::new(), &[]));
    let mut checked = Checked {
        sources: plan.tasks.len(),
        ..Checked::default()
    };
    if cut_off {
        let message = "a run was cut off here".to_owned();
        checked.diagnostics.push(
            Diagnostic::error(codes::CUT_OFF, None, message).help("`c2aya migrate` finishes it"),
        );
    }
    for path in manifest.files.keys() {
        if !request.output.join(path).exists() {
            let message = format!("`{path}` is missing");
            checked.diagnostics.push(
                Diagnostic::error(codes::MISSING, None, message)
                    .help("`c2aya check --update` writes it"),
            );
        }
    }
    for path in manifest.pending.keys() {
        let beside = write::beside(Path::new(path));
        if request.output.join(&beside).exists() {
            let message = format!(
                "`{path}` and `{}` wait to be put together",
                beside.display()
            );
            checked.diagnostics.push(
                Diagnostic::error(write::CONFLICT, None, message)
                    .help("put both together, and remove the second"),
            );
        }
    }
    let around = around(request, &plan);
    if last.around == around && is_fresh(request, &plan, last) {
        return Ok(checked);
    }
    let made = make(request, &plan, Some((&manifest, last)), around, &|_| {});
    let mut different: BTreeMap<String, String> = BTreeMap::new();
    let new = made
        .files
        .iter()
        .map(|(path, text)| (path.to_string_lossy().into_owned(), text));
    let new: BTreeMap<String, &String> = new.collect();
    for (path, text) in &new {
        let base = write::base(&request.output, &manifest, path);
        if base.as_ref() != Some(*text) {
            different.insert(path.clone(), diff(path, base.as_deref(), Some(text)));
        }
    }
    for path in manifest.files.keys() {
        if !new.contains_key(path) {
            let base = write::base(&request.output, &manifest, path);
            different.insert(path.clone(), diff(path, base.as_deref(), None));
        }
    }
    checked.stale = stale(request, &plan, last, &made.state, &mut different);
    let report = ["migration.json", "migration.html", "MIGRATION.md"];
    let nothing = checked.stale.is_empty();
    checked.others = different
        .into_iter()
        // The reports show the C, so they differ with every change of it.
        .filter(|(path, _)| !report.contains(&path.as_str()) || nothing)
        .map(|(path, diff)| Difference { path, diff })
        .collect();
    Ok(checked)
}

/// The sources whose ports differ, with their files' differences.
fn stale(
    request: &Request,
    plan: &Plan,
    last: &State,
    now: &State,
    different: &mut BTreeMap<String, String>,
) -> Vec<Stale> {
    let files = Files::new(request);
    let mut stale = Vec::new();
    let gone = last
        .units
        .keys()
        .filter(|source| !now.units.contains_key(*source));
    for source in now.units.keys().chain(gone) {
        let (old, new) = (last.units.get(source), now.units.get(source));
        let task = plan.tasks.iter().find(|task| {
            unit::input_name(request, &request.repository.join(&task.source)) == *source
        });
        let changes = match (old, task) {
            (Some(old), Some(task)) if files.is_fresh(old, task) => continue,
            (Some(old), Some(task)) => changes(request, &files, old, task),
            (None, _) => vec!["it is new".to_owned()],
            (Some(_), None) => vec!["it is a source no more".to_owned()],
        };
        let paths: BTreeSet<&String> = [old, new]
            .into_iter()
            .flatten()
            .flat_map(|unit| unit.files.keys())
            .collect();
        let differences: Vec<Difference> = paths
            .into_iter()
            .filter_map(|path| {
                Some(Difference {
                    diff: different.remove(path)?,
                    path: path.clone(),
                })
            })
            .collect();
        let said = old.map(|unit| (unit.state, &unit.findings))
            != new.map(|unit| (unit.state, &unit.findings));
        // A change of a comment that isn't taken over changes nothing.
        if !differences.is_empty() || said {
            stale.push(Stale {
                source: source.clone(),
                changes,
                differences,
            });
        }
    }
    stale
}

/// What changed of that a source's port depends on.
fn changes(
    request: &Request,
    files: &Files<'_>,
    old: &Unit,
    task: &super::plan::Task,
) -> Vec<String> {
    let mut changes = Vec::new();
    for (name, input) in &old.inputs {
        if files.is_same(name, &input.hash) {
            continue;
        }
        let Ok(text) = fs::read_to_string(request.repository.join(name)) else {
            changes.push(format!("{name} can't be read any more"));
            continue;
        };
        if input.lines.is_empty() {
            changes.push(format!("{name} changed"));
            continue;
        }
        let (ranges, gone) = lines::changed(&input.lines, &text);
        let lines: Vec<&str> = text.lines().collect();
        for (first, last) in &ranges {
            let line = lines
                .get(*first as usize - 1)
                .map_or("", |line| line.trim());
            let place = if first == last {
                format!("{name}:{first}")
            } else {
                format!("{name}:{first}-{last}")
            };
            changes.push(format!("{place} is new: {line}"));
        }
        if gone > 0 {
            let lines = if gone == 1 { "line is" } else { "lines are" };
            changes.push(format!("{name}: {gone} {lines} gone"));
        }
    }
    for name in &old.missing {
        if request.repository.join(name).is_file() {
            changes.push(format!("{name} is found now"));
        }
    }
    if old.key != unit::key(request, task) {
        let from = if task.from.is_empty() {
            String::new()
        } else {
            format!(" ({})", task.from.join(", "))
        };
        changes.push(format!("the options, or c2aya's version, changed{from}"));
    }
    changes
}

/// A unified diff of a file, one side of which may lack.
fn diff(path: &str, old: Option<&str>, new: Option<&str>) -> String {
    similar::TextDiff::from_lines(old.unwrap_or_default(), new.unwrap_or_default())
        .unified_diff()
        .context_radius(3)
        .header(
            &if old.is_some() {
                format!("a/{path}")
            } else {
                "/dev/null".to_owned()
            },
            &if new.is_some() {
                format!("b/{path}")
            } else {
                "/dev/null".to_owned()
            },
        )
        .to_string()
}
