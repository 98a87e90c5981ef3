//! 64-bit Power.
//!
//! The functions behind the wrapper have no prefix of their own. The first argument is kept in
//! `orig_gpr3`: gpr 3 becomes the return value. libbpf's `PT_REGS_RET` names a member that isn't there.

use super::table::{CloneOrder, Layout, Quirks, Register, SyscallRegs, Table, Wrapper};

pub(super) const TABLE: Table = Table {
    word: 8,
    layout: Layout {
        file: "arch/powerpc/include/asm/ptrace.h",
        structure: "struct pt_regs",
    },
    syscall: &[
        Register::at("orig_gpr3", 272),
        Register::at("gpr[4]", 32),
        Register::at("gpr[5]", 40),
        Register::at("gpr[6]", 48),
        Register::at("gpr[7]", 56),
        Register::at("gpr[8]", 64),
    ],
    parameters: &[
        Register::at("gpr[3]", 24),
        Register::at("gpr[4]", 32),
        Register::at("gpr[5]", 40),
        Register::at("gpr[6]", 48),
        Register::at("gpr[7]", 56),
        Register::at("gpr[8]", 64),
        Register::at("gpr[9]", 72),
        Register::at("gpr[10]", 80),
    ],
    ret: None,
    fp: None,
    rc: Register::at("gpr[3]", 24),
    sp: Register::at("gpr[1]", 8),
    ip: Register::at("nip", 256),
    wrapper: Some(Wrapper {
        prefix: "sys_",
        since: (6, 1),
        file: "arch/powerpc/include/asm/syscall_wrapper.h",
    }),
    syscall_regs: SyscallRegs::Context,
    quirks: Quirks {
        old_mmap: false,
        clone: CloneOrder::Backwards,
        socketcall: true,
        compat_prefixes: &["compat_sys_"],
    },
};
