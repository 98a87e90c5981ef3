//! Sizes, alignments and the places of members, as clang lays them out for BPF.
//!
//! BPF has 64-bit pointers and follows the rules that clang uses for the Itanium ABI
//! (`RecordLayoutBuilder.cpp`, `ItaniumRecordLayoutBuilder`); byte order changes none of the
//! numbers here.

use super::types::{ArrayLen, BitField, CType, Field, IntKind, Kind, Record, Types};

/// What decides the place of one member.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// The field, with its place yet to be filled in.
    pub field: Field,
    /// Width of a bit-field; 0 ends its storage unit.
    pub width: Option<u16>,
    /// Bytes asked for by `aligned` or `_Alignas` on this member.
    pub aligned: Option<u64>,
    /// `packed` on this member.
    pub packed: bool,
}

impl Types {
    /// Bytes that an object of type `ty` takes; none for incomplete and function types.
    pub fn size_of(&self, ty: &CType) -> Option<u64> {
        match &ty.kind {
            Kind::Void | Kind::Function(_) => None,
            Kind::Bool => Some(1),
            Kind::Int(int) => Some(int_size(*int)),
            Kind::Float(bits) => Some(float_size(*bits)),
            Kind::Pointer(_) => Some(8),
            Kind::Array(element, ArrayLen::Known(len)) => self.size_of(element)?.checked_mul(*len),
            Kind::Array(_, ArrayLen::Unknown) => None,
            Kind::Record(id) => {
                let record = self.record(*id)?;
                record.fields.as_ref().map(|_| record.size)
            }
            Kind::Enum(id) => Some(int_size(self.enumeration(*id)?.repr)),
            // A pointer on BPF.
            Kind::VaList => Some(8),
        }
    }

    /// Bytes to a multiple of which an object of type `ty` is aligned; none as for
    /// [`size_of`](Self::size_of), but known for arrays without a length.
    pub fn align_of(&self, ty: &CType) -> Option<u64> {
        if let Some(align) = ty
            .alias
            .as_ref()
            .and_then(|alias| self.typedef_aligns.get(alias))
        {
            return Some(*align);
        }
        match &ty.kind {
            Kind::Array(element, _) => self.align_of(element),
            Kind::Record(id) => {
                let record = self.record(*id)?;
                record.fields.as_ref().map(|_| record.align)
            }
            _ => self.size_of(ty),
        }
    }

    /// The record that `id` names.
    pub fn record(&self, id: super::types::RecordId) -> Option<&Record> {
        self.records.get(id.0 as usize)
    }

    /// The enumeration that `id` names.
    pub fn enumeration(&self, id: super::types::EnumId) -> Option<&super::types::Enumeration> {
        self.enums.get(id.0 as usize)
    }

    /// Width and signedness of an integer type, `_Bool` and enumerations among them.
    pub fn integer(&self, ty: &CType) -> Option<(u16, bool)> {
        match &ty.kind {
            Kind::Bool => Some((1, false)),
            Kind::Int(int) => Some((int.bits(), int.signed())),
            Kind::Enum(id) => {
                let repr = self.enumeration(*id)?.repr;
                Some((repr.bits(), repr.signed()))
            }
            _ => None,
        }
    }
}

/// Fields with their places, size and alignment of a record with these members.
///
/// `None` where a member has no size, or the record is larger than memory.
pub(super) fn lay_out(
    types: &Types,
    members: Vec<Member>,
    union_: bool,
    packing: Packing,
    aligned: Option<u64>,
) -> Option<(Vec<Field>, u64, u64)> {
    let mut layout = Layout {
        types,
        union_,
        packing,
        data_bits: 0,
        unfilled_bits: 0,
        size_bits: 0,
        align: 1,
    };
    let mut fields = Vec::with_capacity(members.len());
    for member in members {
        fields.push(layout.place(member)?);
    }
    let align = layout.align.max(aligned.unwrap_or(1));
    let size = layout
        .size_bits
        .div_ceil(8)
        .checked_next_multiple_of(align)?;
    Some((fields, size, align))
}

/// How tightly members are put together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Packing {
    /// `packed`
    pub packed: bool,
    /// `#pragma pack(n)`: no member is aligned to more bytes, whatever it asks for itself.
    pub most: Option<u64>,
}

struct Layout<'a> {
    types: &'a Types,
    union_: bool,
    packing: Packing,
    /// Bits used so far, rounded up to bytes.
    data_bits: u64,
    /// Bits of the last byte that a following bit-field may use.
    unfilled_bits: u64,
    size_bits: u64,
    align: u64,
}

impl Layout<'_> {
    fn place(&mut self, member: Member) -> Option<Field> {
        match member.width {
            Some(width) => self.place_bits(member, u64::from(width)),
            None => self.place_whole(member),
        }
    }

    fn place_whole(&mut self, member: Member) -> Option<Field> {
        let mut field = member.field;
        self.unfilled_bits = 0;
        let size = match &field.ty.kind {
            // A flexible array member takes no room.
            Kind::Array(_, ArrayLen::Unknown) => 0,
            _ => self.types.size_of(&field.ty)?,
        };
        let natural = self.types.align_of(&field.ty)?;
        let mut align = if self.packing.packed || member.packed {
            1
        } else {
            natural
        };
        align = align.max(member.aligned.unwrap_or(1));
        align = align.min(self.packing.most.unwrap_or(u64::MAX));
        let offset = if self.union_ {
            0
        } else {
            (self.data_bits / 8).checked_next_multiple_of(align)?
        };
        let end = offset.checked_add(size)?.checked_mul(8)?;
        self.data_bits = if self.union_ {
            self.data_bits.max(end)
        } else {
            end
        };
        self.size_bits = self.size_bits.max(self.data_bits);
        self.align = self.align.max(align);
        field.offset = offset;
        field.bits = None;
        Some(field)
    }

    fn place_bits(&mut self, member: Member, width: u64) -> Option<Field> {
        let mut field = member.field;
        let unit_bytes = self.types.size_of(&field.ty)?;
        let unit = unit_bytes.checked_mul(8)?;
        let mut align = self.types.align_of(&field.ty)?.checked_mul(8)?;
        let explicit = member.aligned.map(|bytes| bytes.saturating_mul(8));
        let mut offset = if self.union_ {
            0
        } else {
            self.data_bits.checked_sub(self.unfilled_bits)?
        };
        if (self.packing.packed || member.packed) && width != 0 {
            align = 1;
        }
        if let Some(explicit) = explicit {
            align = align.max(explicit);
        }
        let most = self.packing.most.map(|bytes| bytes.saturating_mul(8));
        if width != 0 {
            align = align.min(most.unwrap_or(u64::MAX));
        }
        let explicit = explicit.filter(|explicit| most.is_none_or(|most| *explicit <= most));
        // Under the pragma bit-fields cross the borders of their units.
        let crosses = most.is_none() && (offset % align).checked_add(width)? > unit;
        if width == 0 || crosses {
            offset = offset.checked_next_multiple_of(align)?;
        } else if let Some(explicit) = explicit {
            offset = offset.checked_next_multiple_of(explicit)?;
        }
        let end = offset.checked_add(width)?;
        if self.union_ {
            self.data_bits = self.data_bits.max(width.checked_next_multiple_of(8)?);
        } else {
            self.data_bits = end.checked_next_multiple_of(8)?;
            self.unfilled_bits = self.data_bits - end;
        }
        self.size_bits = self.size_bits.max(self.data_bits);
        // Unnamed bit-fields don't raise the alignment of the record.
        if field.name.is_some() {
            self.align = self.align.max(align.div_ceil(8));
        }
        field.offset = (offset / unit.max(1)).checked_mul(unit_bytes)?;
        field.bits = Some(BitField {
            bit_offset: offset,
            width: u16::try_from(width).ok()?,
        });
        Some(field)
    }
}

fn int_size(int: IntKind) -> u64 {
    u64::from(int.bits() / 8)
}

/// `long double` and `_Float128` take 16 bytes; the others what their bits need.
fn float_size(bits: u16) -> u64 {
    u64::from(bits.div_ceil(8)).next_power_of_two()
}
