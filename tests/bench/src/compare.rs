//! Runs the scenarios of a fixture on both objects.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    calls::{Expected, Scenario},
    differences,
    fixture::{Fixture, Pair},
    observation::Observations,
    plan::{self, Kind},
    tools::Tools,
};

/// Loads one object and prints what the verifier said; false if it refused a program.
pub fn load(tools: &Tools, object: &Path, wrapper: bool, values: Option<&Path>) -> Result<bool> {
    let values = match values {
        Some(path) => serde_json::from_str(&fs::read_to_string(path)?)
            .with_context(|| format!("{} isn't {{\"symbol\": number}}", path.display()))?,
        None => BTreeMap::new(),
    };
    let (printed, said) = tools.witness(&plan::load(object, wrapper, &values))?;
    let side = Observations::parse(&printed)?.c;
    let wrapper = u8::from(wrapper);
    for (name, program) in &side.programs {
        println!("{name}: accepted with wrapper {wrapper}, {}", program.cost);
    }
    for (name, why) in &side.refused {
        println!("{name}: refused with wrapper {wrapper}, {why}");
    }
    for name in side.unset.iter().chain(&side.lacking) {
        println!("{name}: this constant can't be set");
    }
    eprint!("{said}");
    Ok(side.refused.is_empty() && side.unset.is_empty() && side.lacking.is_empty())
}

/// What came of a fixture with the wrapper or without.
pub struct Verdict {
    name: String,
    wrapper: bool,
    scenarios: usize,
    calls: usize,
    left: Expected,
    differences: Vec<String>,
    /// Of the fixture: what was compared isn't what was meant to be.
    mistakes: Vec<String>,
    /// Programs and scenarios that were not run, and why.
    not_run: Vec<String>,
    not_compared: Vec<String>,
}

impl Verdict {
    fn new(fixture: &Fixture, wrapper: bool) -> Self {
        Self {
            name: fixture.name.clone(),
            wrapper,
            scenarios: 0,
            calls: 0,
            left: Expected::default(),
            differences: Vec::new(),
            mistakes: Vec::new(),
            not_run: Vec::new(),
            not_compared: fixture.calls.not_compared(),
        }
    }

    pub fn is_equal(&self) -> bool {
        self.differences.is_empty() && self.mistakes.is_empty()
    }

    /// Fails where the fixture doesn't do what it says: then nothing can be said of the port.
    pub fn ensure_meant(&self) -> Result<()> {
        let mistakes = self.mistakes.join("; ");
        ensure!(mistakes.is_empty(), "{}: {mistakes}", self.name);
        Ok(())
    }

    pub fn first_difference(&self) -> Option<&str> {
        self.differences.first().map(String::as_str)
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrapper = if self.wrapper { "wrapper" } else { "direct" };
        let verdict = match (&self.mistakes[..], &self.differences[..]) {
            ([], []) => "equal",
            ([], _) => "DIFFERENT",
            _ => "WRONG CALLS",
        };
        write!(f, "{:<20} {wrapper:<7} {verdict}: ", self.name)?;
        write!(
            f,
            "{} scenarios, {} calls; {}",
            self.scenarios, self.calls, self.left
        )?;
        for (title, list) in [
            ("not run", &self.not_run),
            ("not compared", &self.not_compared),
        ] {
            if !list.is_empty() {
                write!(f, "; {title}: {}", list.join(", "))?;
            }
        }
        for difference in self.mistakes.iter().chain(&self.differences) {
            write!(f, "\n    {difference}")?;
        }
        Ok(())
    }
}

/// Runs all scenarios of a fixture on both objects.
pub fn compare(tools: &Tools, fixture: &Fixture, pair: &Pair, wrapper: bool) -> Result<Verdict> {
    let mut verdict = Verdict::new(fixture, wrapper);
    let loaded = programs(tools, pair, wrapper, &mut verdict)?;
    let mut called = BTreeSet::new();
    for scenario in &fixture.calls.scenario {
        let programs = scenario.programs();
        if let Some(name) = programs.iter().find(|name| loaded.refused.contains(**name)) {
            let scenario = &scenario.name;
            verdict
                .not_run
                .push(format!("{scenario:?} (this kernel refuses {name})"));
            continue;
        }
        called.extend(programs);
        run_scenario(tools, fixture, scenario, pair, &loaded.kinds, &mut verdict)?;
    }
    for name in loaded
        .kinds
        .keys()
        .filter(|name| !called.contains(name.as_str()))
    {
        verdict.mistakes.push(format!("no scenario calls {name}"));
    }
    Ok(verdict)
}

fn run_scenario(
    tools: &Tools,
    fixture: &Fixture,
    scenario: &Scenario,
    pair: &Pair,
    kinds: &BTreeMap<String, Kind>,
    verdict: &mut Verdict,
) -> Result<()> {
    let objects = [pair.c.as_path(), &pair.rust];
    let plan = plan::compare(objects, verdict.wrapper, &fixture.calls, scenario, kinds)?;
    let (printed, said) = tools.witness(&plan)?;
    let mut both = Observations::parse(&printed)?;
    for summed in &fixture.calls.summed {
        both.c.sum_up(&summed.map)?;
        both.rust.sum_up(&summed.map)?;
    }
    let left = left_behind(&both);
    let name = &scenario.name;
    if left != scenario.expected {
        let expected = scenario.expected;
        verdict
            .mistakes
            .push(format!("{name}: C left {left}; {expected} were expected"));
    }
    let differences = differences::of(&both, &said).into_iter();
    verdict
        .differences
        .extend(differences.map(|difference| format!("{name}: {difference}")));
    verdict.scenarios += 1;
    verdict.calls += scenario.programs().len();
    verdict.left += left;
    Ok(())
}

/// The programs of the C object.
struct Loaded {
    /// Those that can be called, and how.
    kinds: BTreeMap<String, Kind>,
    /// Those that this kernel refuses.
    refused: BTreeSet<String>,
}

/// Loads the C object by itself. What the kernel refuses of it can't be compared; what it refuses in
/// Rust only is a difference, found later.
fn programs(tools: &Tools, pair: &Pair, wrapper: bool, verdict: &mut Verdict) -> Result<Loaded> {
    let (printed, said) = tools.witness(&plan::load(&pair.c, wrapper, &BTreeMap::new()))?;
    let c = Observations::parse(&printed)?.c;
    let mut kinds = BTreeMap::new();
    for (name, program) in &c.programs {
        if let Some(kind) = Kind::of_section(&program.section) {
            kinds.insert(name.clone(), kind);
        } else {
            verdict
                .not_run
                .push(format!("{name} (loaded only: {})", program.section));
        }
    }
    for (name, why) in &c.refused {
        verdict
            .not_run
            .push(format!("{name} (this kernel refuses the C: {why})"));
    }
    if c.programs.is_empty() {
        verdict
            .mistakes
            .push(format!("this kernel refuses all of the C: {said}"));
    }
    Ok(Loaded {
        kinds,
        refused: c.refused.into_keys().collect(),
    })
}

fn left_behind(both: &Observations) -> Expected {
    Expected {
        records: both.c.record_count(),
        entries: both.c.entry_count(),
        lines: both.lines.values().map(Vec::len).sum::<usize>() / 2,
        variables: both.c.changed_variables(),
        results: both.c.results.len(),
    }
}
