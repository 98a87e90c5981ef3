//! What the port's own loader printed must say what the C left behind.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::{
    observation::{Observation, Observations},
    types::{ANY, Bytes, Types, bytes},
};

/// How the loader was told to print.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Json,
    Text,
}

/// `enum bpf_map_type`
mod map_type {
    pub const STREAMS: [&str; 2] = ["4", "27"];
    pub const PER_CPU: [&str; 3] = ["5", "6", "10"];
    pub const SHOWN: [&str; 6] = ["1", "2", "5", "6", "9", "10"];
}

/// A line that must be there, in each way in which it may be printed.
struct Line {
    what: String,
    json: Vec<Value>,
    text: Vec<String>,
}

/// In what the lines of the loader differ from what C left. Maps of `skipped` are compared otherwise;
/// `more` lines may be there where the bench itself makes such calls.
pub fn differences(
    both: &Observations,
    types: &Types,
    form: Form,
    skipped: &BTreeSet<&str>,
    more: bool,
) -> Result<Vec<String>> {
    let mut shown = both.rust.shown.clone();
    let mut list = Vec::new();
    for line in expected(both, types, skipped, more)? {
        let found = shown.iter().position(|shown| match form {
            Form::Json => (serde_json::from_str(shown))
                .is_ok_and(|value| line.json.iter().any(|expected| agree(expected, &value))),
            Form::Text => line.text.iter().any(|expected| matches(expected, shown)),
        });
        match found {
            Some(at) => {
                shown.remove(at);
            }
            None => list.push(format!("the loader doesn't show {}", line.what)),
        }
    }
    let is_skipped = |line: &String| {
        skipped.iter().any(|map| {
            line.starts_with(&format!("{map}["))
                || line.starts_with(&format!("{{\"map\":\"{map}\""))
        })
    };
    shown.retain(|line| !is_skipped(line));
    if !more {
        let shown = shown
            .iter()
            .map(|line| format!("only the loader shows {line}"));
        list.extend(shown.take(5));
    }
    Ok(list)
}

fn expected(
    both: &Observations,
    types: &Types,
    skipped: &BTreeSet<&str>,
    more: bool,
) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (map, records) in &both.c.records {
        for (number, (_, hex)) in records.iter().enumerate() {
            let what = format!("record {number} of {map}");
            lines.push(record(types, map, what, &bytes(hex)?));
        }
    }
    // Each line was written twice, by the C and by the port.
    for text in both.lines.values().flatten() {
        lines.push(Line {
            what: format!("the line {text:?}"),
            json: vec![json!({ "printk": text })],
            text: vec![text.clone()],
        });
    }
    let streams = (both.c.maps.values()).any(|shape| map_type::STREAMS.contains(&kind(shape)));
    // What the maps hold is printed at the end, when the bench's own calls have changed it.
    if !streams && !more {
        for ((map, key), value) in &both.c.entries {
            let shape = both.c.maps.get(map).context("an entry of no map")?;
            if map_type::SHOWN.contains(&kind(shape)) && !skipped.contains(map.as_str()) {
                lines.push(entry(&both.c, types, map, key, value)?);
            }
        }
    }
    Ok(lines)
}

fn record(types: &Types, map: &str, what: String, bytes: &Bytes) -> Line {
    let readings = types.readings(map, bytes);
    let named = (readings.iter()).map(|(name, value)| json!({ name: value }));
    let json = readings.iter().map(|(_, value)| value.clone()).chain(named);
    let text = (readings.iter())
        .flat_map(|(name, value)| [text(value), format!("{name} {}", text(value))]);
    Line {
        what,
        json: json.collect(),
        text: text.collect(),
    }
}

fn entry(c: &Observation, types: &Types, map: &str, key: &str, value: &str) -> Result<Line> {
    let kind = kind(&c.maps[map]);
    let [key_type, of] = ["key", "value"].map(|member| {
        let of = types.of_map(map, member);
        of.with_context(|| format!("{map} doesn't tell the type of its {member}"))
    });
    let (key_value, of) = (types.decode(key_type?, &bytes(key)?), of?);
    let cpus = value.split(',').map(bytes).collect::<Result<Vec<_>>>()?;
    let value = if !map_type::PER_CPU.contains(&kind) {
        types.decode(of, &cpus[0])
    } else if types.is_summed(of) {
        let values = cpus.iter().map(|bytes| types.decode(of, bytes));
        values
            .map(|value| value.as_i64().map(i128::from))
            .sum::<Option<i128>>()
            .map_or(ANY.into(), |sum| {
                i64::try_from(sum).map_or(Value::Null, Value::from)
            })
    } else {
        let used = cpus
            .iter()
            .enumerate()
            .filter(|(_, bytes)| bytes.iter().any(|byte| *byte != Some(0)));
        used.map(|(cpu, bytes)| json!({ "cpu": cpu, "value": types.decode(of, bytes) }))
            .collect()
    };
    Ok(Line {
        what: format!("{map}[{key}]"),
        text: vec![format!("{map}[{}]: {}", text(&key_value), text(&value))],
        json: vec![json!({ "map": map, "key": key_value, "value": value })],
    })
}

fn kind(shape: &str) -> &str {
    shape.split(' ').nth(1).unwrap_or_default()
}

fn agree(expected: &Value, shown: &Value) -> bool {
    match (expected, shown) {
        (Value::String(any), _) if any == ANY => true,
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| agree(a, b)))
        }
        _ => expected == shown,
    }
}

/// As docs/guide.md has it: `pid=12 comm="sh" args=["a", "b"] at={x=1 y=2}`.
fn text(value: &Value) -> String {
    let inner = |value: &Value| match value {
        Value::Object(_) => format!("{{{}}}", text(value)),
        _ => text(value),
    };
    let joined = |parts: Vec<String>, by: &str| parts.join(by);
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{name}={}", inner(value)));
            joined(members.collect(), " ")
        }
        Value::Array(elements) => {
            format!("[{}]", joined(elements.iter().map(inner).collect(), ", "))
        }
        Value::String(any) if any == ANY => any.clone(),
        Value::String(address) if address.starts_with("0x") => address.clone(),
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

/// Whether the parts of `expected` around what isn't compared are there, in order.
fn matches(expected: &str, shown: &str) -> bool {
    let mut parts = expected.split(ANY);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = shown.strip_prefix(first) else {
        return false;
    };
    let mut open = false;
    for part in parts {
        open = part.is_empty();
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    open || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_text() {
        let value =
            json!({ "pid": 12, "comm": "sh", "at": [{ "x": "0xff" }], "in": { "y": true } });
        assert_eq!(
            text(&value),
            r#"pid=12 comm="sh" at=[{x=0xff}] in={y=true}"#
        );
    }

    #[test]
    fn what_is_not_compared_may_be_anything() {
        let check = |expected: &str, shown: &str, equal| {
            assert_eq!(
                matches(&expected.replace('*', ANY), shown),
                equal,
                "{expected}, {shown}"
            );
        };
        check("a=* b=1", "a=77 b=1", true);
        check("a=* b=1", "a=77 b=2", false);
        check("a=1", "a=12", false);
        check("a=*", "a=12", true);
        assert!(agree(&json!({ "a": ANY }), &json!({ "a": [1] })));
        assert!(!agree(&json!({ "a": 1 }), &json!({ "a": 1, "b": 2 })));
    }
}
