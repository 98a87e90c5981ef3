//! The calls of a fixture: what happens, and how much it must leave behind.
//!
//! ```toml
//! [[masked]]                      # what differs from run to run
//! map = "events"
//! struct = "event"                # of the records; may be left out for a map's values
//! fields = ["started"]            # or ["*"] for the whole
//! why = "time"
//!
//! [[summed]]                      # maps whose keys differ from run to run: compared by the sum
//! map = "durations"               # of their values, and counted as one entry
//! why = "time"
//!
//! [[scenario]]
//! name = "failed only"
//! set = { failed_only = 1 }       # constants that the loader sets
//! calls = [
//!     'execve_enter("/bin/true", ["true"], NULL)',    # see call.rs
//!     'sleep(5)',                                     # ms
//!     'execve_exit(-2)',                              # a return probe: what is returned
//! ]
//! records = 1                     # exactly so many in ring and perf buffers together
//! entries = 2                     # in maps; those of an array that aren't zero
//! lines = 0                       # of bpf_printk
//! variables = 1                   # that changed
//!
//! [[kernel]]                      # the same on a kernel of its own, with real system calls
//! name = "system calls"
//! calls = ['execve("/nowhere", ["nowhere"], NULL)']
//! records = 1
//! noisy = "the bench writes too"  # if so: more may be left behind than this
//! no_loader = "why"               # the port's own loader isn't tried
//! machines = ["x86_64"]           # where there are its programs, if not everywhere
//! known = { armhf = "why" }       # a difference that there is there, and why it stays
//! on = { armhf = { records = 0 } } # how much it leaves behind there, if not as much
//! nothing = "why"                 # in place of numbers: the programs run, and leave nothing
//! ```

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    fs,
    ops::AddAssign,
    path::Path,
};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::{
    call::{self, Call},
    machine::Machine,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    #[serde(default)]
    pub masked: Vec<Masked>,
    #[serde(default)]
    pub summed: Vec<Summed>,
    #[serde(default)]
    pub scenario: Vec<Scenario>,
    #[serde(default)]
    pub kernel: Vec<Scenario>,
}

/// Bytes that aren't compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masked {
    pub map: String,
    #[serde(rename = "struct")]
    pub structure: Option<String>,
    pub fields: Vec<String>,
    pub why: String,
}

/// A map of which only the sum of all values is compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summed {
    pub map: String,
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: String,
    #[serde(default = "default_uid")]
    pub uid: u32,
    #[serde(default = "default_gid")]
    pub gid: u32,
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
    #[serde(deserialize_with = "read_steps", rename = "calls")]
    pub steps: Vec<Step>,
    /// Why more may be left behind than is expected.
    #[serde(default)]
    pub noisy: Option<String>,
    /// Why the port isn't loaded by its own loader here.
    #[serde(default)]
    pub no_loader: Option<String>,
    /// The machines that have its programs; all if there are none.
    #[serde(default)]
    pub machines: Vec<String>,
    /// Machines on which something else is left behind.
    #[serde(default)]
    pub on: BTreeMap<String, Expected>,
    /// Machines on which the port differs, and why that stays.
    #[serde(default)]
    pub known: BTreeMap<String, String>,
    /// Why nothing at all is left behind.
    #[serde(default)]
    pub nothing: Option<String>,
    #[serde(flatten)]
    pub expected: Expected,
}

/// How much a scenario must leave behind, so that an empty run can't pass.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq, Debug)]
#[serde(default)]
pub struct Expected {
    pub records: usize,
    pub entries: usize,
    pub lines: usize,
    pub variables: usize,
    pub results: usize,
}

impl Expected {
    pub fn at_least(self, other: Self) -> bool {
        self.records >= other.records
            && self.entries >= other.entries
            && self.lines >= other.lines
            && self.variables >= other.variables
            && self.results >= other.results
    }
}

impl Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.records, "records"),
            (self.entries, "map entries"),
            (self.variables, "variables"),
            (self.lines, "trace lines"),
            (self.results, "results"),
        ];
        let parts: Vec<_> = (parts.iter())
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if parts.is_empty() {
            return f.write_str("nothing");
        }
        f.write_str(&parts.join(", "))
    }
}

impl AddAssign for Expected {
    fn add_assign(&mut self, more: Self) {
        self.records += more.records;
        self.entries += more.entries;
        self.lines += more.lines;
        self.variables += more.variables;
        self.results += more.results;
    }
}

impl Scenario {
    /// How much it must leave behind on a machine.
    pub fn expected_on(&self, machine: Machine) -> Expected {
        let own = self.on.get(machine.name());
        own.copied().unwrap_or(self.expected)
    }

    /// Whether a machine has its programs.
    pub fn is_for(&self, machine: Machine) -> bool {
        self.machines.is_empty() || self.machines.iter().any(|name| name == machine.name())
    }

    /// The program of each call.
    pub fn programs(&self) -> Vec<&str> {
        let programs = self.steps.iter().filter_map(|step| match step {
            Step::Call(call) => Some(call.program.as_str()),
            Step::Sleep(_) => None,
        });
        programs.collect()
    }
}

/// The value of a constant: a number as wide as the constant is, or a string's bytes.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Value {
    Number(i64),
    Flag(bool),
    Text(String),
}

pub enum Step {
    Call(Call),
    /// ms
    Sleep(u32),
}

// Neither 0 nor equal, so that a dropped or swapped one shows.
fn default_uid() -> u32 {
    1000
}

fn default_gid() -> u32 {
    1001
}

fn read_steps<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Step>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| step(text).map_err(|error| serde::de::Error::custom(format!("{error:#}"))))
        .collect()
}

fn step(text: &str) -> Result<Step> {
    let call = call::parse(text)?;
    if call.program != "sleep" {
        return Ok(Step::Call(call));
    }
    match call.arguments[..] {
        [call::Argument::Number(ms)] => Ok(Step::Sleep(u32::try_from(ms)?)),
        _ => anyhow::bail!("sleep takes a number of milliseconds"),
    }
}

impl Calls {
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
        let calls: Self = toml::from_str(&text).with_context(|| path.display().to_string())?;
        for scenario in calls.scenario.iter().chain(&calls.kernel) {
            ensure!(
                (scenario.expected != Expected::default()) != scenario.nothing.is_some(),
                "{}: {} expects nothing, so it can't fail",
                path.display(),
                scenario.name
            );
        }
        Ok(calls)
    }

    /// What isn't compared, and why: `time in events.started`.
    pub fn not_compared(&self) -> Vec<String> {
        let masked = self.masked.iter().map(|masked| {
            format!(
                "{} in {}.{}",
                masked.why,
                masked.map,
                masked.fields.join("/")
            )
        });
        let summed = (self.summed.iter())
            .map(|summed| format!("{} in the keys of {}", summed.why, summed.map));
        masked.chain(summed).collect()
    }
}
