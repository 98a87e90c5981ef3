//! 64-bit x86.
//!
//! System calls take their fourth argument in r10: the instruction `syscall` overwrites rcx.

use super::table::{CloneOrder, Layout, Quirks, Register, SyscallRegs, Table, Wrapper};

pub(super) const TABLE: Table = Table {
    word: 8,
    layout: Layout {
        file: "arch/x86/include/asm/ptrace.h",
        structure: "struct pt_regs",
    },
    syscall: &[
        Register::at("di", 112),
        Register::at("si", 104),
        Register::at("dx", 96),
        Register::at("r10", 56),
        Register::at("r8", 72),
        Register::at("r9", 64),
    ],
    parameters: &[
        Register::at("di", 112),
        Register::at("si", 104),
        Register::at("dx", 96),
        Register::at("cx", 88),
        Register::at("r8", 72),
        Register::at("r9", 64),
    ],
    ret: Some(Register::at("sp", 152)),
    fp: Some(Register::at("bp", 32)),
    rc: Register::at("ax", 80),
    sp: Register::at("sp", 152),
    ip: Register::at("ip", 128),
    wrapper: Some(Wrapper {
        prefix: "__x64_sys_",
        since: (4, 17),
        file: "arch/x86/include/asm/syscall_wrapper.h",
    }),
    syscall_regs: SyscallRegs::Parameter,
    quirks: Quirks {
        old_mmap: false,
        clone: CloneOrder::Default,
        socketcall: false,
        compat_prefixes: &[
            "__ia32_sys_",
            "__ia32_compat_sys_",
            "__x32_compat_sys_",
            "__x64_compat_sys_",
        ],
    },
};
