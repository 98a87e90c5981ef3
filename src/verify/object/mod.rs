//! A BPF object as a loader would see it: linked code, maps, globals, externs, types.

pub mod core_names;
mod core_relo;
mod elf;
mod kernels;
mod maps;
mod relocate;

use std::collections::{BTreeSet, HashMap};

use super::{
    btf::{self, Btf, TypeId},
    bytes::Endian,
    insn::{Op, Value},
    kind::Kind,
};

pub use kernels::{Feature, Kernel, lacking};
pub use maps::{MapDef, MapKind};

/// A whole object.
#[derive(Clone, Debug)]
pub struct Object {
    /// The byte order of all that it holds.
    pub endian: Endian,
    /// All functions, one after the other; targets are indices into this.
    pub code: Vec<Op>,
    /// Where functions begin and end, in the order of `code`.
    pub functions: Vec<Function>,
    /// What can be attached.
    pub programs: Vec<Program>,
    /// In the order of their sections.
    pub maps: Vec<MapDef>,
    /// Sections of variables.
    pub data: Vec<DataSection>,
    /// Named variables in `data`.
    pub globals: Vec<Global>,
    /// Kernel functions and variables that the object wants, by name.
    pub ksyms: Vec<String>,
    /// The types, where there are any.
    pub btf: Option<Btf>,
    /// Which line an instruction came from, by its slot.
    pub lines: Vec<SourceLine>,
    /// What its programs ask whether the kernel has it.
    pub asked: BTreeSet<Feature>,
}

/// A function of the object.
#[derive(Clone, Debug)]
pub struct Function {
    /// The symbol.
    pub name: String,
    /// First slot.
    pub start: usize,
    /// Slot behind the last.
    pub end: usize,
}

/// A function that can be attached.
#[derive(Clone, Debug)]
pub struct Program {
    /// The symbol, by which loaders know it.
    pub name: String,
    /// Where it attaches.
    pub section: String,
    /// What kind of program that makes it.
    pub kind: Kind,
    /// First slot.
    pub entry: usize,
}

/// What may be done to a section of variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Frozen once the loader has set it.
    ReadOnly,
    /// Programs write to it.
    Writable,
    /// Made up by the loader from the kernel's configuration.
    Kconfig,
}

/// A section of variables.
#[derive(Clone, Debug)]
pub struct DataSection {
    /// For example `.rodata`.
    pub name: String,
    /// Who may write.
    pub access: Access,
    /// Its bytes before the loader sets anything.
    pub bytes: Vec<u8>,
    /// Places that hold an address.
    pub addresses: Vec<(u64, Value)>,
}

/// A named variable.
#[derive(Clone, Debug)]
pub struct Global {
    /// The symbol.
    pub name: String,
    /// The index of its section.
    pub section: usize,
    /// Bytes from the beginning of the section.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// Its type, where the BTF tells.
    pub type_id: Option<TypeId>,
    /// Whether the loader may give it another value before the programs run: it is read-only,
    /// and `volatile`.
    pub settable: bool,
}

/// The line that the instructions from `slot` on came from.
#[derive(Clone, Debug)]
pub struct SourceLine {
    /// First slot.
    pub slot: usize,
    /// As the compiler was given it.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
}

impl Object {
    /// The program called `name`.
    pub fn program(&self, name: &str) -> Option<&Program> {
        self.programs.iter().find(|program| program.name == name)
    }

    /// How many parameters the functions have that the types tell of, those of the kernel among them.
    pub fn prototypes(&self) -> HashMap<String, usize> {
        let Some(btf) = &self.btf else {
            return HashMap::new();
        };
        let of = |function: &btf::Type| {
            let btf::Kind::Func(prototype) = function.kind else {
                return None;
            };
            let btf::Kind::FuncProto { parameters, .. } = btf.kind(prototype) else {
                return None;
            };
            Some((function.name.clone(), parameters.len()))
        };
        btf.all().filter_map(|(_, function)| of(function)).collect()
    }

    /// The map called `name` and its index.
    pub fn map(&self, name: &str) -> Option<(usize, &MapDef)> {
        self.maps
            .iter()
            .enumerate()
            .find(|(_, map)| map.name == name)
    }

    /// The variable called `name`.
    pub fn global(&self, name: &str) -> Option<&Global> {
        self.globals.iter().find(|global| global.name == name)
    }

    /// The bytes of a variable before the loader sets anything.
    pub fn initial(&self, global: &Global) -> Option<&[u8]> {
        let start = usize::try_from(global.offset).ok()?;
        let size = usize::try_from(global.size).ok()?;
        let section = self.data.get(global.section)?;
        section.bytes.get(start..start.checked_add(size)?)
    }

    /// Where the instruction at `slot` came from.
    pub fn line_of(&self, slot: usize) -> Option<&SourceLine> {
        let after = self.lines.partition_point(|line| line.slot <= slot);
        self.lines.get(after.checked_sub(1)?)
    }

    /// The name of the function that holds `slot`.
    pub fn function_at(&self, slot: usize) -> Option<&Function> {
        self.functions
            .iter()
            .find(|function| (function.start..function.end).contains(&slot))
    }
}
