//! 32-bit MIPS, calling convention o32.
//!
//! The registers lie behind room for eight words, in which the entry code puts the arguments that the
//! caller has on its stack. libbpf's macros read r8 and r9 for the fifth and the sixth, which is right
//! for the other conventions only.

use super::table::{CloneOrder, Layout, Quirks, Register, SyscallRegs, Table};

pub(super) const TABLE: Table = Table {
    word: 4,
    layout: Layout {
        file: "arch/mips/include/asm/ptrace.h",
        structure: "struct pt_regs",
    },
    syscall: &[
        Register::at("regs[4]", 48),
        Register::at("regs[5]", 52),
        Register::at("regs[6]", 56),
        Register::at("regs[7]", 60),
        Register::at("pad0[4]", 16),
        Register::at("pad0[5]", 20),
    ],
    parameters: &[
        Register::at("regs[4]", 48),
        Register::at("regs[5]", 52),
        Register::at("regs[6]", 56),
        Register::at("regs[7]", 60),
        Register::at("regs[8]", 64),
        Register::at("regs[9]", 68),
        Register::at("regs[10]", 72),
        Register::at("regs[11]", 76),
    ],
    ret: Some(Register::at("regs[31]", 156)),
    fp: Some(Register::at("regs[30]", 152)),
    rc: Register::at("regs[2]", 40),
    sp: Register::at("regs[29]", 148),
    ip: Register::at("cp0_epc", 180),
    wrapper: None,
    syscall_regs: SyscallRegs::Parameter,
    quirks: Quirks {
        old_mmap: false,
        clone: CloneOrder::Backwards,
        socketcall: true,
        compat_prefixes: &[],
    },
};
