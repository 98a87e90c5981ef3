//! The comparison on several kernels, and what came of it in tables.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result, ensure};

use crate::{
    Inputs,
    boot::{self, Loaders},
    fixture::{Fixture, Pair},
    in_parallel,
    machine::Machine,
    pairs, report,
    tools::Tools,
    verdict::Verdict,
};

/// A machine keeps a processor busy.
const BOOTS_AT_A_TIME: usize = 2;

/// What goes into the machines of one kind, whatever their kernel.
struct Load<'a> {
    pairs: Vec<(&'a Fixture, Pair)>,
    loaders: Loaders,
}

/// Boots each kernel once for all fixtures. What others showed is told where one doesn't come up.
pub fn run(
    tools: &Tools,
    inputs: &Inputs,
    kernels: &[String],
    workspaces: Option<&Path>,
) -> Result<()> {
    let fixtures = inputs.fixtures()?;
    let mut loads: BTreeMap<&str, Load> = BTreeMap::new();
    for kernel in kernels {
        let machine = Machine::of_kernel(kernel)?;
        if !loads.contains_key(machine.name()) {
            let here: Vec<_> = (fixtures.iter())
                .filter(|fixture| fixture.is_for(machine))
                .collect();
            let pairs = pairs(tools, inputs.ported.as_deref(), &here, machine)?;
            let loaders = own_loaders(tools, workspaces, &here, machine)?;
            loads.insert(machine.name(), Load { pairs, loaders });
        }
    }
    let booted = in_parallel(BOOTS_AT_A_TIME, kernels, |kernel| {
        let machine = Machine::of_kernel(kernel)?;
        let load = loads.get(machine.name()).context("nothing was built")?;
        boot::boot(tools, kernel, &fixtures, &load.pairs, &load.loaders)
    });
    let mut verdicts = Vec::new();
    let mut failed = Vec::new();
    for (kernel, booted) in kernels.iter().zip(booted) {
        match booted {
            Ok(booted) => verdicts.extend(booted),
            Err(error) => failed.push(format!("{kernel}: {error:#}")),
        }
    }
    let reported = report(&verdicts);
    table(kernels, &verdicts);
    layouts(kernels, &verdicts)?;
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    reported?;
    let idle = (fixtures.iter())
        .filter(|fixture| !ran_somewhere(fixture, &verdicts))
        .map(|fixture| fixture.name.as_str());
    let idle = idle.collect::<Vec<_>>().join(", ");
    ensure!(idle.is_empty(), "nowhere was anything compared of {idle}");
    Ok(())
}

/// Builds the loaders of those fixtures that have a workspace of their own.
fn own_loaders(
    tools: &Tools,
    workspaces: Option<&Path>,
    fixtures: &[&Fixture],
    machine: Machine,
) -> Result<Loaders> {
    let mut loaders = Loaders::new();
    let Some(workspaces) = workspaces.filter(|_| machine.runs_loaders()) else {
        return Ok(loaders);
    };
    for fixture in fixtures {
        let workspace = workspaces.join(&fixture.name);
        if workspace.is_dir() {
            let loader = tools.build_loader(&workspace, machine)?;
            loaders.insert(fixture.name.clone(), loader);
        }
    }
    Ok(loaders)
}

fn ran_somewhere(fixture: &Fixture, verdicts: &[Verdict]) -> bool {
    let mut own = verdicts
        .iter()
        .filter(|verdict| verdict.name == fixture.name);
    own.any(Verdict::has_run)
}

/// A row for each fixture, a column for each kernel.
fn table(kernels: &[String], verdicts: &[Verdict]) {
    let mut rows: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for verdict in verdicts {
        let row = rows.entry(&verdict.name).or_default();
        row.insert(&verdict.place, verdict.word());
    }
    println!("\n| fixture | {} |", kernels.join(" | "));
    println!("|---|{}", "---|".repeat(kernels.len()));
    for (name, row) in rows {
        let words = kernels
            .iter()
            .map(|kernel| row.get(kernel.as_str()).copied());
        let words: Vec<_> = words.map(Option::unwrap_or_default).collect();
        println!("| {name} | {} |", words.join(" | "));
    }
}

/// Where kernels lay the same types out in different ways: what each port that ran was told of them.
/// Fails where several kernels were asked and all answers are alike: then nothing was relocated.
fn layouts(kernels: &[String], verdicts: &[Verdict]) -> Result<()> {
    let mut answers: BTreeMap<(&str, &str), BTreeMap<&str, u64>> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|verdict| verdict.has_run()) {
        for (question, answer) in &verdict.layout {
            let answers = answers.entry((&verdict.name, question)).or_default();
            answers.insert(&verdict.place, *answer);
        }
    }
    answers.retain(|_, answers| answers.len() > 1);
    if answers.is_empty() {
        return Ok(());
    }
    let differ = |answers: &BTreeMap<_, u64>| {
        let mut all = answers.values();
        let first = all.next();
        all.any(|answer| Some(answer) != first)
    };
    println!("\n| what differs | {} |", kernels.join(" | "));
    println!("|---|{}", "---|".repeat(kernels.len()));
    let mut count = 0;
    for ((name, question), answers) in &answers {
        if differ(answers) {
            count += 1;
            let each = kernels.iter().map(|kernel| {
                let answer = answers.get(kernel.as_str());
                answer.map_or(String::new(), u64::to_string)
            });
            let each: Vec<_> = each.collect();
            println!("| {name}: {question} | {} |", each.join(" | "));
        }
    }
    println!("{count} of {} answers differ", answers.len());
    ensure!(count > 0, "the kernels lay out all types alike");
    Ok(())
}
