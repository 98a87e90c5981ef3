//! What the machine has to know of an architecture's saved registers.

use crate::arch::{self, Arch, table::Register};

use super::bytes::Endian;

/// The saved registers of one architecture; offsets are bytes into the kernel's `pt_regs`.
#[derive(Clone, Debug)]
pub struct Registers {
    /// Whose they are.
    pub arch: Arch,
    /// The byte order.
    pub endian: Endian,
    /// Bytes of a register.
    pub word: u64,
    /// Bytes of the structure, as far as programs look at it.
    pub size: u64,
    /// The arguments of a system call.
    pub syscall: Vec<u64>,
    /// The parameters of a function, as many as are in registers. The first points to the
    /// caller's registers where system calls are wrapped.
    pub parameters: Vec<u64>,
    /// The result of a function.
    pub result: u64,
    /// Whether kernels for it wrap their system calls.
    pub wraps: bool,
}

impl Registers {
    /// Those of `arch`.
    pub fn of(arch: Arch) -> Self {
        let table = arch.table();
        let offsets = |registers: &[Register]| {
            registers
                .iter()
                .map(|register| register.offset as u64)
                .collect()
        };
        let word = table.word as u64;
        let last = known(arch).map(|register| register.offset as u64).max();
        Self {
            arch,
            endian: match arch.endian() {
                arch::Endian::Little => Endian::Little,
                arch::Endian::Big => Endian::Big,
            },
            word,
            // One more register lies behind the last that anyone reads by name.
            size: last.unwrap_or(0) + 2 * word,
            syscall: offsets(table.syscall),
            parameters: offsets(table.parameters),
            result: table.rc.offset as u64,
            wraps: table.wrapper.is_some(),
        }
    }

    /// The offset of a member of `pt_regs`, by the kernel's name or user space's (`di`, `rdi`).
    pub fn member(&self, name: &str) -> Option<u64> {
        known(self.arch)
            .find(|register| register.name == name || name.strip_prefix('r') == Some(register.name))
            .map(|register| register.offset as u64)
    }
}

fn known(arch: Arch) -> impl Iterator<Item = &'static Register> {
    let table = arch.table();
    (table.syscall.iter())
        .chain(table.parameters)
        .chain([&table.rc, &table.sp, &table.ip])
        .chain(&table.ret)
        .chain(&table.fp)
}
