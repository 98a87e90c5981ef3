//! A migration from its request to what stands in the folder.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    Request,
    assemble::assemble,
    codes,
    config::Config,
    fresh::Files,
    plan::{Plan, plan},
    report,
    run::{Event, Last, run},
    state::{self, State},
    unit::{Unit, input_name},
    user,
};
use crate::{
    diag::Diagnostic,
    output::write::{self, Manifest, hash},
};

/// What a migration did.
#[derive(Debug, Default)]
pub struct Done {
    /// What was planned.
    pub plan: Plan,
    /// All sources and what became of them.
    pub units: BTreeMap<String, Unit>,
    /// How many were ported anew.
    pub redone: usize,
    /// Whether everything was as it should be already.
    pub up_to_date: bool,
    /// Whether a source that couldn't be ported ended it, so that nothing was written.
    pub stopped: bool,
    /// What was written.
    pub written: write::Report,
    /// What is to be known about the workspace as a whole.
    pub diagnostics: Vec<Diagnostic>,
}

/// All that the next run needs to know, and all files.
pub(super) struct Made {
    pub(super) files: BTreeMap<PathBuf, String>,
    pub(super) state: State,
    pub(super) redone: usize,
    pub(super) stopped: bool,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Migrates a repository.
///
/// # Errors
///
/// There is nothing to do, or something can't be read or written.
pub fn migrate(
    request: &Request,
    config: &Config,
    heard: &(dyn Fn(Event<'_>) + Sync),
) -> Result<Done, Box<Diagnostic>> {
    let plan = plan(request, config)?;
    let (manifest, cut_off) = write::manifest(&request.output)?;
    let last = State::read(&request.output)?;
    let around = around(request, &plan);
    if let (Some(manifest), Some(last), false, false) = (&manifest, &last, cut_off, request.force)
        && manifest.pending.is_empty()
        && last.around == around
        && is_fresh(request, &plan, last)
        && stands(&request.output, manifest)
    {
        return Ok(Done {
            plan,
            units: last.units.clone(),
            up_to_date: true,
            ..Done::default()
        });
    }
    let made = make(
        request,
        &plan,
        manifest.as_ref().zip(last.as_ref()),
        around,
        heard,
    );
    if made.stopped {
        return Ok(Done {
            plan,
            units: made.state.units,
            redone: made.redone,
            stopped: true,
            ..Done::default()
        });
    }
    let inputs = inputs(&made.state);
    let own = BTreeMap::from([(state::NAME.to_owned(), made.state.text())]);
    let written = write::write(&write::Request {
        folder: &request.output,
        files: &made.files,
        inputs,
        options: Vec::new(),
        own: &own,
        merge: true,
        force: request.force,
    })?;
    let mut diagnostics = made.diagnostics;
    diagnostics.extend(changed_meanwhile(request, &made.state));
    Ok(Done {
        plan,
        units: made.state.units,
        redone: made.redone,
        written,
        diagnostics,
        ..Done::default()
    })
}

/// Makes all files, without writing any.
pub(super) fn make(
    request: &Request,
    plan: &Plan,
    last: Option<(&Manifest, &State)>,
    around: String,
    heard: &(dyn Fn(Event<'_>) + Sync),
) -> Made {
    let text = |path: &str| write::base(&request.output, last?.0, path);
    let kept = last.map(|(_, state)| Last { state, text: &text });
    let ran = run(request, plan, kept.as_ref(), heard);
    let mut state = State::new(request, around);
    if ran.stopped {
        state.units = units(request, plan, &ran.made);
        return Made {
            files: BTreeMap::new(),
            state,
            redone: ran.redone,
            stopped: true,
            diagnostics: Vec::new(),
        };
    }
    let (mut files, diagnostics) = assemble(request, &ran.made);
    files.extend(user::files(plan, &ran.made));
    files.extend(report::files(request, plan, &ran.made, &diagnostics));
    state.units = units(request, plan, &ran.made);
    Made {
        files,
        state,
        redone: ran.redone,
        stopped: false,
        diagnostics,
    }
}

fn units(request: &Request, plan: &Plan, made: &[super::unit::Made]) -> BTreeMap<String, Unit> {
    plan.tasks
        .iter()
        .zip(made)
        .map(|(task, made)| {
            let name = input_name(request, &request.repository.join(&task.source));
            (name, made.unit.clone())
        })
        .collect()
}

/// What the workspace depends on beside its sources.
pub(super) fn around(request: &Request, plan: &Plan) -> String {
    let wanted = state::Wanted::of(request);
    let mut all = serde_json::to_string(&wanted).unwrap_or_default();
    all.push_str(env!("CARGO_PKG_VERSION"));
    for source in &plan.left_out {
        all.push_str(&format!("\0{}\0{}", source.path.display(), source.why));
    }
    for task in &plan.tasks {
        all.push_str(&format!("\0{}\0{}", task.why, task.from.join("\0")));
    }
    for beside in &plan.beside {
        all.push_str(&format!("\0{}\0{}", beside.path.display(), beside.text));
    }
    for diagnostic in &plan.diagnostics {
        all.push_str(&diagnostic.message);
    }
    hash(all.as_bytes())
}

/// Whether all sources are those of the last run, and unchanged.
pub(super) fn is_fresh(request: &Request, plan: &Plan, last: &State) -> bool {
    let files = Files::new(request);
    plan.tasks.len() == last.units.len()
        && plan.tasks.iter().all(|task| {
            let name = input_name(request, &request.repository.join(&task.source));
            let unit = last.units.get(&name);
            unit.is_some_and(|unit| files.is_fresh(unit, task))
        })
}

/// Whether every generated file is there.
fn stands(folder: &Path, manifest: &Manifest) -> bool {
    manifest
        .files
        .keys()
        .all(|path| folder.join(path).is_file())
}

fn inputs(state: &State) -> BTreeMap<String, String> {
    let units = state.units.values();
    let inputs = units.flat_map(|unit| &unit.inputs);
    inputs
        .map(|(name, input)| (name.clone(), input.hash.clone()))
        .collect()
}

/// A warning for each file that isn't what was ported.
fn changed_meanwhile(request: &Request, state: &State) -> Vec<Diagnostic> {
    let files = Files::new(request);
    inputs(state)
        .into_iter()
        .filter(|(name, hash)| !files.is_same(name, hash))
        .map(|(name, _)| {
            let message = format!("`{name}` was changed while it was ported");
            Diagnostic::warning(codes::CHANGED, None, message).help("run `c2aya migrate` again")
        })
        .collect()
}
