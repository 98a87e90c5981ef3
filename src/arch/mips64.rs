//! 64-bit MIPS, calling convention n64.

use super::table::{CloneOrder, Layout, Quirks, Register, SyscallRegs, Table};

pub(super) const TABLE: Table = Table {
    word: 8,
    layout: Layout {
        file: "arch/mips/include/asm/ptrace.h",
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
    ret: Some(Register::at("regs[31]", 248)),
    fp: Some(Register::at("regs[30]", 240)),
    rc: Register::at("regs[2]", 16),
    sp: Register::at("regs[29]", 232),
    ip: Register::at("cp0_epc", 296),
    wrapper: None,
    syscall_regs: SyscallRegs::Parameter,
    quirks: Quirks {
        old_mmap: false,
        clone: CloneOrder::Backwards,
        socketcall: false,
        compat_prefixes: &["compat_sys_"],
    },
};
