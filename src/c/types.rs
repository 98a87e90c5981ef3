//! C types and where their parts lie on the BPF target.

use std::{collections::BTreeMap, sync::Arc};

use crate::source::span::Span;

/// Index into [`Types::records`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub u32);

/// Index into [`Types::enums`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnumId(pub u32);

/// A type with its qualifiers and the name by which the user called it.
///
/// Equality compares `kind` and the qualifiers; the alias is decoration.
#[derive(Clone, Debug)]
pub struct CType {
    /// What it is, through all typedefs.
    pub kind: Kind,
    /// The outermost typedef through which it was named (`pid_t`), if any.
    pub alias: Option<Arc<str>>,
    /// `const`
    pub const_: bool,
    /// `volatile`
    pub volatile: bool,
    /// `_Atomic`
    pub atomic: bool,
    /// `btf_type_tag`s, such as `user`, `rcu`, `kptr`.
    pub tags: Vec<Arc<str>>,
}

impl PartialEq for CType {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.const_ == other.const_ && self.volatile == other.volatile
    }
}
impl Eq for CType {}

/// A type without qualifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `void`
    Void,
    /// `_Bool`
    Bool,
    /// An integer type other than `_Bool` and enumerations.
    Int(IntKind),
    /// A floating type of that many bits; BPF has none, so only its size matters.
    Float(u16),
    /// A pointer.
    Pointer(Box<CType>),
    /// An array.
    Array(Box<CType>, ArrayLen),
    /// A structure or union.
    Record(RecordId),
    /// An enumeration.
    Enum(EnumId),
    /// A function.
    Function(Box<FunctionType>),
    /// `__builtin_va_list`
    VaList,
}

/// The integer types; `char` is signed on BPF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are C's")]
pub enum IntKind {
    Char,
    SChar,
    UChar,
    Short,
    UShort,
    Int,
    UInt,
    Long,
    ULong,
    LongLong,
    ULongLong,
    Int128,
    UInt128,
}

impl IntKind {
    /// Width in bits on the BPF target.
    pub const fn bits(self) -> u16 {
        match self {
            Self::Char | Self::SChar | Self::UChar => 8,
            Self::Short | Self::UShort => 16,
            Self::Int | Self::UInt => 32,
            Self::Long | Self::ULong | Self::LongLong | Self::ULongLong => 64,
            Self::Int128 | Self::UInt128 => 128,
        }
    }

    /// Whether it holds negative numbers.
    pub const fn signed(self) -> bool {
        matches!(
            self,
            Self::Char
                | Self::SChar
                | Self::Short
                | Self::Int
                | Self::Long
                | Self::LongLong
                | Self::Int128
        )
    }
}

/// How many elements an array has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArrayLen {
    /// That many.
    Known(u64),
    /// `[]`: a flexible array member, or an extern or parameter without a length.
    Unknown,
}

/// What a function takes and returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionType {
    /// Its value.
    pub ret: CType,
    /// Its parameters.
    pub params: Vec<CType>,
    /// `...`
    pub variadic: bool,
    /// `()`: declared without saying what it takes.
    pub unspecified: bool,
}

/// All records and enumerations of a file.
#[derive(Clone, Debug, Default)]
pub struct Types {
    /// By [`RecordId`].
    pub records: Vec<Record>,
    /// By [`EnumId`].
    pub enums: Vec<Enumeration>,
    /// Alignments in bytes that a typedef's `aligned` attribute gives, by the typedef's name.
    pub typedef_aligns: BTreeMap<Arc<str>, u64>,
    /// Whether the target stores the most significant byte first.
    pub big_endian: bool,
}

/// A structure or union.
#[derive(Clone, Debug)]
pub struct Record {
    /// The tag; none if anonymous.
    pub tag: Option<Arc<str>>,
    /// The first typedef of an anonymous record.
    pub typedef: Option<Arc<str>>,
    /// `union`
    pub union_: bool,
    /// Its members; none while it is incomplete.
    pub fields: Option<Vec<Field>>,
    /// Bytes, with padding at the end.
    pub size: u64,
    /// Bytes.
    pub align: u64,
    /// Declared `__attribute__((packed))`.
    pub packed: bool,
    /// `preserve_access_index`: accesses are relocated by CO-RE when the program is loaded.
    pub core: bool,
    /// Only some of its members are known, and so is its size: a structure of the kernel's as the
    /// embedded types have it.
    pub part: bool,
    /// Where it is defined (or first named).
    pub span: Option<Span>,
    /// Out of `vmlinux.h` or a header that isn't the user's.
    pub foreign: bool,
}

/// A member of a record.
#[derive(Clone, Debug)]
pub struct Field {
    /// None for anonymous records and for unnamed bit-fields.
    pub name: Option<Arc<str>>,
    /// Its type.
    pub ty: CType,
    /// Bytes from the start of the record; of a bit-field: of the storage unit of its type.
    pub offset: u64,
    /// Bit-fields only.
    pub bits: Option<BitField>,
    /// Where it is declared.
    pub span: Option<Span>,
}

/// Where a bit-field lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BitField {
    /// Bits from the start of the record, counted as little-endian targets do; on big-endian ones
    /// the first bit-field takes the most significant bits, which this counts from.
    pub bit_offset: u64,
    /// How many bits.
    pub width: u16,
}

/// An enumeration.
#[derive(Clone, Debug)]
pub struct Enumeration {
    /// The tag; none if anonymous.
    pub tag: Option<Arc<str>>,
    /// The first typedef of an anonymous enumeration.
    pub typedef: Option<Arc<str>>,
    /// The integer type that clang gives it (`unsigned int` unless a value needs another).
    pub repr: IntKind,
    /// Whether the C names that type (`enum e : u8`).
    pub fixed: bool,
    /// Names and values, in order.
    pub constants: Vec<EnumConstant>,
    /// Where it is defined.
    pub span: Option<Span>,
    /// Out of `vmlinux.h` or a header that isn't the user's.
    pub foreign: bool,
}

/// A constant of an enumeration.
#[derive(Clone, Debug)]
pub struct EnumConstant {
    /// Its name.
    pub name: Arc<str>,
    /// Its value.
    pub value: i128,
    /// Where it is declared.
    pub span: Option<Span>,
}
