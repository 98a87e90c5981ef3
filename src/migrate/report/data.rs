//! What the reports say.

use serde::Serialize;

use crate::{
    diag::Diagnostic,
    migrate::{
        Request,
        plan::Plan,
        unit::{Finding, Made, Program, State, input_name},
        user::{self, Change},
    },
};

/// The report; its JSON is documented in docs/migrate.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The version of the schema.
    pub version: u32,
    /// `c2aya 0.1.0`
    pub generator: String,
    /// What the workspace is called.
    pub name: String,
    /// How many sources and programs there are in each state.
    pub totals: Totals,
    /// The sources, by path.
    pub sources: Vec<Source>,
    /// BPF sources that aren't taken, and why.
    pub left_out: Vec<LeftOut>,
    /// What to change in user space.
    pub user_space: Vec<Change>,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// Numbers for each state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Of sources.
    pub sources: Counts,
    /// Of programs.
    pub programs: Counts,
}

/// How many are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "named as the states")]
pub struct Counts {
    pub all: usize,
    pub ported: usize,
    pub warnings: usize,
    pub partly: usize,
    pub refused: usize,
}

impl Counts {
    fn add(&mut self, state: State) {
        self.all += 1;
        *match state {
            State::Ported => &mut self.ported,
            State::Warnings => &mut self.warnings,
            State::Partly => &mut self.partly,
            State::Refused => &mut self.refused,
        } += 1;
    }
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// From the repository's folder.
    pub path: String,
    /// What the object is called.
    pub object: String,
    /// How far it got.
    pub state: State,
    /// Why it isn't ported whole, in one line; none where it is.
    pub reason: Option<String>,
    /// Why it is a BPF source.
    pub why: String,
    /// The files that say how it is compiled.
    pub settings: Vec<String>,
    /// The path of the Rust in the workspace.
    pub rust: Option<String>,
    /// Its programs.
    pub programs: Vec<Program>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// A BPF source that isn't taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// From the repository's folder.
    pub path: String,
    /// Why.
    pub why: String,
}

impl Report {
    /// Of what was made.
    pub fn of(request: &Request, plan: &Plan, made: &[Made], diagnostics: &[Diagnostic]) -> Self {
        let mut totals = Totals::default();
        let mut sources = Vec::new();
        for (task, made) in plan.tasks.iter().zip(made) {
            let unit = &made.unit;
            totals.sources.add(unit.state);
            for program in &unit.programs {
                totals.programs.add(program.state);
            }
            sources.push(Source {
                path: input_name(request, &request.repository.join(&task.source)),
                object: task.object.clone(),
                state: unit.state,
                reason: reason(unit.state, &unit.findings),
                why: task.why.clone(),
                settings: task.from.clone(),
                rust: made.main().map(|path| path.to_string_lossy().into_owned()),
                programs: unit.programs.clone(),
                findings: unit.findings.clone(),
            });
        }
        let notes = plan.diagnostics.iter().chain(diagnostics);
        Self {
            version: 1,
            generator: concat!("c2aya ", env!("CARGO_PKG_VERSION")).to_owned(),
            name: request.name.clone(),
            totals,
            sources,
            left_out: plan
                .left_out
                .iter()
                .map(|source| LeftOut {
                    path: source.path.to_string_lossy().into_owned(),
                    why: source.why.clone(),
                })
                .collect(),
            user_space: user::changes(request, plan, made),
            notes: notes.map(|diagnostic| diagnostic.message.clone()).collect(),
        }
    }
}

/// Why a source isn't ported whole.
pub fn reason(state: State, findings: &[Finding]) -> Option<String> {
    if state < State::Partly {
        return None;
    }
    let first = findings.iter().find(|finding| finding.error);
    Some(match first {
        Some(finding) => finding.message.clone(),
        None => "there is no program in it".to_owned(),
    })
}
