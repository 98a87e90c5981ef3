//! What a table says of an architecture.

/// Registers and system calls of one architecture.
#[derive(Debug)]
pub struct Table {
    /// Bytes of a register.
    pub word: usize,
    /// The file of Linux and the structure in it that the offsets are those of.
    pub layout: Layout,
    /// Arguments of a system call, in order.
    pub syscall: &'static [Register],
    /// Parameters of a function by its calling convention (`PT_REGS_PARM1` …), in order; fewer than
    /// eight where libbpf supports fewer.
    pub parameters: &'static [Register],
    /// `PT_REGS_RET`: the address to return to, or the stack that it lies on.
    pub ret: Option<Register>,
    /// `PT_REGS_FP`: the frame pointer.
    pub fp: Option<Register>,
    /// `PT_REGS_RC`: the value that the function returned.
    pub rc: Register,
    /// `PT_REGS_SP`: the stack pointer.
    pub sp: Register,
    /// `PT_REGS_IP`: the instruction pointer.
    pub ip: Register,
    /// How system calls are entered where a wrapper is given the saved registers; none: this
    /// architecture has no wrapper.
    pub wrapper: Option<Wrapper>,
    /// What `PT_REGS_SYSCALL_REGS` takes for the saved registers, whatever the kernel does: libbpf
    /// decides it when the program is compiled.
    pub syscall_regs: SyscallRegs,
    /// In what its system calls differ from others.
    pub quirks: Quirks,
}

/// Where the kernel's saved registers are declared.
#[derive(Debug)]
pub struct Layout {
    /// A file of Linux.
    pub file: &'static str,
    /// The structure.
    pub structure: &'static str,
}

/// A register as the kernel saves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// The member of the structure, as libbpf names it.
    pub name: &'static str,
    /// Bytes from the start of the structure.
    pub offset: usize,
}

impl Register {
    /// A register at an offset.
    pub(super) const fn at(name: &'static str, offset: usize) -> Self {
        Self { name, offset }
    }
}

/// Functions that system calls are entered through, whose one parameter points to the caller's saved
/// registers (`CONFIG_ARCH_HAS_SYSCALL_WRAPPER`).
#[derive(Debug)]
pub struct Wrapper {
    /// What precedes the name of the system call.
    pub prefix: &'static str,
    /// The first version of Linux that has them.
    pub since: (u8, u8),
    /// The file of Linux that says so.
    pub file: &'static str,
}

/// What `PT_REGS_SYSCALL_REGS(ctx)` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyscallRegs {
    /// What the first parameter points to.
    Parameter,
    /// The context itself.
    Context,
}

/// System calls to which the common rules don't apply; libbpf leaves them to the user.
#[derive(Debug)]
pub struct Quirks {
    /// The native `mmap` takes one pointer to a structure (`__ARCH_WANT_SYS_OLD_MMAP`).
    pub old_mmap: bool,
    /// In which order `clone` takes its arguments.
    pub clone: CloneOrder,
    /// Socket calls may come as `socketcall`, which takes a number and a pointer to the arguments
    /// (`__ARCH_WANT_SYS_SOCKETCALL`), beside the direct ones.
    pub socketcall: bool,
    /// What precedes the functions that 32-bit programs (and x32 ones) enter: a probe of the native
    /// function doesn't see those.
    pub compat_prefixes: &'static [&'static str],
}

/// The parameters of `clone`, in order (`kernel/fork.c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloneOrder {
    /// `flags, stack, parent_tid, child_tid, tls`
    Default,
    /// `flags, stack, parent_tid, tls, child_tid` (`CONFIG_CLONE_BACKWARDS`)
    Backwards,
    /// `stack, flags, parent_tid, child_tid, tls` (`CONFIG_CLONE_BACKWARDS2`)
    Backwards2,
}
