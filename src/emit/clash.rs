//! Programs that Aya's macros would put into a section which is called like a symbol.
//!
//! To LLVM a section's name is a symbol as well, and it refuses the second one of a name. C's sections
//! say more (`uprobe/trace`), or have a question mark in front, so that there the same names are free.

use crate::ir::{
    Object,
    program::{Program, ProgramKind},
};

/// The section of a program whose macro's section is called like a symbol of the object; none of
/// others.
pub(super) fn section(object: &Object, program: &Program) -> Option<String> {
    let section = plain(&program.kind)?;
    let mut symbols = (object.programs.iter().map(|it| &it.function))
        .chain(object.functions.iter().filter(|function| function.global))
        .map(|function| &function.name)
        .chain(object.globals.iter().map(|global| &global.name))
        .chain(object.maps.iter().map(|map| &map.name));
    let clashes = symbols.any(|name| name == section);
    clashes.then(|| format!("{section}/{}", program.function.name))
}

/// The section that a macro chooses without being told a target, where Aya's loader takes more
/// behind it.
const fn plain(kind: &ProgramKind) -> Option<&'static str> {
    Some(match kind {
        ProgramKind::Ksyscall { .. }
        | ProgramKind::Kprobe { function: None, .. }
        | ProgramKind::Custom => "kprobe",
        ProgramKind::Kretsyscall { .. } | ProgramKind::Kretprobe { function: None } => "kretprobe",
        ProgramKind::Uprobe {
            sleepable: false,
            multi: false,
            ..
        } => "uprobe",
        ProgramKind::Uretprobe {
            sleepable: false,
            multi: false,
            ..
        } => "uretprobe",
        ProgramKind::Tracepoint { name: None, .. } => "tracepoint",
        ProgramKind::PerfEvent => "perf_event",
        ProgramKind::Classifier => "classifier",
        ProgramKind::SockOps => "sockops",
        ProgramKind::SkMsg => "sk_msg",
        ProgramKind::SkLookup => "sk_lookup",
        ProgramKind::SocketFilter => "socket",
        ProgramKind::FlowDissector => "flow_dissector",
        _ => return None,
    })
}
