//! In what two sides differ that saw the same.

use std::{collections::BTreeMap, fmt::Display};

use crate::observation::{Observation, Observations};

/// Every difference, in a line each. `said` is what the verifier had to say.
pub fn of(both: &Observations, said: &str) -> Vec<String> {
    let (c, rust) = (&both.c, &both.rust);
    let mut list = of_loading(c, rust, said);
    list.extend(contrast(
        "shape of map",
        labelled(&c.maps),
        labelled(&rust.maps),
    ));
    list.extend(contrast("record", records(c), records(rust)));
    list.extend(contrast("entry", entries(c), entries(rust)));
    list.extend(contrast(
        "result of call",
        labelled(&c.results),
        labelled(&rust.results),
    ));
    list.extend(contrast("runs of", runs(c), runs(rust)));
    list.extend(of_variables(c, rust));
    list.extend(of_lines(both));
    list
}

fn of_loading(c: &Observation, rust: &Observation, said: &str) -> Vec<String> {
    let refused = (rust.refused.iter())
        .filter(|(name, _)| !c.refused.contains_key(*name))
        .map(|(name, why)| format!("{name} is refused in Rust ({why}): {said}"));
    let missing = (c.programs.keys())
        .filter(|name| !rust.programs.contains_key(*name) && rust.refused.is_empty())
        .map(|name| format!("Rust has no program {name}"));
    let unattached = (rust.unattached.iter())
        .map(|(name, section)| format!("{name} can't be attached to {section} in Rust"));
    let unset = [("C", c), ("Rust", rust)]
        .into_iter()
        .flat_map(|(label, side)| {
            side.unset
                .iter()
                .map(move |name| format!("the constant {name} can't be set in {label}"))
        });
    refused
        .chain(missing)
        .chain(unattached)
        .chain(unset)
        .collect()
}

/// What is compared, by what it is called in a report.
type Labelled = BTreeMap<String, String>;

fn labelled<K: Display, V: Display>(map: &BTreeMap<K, V>) -> Labelled {
    let texts = map
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()));
    texts.collect()
}

fn records(side: &Observation) -> Labelled {
    let mut labelled = Labelled::new();
    for (map, records) in &side.records {
        for (number, (call, bytes)) in records.iter().enumerate() {
            labelled.insert(
                format!("{number} of {map}"),
                format!("{bytes} at call {call}"),
            );
        }
    }
    labelled
}

fn entries(side: &Observation) -> Labelled {
    let keyed =
        (side.entries.iter()).map(|((map, key), value)| (format!("{map}[{key}]"), value.clone()));
    let queued = side
        .queued
        .iter()
        .map(|(map, values)| (map.clone(), values.join(" ")));
    keyed.chain(queued).collect()
}

fn runs(side: &Observation) -> Labelled {
    labelled(&side.runs.iter().filter(|(_, count)| **count > 0).collect())
}

fn contrast(what: &str, c: Labelled, mut rust: Labelled) -> Vec<String> {
    let only = |side: &str, label: &str, value: &str| {
        format!("{what} {label}: only {side} has it, {}", cut(value, 0))
    };
    let mut list = Vec::new();
    for (label, value) in c {
        match rust.remove(&label) {
            Some(other) if other == value => {}
            Some(other) => list.push(format!("{what} {label}: {}", apart(&value, &other))),
            None => list.push(only("C", &label, &value)),
        }
    }
    list.extend(
        rust.into_iter()
            .map(|(label, value)| only("Rust", &label, &value)),
    );
    list
}

/// How much of a long value is shown.
const SHOWN: usize = 48;

/// Where two values part, and how they go on.
fn apart(c: &str, rust: &str) -> String {
    if c.len().max(rust.len()) <= SHOWN {
        return format!("C {c}, Rust {rust}");
    }
    let common = c
        .bytes()
        .zip(rust.bytes())
        .take_while(|(c, rust)| c == rust)
        .count();
    // Two digits are a byte.
    let byte = common / 2;
    format!(
        "from byte {byte}, C {}, Rust {}",
        cut(c, 2 * byte),
        cut(rust, 2 * byte)
    )
}

fn cut(value: &str, from: usize) -> String {
    let rest = value.get(from..).unwrap_or_default();
    match rest.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &rest[..end]),
        None => rest.to_owned(),
    }
}

/// By the C object's names. Rust may have more constants (texts, offsets), and clang gives names to
/// what isn't one in C (`____kill_enter.____fmt`).
fn of_variables(c: &Observation, rust: &Observation) -> Vec<String> {
    let constants = c.constants.iter().filter_map(|(name, value)| {
        let other = rust.constants.get(name).filter(|other| *other != value)?;
        Some(format!("constant {name}: {}", apart(value, other)))
    });
    let variables = c.variables.iter().filter_map(|(name, value)| {
        let Some(other) = rust.variables.get(name) else {
            return Some(format!("Rust has no variable {name}"));
        };
        if other.before != value.before {
            let apart = apart(&value.before, &other.before);
            return Some(format!("variable {name} at first: {apart}"));
        }
        (other.after != value.after)
            .then(|| format!("variable {name}: {}", apart(&value.after, &other.after)))
    });
    constants.chain(variables).collect()
}

/// At each call first all lines of one side were written, then all of the other.
fn of_lines(both: &Observations) -> Vec<String> {
    let calls = both.lines.iter().filter_map(|(call, lines)| {
        let (one, other) = lines.split_at(lines.len() / 2);
        (one != other).then(|| format!("trace lines of call {call}: {one:?} and {other:?}"))
    });
    calls.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said about two sides that left this behind.
    fn differences(text: &str) -> Vec<String> {
        of(&Observations::parse(text).unwrap(), "")
    }

    fn equal(text: &str) {
        assert_eq!(differences(text), Vec::<String>::new(), "{text}");
    }

    fn different(text: &str) {
        assert_ne!(differences(text), Vec::<String>::new(), "{text}");
    }

    #[test]
    fn entries() {
        equal("c entry m 01 02\nrust entry m 01 02");
        different("c entry m 01 02\nrust entry m 01 03");
        different("c entry m 01 02");
        different("rust entry m 01 02");
    }

    #[test]
    fn records_have_an_order_and_a_call() {
        equal("c record r 0 01\nrust record r 0 01");
        different("c record r 0 01\nrust record r 1 01");
        different("c record r 0 01\nc record r 0 02\nrust record r 0 02\nrust record r 0 01");
    }

    #[test]
    fn lines_come_in_pairs() {
        equal("line 0 a\nline 0 b\nline 0 a\nline 0 b");
        different("line 0 a\nline 0 b");
        different("line 0 a");
    }

    #[test]
    fn variables_go_by_their_c_names() {
        equal("c initial v 00\nc variable v 01\nrust initial v 00\nrust variable v 01");
        equal("rust variable v 01");
        different("c variable v 01");
        equal("c constant fmt 01\nrust constant other 02");
        different("c constant a 01\nrust constant a 02");
    }

    #[test]
    fn shapes_runs_results_and_programs() {
        different("c map m type 1\nrust map m type 2");
        different("c ran p 1 in 5 ns\nrust ran p 2 in 5 ns");
        different("c result 0 1 -\nrust result 0 2 -");
        different("c program p section s walked 1 xlated 1 jited 1 calls 1");
        different("rust refused p no");
        different("rust unset x");
    }
}
