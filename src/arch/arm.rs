//! 32-bit Arm.
//!
//! A function's parameters from the fifth on lie on the stack, those of a system call in registers.
//! libbpf's `PT_REGS_IP` is r12 here, not the program counter, which is r15.

use super::table::{CloneOrder, Layout, Quirks, Register, SyscallRegs, Table};

pub(super) const TABLE: Table = Table {
    word: 4,
    layout: Layout {
        file: "arch/arm/include/asm/ptrace.h",
        structure: "struct pt_regs",
    },
    syscall: &[
        Register::at("uregs[0]", 0),
        Register::at("uregs[1]", 4),
        Register::at("uregs[2]", 8),
        Register::at("uregs[3]", 12),
        Register::at("uregs[4]", 16),
        Register::at("uregs[5]", 20),
        Register::at("uregs[6]", 24),
    ],
    parameters: &[
        Register::at("uregs[0]", 0),
        Register::at("uregs[1]", 4),
        Register::at("uregs[2]", 8),
        Register::at("uregs[3]", 12),
    ],
    ret: Some(Register::at("uregs[14]", 56)),
    fp: Some(Register::at("uregs[11]", 44)),
    rc: Register::at("uregs[0]", 0),
    sp: Register::at("uregs[13]", 52),
    ip: Register::at("uregs[12]", 48),
    wrapper: None,
    syscall_regs: SyscallRegs::Parameter,
    quirks: Quirks {
        old_mmap: false,
        clone: CloneOrder::Backwards,
        socketcall: false,
        compat_prefixes: &[],
    },
};
