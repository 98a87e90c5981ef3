//! The programs of a file.

use crate::{
    arch::Arch,
    c::{
        tree::{Function, FunctionId, Local, LocalId, Tree},
        types::CType,
    },
    ir::program::{EntryMacro, ProgramKind},
    lower::{
        calls::section_of,
        programs::{Macro, entry_macro, is_foreign_section},
        sections::{self, Section},
    },
    source::span::Span,
};

use super::{Text, Word};

/// A program, whether it can be ported or not.
#[derive(Clone, Debug)]
pub struct Program<'a> {
    /// The function.
    pub id: FunctionId,
    /// The function.
    pub function: &'a Function,
    /// What `SEC("…")` says.
    pub section: &'a str,
    /// What stands in the parentheses of `SEC(…)`, where that is written right before the program:
    /// `"ksyscall/openat"`, or `"kprobe/" SYS_PREFIX "sys_openat"`.
    pub section_span: Option<Span>,
    /// What the section means.
    pub kind: Section,
    /// The macro by which it was declared; none for a function that takes the context.
    pub entry: Option<Entry<'a>>,
    /// The system call that it watches.
    pub target: Option<Target>,
    /// The arguments that the macro declares, behind the context.
    pub args: Vec<Argument<'a>>,
}

/// The macro by which a program was declared.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Which one; none for `BPF_USDT`.
    pub macro_: Option<EntryMacro>,
    /// As it is written around the program's name: `BPF_KPROBE_SYSCALL`, or a macro of the user's.
    pub written: Option<Word<'a>>,
}

/// An argument of a program.
#[derive(Clone, Copy, Debug)]
pub struct Argument<'a> {
    /// The local variable.
    pub id: LocalId,
    /// The local variable.
    pub local: &'a Local,
    /// Its type.
    pub ty: &'a CType,
    /// Where it is declared.
    pub span: Span,
}

/// The system call that a program watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name: `openat`.
    pub call: String,
    /// By what the program is attached to it.
    pub way: Way,
    /// Whether the program runs when the call returns.
    pub returns: bool,
}

/// How a program is attached to a system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// `ksyscall/…`: libbpf finds the function.
    Ksyscall,
    /// `kprobe/__x64_sys_…`: the function that the kernel of some architecture enters with saved
    /// registers.
    Wrapper(Arch),
    /// `kprobe/sys_…`, `kprobe/__se_sys_…`: a function of another kind.
    Function,
    /// `tracepoint/syscalls/sys_enter_…`
    Tracepoint,
}

/// The programs, in order.
pub(super) fn find<'a>(tree: &'a Tree, text: &Text<'a>) -> Vec<Program<'a>> {
    let functions = (0..).map(FunctionId).zip(&tree.functions);
    functions
        .filter_map(|(id, function)| program(id, function, text))
        .collect()
}

fn program<'a>(id: FunctionId, function: &'a Function, text: &Text<'a>) -> Option<Program<'a>> {
    let section = section_of(&function.attributes)?;
    if is_foreign_section(function) || (function.body.is_none() && !function.broken) {
        return None;
    }
    let kind = sections::parse(section);
    let entry = entry_macro(function).map(|found| Entry {
        macro_: match found {
            Macro::Entry(found) => Some(found),
            Macro::Usdt => None,
        },
        written: text.word_around(function.name_span),
    });
    let params = function.params.iter().skip(1);
    let args = params.filter_map(|&id| {
        let local = function.locals.get(id.0 as usize)?;
        Some(Argument {
            id,
            local,
            ty: &local.ty,
            span: local.span,
        })
    });
    Some(Program {
        id,
        function,
        section,
        section_span: text.argument_before("SEC", function.name_span),
        target: target(&kind),
        kind,
        args: entry.map_or_else(Vec::new, |_| args.collect()),
        entry,
    })
}

/// The system call that a section names.
fn target(section: &Section) -> Option<Target> {
    let Section::Program(kind) = section else {
        return None;
    };
    let found = |call: &str, way, returns| {
        Some(Target {
            call: call.to_owned(),
            way,
            returns,
        })
    };
    match kind {
        ProgramKind::Ksyscall { call } => found(call.as_deref()?, Way::Ksyscall, false),
        ProgramKind::Kretsyscall { call } => found(call.as_deref()?, Way::Ksyscall, true),
        ProgramKind::Kprobe { function, .. } => {
            let (call, way) = symbol(function.as_deref()?)?;
            found(call, way, false)
        }
        ProgramKind::Kretprobe { function } => {
            let (call, way) = symbol(function.as_deref()?)?;
            found(call, way, true)
        }
        ProgramKind::Tracepoint { category, name } => {
            let name = name
                .as_deref()
                .filter(|_| category.as_deref() == Some("syscalls"))?;
            let enter = name.strip_prefix("sys_enter_");
            let exit = name.strip_prefix("sys_exit_");
            found(enter.or(exit)?, Way::Tracepoint, exit.is_some())
        }
        _ => None,
    }
}

/// The system call that a function of the kernel belongs to.
fn symbol(function: &str) -> Option<(&str, Way)> {
    // Kernels without the wrapper have `sys_`, and powerpc's has it with.
    let others = ["sys_", "SyS_", "__se_sys_", "__do_sys_", "ksys_"];
    let other = others
        .iter()
        .find_map(|prefix| function.strip_prefix(prefix));
    if let Some(call) = other {
        return Some((call, Way::Function));
    }
    Arch::ALL.into_iter().find_map(|arch| {
        let wrapper = arch.table().wrapper.as_ref()?;
        Some((function.strip_prefix(wrapper.prefix)?, Way::Wrapper(arch)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(section: &str, expected: Option<(&str, Way, bool)>) {
        let found = target(&sections::parse(section));
        let expected = expected.map(|(call, way, returns)| Target {
            call: call.to_owned(),
            way,
            returns,
        });
        assert_eq!(found, expected, "{section}");
    }

    #[test]
    fn system_calls_by_section() {
        check("ksyscall/openat", Some(("openat", Way::Ksyscall, false)));
        check("kretsyscall/openat", Some(("openat", Way::Ksyscall, true)));
        check(
            "kprobe/__arm64_sys_read",
            Some(("read", Way::Wrapper(Arch::Aarch64), false)),
        );
        check("kprobe/sys_read", Some(("read", Way::Function, false)));
        check(
            "tp/syscalls/sys_exit_read",
            Some(("read", Way::Tracepoint, true)),
        );
        check("tp/sched/sched_switch", None);
        check("kprobe/vfs_read", None);
        check("ksyscall", None);
    }
}
