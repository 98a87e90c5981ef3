//! What programs cost after the verifier, the port's beside the C's.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display},
};

use anyhow::{Result, ensure};

use crate::observation::Observations;

/// Bytes of an instruction.
const INSTRUCTION: u32 = 8;
/// What a question of CO-RE costs more where it is read-only data and not a relocation.
const CORE: u32 = 3;

/// A program's instructions after the verifier, for one calling convention.
#[derive(Clone, Debug)]
pub struct Cost {
    program: String,
    place: String,
    c: u32,
    rust: u32,
    /// Calls of helpers: C's, Rust's.
    calls: (u32, u32),
    /// CO-RE relocations of the C.
    core: u32,
}

impl Cost {
    /// Of the programs that both sides have.
    pub fn of(both: &Observations, place: &str, core: &BTreeMap<String, u32>) -> Vec<Self> {
        let pairs = both
            .c
            .programs
            .iter()
            .filter_map(|(name, c)| Some((name, c, both.rust.programs.get(name)?)));
        pairs
            .map(|(name, c, rust)| Self {
                program: name.clone(),
                place: place.to_owned(),
                c: c.cost.xlated / INSTRUCTION,
                rust: rust.cost.xlated / INSTRUCTION,
                calls: (c.cost.calls, rust.cost.calls),
                core: core.get(name).copied().unwrap_or(0),
            })
            .collect()
    }

    /// A tenth more than the C or four instructions, whichever is more, and what CO-RE may cost.
    fn bound(&self) -> u32 {
        self.c + (self.c / 10).max(4) + CORE * self.core
    }

    /// No helper is called at more places than in C.
    fn is_too_much(&self) -> bool {
        let (c, rust) = self.calls;
        self.rust > self.bound() || rust > c
    }

    fn ratio(&self) -> f64 {
        f64::from(self.rust) / f64::from(self.c.max(1))
    }
}

/// The costs of all fixtures.
pub struct Costs<'a>(pub Vec<(&'a str, &'a Cost)>);

impl Costs<'_> {
    /// Of the ratios, for each calling convention by itself.
    fn medians(&self) -> Vec<(&str, f64)> {
        let places: BTreeSet<&str> = self.0.iter().map(|(_, cost)| &*cost.place).collect();
        let median = |place: &&str| {
            let here = self.0.iter().filter(|(_, cost)| cost.place == *place);
            let mut ratios: Vec<f64> = here.map(|(_, cost)| cost.ratio()).collect();
            ratios.sort_by(f64::total_cmp);
            let upper = ratios.get(ratios.len() / 2)?;
            let lower = ratios.get((ratios.len() - 1) / 2)?;
            Some((lower + upper) / 2.0)
        };
        places
            .iter()
            .filter_map(|place| Some((*place, median(place)?)))
            .collect()
    }

    /// Fails where a program costs too much.
    pub fn ensure_bounded(&self) -> Result<()> {
        let over: Vec<String> = self
            .0
            .iter()
            .filter(|(_, cost)| cost.is_too_much())
            .map(|(fixture, cost)| format!("{fixture} {} ({})", cost.program, cost.place))
            .collect();
        ensure!(
            over.is_empty(),
            "these programs cost too much: {}",
            over.join(", ")
        );
        Ok(())
    }
}

impl Display for Costs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<16} {:<18} {:<8} {:>5} {:>5} {:>6} {:>6} {:>8}",
            "instructions in", "program", "place", "C", "Rust", "ratio", "bound", "calls"
        )?;
        for (fixture, cost) in &self.0 {
            let Cost {
                program,
                place,
                c,
                rust,
                calls,
                ..
            } = cost;
            let (ratio, bound) = (cost.ratio(), cost.bound());
            let calls = format!("{}, {}", calls.0, calls.1);
            let over = if cost.is_too_much() { " TOO MUCH" } else { "" };
            writeln!(
                f,
                "{fixture:<16} {program:<18} {place:<8} {c:>5} {rust:>5} {ratio:>6.2} {bound:>6} {calls:>8}{over}"
            )?;
        }
        for (place, median) in self.medians() {
            writeln!(f, "median of the ratios, {place}: {median:.3}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(c: u32, rust: u32, core: u32) -> Cost {
        Cost {
            program: "p".into(),
            place: "direct".into(),
            c,
            rust,
            calls: (0, 0),
            core,
        }
    }

    fn fits(c: u32, rust: u32, core: u32) -> bool {
        let cost = cost(c, rust, core);
        Costs(vec![("f", &cost)]).ensure_bounded().is_ok()
    }

    #[test]
    fn bounds() {
        assert!(fits(10, 14, 0));
        assert!(!fits(10, 15, 0));
        assert!(fits(100, 110, 0));
        assert!(!fits(100, 111, 0));
        assert!(fits(100, 116, 2));
        assert!(!fits(100, 117, 2));
    }

    #[test]
    fn calls_are_never_more() {
        let with = |calls| Cost {
            calls,
            ..cost(10, 10, 0)
        };
        let fits = |calls| Costs(vec![("f", &with(calls))]).ensure_bounded().is_ok();
        assert!(fits((3, 3)) && fits((3, 2)));
        assert!(!fits((3, 4)));
    }

    #[test]
    fn medians_are_taken_by_place() {
        let (a, b) = (cost(10, 9, 0), cost(10, 12, 0));
        let costs = Costs(vec![("f", &a), ("g", &b)]);
        assert_eq!(costs.medians(), [("direct", 1.05)]);
    }
}
