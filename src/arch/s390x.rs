//! 64-bit z/Architecture.
//!
//! The first argument is kept in `orig_gpr2`: gpr 2 becomes the return value. A function's sixth
//! parameter lies on the stack, a system call's in gpr 7.

use super::table::{CloneOrder, Layout, Quirks, Register, SyscallRegs, Table, Wrapper};

pub(super) const TABLE: Table = Table {
    word: 8,
    layout: Layout {
        file: "arch/s390/include/asm/ptrace.h",
        structure: "struct pt_regs",
    },
    syscall: &[
        Register::at("orig_gpr2", 152),
        Register::at("gprs[3]", 48),
        Register::at("gprs[4]", 56),
        Register::at("gprs[5]", 64),
        Register::at("gprs[6]", 72),
        Register::at("gprs[7]", 80),
    ],
    parameters: &[
        Register::at("gprs[2]", 40),
        Register::at("gprs[3]", 48),
        Register::at("gprs[4]", 56),
        Register::at("gprs[5]", 64),
        Register::at("gprs[6]", 72),
    ],
    ret: Some(Register::at("gprs[14]", 136)),
    fp: Some(Register::at("gprs[11]", 112)),
    rc: Register::at("gprs[2]", 40),
    sp: Register::at("gprs[15]", 144),
    ip: Register::at("psw.addr", 16),
    wrapper: Some(Wrapper {
        prefix: "__s390x_sys_",
        since: (4, 17),
        file: "arch/s390/include/asm/syscall_wrapper.h",
    }),
    syscall_regs: SyscallRegs::Parameter,
    quirks: Quirks {
        old_mmap: true,
        clone: CloneOrder::Backwards2,
        socketcall: true,
        compat_prefixes: &["__s390_sys_", "__s390_compat_sys_"],
    },
};
