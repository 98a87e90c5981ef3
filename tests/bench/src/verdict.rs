//! Equal, different, or not to be compared.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
};

use anyhow::{Result, ensure};

use crate::{
    calls::{Expected, Scenario},
    cost::Cost,
    differences,
    fixture::Fixture,
    machine::Machine,
    observation::Observations,
};

/// How what a scenario says that C leaves behind is meant.
#[derive(Clone, Copy)]
pub enum Counts {
    Exact,
    AtLeast,
    /// Where the kernel lacks a function that a program would be attached to.
    AtMost,
}

impl Counts {
    fn allow(self, left: Expected, expected: Expected) -> bool {
        match self {
            Self::Exact => left == expected,
            Self::AtLeast => left.at_least(expected),
            Self::AtMost => expected.at_least(left),
        }
    }
}

/// What came of a fixture in one place: a calling convention, or a kernel.
#[derive(Clone)]
pub struct Verdict {
    pub name: String,
    pub place: String,
    machine: Machine,
    scenarios: usize,
    calls: usize,
    left: Expected,
    /// Of the programs, by their instructions after the verifier.
    pub costs: Vec<Cost>,
    /// CO-RE relocations of the C, by program.
    pub core: BTreeMap<String, u32>,
    /// Lines that the port's own loader printed.
    pub shown: usize,
    pub differences: Vec<String>,
    /// Differences that stay, and why.
    pub known: Vec<String>,
    /// Of the fixture: what was compared isn't what was meant to be.
    pub mistakes: Vec<String>,
    /// Programs and scenarios that were not run, and why.
    pub not_run: Vec<String>,
    /// Whether that is because the kernel doesn't take the C.
    pub c_refused: bool,
    /// What the port asks of the kernel's types (offsets and the like), and the answers it got.
    pub layout: BTreeMap<String, u64>,
    not_compared: Vec<String>,
}

impl Verdict {
    pub fn new(fixture: &Fixture, place: &str, machine: Machine) -> Self {
        Self {
            name: fixture.name.clone(),
            place: place.to_owned(),
            machine,
            scenarios: 0,
            calls: 0,
            left: Expected::default(),
            costs: Vec::new(),
            core: BTreeMap::new(),
            shown: 0,
            differences: Vec::new(),
            known: Vec::new(),
            mistakes: Vec::new(),
            not_run: Vec::new(),
            c_refused: false,
            layout: BTreeMap::new(),
            not_compared: fixture.calls.not_compared(),
        }
    }

    /// Judges what a scenario left behind.
    pub fn add(
        &mut self,
        fixture: &Fixture,
        scenario: &Scenario,
        mut both: Observations,
        said: &str,
        counts: Counts,
    ) -> Result<()> {
        for summed in &fixture.calls.summed {
            both.c.sum_up(&summed.map, self.machine)?;
            both.rust.sum_up(&summed.map, self.machine)?;
        }
        let name = &scenario.name;
        let (left, expected) = (left_behind(&both), scenario.expected_on(self.machine));
        if !counts.allow(left, expected) {
            self.mistakes
                .push(format!("{name}: C left {left}; {expected} were expected"));
        }
        let differences = differences::of(&both, said).into_iter();
        let differences = differences.map(|difference| format!("{name}: {difference}"));
        match scenario.known.get(self.machine.name()) {
            None => self.differences.extend(differences),
            Some(why) => {
                let known: Vec<_> = differences.collect();
                if known.is_empty() {
                    let mistake = format!("{name}: it doesn't differ ({why})");
                    self.mistakes.push(mistake);
                }
                self.known.extend(known);
                self.known.push(why.clone());
            }
        }
        self.costs = Cost::of(&both, &self.place, &self.core);
        self.scenarios += 1;
        self.calls += scenario.programs().len();
        self.left += left;
        Ok(())
    }

    /// Whether anything was compared.
    pub fn has_run(&self) -> bool {
        self.scenarios > 0
    }

    /// In one word.
    pub fn word(&self) -> &'static str {
        match (&self.mistakes[..], &self.differences[..]) {
            ([], []) if !self.has_run() && self.c_refused => "C refused",
            ([], []) if !self.has_run() => "not run",
            ([], []) if !self.known.is_empty() => "known difference",
            ([], []) if self.c_refused => "equal but for what is refused",
            ([], []) => "equal",
            ([], _) => "DIFFERENT",
            _ => "WRONG CALLS",
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
        write!(f, "{:<20} {:<11} {}: ", self.name, self.place, self.word())?;
        write!(
            f,
            "{} scenarios, {} calls; {}",
            self.scenarios, self.calls, self.left
        )?;
        if self.shown > 0 {
            write!(f, "; its own loader showed {} lines", self.shown)?;
        }
        for (title, list) in [
            ("not run", &self.not_run),
            ("not compared", &self.not_compared),
            ("differs", &self.known),
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

fn left_behind(both: &Observations) -> Expected {
    Expected {
        records: both.c.record_count(),
        entries: both.c.entry_count(),
        lines: both.lines.values().map(Vec::len).sum::<usize>() / 2,
        variables: both.c.changed_variables(),
        results: both.c.results.len(),
    }
}
