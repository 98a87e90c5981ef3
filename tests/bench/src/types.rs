//! What the bytes of a C object's types say, by its BTF: read here apart from c2aya, whose loaders are
//! judged by it.

use std::{collections::HashMap, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::machine::Machine;

/// Stands for a value that isn't compared.
pub const ANY: &str = "\u{1}any\u{1}";

/// Bytes as the witness prints them; those that aren't compared are `None`.
pub type Bytes = Vec<Option<u8>>;

/// `00ff..`
pub fn bytes(hex: &str) -> Result<Bytes> {
    let digits: Vec<_> = hex.chars().filter(|digit| *digit != '-').collect();
    let pairs = digits.chunks(2).map(|pair| pair.iter().collect::<String>());
    pairs
        .map(|pair| match pair.as_str() {
            ".." => Ok(None),
            pair => Ok(Some(u8::from_str_radix(pair, 16).context("no byte")?)),
        })
        .collect()
}

/// A type as bpftool prints it.
#[derive(Deserialize)]
struct Entry {
    id: u32,
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    size: usize,
    #[serde(default)]
    encoding: String,
    #[serde(default)]
    type_id: u32,
    #[serde(default)]
    nr_elems: usize,
    #[serde(default)]
    members: Vec<Member>,
    #[serde(default)]
    values: Vec<Constant>,
}

#[derive(Deserialize)]
struct Member {
    name: String,
    type_id: u32,
    bits_offset: usize,
    #[serde(default)]
    bitfield_size: usize,
}

#[derive(Deserialize)]
struct Constant {
    name: String,
    val: i128,
}

/// All types of an object.
pub struct Types {
    entries: HashMap<u32, Entry>,
    machine: Machine,
}

impl Types {
    pub fn read(object: &Path, machine: Machine) -> Result<Self> {
        let mut command = Command::new("bpftool");
        command.args(["-j", "btf", "dump", "file"]).arg(object);
        let output = command.args(["format", "raw"]).output()?;
        ensure!(
            output.status.success(),
            "bpftool can't read the types of {}",
            object.display()
        );
        Self::parse(&output.stdout, machine)
    }

    fn parse(json: &[u8], machine: Machine) -> Result<Self> {
        #[derive(Deserialize)]
        struct Dump {
            types: Vec<Entry>,
        }
        let dump: Dump = serde_json::from_slice(json).context("bpftool prints types otherwise")?;
        let entries = dump.types.into_iter().map(|entry| (entry.id, entry));
        Ok(Self {
            entries: entries.collect(),
            machine,
        })
    }

    /// The type of a map's `key` or `value`.
    pub fn of_map(&self, map: &str, member: &str) -> Option<u32> {
        let mut variables = self.entries.values();
        let variable = variables.find(|entry| entry.kind == "VAR" && entry.name == map)?;
        let members = &self.plain(variable.type_id)?.members;
        let member = members.iter().find(|each| each.name == member)?;
        Some(self.plain(member.type_id)?.type_id)
    }

    /// What a record of `map` may say: as each type that is as long, or as words without a type.
    pub fn readings(&self, map: &str, record: &Bytes) -> Vec<(String, Value)> {
        let long = |size: usize| {
            let padded = (size + 4).next_multiple_of(8) - 4;
            size > 0 && (size == record.len() || padded == record.len())
        };
        let data = |entry: &&Entry| {
            ["STRUCT", "INT", "ENUM", "ENUM64", "ARRAY"].contains(&entry.kind.as_str())
        };
        let words = record.chunks_exact(8).map(|word| {
            let known = word.iter().copied().collect::<Option<Vec<u8>>>();
            known.map_or(ANY.into(), |bytes| {
                Value::from(self.number(&bytes, false) as u64)
            })
        });
        let words = (map.to_owned(), words.collect());
        (self.entries.values().filter(data))
            .filter(|entry| long(self.size(entry.id)))
            .map(|entry| (entry.name.clone(), self.decode(entry.id, record)))
            .chain([words])
            .collect()
    }

    /// Behind typedefs and qualifiers.
    fn plain(&self, id: u32) -> Option<&Entry> {
        let entry = self.entries.get(&id)?;
        match entry.kind.as_str() {
            "TYPEDEF" | "CONST" | "VOLATILE" | "RESTRICT" | "TYPE_TAG" => self.plain(entry.type_id),
            _ => Some(entry),
        }
    }

    pub fn size(&self, id: u32) -> usize {
        let Some(entry) = self.plain(id) else {
            return 0;
        };
        match entry.kind.as_str() {
            "PTR" => 8,
            "ARRAY" => entry.nr_elems * self.size(entry.type_id),
            _ => entry.size,
        }
    }

    /// Whether values of all CPUs are added up where they are shown.
    pub fn is_summed(&self, id: u32) -> bool {
        (self.plain(id)).is_some_and(|entry| entry.kind == "INT" && [4, 8].contains(&entry.size))
    }

    pub fn decode(&self, id: u32, bytes: &[Option<u8>]) -> Value {
        let (Some(entry), Some(bytes)) = (self.plain(id), bytes.get(..self.size(id))) else {
            return Value::Null;
        };
        match entry.kind.as_str() {
            "STRUCT" => {
                let mut members = Map::new();
                self.members(entry, bytes, &mut members);
                return Value::Object(members);
            }
            "ARRAY" if self.size(entry.type_id) > 1 || !self.is_number(entry.type_id) => {
                let size = self.size(entry.type_id).max(1);
                let elements = bytes.chunks(size);
                return elements
                    .map(|bytes| self.decode(entry.type_id, bytes))
                    .collect();
            }
            _ => {}
        }
        let Some(known) = bytes.iter().copied().collect::<Option<Vec<u8>>>() else {
            return ANY.into();
        };
        match entry.kind.as_str() {
            "ARRAY" if self.is_signed(entry.type_id) => {
                let end = known.iter().position(|byte| *byte == 0);
                String::from_utf8_lossy(&known[..end.unwrap_or(known.len())]).into()
            }
            "ARRAY" | "UNION" => known
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
                .into(),
            "PTR" => format!("{:#x}", self.number(&known, false)).into(),
            _ => self.scalar(entry, self.number(&known, self.is_signed(id))),
        }
    }

    fn members(&self, of: &Entry, bytes: &[Option<u8>], members: &mut Map<String, Value>) {
        for member in &of.members {
            let Some(bytes) = bytes.get(member.bits_offset / 8..) else {
                continue;
            };
            let inner = self.plain(member.type_id);
            let nameless = member.name == "(anon)";
            let value = match inner {
                Some(inner) if nameless && inner.kind == "STRUCT" => {
                    self.members(inner, bytes, members);
                    continue;
                }
                Some(inner) if member.bitfield_size > 0 => self.bit_field(inner, of, member, bytes),
                _ => self.decode(member.type_id, bytes),
            };
            let name = if nameless { "union" } else { &member.name };
            members.insert(name.to_owned(), value);
        }
    }

    /// Little-endian only: the loaders that are judged run on such machines.
    fn bit_field(&self, ty: &Entry, of: &Entry, member: &Member, bytes: &[Option<u8>]) -> Value {
        let first = member.bits_offset % 8;
        let length = (first + member.bitfield_size).div_ceil(8).min(of.size);
        let known = bytes
            .iter()
            .take(length)
            .copied()
            .collect::<Option<Vec<u8>>>();
        let Some(known) = known else {
            return ANY.into();
        };
        let above = 128 - first - member.bitfield_size;
        let bits = (self.number(&known, false) as u128) << above;
        let number = if ty.encoding.contains("SIGNED") {
            bits as i128 >> (above + first)
        } else {
            (bits >> (above + first)) as i128
        };
        self.scalar(ty, number)
    }

    fn scalar(&self, ty: &Entry, number: i128) -> Value {
        if ty.encoding.contains("BOOL") {
            return (number != 0).into();
        }
        if let Some(constant) = ty.values.iter().find(|constant| constant.val == number) {
            return constant.name.clone().into();
        }
        i64::try_from(number)
            .map(Value::from)
            .or_else(|_| u64::try_from(number).map(Value::from))
            .unwrap_or(Value::Null)
    }

    fn is_number(&self, id: u32) -> bool {
        let plain = self.plain(id);
        plain.is_some_and(|entry| entry.kind == "INT" && !entry.encoding.contains("BOOL"))
    }

    fn is_signed(&self, id: u32) -> bool {
        let negative = |entry: &Entry| entry.values.iter().any(|constant| constant.val < 0);
        (self.plain(id)).is_some_and(|entry| entry.encoding.contains("SIGNED") || negative(entry))
    }

    fn number(&self, bytes: &[u8], signed: bool) -> i128 {
        let mut all = [0; 16];
        all[..bytes.len()].copy_from_slice(bytes);
        if self.machine.is_big_endian() {
            all[..bytes.len()].reverse();
        }
        let unused = 128 - 8 * bytes.len() as u32;
        let number = i128::from_le_bytes(all);
        if signed {
            number << unused >> unused
        } else {
            number
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: &str = r#"{"types": [
        {"id": 1, "kind": "INT", "name": "int", "size": 4, "encoding": "SIGNED"},
        {"id": 2, "kind": "INT", "name": "char", "size": 1, "encoding": "SIGNED"},
        {"id": 3, "kind": "INT", "name": "u8", "size": 1, "encoding": "(none)"},
        {"id": 4, "kind": "ARRAY", "name": "(anon)", "type_id": 2, "nr_elems": 4},
        {"id": 5, "kind": "ARRAY", "name": "(anon)", "type_id": 3, "nr_elems": 2},
        {"id": 6, "kind": "STRUCT", "name": "s", "size": 8, "members": [
            {"name": "n", "type_id": 1, "bits_offset": 0},
            {"name": "t", "type_id": 4, "bits_offset": 32}]},
        {"id": 7, "kind": "ENUM", "name": "e", "size": 4, "encoding": "UNSIGNED",
            "values": [{"name": "A", "val": 1}]},
        {"id": 8, "kind": "STRUCT", "name": "b", "size": 4, "members": [
            {"name": "low", "type_id": 1, "bits_offset": 0, "bitfield_size": 3},
            {"name": "next", "type_id": 1, "bits_offset": 3, "bitfield_size": 9}]}
    ]}"#;

    fn check(id: u32, hex: &str, expected: &str) {
        let types = Types::parse(TYPES.as_bytes(), Machine::X86_64).unwrap();
        let value = types.decode(id, &bytes(hex).unwrap());
        assert_eq!(value.to_string(), expected, "{hex}");
    }

    #[test]
    fn bytes_say_what_their_type_does() {
        check(1, "feffffff", "-2");
        check(4, "61620063", "\"ab\"");
        check(5, "0aff", "\"0aff\"");
        check(
            6,
            "01000000610000..",
            "{\"n\":1,\"t\":\"\\u0001any\\u0001\"}",
        );
        check(7, "01000000", "\"A\"");
        check(7, "02000000", "2");
        check(8, "0d000000", "{\"low\":-3,\"next\":1}");
    }
}
