//! What the witness saw of one side, read from its lines.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
};

use anyhow::{Context as _, Result, bail};

use crate::machine::Machine;

/// What a program cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Instructions that the verifier walked.
    pub walked: u32,
    /// Bytes after the verifier.
    pub xlated: u32,
    /// Bytes of machine code.
    pub jited: u32,
    /// Calls of helpers that the verifier left.
    pub calls: u32,
}

impl Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            walked,
            xlated,
            jited,
            calls,
        } = self;
        write!(
            f,
            "{walked} instructions walked, {xlated} bytes xlated, {jited} bytes jited, {calls} helper calls"
        )
    }
}

/// A program that the kernel accepted.
#[derive(Debug, Default)]
pub struct Program {
    pub section: String,
    pub cost: Cost,
}

/// One side: what was loaded, and what it left behind.
#[derive(Debug, Default)]
pub struct Observation {
    pub programs: BTreeMap<String, Program>,
    /// Why the kernel refused a program; `*` is the whole object.
    pub refused: BTreeMap<String, String>,
    /// Programs that could not be attached, and their sections.
    pub unattached: BTreeMap<String, String>,
    /// Constants that could not be set: the object hasn't got them.
    pub unset: Vec<String>,
    /// Fields that this kernel hasn't got.
    pub lacking: Vec<String>,
    /// Type, sizes, flags of each map.
    pub maps: BTreeMap<String, String>,
    /// Records in their order, with the number of the call, for each map.
    pub records: BTreeMap<String, Vec<(usize, String)>>,
    /// By map and key.
    pub entries: BTreeMap<(String, String), String>,
    /// Entries of queues and stacks have no key, but an order.
    pub queued: BTreeMap<String, Vec<String>>,
    /// Maps that the witness can't read.
    pub unread: Vec<String>,
    pub constants: BTreeMap<String, String>,
    pub variables: BTreeMap<String, Variable>,
    /// What BPF_PROG_TEST_RUN gave back, by call.
    pub results: BTreeMap<usize, String>,
    /// What the port's own loader printed, where that loaded it, and what it said on the side.
    pub shown: Vec<String>,
    pub said: Vec<String>,
    /// System calls that this machine hasn't got.
    pub missing_calls: Vec<String>,
    /// How often each program ran.
    pub runs: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variable {
    pub before: String,
    pub after: String,
}

/// Both sides, and what `bpf_printk` wrote at each call: the lines of both.
#[derive(Debug, Default)]
pub struct Observations {
    pub c: Observation,
    pub rust: Observation,
    pub lines: BTreeMap<usize, Vec<String>>,
}

impl Observations {
    /// Reads a console, which says more than the witness does.
    pub fn parse_console(text: &str) -> Result<Self> {
        let ours = |line: &&str| {
            ["c ", "rust ", "line "]
                .iter()
                .any(|word| line.starts_with(word))
        };
        let lines: Vec<_> = text.lines().filter(ours).collect();
        Self::parse(&lines.join("\n"))
    }

    pub fn parse(text: &str) -> Result<Self> {
        let mut both = Self::default();
        for line in text.lines() {
            let (side, rest) = line.split_once(' ').unwrap_or((line, ""));
            match side {
                "c" => both.c.line(rest),
                "rust" => both.rust.line(rest),
                "line" => {
                    let (call, said) = rest.split_once(' ').unwrap_or((rest, ""));
                    both.lines
                        .entry(call.parse()?)
                        .or_default()
                        .push(said.to_owned());
                    Ok(())
                }
                _ => bail!("from nobody"),
            }
            .with_context(|| format!("the witness said {line:?}"))?;
        }
        Ok(both)
    }
}

impl Observation {
    fn line(&mut self, line: &str) -> Result<()> {
        let (what, rest) = line.split_once(' ').context("cut off")?;
        let whole = rest;
        let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let name = name.to_owned();
        match what {
            "program" => {
                self.programs.insert(name, program(rest)?);
            }
            "refused" => {
                self.refused.insert(name, rest.to_owned());
            }
            "unattached" => {
                self.unattached.insert(name, rest.to_owned());
            }
            "unset" => self.unset.push(name),
            "lacks" => self.lacking.push(name),
            "map" => {
                self.maps.insert(name, rest.to_owned());
            }
            "record" => {
                let (call, bytes) = rest.split_once(' ').context("no bytes")?;
                let record = (call.parse()?, bytes.to_owned());
                self.records.entry(name).or_default().push(record);
            }
            "entry" => {
                let (key, value) = rest.split_once(' ').context("no value")?;
                if key == "-" {
                    self.queued.entry(name).or_default().push(value.to_owned());
                } else {
                    self.entries
                        .insert((name, key.to_owned()), value.to_owned());
                }
            }
            "unread" => self.unread.push(name),
            "constant" => {
                self.constants.insert(name, rest.to_owned());
            }
            "initial" => {
                self.variables.entry(name).or_default().before = rest.to_owned();
            }
            "variable" => {
                self.variables.entry(name).or_default().after = rest.to_owned();
            }
            "result" => {
                self.results.insert(name.parse()?, rest.to_owned());
            }
            "shown" => self.shown.push(whole.to_owned()),
            "said" => self.said.push(whole.to_owned()),
            "nocall" => self.missing_calls.push(name),
            "ran" => {
                let (count, _) = rest.split_once(' ').context("no count")?;
                self.runs.insert(name, count.parse()?);
            }
            _ => bail!("unknown word {what}"),
        }
        Ok(())
    }

    /// Puts one entry, the sum of all values on all CPUs, in place of a map's entries.
    pub fn sum_up(&mut self, map: &str, machine: Machine) -> Result<()> {
        let mut sum = 0u64;
        let mut found = false;
        for value in self
            .entries
            .extract_if(.., |(name, _), _| name == map)
            .map(|(_, value)| value)
        {
            for cpu in value.split(',') {
                sum = sum.wrapping_add(number(cpu, machine)?);
                found = true;
            }
        }
        if found {
            self.entries
                .insert((map.to_owned(), "sum".to_owned()), sum.to_string());
        }
        Ok(())
    }

    /// Variables that a program wrote to.
    pub fn changed_variables(&self) -> usize {
        self.variables
            .values()
            .filter(|variable| variable.before != variable.after)
            .count()
    }

    /// Entries of maps of all kinds.
    pub fn entry_count(&self) -> usize {
        self.entries.len() + self.queued.values().map(Vec::len).sum::<usize>()
    }

    pub fn record_count(&self) -> usize {
        self.records.values().map(Vec::len).sum()
    }
}

/// A number of up to eight bytes, in hexadecimal.
fn number(hex: &str, machine: Machine) -> Result<u64> {
    let number = u64::from_str_radix(hex, 16).with_context(|| format!("{hex} is no number"))?;
    Ok(if machine.is_big_endian() {
        number
    } else {
        number.swap_bytes() >> (64 - 4 * hex.len().clamp(1, 16))
    })
}

/// `section S walked N xlated N jited N calls N`
fn program(text: &str) -> Result<Program> {
    let words: Vec<_> = text.split(' ').collect();
    let [
        "section",
        section,
        "walked",
        walked,
        "xlated",
        xlated,
        "jited",
        jited,
        "calls",
        calls,
    ] = words[..]
    else {
        bail!("a program is described otherwise");
    };
    Ok(Program {
        section: section.to_owned(),
        cost: Cost {
            walked: walked.parse()?,
            xlated: xlated.parse()?,
            jited: jited.parse()?,
            calls: calls.parse()?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_go_over_keys_and_cpus() {
        let text =
            "c entry m 00 01000000,02000000\nc entry m 01 00010000,00000000\nc entry n 00 01";
        let mut side = Observations::parse(text).unwrap().c;
        side.sum_up("m", Machine::X86_64).unwrap();
        assert_eq!(side.entry_count(), 2);
        assert_eq!(side.entries[&("m".into(), "sum".into())], "259");
    }
}
