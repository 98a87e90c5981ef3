//! What a loader of a Rust object fills in: read-only variables whose names say what they want to
//! know of the kernel's types, `core__task_struct__real_parent`.

use std::collections::BTreeSet;

use super::core_relo::{Field, field_value, named_root, relo};
use super::kernels::{Feature, asks};
use crate::verify::{
    btf::{Btf, Kind, Member, TypeId},
    registers::Registers,
};

/// Ways to read a name are tried no further than this.
const STEPS_MAX: u32 = 10_000;

/// Prefixes of names, and what each asks for.
const PREFIXES: &[(&str, u32)] = &[
    ("core__", relo::FIELD_OFFSET),
    ("core_size__", relo::FIELD_SIZE),
    ("core_exists__", relo::FIELD_EXISTS),
    ("core_signed__", relo::FIELD_SIGNED),
    ("core_lshift__", relo::FIELD_LEFT_SHIFT),
    ("core_rshift__", relo::FIELD_RIGHT_SHIFT),
    ("core_type_exists__", relo::TYPE_EXISTS),
    ("core_type_matches__", relo::TYPE_MATCHES),
    ("core_type_size__", relo::TYPE_SIZE),
    ("core_type_id__", relo::TYPE_ID_TARGET),
    ("core_enum_exists__", relo::ENUM_EXISTS),
    ("core_enum_value__", relo::ENUM_VALUE),
];

/// What the variable called `name` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing: it is none of these.
    Other,
    /// This number.
    Number(u64),
    /// What the kernel doesn't have: loaders leave the variable as it is.
    Missing,
}

/// Answers the variable called `name` from `btf`, for a kernel that lacks what `lacks` says.
pub fn wanted(btf: &Btf, lacks: &BTreeSet<Feature>, registers: &Registers, name: &str) -> Wanted {
    let found = PREFIXES
        .iter()
        .find_map(|&(prefix, kind)| Some((kind, name.strip_prefix(prefix)?)));
    let Some((kind, path)) = found else {
        return Wanted::Other;
    };
    if !lacks.is_empty() && lacks.contains(&Feature::of(kind, path)) {
        return match kind {
            relo::TYPE_SIZE | relo::TYPE_ID_TARGET => Wanted::Number(0),
            _ if asks(kind) => Wanted::Number(0),
            _ => Wanted::Missing,
        };
    }
    // C objects often declare `pt_regs` in part only.
    if kind == relo::FIELD_OFFSET
        && let Some(member) = path.strip_prefix("pt_regs__")
        && let Some(offset) = registers.member(member)
    {
        return Wanted::Number(offset);
    }
    let answer = match kind {
        relo::TYPE_EXISTS | relo::TYPE_MATCHES | relo::TYPE_SIZE | relo::TYPE_ID_TARGET => {
            let id = named_root(btf, path).next();
            match kind {
                relo::TYPE_ID_TARGET => Some(id.unwrap_or(0).into()),
                relo::TYPE_SIZE => Some(id.and_then(|id| btf.size(id)).unwrap_or(0)),
                _ => Some(id.is_some().into()),
            }
        }
        relo::ENUM_EXISTS => Some(constant(btf, path).is_some().into()),
        relo::ENUM_VALUE => constant(btf, path),
        _ => {
            let field = field(btf, path);
            match (kind, field) {
                (relo::FIELD_EXISTS, field) => Some(field.is_some().into()),
                (_, Some(field)) => {
                    field_value(btf, &field, kind, registers.endian).map(|(value, _)| value)
                }
                (_, None) => None,
            }
        }
    };
    answer.map_or(Wanted::Missing, Wanted::Number)
}

/// Types whose name begins `path`, with what follows the two underscores behind it.
fn roots<'a>(btf: &'a Btf, path: &'a str) -> impl Iterator<Item = (TypeId, &'a str)> {
    // A name may have underscores at its end or the next at its beginning, so all splits count.
    path.match_indices("__").flat_map(move |(at, separator)| {
        let name = path.get(..at).unwrap_or_default();
        let rest = path.get(at + separator.len()..).unwrap_or_default();
        named_root(btf, name).map(move |id| (id, rest))
    })
}

fn field(btf: &Btf, path: &str) -> Option<Field> {
    let mut steps = STEPS_MAX;
    roots(btf, path).find_map(|(id, rest)| {
        let start = Field {
            bits: 0,
            width: 0,
            type_id: id,
        };
        follow(btf, start, rest, &mut steps)
    })
}

/// Follows a path of fields and indices whose parts two underscores join.
fn follow(btf: &Btf, at: Field, path: &str, steps: &mut u32) -> Option<Field> {
    *steps = steps.checked_sub(1)?;
    if let Kind::Array { element, .. } = *btf.kind(at.type_id) {
        let (index, rest) = path.split_once("__").unwrap_or((path, ""));
        let bits = index
            .parse::<u64>()
            .ok()?
            .checked_mul(btf.size(element)?)?
            .checked_mul(8)?;
        let next = Field {
            bits: at.bits.checked_add(bits)?,
            width: 0,
            type_id: btf.resolve(element),
        };
        return if rest.is_empty() {
            Some(next)
        } else {
            follow(btf, next, rest, steps)
        };
    }
    btf.members(at.type_id).iter().find_map(|member| {
        let next = step(btf, &at, member)?;
        if member.name.is_empty() {
            return follow(btf, next, path, steps);
        }
        match path.strip_prefix(member.name.as_str())? {
            "" => Some(next),
            rest => follow(btf, next, rest.strip_prefix("__")?, steps),
        }
    })
}

fn step(btf: &Btf, at: &Field, member: &Member) -> Option<Field> {
    Some(Field {
        bits: at.bits.checked_add(member.bit_offset.into())?,
        width: member.bits,
        type_id: btf.resolve(member.type_id),
    })
}

fn constant(btf: &Btf, path: &str) -> Option<u64> {
    roots(btf, path).find_map(|(id, rest)| {
        let Kind::Enum { values, .. } = btf.kind(id) else {
            return None;
        };
        let found = values.iter().find(|(name, _)| name == rest)?;
        Some(found.1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{arch::Arch, verify::bytes::Endian};

    /// Little-endian BTF of `strings` and types, each as the words of its record.
    fn btf(strings: &str, types: &[&[u32]]) -> Btf {
        let types: Vec<u8> = types
            .iter()
            .flat_map(|words| words.iter())
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let mut data = vec![0; 24];
        for (at, word) in [
            (0, 0x1_eb9f),
            (4, 24),
            (12, types.len() as u64),
            (16, types.len() as u64),
            (20, strings.len() as u64),
        ] {
            Endian::Little.write(&mut data[at..at + 4], word);
        }
        data.extend(types);
        data.extend(strings.as_bytes());
        Btf::parse(&data).unwrap()
    }

    /// `struct t { u32 a; union { u32 __b; }; u32 c[3]; u32 d : 3; }`, `enum e { F = 7 }`
    fn table() -> Btf {
        btf(
            "\0u32\0t\0a\0__b\0c\0d\0e\0F\0",
            &[
                &[1, 1 << 24, 4, 32],
                &[
                    5,
                    1 << 31 | 4 << 24 | 4,
                    24,
                    7,
                    1,
                    0,
                    0,
                    3,
                    32,
                    13,
                    4,
                    64,
                    15,
                    1,
                    3 << 24 | 165,
                ],
                &[0, 5 << 24 | 1, 4, 9, 1, 0],
                &[0, 3 << 24, 0, 1, 1, 3],
                &[17, 6 << 24 | 1, 4, 19, 7],
            ],
        )
    }

    #[test]
    fn names() {
        let registers = Registers::of(Arch::X86_64);
        let check = |name, expected| {
            assert_eq!(
                wanted(&table(), &BTreeSet::new(), &registers, name),
                expected,
                "{name}"
            );
        };
        check("core__t__a", Wanted::Number(0));
        check("core__t____b", Wanted::Number(4));
        check("core__t__c", Wanted::Number(8));
        check("core__t__c__2", Wanted::Number(16));
        check("core__t__x", Wanted::Missing);
        check("core__t__d", Wanted::Number(20));
        check("core_lshift__t__d", Wanted::Number(64 - 8));
        check("core_rshift__t__d", Wanted::Number(64 - 3));
        check("core_size__t__c", Wanted::Number(12));
        check("core_exists__t__a", Wanted::Number(1));
        check("core_exists__t__x", Wanted::Number(0));
        check("core_signed__t__a", Wanted::Number(0));
        check("core_type_exists__t", Wanted::Number(1));
        check("core_type_exists__nothing", Wanted::Number(0));
        check("core_type_size__t", Wanted::Number(24));
        check("core_type_id__nothing", Wanted::Number(0));
        check("core_enum_value__e__F", Wanted::Number(7));
        check("core_enum_exists__e__G", Wanted::Number(0));
        check("core__pt_regs__di", Wanted::Number(112));
        check("dropped", Wanted::Other);
    }

    #[test]
    fn what_a_kernel_lacks() {
        let registers = Registers::of(Arch::X86_64);
        let lacks = BTreeSet::from([
            Feature::of(relo::FIELD_EXISTS, "t__a"),
            Feature::of(relo::ENUM_EXISTS, "e__F"),
            Feature::of(relo::TYPE_EXISTS, "t"),
        ]);
        let check = |name, expected| {
            assert_eq!(
                wanted(&table(), &lacks, &registers, name),
                expected,
                "{name}"
            );
        };
        check("core_exists__t__a", Wanted::Number(0));
        check("core__t__a", Wanted::Missing);
        check("core__t__c", Wanted::Number(8));
        check("core_enum_exists__e__F", Wanted::Number(0));
        check("core_enum_value__e__F", Wanted::Missing);
        check("core_type_exists__t", Wanted::Number(0));
        check("core_type_size__t", Wanted::Number(0));
        check("core_type_id__t", Wanted::Number(0));
    }
}
