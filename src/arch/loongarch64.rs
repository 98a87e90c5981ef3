//! 64-bit LoongArch.

use super::table::{CloneOrder, Layout, Quirks, Register, SyscallRegs, Table};

pub(super) const TABLE: Table = Table {
    word: 8,
    layout: Layout {
        file: "arch/loongarch/include/asm/ptrace.h",
        structure: "struct pt_regs",
    },
    syscall: &[
        Register::at("regs[4]", 32),
        Register::at("regs[5]", 40),
        Register::at("regs[6]", 48),
        Register::at("regs[7]", 56),
        Register::at("regs[8]", 64),
        Register::at("regs[9]", 72),
    ],
    parameters: &[
        Register::at("regs[4]", 32),
        Register::at("regs[5]", 40),
        Register::at("regs[6]", 48),
        Register::at("regs[7]", 56),
        Register::at("regs[8]", 64),
        Register::at("regs[9]", 72),
        Register::at("regs[10]", 80),
        Register::at("regs[11]", 88),
    ],
    ret: Some(Register::at("regs[1]", 8)),
    fp: Some(Register::at("regs[22]", 176)),
    rc: Register::at("regs[4]", 32),
    sp: Register::at("regs[3]", 24),
    ip: Register::at("csr_era", 264),
    wrapper: None,
    syscall_regs: SyscallRegs::Context,
    quirks: Quirks {
        old_mmap: false,
        clone: CloneOrder::Default,
        socketcall: false,
        compat_prefixes: &[],
    },
};
