//! The types of generated files: narrow integers, bit-fields, arrays, structures and unions.

use std::fmt::Write as _;

use crate::random::Random;

/// An integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar {
    pub c: &'static str,
    pub bits: u32,
    pub signed: bool,
}

const fn scalar(c: &'static str, bits: u32, signed: bool) -> Scalar {
    Scalar { c, bits, signed }
}

pub const U64: Scalar = scalar("u64", 64, false);

pub const SCALARS: [Scalar; 12] = [
    scalar("u8", 8, false),
    scalar("s8", 8, true),
    scalar("u16", 16, false),
    scalar("s16", 16, true),
    scalar("u32", 32, false),
    scalar("s32", 32, true),
    U64,
    scalar("s64", 64, true),
    scalar("_Bool", 1, false),
    scalar("char", 8, true),
    scalar("unsigned int", 32, false),
    scalar("long", 64, true),
];

/// What a variable or a field is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    Scalar(Scalar),
    /// A bit-field of that many bits.
    Bits(Scalar, u32),
    /// A power of two of elements, so that an index can be masked.
    Array(Box<Ty>, usize),
    /// By its number.
    Record(usize),
}

/// A structure or a union.
#[derive(Clone, Debug)]
pub struct Record {
    pub name: String,
    pub union: bool,
    pub packed: bool,
    pub fields: Vec<(String, Ty)>,
}

impl Record {
    /// How C writes its type.
    pub fn c(&self) -> String {
        let keyword = if self.union { "union" } else { "struct" };
        format!("{keyword} {}", self.name)
    }

    pub fn definition(&self, all: &[Record]) -> String {
        let mut text = format!("{} {{\n", self.c());
        for (name, ty) in &self.fields {
            let _ = writeln!(text, "\t{};", declaration(ty, name, all));
        }
        let packed = if self.packed {
            " __attribute__((packed))"
        } else {
            ""
        };
        let _ = writeln!(text, "}}{packed};\n");
        text
    }
}

/// `name` declared with type `ty`.
pub fn declaration(ty: &Ty, name: &str, records: &[Record]) -> String {
    match ty {
        Ty::Scalar(scalar) => format!("{} {name}", scalar.c),
        Ty::Bits(scalar, width) => format!("{} {name} : {width}", scalar.c),
        Ty::Array(element, length) => declaration(element, &format!("{name}[{length}]"), records),
        Ty::Record(number) => format!("{} {name}", records[*number].c()),
    }
}

pub fn scalar_of(random: &mut Random) -> Scalar {
    *random.one_of(&SCALARS)
}

/// Some records, each of which may have those before it as fields.
pub fn records(random: &mut Random, count: usize) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for number in 0..count {
        let union = number > 0 && random.one_in(4);
        let fields = (0..2 + random.below(4))
            .map(|field| (format!("f{field}"), field_type(random, &records, union)))
            .collect();
        records.push(Record {
            name: format!("r{number}"),
            union,
            packed: !union && random.one_in(5),
            fields,
        });
    }
    records
}

fn field_type(random: &mut Random, records: &[Record], union: bool) -> Ty {
    match field_of_any(random, records, union) {
        // Other members could put another number than 0 and 1 there, which C leaves undefined.
        Ty::Scalar(scalar) if union && scalar.bits == 1 => Ty::Scalar(U64),
        Ty::Array(element, length) if union && matches!(*element, Ty::Scalar(s) if s.bits == 1) => {
            Ty::Array(Box::new(Ty::Scalar(SCALARS[0])), length)
        }
        ty => ty,
    }
}

fn field_of_any(random: &mut Random, records: &[Record], union: bool) -> Ty {
    match random.below(8) {
        0 | 1 if !union => {
            let base = scalar_of(random);
            let width = 1 + random.below(base.bits as usize) as u32;
            Ty::Bits(base, width)
        }
        2 => Ty::Array(
            Box::new(Ty::Scalar(scalar_of(random))),
            1 << (1 + random.below(2)),
        ),
        // Only small ones, since the stack has 512 bytes.
        3 if records.len() == 1 && !union => Ty::Record(0),
        _ => Ty::Scalar(scalar_of(random)),
    }
}
