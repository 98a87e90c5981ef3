//! The modules that every port shares: which of them a port needs, and their text.
//!
//! Their functions stand in `templates/runtime/`, which are plain Rust files. A port gets only those
//! functions that it calls, with what these need.

pub(super) mod select;

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    arch::{Arch, table::Register},
    ir::body,
};

/// A module of the eBPF crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Module {
    /// Atomic operations: `add`, `fetch_add`, `compare_exchange` …
    Atomic,
    /// `barrier` and `var`.
    Barrier,
    /// `htons`, `htonl` and `htonll` of numbers that may have more bits.
    ByteOrder,
    /// CO-RE: the types `Field`, `Exists`, `Number`, `Constant` and `Bitfield`.
    CoreRead,
    /// `div` and `rem` with BPF's meaning.
    Div,
    /// `argument` and `value`: of the function that a probe stopped at.
    Function,
    /// Helpers that aya-ebpf has no good wrapper for.
    Helper,
    /// `copy`, `fill`, `compare` and their kin.
    Memory,
    /// `load` and `probe`, and the offsets of registers.
    Regs,
    /// `args`: the arguments of a system call.
    Syscall,
}

impl Module {
    /// Every module, in the order in which a port declares them.
    pub const ALL: [Self; 10] = [
        Self::Atomic,
        Self::Barrier,
        Self::ByteOrder,
        Self::CoreRead,
        Self::Div,
        Self::Function,
        Self::Helper,
        Self::Memory,
        Self::Regs,
        Self::Syscall,
    ];

    /// What the module is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Atomic => "atomic",
            Self::Barrier => "barrier",
            Self::ByteOrder => "byte_order",
            Self::CoreRead => "core_read",
            Self::Div => "div",
            Self::Function => "function",
            Self::Helper => "helper",
            Self::Memory => "memory",
            Self::Regs => "regs",
            Self::Syscall => "syscall",
        }
    }

    /// Whether it has a function of that name without parameters.
    pub fn has_plain(self, function: &str) -> bool {
        self.text().contains(&format!("pub fn {function}()"))
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Atomic => include_str!("../../../templates/runtime/atomic.rs"),
            Self::Barrier => include_str!("../../../templates/runtime/barrier.rs"),
            Self::ByteOrder => include_str!("../../../templates/runtime/byte_order.rs"),
            Self::CoreRead => include_str!("../../../templates/runtime/core_read.rs"),
            Self::Div => include_str!("../../../templates/runtime/div.rs"),
            Self::Function => include_str!("../../../templates/runtime/function.rs"),
            Self::Helper => include_str!("../../../templates/runtime/helper.rs"),
            Self::Memory => include_str!("../../../templates/runtime/memory.rs"),
            Self::Regs => include_str!("../../../templates/runtime/regs.rs"),
            Self::Syscall => include_str!("../../../templates/runtime/syscall.rs"),
        }
    }
}

/// For modules of which not every architecture needs everything.
pub(super) const PARTLY_USED: &str =
    "#[allow(dead_code, reason = \"some of it is for some architectures\")]\n";

/// What a port needs of the runtime modules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runtime {
    items: BTreeSet<(Module, String)>,
    /// Modules of which some architectures need less.
    in_part: BTreeSet<Module>,
}

impl Runtime {
    /// Asks for a function or type of a module: `add`, `Field`, or a method of a type with the type
    /// before it, `Field::read`. A type's `new` comes with it.
    pub fn need(&mut self, module: Module, item: &str) {
        self.items.insert((module, item.to_owned()));
    }

    /// Asks for a register's offset, and tells the name of the constant in `regs` that has it.
    ///
    /// The constant is missing for architectures that have no such register, so that what needs it
    /// fails to build there, as the C does.
    pub fn need_register(&mut self, register: body::Register) -> String {
        let name = constant_name(register);
        self.need(Module::Regs, &name);
        name
    }

    /// All that is needed, each with its module.
    pub fn items(&self) -> impl Iterator<Item = &(Module, String)> {
        self.items.iter()
    }

    /// Adds an item that some architectures need.
    pub fn need_in_part(&mut self, (module, item): (Module, String)) {
        self.in_part.insert(module);
        self.items.insert((module, item));
    }

    /// What stands before `mod`: nothing where all of the module is used.
    pub fn attribute(&self, module: Module) -> &'static str {
        if self.in_part.contains(&module) {
            PARTLY_USED
        } else {
            ""
        }
    }

    /// Whether no module is needed.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The modules that are needed, in the order in which a port declares them.
    pub fn modules(&self) -> Vec<Module> {
        Module::ALL
            .into_iter()
            .filter(|&module| self.items.iter().any(|(of, _)| *of == module))
            .collect()
    }

    /// Whether there is inline assembly, which BPF crates need a feature of the compiler for.
    pub fn needs_asm(&self) -> bool {
        let mut modules = self.modules().into_iter();
        modules.any(|module| self.text(module).contains("asm!("))
    }

    /// The text of a module with what was asked for, and what that needs.
    pub fn text(&self, module: Module) -> String {
        let wanted = self
            .items
            .iter()
            .filter(|(of, _)| *of == module)
            .map(|(_, item)| item.as_str());
        let mut text = select::select(module.text(), wanted);
        if module == Module::Regs {
            for register in registers() {
                let name = constant_name(register);
                if self.items.contains(&(module, name.clone())) {
                    constants(&mut text, &name, register);
                }
            }
        }
        text
    }

    /// The modules as one piece of text, for a port that is a single file.
    pub fn inline(&self) -> String {
        let mut text = String::new();
        for module in self.modules() {
            let _ = writeln!(text, "\n{}mod {} {{", self.attribute(module), module.name());
            let inner = self.text(module);
            for line in inner.lines() {
                let indent = if line.is_empty() { "" } else { "    " };
                let _ = writeln!(text, "{indent}{line}");
            }
            text.push_str("}\n");
        }
        text
    }
}

/// Every register that libbpf has a name for.
fn registers() -> impl Iterator<Item = body::Register> {
    let parameters = (0..8).map(body::Register::Parameter);
    let arguments = (0..7).map(body::Register::Syscall);
    parameters.chain(arguments).chain([
        body::Register::Ret,
        body::Register::Fp,
        body::Register::Rc,
        body::Register::Sp,
        body::Register::Ip,
    ])
}

fn constant_name(register: body::Register) -> String {
    match register {
        body::Register::Parameter(n) => format!("PARM{}", u32::from(n) + 1),
        body::Register::Syscall(n) => format!("PARM{}_SYSCALL", u32::from(n) + 1),
        body::Register::Ret => "RET".to_owned(),
        body::Register::Fp => "FP".to_owned(),
        body::Register::Rc => "RC".to_owned(),
        body::Register::Sp => "SP".to_owned(),
        body::Register::Ip => "IP".to_owned(),
    }
}

/// Where an architecture keeps a register that `PT_REGS_…` names; none where it has none.
pub fn register(arch: Arch, register: body::Register) -> Option<Register> {
    let table = arch.table();
    match register {
        body::Register::Parameter(n) => table.parameters.get(usize::from(n)).copied(),
        body::Register::Syscall(n) => table.syscall.get(usize::from(n)).copied(),
        body::Register::Ret => table.ret,
        body::Register::Fp => table.fp,
        body::Register::Rc => Some(table.rc),
        body::Register::Sp => Some(table.sp),
        body::Register::Ip => Some(table.ip),
    }
}

/// A constant for each architecture that has the register.
fn constants(text: &mut String, name: &str, of: body::Register) {
    text.push('\n');
    for arch in Arch::ALL {
        if let Some(Register {
            name: member,
            offset,
        }) = register(arch, of)
        {
            let _ = writeln!(text, "#[cfg(bpf_target_arch = \"{}\")]", arch.name());
            let _ = writeln!(text, "pub const {name}: usize = {offset}; // {member}");
        }
    }
}

#[cfg(test)]
mod tests;
