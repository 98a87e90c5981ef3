//! What a loader must do for an object beside loading it: fill in what only the running kernel
//! tells, and attach programs to what their sections named.

use serde::{Deserialize, Serialize};

use crate::{
    emit::loader::questions::{Question, Variable, questions, uses_wrapper_flag, variables},
    ir::{
        Object,
        program::{ProgramKind, SyscallEntry},
    },
};

/// What a loader must do for an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fill {
    /// Whether it must say how system calls are entered.
    pub wrapper: bool,
    /// What it must ask of the kernel's types.
    pub core: Vec<Question>,
    /// What it must ask of the kernel's version and configuration.
    pub kconfig: Vec<Variable>,
    /// What it must attach.
    pub attach: Vec<Attach>,
}

/// A program and what it is attached to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attach {
    /// The program.
    pub program: String,
    /// What kind of thing that is.
    pub kind: AttachKind,
    /// The system call or function.
    pub target: String,
    /// Whether it is attached to the return.
    pub returns: bool,
}

/// What a program is attached to by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttachKind {
    /// A system call, whatever the kernel calls its function.
    Syscall,
    /// A function of the kernel.
    Function,
}

impl Fill {
    /// What an object needs.
    pub fn of(object: &Object) -> Self {
        let attach = object.programs.iter().filter_map(|program| {
            let (kind, target, returns) = match &program.kind {
                ProgramKind::Ksyscall { call } => (AttachKind::Syscall, call, false),
                ProgramKind::Kretsyscall { call } => (AttachKind::Syscall, call, true),
                ProgramKind::Kprobe { function, .. } => (AttachKind::Function, function, false),
                ProgramKind::Kretprobe { function } => (AttachKind::Function, function, true),
                _ => return None,
            };
            let target = match program.entry {
                SyscallEntry::Socketcall(_) => "socketcall".to_owned(),
                // Only the workspace's own loaders know how 32-bit programs enter.
                SyscallEntry::Compat => return None,
                _ => target.clone()?,
            };
            Some(Attach {
                program: program.function.name.clone(),
                kind,
                target,
                returns,
            })
        });
        Self {
            wrapper: uses_wrapper_flag(object),
            core: questions(object),
            kconfig: variables(object),
            attach: attach.collect(),
        }
    }
}
