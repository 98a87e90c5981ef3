//! Runs the scenarios of a fixture on both objects.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result};

use crate::{
    fixture::{Fixture, Pair},
    machine::Machine,
    observation::Observations,
    plan::{self, Kind},
    tools::Tools,
    verdict::{Counts, Verdict},
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
    for name in &side.unset {
        println!("{name}: this constant can't be set");
    }
    for name in &side.lacking {
        println!("{name}: this kernel hasn't got that");
    }
    eprint!("{said}");
    Ok(side.refused.is_empty() && side.unset.is_empty())
}

/// Runs all scenarios of a fixture on both objects.
pub fn compare(tools: &Tools, fixture: &Fixture, pair: &Pair, wrapper: bool) -> Result<Verdict> {
    let place = if wrapper { "wrapper" } else { "direct" };
    let mut verdict = Verdict::new(fixture, place, Machine::X86_64);
    verdict.core = tools.core_relocations(&pair.c)?;
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
        let objects = [pair.c.as_path(), &pair.rust];
        let plan = plan::compare(objects, wrapper, &fixture.calls, scenario, &loaded.kinds)?;
        let (printed, said) = tools.witness(&plan)?;
        let both = Observations::parse(&printed)?;
        verdict.add(fixture, scenario, both, &said, Counts::Exact)?;
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
