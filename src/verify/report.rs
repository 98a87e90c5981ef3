//! What came of a comparison, for people and for programs.

use std::{
    collections::BTreeSet,
    fmt::{self, Display},
};

use serde::Serialize;

use super::{
    coverage::Coverage,
    explore::Explored,
    object::Object,
    prove::{Outcome, Proof},
    show::Shown,
};

/// Branches that are listed as never taken.
const MISSED_MAX: usize = 12;

/// Whether the programs do the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// They did in every world that was tried.
    Equal,
    /// Too few worlds could be tried to say.
    Undecided,
    /// They did not in one world.
    Different,
}

/// All programs of two objects.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The worst of all programs.
    pub verdict: Verdict,
    /// The architecture whose registers the worlds have.
    pub arch: &'static str,
    /// The seed of the worlds.
    pub seed: u64,
    /// One for each program.
    pub programs: Vec<ProgramReport>,
    /// Programs of the C object that the Rust one lacks.
    pub alone: Vec<String>,
}

/// One program of both objects.
#[derive(Clone, Debug, Serialize)]
pub struct ProgramReport {
    /// Its name.
    pub name: String,
    /// Its section in the C object.
    pub section: String,
    /// Whether both do the same.
    pub verdict: Verdict,
    /// Worlds that were tried.
    pub worlds: u64,
    /// How they differ.
    pub difference: Option<Shown>,
    /// Sides of branches that were taken in the C object.
    pub c_branches: Branches,
    /// Sides of branches that were taken in the Rust object.
    pub rust_branches: Branches,
    /// Executed instructions on the same worlds.
    pub instructions: Cost,
    /// Calls of helpers on the same worlds.
    pub helper_calls: Cost,
    /// Whether it is proven, where that was asked.
    pub proof: Option<Proof>,
    /// What else a reader should know.
    pub notes: Vec<String>,
}

/// Sides of branches.
#[derive(Clone, Debug, Serialize)]
pub struct Branches {
    /// Those that were taken.
    pub taken: usize,
    /// Those that a world may take.
    pub all: usize,
    /// Beside them, those of which it is shown that no world takes them.
    pub unreachable: usize,
    /// Some that were never taken: where they are.
    pub missed: Vec<String>,
}

/// The same work by both sides.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    /// By C.
    pub c: u64,
    /// By Rust.
    pub rust: u64,
    /// Rust's by C's; none where C had none.
    pub ratio: Option<f64>,
}

impl Cost {
    fn new((c, rust): (u64, u64)) -> Self {
        // Counts are far below 2^53, where a float begins to round.
        let ratio = (c != 0).then(|| (rust as f64 / c as f64 * 1000.0).round() / 1000.0);
        Self { c, rust, ratio }
    }
}

impl Branches {
    fn new(coverage: &Coverage, object: &Object) -> Self {
        let missed = coverage.missed();
        let missed = missed
            .into_iter()
            .take(MISSED_MAX)
            .map(|(slot, taken)| {
                let side = if taken { "taken" } else { "not taken" };
                match object.line_of(slot) {
                    Some(line) => {
                        let file = line.file.rsplit('/').next().unwrap_or_default();
                        format!("{file}:{} never {side} (instruction {slot})", line.line)
                    }
                    None => format!("instruction {slot} never {side}"),
                }
            })
            .collect();
        Self {
            taken: coverage.taken.intersection(&coverage.all).count(),
            all: coverage.all.len() - coverage.unreachable.len(),
            unreachable: coverage.unreachable.len(),
            missed,
        }
    }
}

/// The worst of all programs.
pub fn worst(programs: &[ProgramReport]) -> Verdict {
    let verdicts = programs.iter().map(|program| program.verdict);
    verdicts.max().unwrap_or(Verdict::Undecided)
}

impl ProgramReport {
    /// What `explored` found of the program called `name`.
    pub fn new(
        name: &str,
        section: &str,
        explored: &Explored,
        difference: Option<Shown>,
        c: &Object,
        rust: &Object,
    ) -> Self {
        let mut notes = Vec::new();
        let (trapped, why) = &explored.trapped;
        if let Some(why) = why {
            notes.push(format!(
                "in {trapped} worlds both ended early: the program {why}"
            ));
        }
        if explored.indeterminate > 0 {
            notes.push(format!(
                "in {} worlds C leaves bytes behind that it never wrote: they are not compared",
                explored.indeterminate
            ));
        }
        if explored.out_of_time {
            notes.push("the time was over before all worlds were tried".to_owned());
        }
        let ran = explored.worlds > *trapped;
        let verdict = match difference {
            Some(_) => Verdict::Different,
            None if !ran || explored.out_of_time => Verdict::Undecided,
            None => Verdict::Equal,
        };
        Self {
            name: name.to_owned(),
            section: section.to_owned(),
            verdict,
            worlds: explored.worlds,
            difference,
            c_branches: Branches::new(&explored.c, c),
            rust_branches: Branches::new(&explored.rust, rust),
            instructions: Cost::new(explored.instructions),
            helper_calls: Cost::new(explored.helper_calls),
            proof: None,
            notes,
        }
    }

    /// The same with a proof, by which it is judged.
    pub fn with_proof(mut self, proof: Proof) -> Self {
        self.verdict = match proof.outcome {
            Outcome::Proven => Verdict::Equal,
            Outcome::Undecided => Verdict::Undecided,
            Outcome::Refuted => Verdict::Different,
        };
        if proof.unwritten && self.notes.is_empty() {
            let note = "C leaves bytes behind that it never wrote: they are not compared";
            self.notes.push(note.to_owned());
        }
        self.proof = Some(proof);
        self
    }
}

impl Report {
    /// The programs that differ, by name.
    pub fn different(&self) -> BTreeSet<String> {
        let different = self.programs.iter();
        different
            .filter(|program| program.verdict == Verdict::Different)
            .map(|program| program.name.clone())
            .collect()
    }

    /// Takes the word of `defined`, a comparison with the same C compiled so that what C leaves
    /// undefined means something, about programs that differ in this one and not in that.
    pub fn settle(&mut self, defined: Self) {
        for mut settled in defined.programs {
            let known = self.programs.iter_mut();
            let mut differing = known.filter(|program| program.verdict == Verdict::Different);
            let Some(program) = differing.find(|program| program.name == settled.name) else {
                continue;
            };
            if settled.verdict == Verdict::Different {
                continue;
            }
            let shown = program
                .difference
                .as_ref()
                .map(|shown| format!(": {shown}"));
            settled.notes.push(format!(
                "the two differ only where C leaves undefined what happens, and clang made use of \
                 it{}",
                shown.unwrap_or_default()
            ));
            *program = settled;
        }
        self.verdict = worst(&self.programs);
    }

    /// 0 equal, 1 different, 3 undecided.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Equal => 0,
            Verdict::Different => 1,
            Verdict::Undecided => 3,
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.programs
            .iter()
            .try_for_each(|program| writeln!(f, "{program}"))?;
        self.alone
            .iter()
            .try_for_each(|name| writeln!(f, "{name}: only in C"))
    }
}

impl Display for ProgramReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Equal => "equal",
            Verdict::Different => "different",
            Verdict::Undecided => "undecided",
        };
        write!(f, "{}: {verdict}", self.name)?;
        let worlds = self.worlds;
        match &self.difference {
            Some(difference) => write!(f, " (world {worlds})\n  {difference}")?,
            None => write!(f, " in {worlds} worlds")?,
        }
        if let Some(proof) = &self.proof {
            write!(f, "\n  {proof}")?;
        }
        let (c, rust) = (&self.c_branches, &self.rust_branches);
        write!(
            f,
            "\n  branches: C {}/{}, Rust {}/{}",
            c.taken, c.all, rust.taken, rust.all
        )?;
        if c.unreachable + rust.unreachable > 0 {
            write!(
                f,
                "; out of reach: C {}, Rust {}",
                c.unreachable, rust.unreachable
            )?;
        }
        for (name, cost) in [
            ("instructions", self.instructions),
            ("helper calls", self.helper_calls),
        ] {
            if let Some(ratio) = cost.ratio {
                write!(f, "; {name}: Rust {:.0} % of C", ratio * 100.0)?;
            }
        }
        for missed in &c.missed {
            write!(f, "\n  C: {missed}")?;
        }
        for missed in &rust.missed {
            write!(f, "\n  Rust: {missed}")?;
        }
        for note in &self.notes {
            write!(f, "\n  note: {note}")?;
        }
        Ok(())
    }
}
