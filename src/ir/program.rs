//! Programs: where they are attached, and what they are given.

use super::body::{Function, LocalId};

/// A function that the kernel calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What `SEC("…")` says.
    pub section: String,
    /// What the section means.
    pub kind: ProgramKind,
    /// By which macro it was declared.
    pub macro_: EntryMacro,
    /// The context, a pointer; none where the C has no name for it. It is among the function's
    /// locals, not its parameters.
    pub ctx: Option<LocalId>,
    /// Whether the body mentions the context itself.
    pub ctx_used: bool,
    /// Arguments that the macro declares, in order.
    pub args: Vec<Argument>,
    /// What it does; it has no parameters (see `ctx` and `args`, which are among its locals).
    pub function: Function,
    /// Whether the kernel heeds the value that it returns.
    pub heeds_return: bool,
    /// How the arguments of its system call are handed over, and so what it is attached to.
    pub entry: SyscallEntry,
    /// Whether it is attached to the function that 32-bit programs enter as well.
    pub compat_too: bool,
}

/// By which of its functions a system call is entered, and where the arguments lie then.
///
/// Lowering knows libbpf's way only; the others come from [`crate::quirks`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SyscallEntry {
    /// The native one, argument n in the register for argument n, as libbpf takes them.
    #[default]
    Native,
    /// `clone`, whose order depends on the architecture; arguments are numbered as x86_64 has them:
    /// flags, stack, parent_tid, child_tid, tls (`CONFIG_CLONE_BACKWARDS`, `kernel/fork.c`).
    Clone,
    /// `mmap`, which some architectures enter as `old_mmap`, with a pointer to the arguments
    /// (`__ARCH_WANT_SYS_OLD_MMAP`, `mm/mmap.c`).
    Mmap,
    /// The one of 32-bit programs on a 64-bit kernel, with those programs' registers.
    Compat,
    /// `socketcall`, with the number of this call there and a pointer to the arguments
    /// (`__ARCH_WANT_SYS_SOCKETCALL`, `net/socket.c`).
    Socketcall(u8),
}

/// An argument of a [`Program`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The local variable that holds it. Its `ty` is the type that the body sees; a word is
    /// converted to it as C does.
    pub local: LocalId,
    /// Where it comes from.
    pub source: ArgumentSource,
    /// Whether the body reads it.
    pub used: bool,
    /// The type as C spells it, for people.
    pub c_type: String,
    /// `__user`, or a pointer of a system call: points to user space.
    pub user: bool,
}

/// Where an argument comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgumentSource {
    /// Argument n (from 0) of a system call, behind the wrapper where there is one.
    Syscall(u8),
    /// Parameter n (from 0) of a function, by the function's calling convention.
    Parameter(u8),
    /// The value that the function returns.
    Return,
    /// Word n of the context of a tracing program (`raw_tp`, `tp_btf`, `fentry`, `lsm` …).
    Tracing(u8),
}

/// By which of libbpf's macros a program was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are libbpf's")]
pub enum EntryMacro {
    /// A function that takes the context.
    None,
    Ksyscall,
    Kprobe,
    Kretprobe,
    Uprobe,
    Uretprobe,
    Prog,
}

/// What a section says.
///
/// Names of targets are as the section has them; none where it names none, and the loader must.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are libbpf's")]
pub enum ProgramKind {
    Ksyscall {
        call: Option<String>,
    },
    Kretsyscall {
        call: Option<String>,
    },
    Kprobe {
        function: Option<String>,
        offset: u64,
    },
    Kretprobe {
        function: Option<String>,
    },
    /// Path, function and offset as the section names them.
    Uprobe {
        target: Option<String>,
        sleepable: bool,
        multi: bool,
    },
    Uretprobe {
        target: Option<String>,
        sleepable: bool,
        multi: bool,
    },
    Tracepoint {
        category: Option<String>,
        name: Option<String>,
    },
    RawTracepoint {
        name: Option<String>,
    },
    BtfTracepoint {
        name: Option<String>,
    },
    Fentry {
        function: Option<String>,
        sleepable: bool,
    },
    Fexit {
        function: Option<String>,
        sleepable: bool,
    },
    Lsm {
        hook: Option<String>,
        sleepable: bool,
    },
    LsmCgroup {
        hook: Option<String>,
    },
    PerfEvent,
    Xdp {
        frags: bool,
        map: Option<String>,
    },
    Classifier,
    /// `ingress`, `egress` or none.
    CgroupSkb {
        attach: Option<String>,
    },
    /// `sock_create`, `post_bind4` …
    CgroupSock {
        attach: String,
    },
    /// `connect4`, `sendmsg6` …
    CgroupSockAddr {
        attach: String,
    },
    CgroupSysctl,
    /// `getsockopt` or `setsockopt`
    CgroupSockopt {
        attach: String,
    },
    CgroupDevice,
    SockOps,
    SkMsg,
    SkSkbParser,
    SkSkbVerdict,
    SkLookup,
    SkReuseport {
        migrate: bool,
    },
    SocketFilter,
    FlowDissector,
    Iter {
        target: Option<String>,
        sleepable: bool,
    },
    /// A section by which only other loaders find the program (`custom/name`): never attached.
    Custom,
}
