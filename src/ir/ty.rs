//! Types of values and of memory.

use super::{EnumId, Notes, Object, RecordId};
use crate::source::span::Span;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// No value.
    Unit,
    /// 0 or 1; `_Bool` in memory.
    Bool,
    /// An integer.
    Int {
        /// 8, 16, 32, 64 or 128.
        bits: u16,
        /// Two's complement.
        signed: bool,
    },
    /// A 64-bit pointer.
    Pointer {
        /// What it points to.
        to: Box<Ty>,
        /// Whether it may be written through (C: not `const`).
        mutable: bool,
    },
    /// An array; a flexible array member has 0 elements.
    Array(Box<Ty>, u64),
    /// A structure or union.
    Record(RecordId),
    /// An enumeration: a number in memory.
    Enum(EnumId),
    /// A function that can be called back.
    Function(Vec<Ty>, Box<Ty>),
    /// Something whose inside is never looked at, such as `void` behind a pointer or a float.
    Opaque {
        /// Bytes; 0 for `void`.
        size: u64,
        /// Bytes.
        align: u64,
    },
}

impl Ty {
    /// An unsigned integer.
    pub const fn unsigned(bits: u16) -> Self {
        Self::Int {
            bits,
            signed: false,
        }
    }

    /// A signed integer.
    pub const fn signed(bits: u16) -> Self {
        Self::Int { bits, signed: true }
    }

    /// A pointer to `void`.
    pub fn void_pointer(mutable: bool) -> Self {
        Self::Pointer {
            to: Box::new(Self::Opaque { size: 0, align: 1 }),
            mutable,
        }
    }
}

/// A structure or union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its tag, or the typedef of an anonymous one; none for anonymous parts of others.
    pub name: Option<String>,
    /// `union`
    pub union_: bool,
    /// Its members, padding not among them; none if only pointers to it are used.
    pub fields: Option<Vec<Field>>,
    /// Bytes, with padding.
    pub size: u64,
    /// Bytes.
    pub align: u64,
    /// Less aligned than its members would have it.
    pub packed: bool,
    /// The kernel's: its fields are found by relocation.
    pub core: bool,
    /// Out of the kernel's or libbpf's headers.
    pub foreign: bool,
    /// User space sees it: a map's key or value, a record, a global, or part of one.
    pub shared: bool,
    /// Comments.
    pub notes: Notes,
    /// Where it is defined.
    pub span: Option<Span>,
}

/// A member of a [`Record`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// None for anonymous records.
    pub name: Option<String>,
    /// Its type; of a bit-field: the declared one.
    pub ty: Ty,
    /// Bytes from the start of the record; of a bit-field: of the storage unit of its type.
    pub offset: u64,
    /// Of a bit-field: its first bit in the record (little-endian: from the least significant bit of
    /// byte 0; big-endian: from the most significant), and how many.
    pub bits: Option<(u64, u16)>,
    /// Constants by which the lengths of arrays in `ty` are written, outermost first.
    pub lengths: Vec<Option<Box<super::body::Expr>>>,
    /// Comments.
    pub notes: Notes,
}

/// An enumeration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enumeration {
    /// Its tag, or the typedef of an anonymous one; anonymous ones become constants.
    pub name: Option<String>,
    /// 8, 16, 32 or 64.
    pub bits: u16,
    /// Whether it holds negative numbers.
    pub signed: bool,
    /// Names and values.
    pub constants: Vec<EnumConstant>,
    /// Out of the kernel's or libbpf's headers.
    pub foreign: bool,
    /// User space sees it.
    pub shared: bool,
    /// Comments.
    pub notes: Notes,
    /// Where it is defined.
    pub span: Option<Span>,
}

impl Enumeration {
    /// The integer type that its values are of.
    pub const fn number(&self) -> Ty {
        Ty::Int {
            bits: self.bits,
            signed: self.signed,
        }
    }
}

/// A constant of an [`Enumeration`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumConstant {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: i128,
    /// Comments.
    pub notes: Notes,
    /// Its definition.
    pub span: Option<Span>,
}

/// Bytes of a type in memory.
pub fn size_of(object: &Object, ty: &Ty) -> u64 {
    match ty {
        Ty::Unit => 0,
        Ty::Bool => 1,
        Ty::Int { bits, .. } => u64::from(*bits) / 8,
        Ty::Pointer { .. } | Ty::Function(..) => 8,
        Ty::Array(of, len) => size_of(object, of).saturating_mul(*len),
        Ty::Record(id) => object.records.get(id.0 as usize).map_or(0, |r| r.size),
        Ty::Enum(id) => object
            .enums
            .get(id.0 as usize)
            .map_or(4, |e| u64::from(e.bits) / 8),
        Ty::Opaque { size, .. } => *size,
    }
}
