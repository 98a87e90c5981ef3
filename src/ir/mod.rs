//! What a BPF object is, in no language: programs and their arguments, maps, globals, types, bodies.
//!
//! Names are those of the object, that is C's. There is no text of C or Rust here and no register.
//! What differs from one architecture to another is there once for each, see [`Variants`].

pub mod body;
pub mod constant;
pub mod dump;
pub mod program;
pub mod rename;
pub mod ty;
pub mod walk;

use body::{Expr, Function, Init};
use program::Program;
use ty::{Enumeration, Record, Ty};

use std::collections::{BTreeMap, HashMap};

use crate::{arch::Archs, source::span::Span};

/// Index into [`Object::records`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub u32);
/// Index into [`Object::enums`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnumId(pub u32);
/// Index into [`Object::constants`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConstantId(pub u32);
/// Index into [`Object::globals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlobalId(pub u32);
/// Index into [`Object::maps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MapId(pub u32);
/// Index into [`Object::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub u32);
/// Index into [`Object::relocations`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelocationId(pub u32);

/// One BPF object: what one C file becomes. Only what programs reach is in it, and what stands in
/// the user's own files.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// The file's name without `.bpf.c` or `.c`.
    pub name: String,
    /// The comment at the head of the file, SPDX line apart.
    pub doc: Vec<Comment>,
    /// `SPDX-License-Identifier:` of the file.
    pub spdx: Option<String>,
    /// What the `license` section holds, and what the variable is called.
    pub license: Option<License>,
    /// Structures and unions.
    pub records: Vec<Record>,
    /// Enumerations.
    pub enums: Vec<Enumeration>,
    /// Named constants.
    pub constants: Vec<Constant>,
    /// Maps.
    pub maps: Vec<Map>,
    /// Variables.
    pub globals: Vec<Global>,
    /// What is asked of the running kernel's types when the object is loaded.
    pub relocations: Vec<Relocation>,
    /// Functions that aren't programs.
    pub functions: Vec<Function>,
    /// Programs.
    pub programs: Vec<Program>,
    /// The order in which all of these stand in the file.
    pub order: Vec<Item>,
    /// What depends on the architecture for which the file is read.
    pub variants: Variants,
    /// How the user wrote numbers of so much: literals by their places, and constants that are one
    /// literal by the places of their names.
    pub radixes: HashMap<(Span, u128), Radix>,
    /// Whether a function became a loop over states, which costs little only where LLVM threads
    /// the jumps through its head.
    pub state_loops: bool,
    /// Whether a loop is unrolled that LLVM leaves alone unless told.
    pub unrolls: bool,
}

/// The base in which a number is written, or that it is a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Radix {
    /// `12`
    Decimal,
    /// `0b11`
    Binary,
    /// `0644`
    Octal,
    /// `0xff`
    Hexadecimal,
    /// `'a'`
    Character,
}

impl Radix {
    /// That of a literal of C; none for what is no literal.
    pub fn of(literal: &str) -> Option<Self> {
        let is_number = literal.chars().all(|c| c.is_ascii_alphanumeric());
        match literal.as_bytes() {
            [b'\'', _, b'\''] | [b'\'', b'\\', .., b'\''] => Some(Self::Character),
            _ if !is_number => None,
            [b'0', b'x' | b'X', ..] => Some(Self::Hexadecimal),
            [b'0', b'b' | b'B', ..] => Some(Self::Binary),
            [b'0', b'0'..=b'7', ..] => Some(Self::Octal),
            [b'0'..=b'9', ..] => Some(Self::Decimal),
            _ => None,
        }
    }
}

impl Object {
    /// What an item is called in C; none for what has no name.
    pub fn name_of(&self, item: Item) -> Option<&str> {
        match item {
            Item::Record(id) => self.records.get(id.0 as usize)?.name.as_deref(),
            Item::Enum(id) => self.enums.get(id.0 as usize)?.name.as_deref(),
            Item::Constant(id) => Some(&self.constants.get(id.0 as usize)?.name),
            Item::Global(id) => Some(&self.globals.get(id.0 as usize)?.name),
            Item::Map(id) => Some(&self.maps.get(id.0 as usize)?.name),
            Item::Function(id) => Some(&self.functions.get(id.0 as usize)?.name),
            Item::Program(at) => Some(&self.programs.get(at as usize)?.function.name),
            Item::License | Item::Relocation(_) => None,
        }
    }

    /// The comments before and behind an item; none for what stands nowhere in the C.
    pub fn notes(&self, item: Item) -> Option<&Notes> {
        Some(match item {
            Item::Record(id) => &self.records.get(id.0 as usize)?.notes,
            Item::Enum(id) => &self.enums.get(id.0 as usize)?.notes,
            Item::Constant(id) => &self.constants.get(id.0 as usize)?.notes,
            Item::Global(id) => &self.globals.get(id.0 as usize)?.notes,
            Item::Map(id) => &self.maps.get(id.0 as usize)?.notes,
            Item::Function(id) => &self.functions.get(id.0 as usize)?.notes,
            Item::Program(at) => &self.programs.get(at as usize)?.function.notes,
            Item::License => &self.license.as_ref()?.notes,
            Item::Relocation(_) => return None,
        })
    }

    /// The architectures that an item is for, where it isn't for all.
    pub fn only(&self, item: Item) -> Option<Archs> {
        self.variants.only.get(&item).copied()
    }
}

/// What of an object depends on the architecture for which the file is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variants {
    /// The architectures for which the file was read; none where it doesn't ask for them.
    pub archs: Option<Archs>,
    /// Architectures for which the file can't be read, and what it says there.
    pub refused: Vec<(Archs, String)>,
    /// Items that aren't there, or not the same, on all of `archs`. Several items may have one name,
    /// then no two of them are for the same architecture.
    pub only: BTreeMap<Item, Archs>,
}

/// An item of a file, in the order in which the user wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each names its kind")]
pub enum Item {
    Record(RecordId),
    Enum(EnumId),
    Constant(ConstantId),
    Global(GlobalId),
    Map(MapId),
    Function(FunctionId),
    /// Index into [`Object::programs`].
    Program(u32),
    License,
    /// Made up for the user, so never in [`Object::order`].
    Relocation(RelocationId),
}

/// The contents of the section `license`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License {
    /// The variable.
    pub variable: String,
    /// `Dual MIT/GPL`
    pub text: String,
    /// Comments.
    pub notes: Notes,
}

/// Comments and blank lines around an item, a field or a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Whether a blank line stands before it (before its comments).
    pub blank: bool,
    /// Comments on lines of their own before it.
    pub before: Vec<Comment>,
    /// A comment behind it on its last line.
    pub after: Option<Comment>,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its lines, without delimiters and common indentation.
    pub lines: Vec<String>,
    /// Whether a blank line separates it from what follows.
    pub apart: bool,
}

/// A named constant (an object-like macro of the user, or a constant of an anonymous or foreign
/// enumeration).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constant {
    /// The macro.
    pub name: String,
    /// The type that it has in C; the emitter may give it the one that its uses want.
    pub ty: Ty,
    /// Its value.
    pub value: ConstantValue,
    /// How the value is written, where that says more than the number: `256 * 1024`, other
    /// constants; evaluates to `value`.
    pub expr: Option<Box<Expr>>,
    /// Comments.
    pub notes: Notes,
    /// Whether anything refers to it.
    pub used: bool,
    /// From the kernel's or libbpf's headers.
    pub foreign: bool,
    /// Its definition.
    pub span: Option<Span>,
}

/// The value of a [`Constant`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstantValue {
    /// An integer.
    Int(i128),
    /// A string without its terminating zero.
    Str(Vec<u8>),
}

/// A variable with static storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Global {
    /// Its name in the object (`function.name` or `function.name.1` for a static local; the function
    /// of a macro is `____program`).
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// Where it lives, and who may write it.
    pub kind: GlobalKind,
    /// What it starts with.
    pub init: Init,
    /// `volatile`: each access is one.
    pub volatile: bool,
    /// Bytes to a multiple of which it is aligned, where that is more than its type asks for.
    pub aligned: Option<u64>,
    /// Not visible outside of the object.
    pub static_: bool,
    /// `__weak`
    pub weak: bool,
    /// Comments.
    pub notes: Notes,
    /// Its declaration.
    pub span: Span,
}

/// Where a [`Global`] lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GlobalKind {
    /// `const volatile` in `.rodata`: the loader may set it before the load; then it is constant.
    Option,
    /// `const` in `.rodata`.
    Constant,
    /// `.data` or `.bss`.
    Mutable,
    /// `SEC(".data.x")` and the like.
    Section(String),
    /// `extern … __kconfig`: `LINUX_KERNEL_VERSION`, `CONFIG_HZ`; set by the loader.
    Kconfig,
    /// `extern const void … __ksym`: an address that the kernel gives a name.
    Ksym,
    /// `extern … __ksym` of another type: a variable of the kernel's, where it lies.
    Kernel,
}

/// A map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// Its name in the object.
    pub name: String,
    /// Its definition.
    pub def: MapDef,
    /// Initial values of a map of maps or programs: index and what it holds.
    pub values: Vec<(u64, MapValue)>,
    /// Types of the records that the programs send through it (ring buffers, perf event arrays).
    pub records: Vec<Ty>,
    /// Declared by `struct bpf_map_def SEC("maps")`.
    pub legacy: bool,
    /// Comments.
    pub notes: Notes,
    /// Its declaration.
    pub span: Span,
}

/// What a map is made as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapDef {
    /// `enum bpf_map_type` of the kernel's UAPI.
    pub map_type: u32,
    /// Type of its keys, where declared by type.
    pub key: Option<Ty>,
    /// Bytes of a key, where declared by size or type.
    pub key_size: u64,
    /// Type of its values, where declared by type.
    pub value: Option<Ty>,
    /// Bytes of a value.
    pub value_size: u64,
    /// `max_entries`; bytes for ring buffers.
    pub max_entries: u64,
    /// How `max_entries` is written (`ARGS_MAX`, `256 * 1024`).
    pub max_entries_expr: Option<Box<Expr>>,
    /// `map_flags`
    pub flags: u64,
    /// `map_extra`
    pub extra: u64,
    /// `LIBBPF_PIN_BY_NAME`
    pub pin_by_name: bool,
    /// `numa_node`
    pub numa_node: Option<u32>,
    /// What the inner maps of a map of maps are made as.
    pub inner: Option<Box<MapDef>>,
}

/// An initial value of a map of maps or programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapValue {
    /// A map.
    Map(MapId),
    /// A program, by name.
    Program(String),
}

/// A question to the running kernel's types (BTF), answered when the object is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// What is asked.
    pub kind: RelocationKind,
    /// The type that it is asked about: a record's or enumeration's tag, or a typedef's name,
    /// without `___flavor`.
    pub type_name: String,
    /// Whether the type is a `struct`, `union`, `enum` or typedef.
    pub type_kind: TypeKind,
    /// Way from the type to the field: names and array indices (of an enumeration: its constant).
    pub path: Vec<PathPart>,
    /// The type of the field in the user's declarations.
    pub ty: Ty,
    /// Whether a kernel without it may still load the object (asked by `…_exists` too, or
    /// unreachable where it doesn't exist).
    pub optional: bool,
    /// Where it is first asked.
    pub span: Span,
}

/// What kind of type a [`Relocation`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are C's")]
pub enum TypeKind {
    Struct,
    Union,
    Enum,
    Typedef,
}

/// A step from a type to a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathPart {
    /// A member, be it in an anonymous record.
    Field(String),
    /// An element of an array.
    Index(u64),
}

/// What a [`Relocation`] asks; names as in libbpf's `enum bpf_core_relo_kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelocationKind {
    /// Bytes from the start of the type to the field.
    FieldOffset,
    /// Bytes of the field.
    FieldSize,
    /// 1 if the field is there.
    FieldExists,
    /// 1 if the field is signed.
    FieldSigned,
    /// How far a bit-field is shifted left in 64 bits to drop what lies above it.
    FieldLshift,
    /// How far it is then shifted right.
    FieldRshift,
    /// 1 if the type is there.
    TypeExists,
    /// 1 if the type is there and alike.
    TypeMatches,
    /// Bytes of the type.
    TypeSize,
    /// The type's number in the kernel's BTF; 0 where it isn't there.
    TypeId,
    /// 1 if the constant is there.
    EnumExists,
    /// The constant's value.
    EnumValue,
}

impl RelocationKind {
    /// Whether it asks for a truth: that something is there.
    pub fn is_existence(self) -> bool {
        matches!(
            self,
            Self::FieldExists | Self::TypeExists | Self::TypeMatches | Self::EnumExists
        )
    }
}
