//! 64-bit RISC-V.
//!
//! The first argument is kept in `orig_a0`: `a0` becomes the return value.

use super::table::{CloneOrder, Layout, Quirks, Register, SyscallRegs, Table, Wrapper};

pub(super) const TABLE: Table = Table {
    word: 8,
    layout: Layout {
        file: "arch/riscv/include/asm/ptrace.h",
        structure: "struct pt_regs",
    },
    syscall: &[
        Register::at("orig_a0", 280),
        Register::at("a1", 88),
        Register::at("a2", 96),
        Register::at("a3", 104),
        Register::at("a4", 112),
        Register::at("a5", 120),
    ],
    parameters: &[
        Register::at("a0", 80),
        Register::at("a1", 88),
        Register::at("a2", 96),
        Register::at("a3", 104),
        Register::at("a4", 112),
        Register::at("a5", 120),
        Register::at("a6", 128),
        Register::at("a7", 136),
    ],
    ret: Some(Register::at("ra", 8)),
    fp: Some(Register::at("s0", 64)),
    rc: Register::at("a0", 80),
    sp: Register::at("sp", 16),
    ip: Register::at("pc", 0),
    wrapper: Some(Wrapper {
        prefix: "__riscv_sys_",
        since: (6, 6),
        file: "arch/riscv/include/asm/syscall_wrapper.h",
    }),
    syscall_regs: SyscallRegs::Parameter,
    quirks: Quirks {
        old_mmap: false,
        clone: CloneOrder::Backwards,
        socketcall: false,
        compat_prefixes: &["__riscv_compat_sys_"],
    },
};
