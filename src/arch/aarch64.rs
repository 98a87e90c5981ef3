//! 64-bit Arm.
//!
//! The wrapper leaves the first argument in `orig_x0`, which lies behind what user space sees as
//! `struct user_pt_regs`; `regs[0]` becomes the return value.

use super::table::{CloneOrder, Layout, Quirks, Register, SyscallRegs, Table, Wrapper};

pub(super) const TABLE: Table = Table {
    word: 8,
    layout: Layout {
        file: "arch/arm64/include/asm/ptrace.h",
        structure: "struct pt_regs",
    },
    syscall: &[
        Register::at("orig_x0", 272),
        Register::at("regs[1]", 8),
        Register::at("regs[2]", 16),
        Register::at("regs[3]", 24),
        Register::at("regs[4]", 32),
        Register::at("regs[5]", 40),
    ],
    parameters: &[
        Register::at("regs[0]", 0),
        Register::at("regs[1]", 8),
        Register::at("regs[2]", 16),
        Register::at("regs[3]", 24),
        Register::at("regs[4]", 32),
        Register::at("regs[5]", 40),
        Register::at("regs[6]", 48),
        Register::at("regs[7]", 56),
    ],
    ret: Some(Register::at("regs[30]", 240)),
    fp: Some(Register::at("regs[29]", 232)),
    rc: Register::at("regs[0]", 0),
    sp: Register::at("sp", 248),
    ip: Register::at("pc", 256),
    wrapper: Some(Wrapper {
        prefix: "__arm64_sys_",
        since: (4, 19),
        file: "arch/arm64/include/asm/syscall_wrapper.h",
    }),
    syscall_regs: SyscallRegs::Parameter,
    quirks: Quirks {
        old_mmap: false,
        clone: CloneOrder::Backwards,
        socketcall: false,
        compat_prefixes: &["__arm64_compat_sys_"],
    },
};
