//! System calls of which `BPF_KSYSCALL` doesn't see every entry, or takes the arguments in an order
//! that isn't every architecture's: libbpf leaves them to the user (`bpf_tracing.h`).
//!
//! [`apply`] says which programs that concerns. Where it is told to, it changes the object so that
//! the port does better than the C: `clone` and `mmap` read their arguments as the architecture has
//! them, and what is entered in another way too gets a second program for that.

mod compat;
mod handle;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    arch::{Arch, Archs, table::CloneOrder},
    diag::{Code, Diagnostic, Severity},
    ir::{
        Item, Object,
        program::{Program, ProgramKind},
    },
    source::span::Span,
};

/// `mmap`, where it is entered with a pointer to its arguments.
pub const OLD_MMAP: Code = Code::new("W0340", "old-mmap-entry");
/// `clone`, where it takes its arguments in another order.
pub const CLONE_ORDER: Code = Code::new("W0341", "clone-argument-order");
/// A socket call that can be made through `socketcall` too.
pub const SOCKETCALL: Code = Code::new("W0342", "socketcall-entry");
/// A system call that 32-bit programs enter by another function.
pub const COMPAT: Code = Code::new("W0343", "compat-entry");
/// Another entry of a system call for which no program can be made.
pub const LEFT: Code = Code::new("W0344", "entry-left-out");

/// What becomes of such system calls.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Quirks {
    /// As libbpf does it, with a remark
    #[default]
    Libbpf,
    /// Arguments in the order of each architecture, and programs for the other entries
    Handle,
}

/// Names the programs of `object` that have quirks on `archs`; handles those that can be.
pub fn apply(object: &mut Object, archs: Archs, quirks: Quirks) -> Vec<Diagnostic> {
    match quirks {
        Quirks::Libbpf => remarks(object, archs),
        Quirks::Handle => handle::all(object, archs),
    }
}

/// One for each quirk: a file of thirty probes doesn't need thirty.
fn remarks(object: &Object, archs: Archs) -> Vec<Diagnostic> {
    let of = |concerned: &dyn Fn(&Program, Arch) -> bool| {
        let mut found: Vec<&Program> = Vec::new();
        let mut on = Archs::default();
        for (at, program) in (0..).zip(&object.programs) {
            let here: Archs = of_program(object, at, archs)
                .iter()
                .filter(|&arch| concerned(program, arch))
                .collect();
            let known = found
                .iter()
                .any(|known| known.function.name == program.function.name);
            if !here.is_empty() && !known {
                found.push(program);
            }
            on = on.union(here);
        }
        (found, on)
    };
    let mut remarks = Vec::new();
    let mut remark = |code, severity, (found, on): (Vec<&Program>, Archs), what: &str| {
        let Some(first) = found.first() else { return };
        let names: Vec<_> = found
            .iter()
            .map(|program| format!("`{}`", program.function.name))
            .collect();
        let message = format!("on {}, {what}: {}", on.names(), names.join(", "));
        let mut diagnostic = Diagnostic::warning(code, place(first), message);
        diagnostic.severity = severity;
        remarks.push(diagnostic.help("--quirks handle ports it for these too"));
    };
    remark(
        OLD_MMAP,
        Severity::Warning,
        of(&|program, arch| call(program) == Some("mmap") && arch.table().quirks.old_mmap),
        "`mmap` is entered as `old_mmap`, with a pointer to its arguments",
    );
    remark(
        CLONE_ORDER,
        Severity::Warning,
        of(&|program, arch| {
            let order = arch.table().quirks.clone;
            entered(program) == Some("clone") && misread(program, declared(program), order)
        }),
        "`clone` has its arguments in another order",
    );
    remark(
        SOCKETCALL,
        Severity::Note,
        of(&|program, arch| {
            arch.table().quirks.socketcall
                && !sees_socketcall(object)
                && entered(program).is_some_and(|call| socket_call(call).is_some())
        }),
        "programs can make the call through `socketcall`, which isn't seen",
    );
    remark(
        COMPAT,
        Severity::Note,
        of(&|program, arch| {
            !compat::seen(object) && entered(program).is_some_and(|call| compat::apart(call, arch))
        }),
        "the call enters another function where a 32-bit program makes it, which isn't seen",
    );
    remarks
}

/// Those of the architectures that a program is for.
fn of_program(object: &Object, at: u32, archs: Archs) -> Archs {
    let only = object.only(Item::Program(at)).unwrap_or(archs);
    archs.without(archs.without(only))
}

/// Whether the user's file has a program for `socketcall` itself.
fn sees_socketcall(object: &Object) -> bool {
    let mut programs = object.programs.iter();
    programs.any(|program| call(program) == Some("socketcall"))
}

/// Where a program says what it is attached to.
fn place(program: &Program) -> Span {
    let whole = program.function.span;
    let section = u32::try_from(program.section.len() + r#"SEC("")"#.len()).unwrap_or(u32::MAX);
    Span {
        end: whole.end.min(whole.start.saturating_add(section)),
        ..whole
    }
}

/// The system call whose entry or return a program is attached to.
fn call(program: &Program) -> Option<&str> {
    match &program.kind {
        ProgramKind::Ksyscall { call } | ProgramKind::Kretsyscall { call } => call.as_deref(),
        _ => None,
    }
}

/// The system call whose entry a program is attached to.
fn entered(program: &Program) -> Option<&str> {
    match &program.kind {
        ProgramKind::Ksyscall { call } => call.as_deref(),
        _ => None,
    }
}

/// The number of a call for `socketcall` (`SYS_…` in `include/uapi/linux/net.h`).
fn socket_call(call: &str) -> Option<u8> {
    const CALLS: [&str; 20] = [
        "socket",
        "bind",
        "connect",
        "listen",
        "accept",
        "getsockname",
        "getpeername",
        "socketpair",
        "send",
        "recv",
        "sendto",
        "recvfrom",
        "shutdown",
        "setsockopt",
        "getsockopt",
        "sendmsg",
        "recvmsg",
        "accept4",
        "recvmmsg",
        "sendmmsg",
    ];
    (1..)
        .zip(CALLS)
        .find_map(|(number, known)| (known == call).then_some(number))
}

/// The order in which the C declares the arguments of `clone`: a name tells, else it is x86_64's.
fn declared(program: &Program) -> CloneOrder {
    let name = |at: usize| {
        let local = program.args.get(at)?.local;
        Some(program.function.locals.get(local.0 as usize)?.name.as_str())
    };
    if name(0).is_some_and(|name| name.contains("stack") || name.contains("newsp")) {
        CloneOrder::Backwards2
    } else if name(3).is_some_and(|name| name.contains("tls")) {
        CloneOrder::Backwards
    } else {
        CloneOrder::Default
    }
}

/// What argument `n` of `clone` is in that order, by its number in the common one.
fn meaning(order: CloneOrder, n: u8) -> u8 {
    match (order, n) {
        (CloneOrder::Backwards2, 0) => 1,
        (CloneOrder::Backwards2, 1) => 0,
        (CloneOrder::Backwards, 3) => 4,
        (CloneOrder::Backwards, 4) => 3,
        (_, n) => n,
    }
}

/// Whether a program that has them in one order reads a wrong one in the other.
fn misread(program: &Program, declared: CloneOrder, actual: CloneOrder) -> bool {
    handle::numbers(program).any(|n| meaning(declared, n) != meaning(actual, n))
}
