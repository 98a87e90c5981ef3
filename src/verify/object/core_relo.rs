//! CO-RE: what a local access means in the kernel at hand.
//!
//! As libbpf's `relo_core.c` does it. Without the types of a kernel an access means what the
//! object's own types say, except in partial structures (`struct pt_regs___arm64`).

use std::collections::{BTreeSet, HashMap};

use super::kernels::{Feature, Kernel, asks};

use crate::verify::{
    btf::{Btf, Kind, TypeId},
    bytes::Endian,
    error::{Error, Result, fail},
    insn::{Op, Slot},
    registers::Registers,
};

/// The helper that libbpf puts where an access can't be relocated.
const POISON: i32 = 0x0bad_2310;
/// Accesses have few steps; strings of hostile objects may have many.
const STEPS_MAX: usize = 64;

pub(super) mod relo {
    //! `enum bpf_core_relo_kind`.
    pub const FIELD_OFFSET: u32 = 0;
    pub const FIELD_SIZE: u32 = 1;
    pub const FIELD_EXISTS: u32 = 2;
    pub const FIELD_SIGNED: u32 = 3;
    pub const FIELD_LEFT_SHIFT: u32 = 4;
    pub const FIELD_RIGHT_SHIFT: u32 = 5;
    pub const TYPE_ID_LOCAL: u32 = 6;
    pub const TYPE_ID_TARGET: u32 = 7;
    pub const TYPE_EXISTS: u32 = 8;
    pub const TYPE_SIZE: u32 = 9;
    pub const ENUM_EXISTS: u32 = 10;
    pub const ENUM_VALUE: u32 = 11;
    pub const TYPE_MATCHES: u32 = 12;
}

/// What an instruction gets in place of the local value.
#[derive(Debug, PartialEq, Eq)]
pub struct Relocated {
    /// The value; none where the kernel has no such thing.
    pub value: Option<u64>,
    /// The bytes that a memory access takes, where the kernel's field is of another size.
    pub size: Option<u64>,
}

/// Resolves the accesses of one object.
pub struct Target<'a> {
    local: &'a Btf,
    kernel: Option<&'a Btf>,
    lacks: &'a BTreeSet<Feature>,
    registers: &'a Registers,
}

/// A field: where and what.
pub(super) struct Field {
    /// Bits from the beginning of the root.
    pub bits: u64,
    /// Bits of a bit-field, or 0.
    pub width: u32,
    /// Its type, without typedefs and qualifiers.
    pub type_id: TypeId,
}

enum Step {
    Member(String),
    Index(u64),
}

impl<'a> Target<'a> {
    /// For the object with the types `local`.
    pub fn new(local: &'a Btf, kernel: Kernel<'a>, registers: &'a Registers) -> Self {
        Self {
            local,
            kernel: kernel.btf,
            lacks: kernel.lacks,
            registers,
        }
    }

    /// What the record with the given type, access string and kind asks for.
    ///
    /// # Errors
    ///
    /// Where the record doesn't fit the local types, or its kind isn't known.
    pub fn resolve(&self, id: TypeId, access: &str, kind: u32) -> Result<Relocated> {
        let steps = steps_of(access)?;
        let value = |value: Option<u64>| Ok(Relocated { value, size: None });
        if !self.lacks.is_empty()
            && let Some(feature) = self.feature(id, access, kind)?
            && self.lacks.contains(&feature)
        {
            return value(match kind {
                relo::TYPE_SIZE | relo::TYPE_ID_TARGET => Some(0),
                _ => asks(kind).then_some(0),
            });
        }
        match kind {
            relo::FIELD_OFFSET..=relo::FIELD_RIGHT_SHIFT => self.field(id, &steps, kind),
            relo::TYPE_ID_LOCAL => value(Some(id.into())),
            relo::TYPE_ID_TARGET => value(Some(self.same_type(id).unwrap_or(0).into())),
            relo::TYPE_EXISTS | relo::TYPE_MATCHES => {
                value(Some(self.same_type(id).is_some().into()))
            }
            relo::TYPE_SIZE => {
                let found = self.same_type(id);
                value(Some(
                    found.and_then(|id| self.target().size(id)).unwrap_or(0),
                ))
            }
            relo::ENUM_EXISTS => value(Some(self.constant(id, &steps)?.is_some().into())),
            relo::ENUM_VALUE => value(self.constant(id, &steps)?),
            _ => fail!("a CO-RE relocation has the unknown kind {kind}"),
        }
    }

    /// What a record is about; nothing where it is about local types only.
    ///
    /// # Errors
    ///
    /// Where the record doesn't fit the local types.
    pub fn feature(&self, id: TypeId, access: &str, kind: u32) -> Result<Option<Feature>> {
        let steps = steps_of(access)?;
        let name = essential(&self.local.get(self.local.resolve(id)).name);
        let path = match kind {
            relo::TYPE_ID_LOCAL => return Ok(None),
            relo::TYPE_EXISTS | relo::TYPE_SIZE | relo::TYPE_MATCHES | relo::TYPE_ID_TARGET => {
                essential(&self.local.get(id).name).to_owned()
            }
            relo::ENUM_EXISTS | relo::ENUM_VALUE => {
                format!("{name}__{}", essential(&self.local_constant(id, &steps)?.0))
            }
            _ => {
                let (_, steps) = self.local_field(id, &steps).ok_or_else(misfit)?;
                let steps = steps.iter().skip(1).map(|step| match step {
                    Step::Member(name) => format!("__{name}"),
                    Step::Index(index) => format!("__{index}"),
                });
                steps.fold(name.to_owned(), |path, step| path + &step)
            }
        };
        Ok(Some(Feature::of(kind, &path)))
    }

    fn target(&self) -> &'a Btf {
        self.kernel.unwrap_or(self.local)
    }

    fn same_type(&self, id: TypeId) -> Option<TypeId> {
        if self.kernel.is_none() {
            return Some(id);
        }
        let local = self.local.get(id);
        let same =
            |other: &Kind| std::mem::discriminant(other) == std::mem::discriminant(&local.kind);
        self.candidates(&local.name)
            .find(|&id| same(&self.target().get(id).kind))
    }

    /// Types of the kernel that may be meant by the local `name`.
    fn candidates(&self, name: &str) -> impl Iterator<Item = TypeId> + use<'a> {
        let name = essential(name).to_owned();
        self.target()
            .all()
            .filter(move |(_, one)| one.name == name)
            .map(|(id, _)| id)
    }

    fn local_constant(&self, id: TypeId, steps: &[u64]) -> Result<&'a (String, u64)> {
        let Kind::Enum { values, .. } = self.local.kind(id) else {
            fail!("a CO-RE relocation of a constant is of no enumeration");
        };
        let index = steps.first().and_then(|&step| usize::try_from(step).ok());
        let constant = index.and_then(|index| values.get(index));
        constant.ok_or_else(|| Error::new("a CO-RE relocation is of a constant that isn't there"))
    }

    fn constant(&self, id: TypeId, steps: &[u64]) -> Result<Option<u64>> {
        let (name, local) = self.local_constant(id, steps)?;
        let Some(kernel) = self.kernel else {
            return Ok(Some(*local));
        };
        let name = essential(name);
        let type_name = &self.local.get(self.local.resolve(id)).name;
        Ok(self.candidates(type_name).find_map(|id| {
            let Kind::Enum { values, .. } = kernel.kind(id) else {
                return None;
            };
            let found = values.iter().find(|(other, _)| essential(other) == name);
            found.map(|&(_, value)| value)
        }))
    }

    fn field(&self, id: TypeId, access: &[u64], kind: u32) -> Result<Relocated> {
        let (local, steps) = self.local_field(id, access).ok_or_else(misfit)?;
        let local_size = self.local.size(local.type_id);
        let root = self.local.resolve(id);
        let name = &self.local.get(root).name;
        let (btf, field) = self.target_field(root, name, &steps, local);
        if kind == relo::FIELD_EXISTS {
            return Ok(Relocated {
                value: Some(field.is_some().into()),
                size: None,
            });
        }
        let Some(field) = field else {
            return Ok(Relocated {
                value: None,
                size: None,
            });
        };
        let endian = self.registers.endian;
        let (value, size) = field_value(btf, &field, kind, endian)
            .ok_or_else(|| Error::new("a CO-RE access is of a field without a size"))?;
        Ok(Relocated {
            value: Some(value),
            size: size.filter(|&size| local_size != Some(size)),
        })
    }

    /// The field in the kernel's types, or in the object's own where there are no others.
    fn target_field(
        &self,
        root: TypeId,
        name: &str,
        steps: &[Step],
        local: Field,
    ) -> (&'a Btf, Option<Field>) {
        let target = self.target();
        if self.kernel.is_some() {
            let found = self
                .candidates(name)
                .find_map(|id| named_field(target, id, steps));
            return (target, found);
        }
        if essential(name) == "pt_regs"
            && let [Step::Index(0), Step::Member(member)] = steps
            && let Some(offset) = self.registers.member(member)
        {
            let bits = offset * 8;
            return (target, Some(Field { bits, ..local }));
        }
        let partial = essential(name) != name;
        let whole = (target.all())
            .filter(|(id, one)| partial && *id != root && one.name == essential(name))
            .find_map(|(id, _)| named_field(target, id, steps));
        (target, Some(whole.unwrap_or(local)))
    }

    /// Follows the numbers of an access string through the local types.
    fn local_field(&self, id: TypeId, access: &[u64]) -> Option<(Field, Vec<Step>)> {
        let btf = self.local;
        let (&first, rest) = access.split_first()?;
        let size = btf.size(id).unwrap_or(0);
        let mut field = Field {
            bits: first.checked_mul(size)?.checked_mul(8)?,
            width: 0,
            type_id: btf.resolve(id),
        };
        let mut steps = vec![Step::Index(first)];
        for &step in rest {
            match btf.kind(field.type_id) {
                Kind::Composite { members, .. } => {
                    let member = members.get(usize::try_from(step).ok()?)?;
                    field.bits = field.bits.checked_add(member.bit_offset.into())?;
                    field.width = member.bits;
                    field.type_id = btf.resolve(member.type_id);
                    if !member.name.is_empty() {
                        steps.push(Step::Member(member.name.clone()));
                    }
                }
                &Kind::Array { element, .. } => {
                    let size = btf.size(element)?;
                    field.bits = field
                        .bits
                        .checked_add(step.checked_mul(size)?.checked_mul(8)?)?;
                    field.type_id = btf.resolve(element);
                    steps.push(Step::Index(step));
                }
                _ => return None,
            }
        }
        Some((field, steps))
    }
}

fn misfit() -> Error {
    Error::new("a CO-RE access doesn't fit its local type")
}

fn steps_of(access: &str) -> Result<Vec<u64>> {
    access
        .split(':')
        .take(STEPS_MAX)
        .map(str::parse)
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| Error::new(format!("the CO-RE access {access:?} is no list of numbers")))
}

/// Follows names through the types of the kernel.
fn named_field(btf: &Btf, id: TypeId, steps: &[Step]) -> Option<Field> {
    let mut field = Field {
        bits: 0,
        width: 0,
        type_id: btf.resolve(id),
    };
    for (index, step) in steps.iter().enumerate() {
        match step {
            Step::Index(step) => {
                let element = match *btf.kind(field.type_id) {
                    // The first number counts whole objects.
                    _ if index == 0 => field.type_id,
                    Kind::Array { element, .. } => element,
                    _ => return None,
                };
                let size = if *step == 0 { 0 } else { btf.size(element)? };
                field.bits = field
                    .bits
                    .checked_add(step.checked_mul(size)?.checked_mul(8)?)?;
                field.type_id = btf.resolve(element);
            }
            Step::Member(name) => {
                let (member, bits) = btf.field(field.type_id, name)?;
                field.bits = field.bits.checked_add(bits.into())?;
                field.width = member.bits;
                field.type_id = btf.resolve(member.type_id);
            }
        }
    }
    Some(field)
}

/// The number that an instruction gets, and the bytes of an access.
pub(super) fn field_value(
    btf: &Btf,
    field: &Field,
    kind: u32,
    endian: Endian,
) -> Option<(u64, Option<u64>)> {
    let mut size = btf.size(field.type_id)?;
    let (mut offset, width) = if field.width == 0 {
        (field.bits / 8, size.checked_mul(8)?)
    } else {
        let width = u64::from(field.width);
        size = size.max(1);
        let mut offset = field.bits / 8 / size * size;
        // A bit-field may straddle words of its type.
        while field.bits + width - offset * 8 > size * 8 {
            size *= 2;
            if size > 8 {
                return None;
            }
            offset = field.bits / 8 / size * size;
        }
        (offset, width)
    };
    let access = (field.width == 0 && matches!(size, 1 | 2 | 4 | 8)).then_some(size);
    let signed = match *btf.kind(field.type_id) {
        Kind::Int { signed, .. } | Kind::Enum { signed, .. } => signed,
        _ => false,
    };
    let value = match kind {
        relo::FIELD_OFFSET => offset,
        relo::FIELD_SIZE => size,
        relo::FIELD_SIGNED => signed.into(),
        relo::FIELD_LEFT_SHIFT => match endian {
            Endian::Little => 64_u64.checked_sub(field.bits + width - offset * 8)?,
            Endian::Big => {
                offset *= 8;
                8_u64.checked_sub(size)? * 8 + (field.bits - offset)
            }
        },
        relo::FIELD_RIGHT_SHIFT => 64_u64.checked_sub(width)?,
        _ => return None,
    };
    Some((value, access.filter(|_| kind == relo::FIELD_OFFSET)))
}

/// The types called `name`, then partial ones of it (`name___flavour`); nothing that is only
/// declared.
pub(super) fn named_root(btf: &Btf, name: &str) -> impl Iterator<Item = TypeId> {
    let defined = move |one: &crate::verify::btf::Type| !matches!(one.kind, Kind::Forward);
    let exact = btf
        .all()
        .filter(move |(_, one)| one.name == name && !name.is_empty() && defined(one));
    let partial = btf.all().filter(move |(_, one)| {
        one.name != name && !name.is_empty() && essential(&one.name) == name && defined(one)
    });
    exact.chain(partial).map(|(id, _)| id)
}

/// A name without its flavour: `pt_regs` of `pt_regs___arm64`.
fn essential(name: &str) -> &str {
    match name.find("___") {
        Some(at) if at > 0 => name.get(..at).unwrap_or(name),
        _ => name,
    }
}

/// Puts a relocated value into the instruction at `at`.
///
/// # Errors
///
/// Where the instruction can't hold it.
pub fn patch(
    slots: &mut [Slot],
    calls: &mut HashMap<usize, Op>,
    at: usize,
    relocated: &Relocated,
) -> Result<()> {
    let Some(value) = relocated.value else {
        calls.insert(at, Op::Helper(POISON.cast_unsigned()));
        return Ok(());
    };
    let next = at + 1;
    let Some(slot) = slots.get_mut(at) else {
        fail!("a CO-RE relocation lies outside the code");
    };
    let too_large = || {
        Error::new(format!(
            "a CO-RE value of {value} doesn't fit instruction {at}"
        ))
    };
    match slot.opcode & 7 {
        1..=3 => {
            slot.offset = i16::try_from(value).map_err(|_| too_large())?;
            if let Some(size) = relocated.size {
                let code = match size {
                    1 => 2,
                    2 => 1,
                    4 => 0,
                    _ => 3,
                };
                slot.opcode = slot.opcode & !0x18 | code << 3;
            }
        }
        4 | 7 => slot.imm = i32::try_from(value).map_err(|_| too_large())?,
        0 if slot.opcode == 0x18 => {
            let halves = (value & 0xffff_ffff, value >> 32);
            slot.imm = u32::try_from(halves.0)
                .map_err(|_| too_large())?
                .cast_signed();
            let high = u32::try_from(halves.1).map_err(|_| too_large())?;
            if let Some(second) = slots.get_mut(next) {
                second.imm = high.cast_signed();
            }
        }
        _ => fail!("a CO-RE relocation of instruction {at}, which has no value"),
    }
    Ok(())
}
