//! The type information (BTF) of an object or a kernel.
//!
//! The format is the one of the kernel's `Documentation/bpf/btf.rst`.

pub mod ext;
mod layout;
mod parse;

pub use layout::Place;

/// The number of a type in its table; 0 is `void`.
pub type TypeId = u32;

/// A table of types.
#[derive(Clone, Debug)]
pub struct Btf {
    types: Vec<Type>,
    /// Bytes of a pointer.
    pub pointer_size: u64,
}

/// One type and its name, which is empty for anonymous ones.
#[derive(Clone, Debug)]
pub struct Type {
    /// As the C or Rust source spells it.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What a type is. Sizes are in bytes.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Type 0, and what stands for nothing.
    Void,
    /// An integer, `bool` or `char`.
    Int {
        /// Bytes.
        size: u32,
        /// Whether it is signed.
        signed: bool,
        /// Whether it is `bool`.
        boolean: bool,
        /// Whether it is a character.
        character: bool,
    },
    /// A pointer to a type.
    Ptr(TypeId),
    /// An array.
    Array {
        /// The type of an element.
        element: TypeId,
        /// How many.
        count: u32,
    },
    /// A structure or union.
    Composite {
        /// Whether all members begin at 0.
        union: bool,
        /// Bytes.
        size: u32,
        /// In the order of their declaration.
        members: Vec<Member>,
    },
    /// An enumeration.
    Enum {
        /// Bytes.
        size: u32,
        /// Whether its constants are signed.
        signed: bool,
        /// Name and value, the latter in 64 bits.
        values: Vec<(String, u64)>,
    },
    /// A structure or union that is only declared.
    Forward,
    /// Another name of a type.
    Typedef(TypeId),
    /// `volatile`.
    Volatile(TypeId),
    /// `const`, `restrict` or a type tag.
    Qualifier(TypeId),
    /// A function and its prototype.
    Func(TypeId),
    /// A prototype: the result and the parameters' names and types.
    FuncProto {
        /// The type of the result.
        returns: TypeId,
        /// Names and types.
        parameters: Vec<(String, TypeId)>,
    },
    /// A variable.
    Var(TypeId),
    /// A section of variables.
    Datasec(Vec<SectionVar>),
    /// A floating-point number.
    Float(u32),
    /// A declaration tag, which no size or member depends on.
    DeclTag,
}

/// A member of a structure or union.
#[derive(Clone, Debug)]
pub struct Member {
    /// Empty for an anonymous part.
    pub name: String,
    /// Its type.
    pub type_id: TypeId,
    /// Bits from the beginning of the structure.
    pub bit_offset: u32,
    /// Bits of a bit-field; 0 for any other member.
    pub bits: u32,
}

/// A variable's place in its section.
#[derive(Clone, Copy, Debug)]
pub struct SectionVar {
    /// The number of the [`Kind::Var`].
    pub type_id: TypeId,
    /// Bytes from the beginning of the section; clang leaves it 0 in an object.
    pub offset: u32,
    /// Bytes.
    pub size: u32,
}

impl Btf {
    /// The type numbered `id`; `void` for a number that isn't there.
    pub fn get(&self, id: TypeId) -> &Type {
        static VOID: Type = Type {
            name: String::new(),
            kind: Kind::Void,
        };
        usize::try_from(id)
            .ok()
            .and_then(|index| self.types.get(index))
            .unwrap_or(&VOID)
    }

    /// Every type with its number.
    pub fn all(&self) -> impl Iterator<Item = (TypeId, &Type)> {
        (0..).zip(&self.types)
    }

    /// The variables of the section called `name`.
    pub fn section(&self, name: &str) -> &[SectionVar] {
        self.all()
            .find_map(|(_, candidate)| match &candidate.kind {
                Kind::Datasec(vars) if candidate.name == name => Some(vars.as_slice()),
                _ => None,
            })
            .unwrap_or_default()
    }
}
