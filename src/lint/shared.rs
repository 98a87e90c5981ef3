//! What several rules ask.

use super::{
    Applicability, Finding, Rule,
    context::{Argument, Context, Map, Program, Way, pointee},
    flow::{Action, Event, Flow, Helper, Marker, Object, ObjectKind, Send, Taint, Value},
    tables::syscalls::{self, Arg, Syscall},
};
use crate::{
    arch::Arch,
    c::{
        dump,
        tree::{Expr, ExprKind, StmtKind},
        types::{CType, Kind},
    },
    ir::program::{EntryMacro, ProgramKind},
    lower::{c_walk, calls, sections::Section},
    source::{markers, span::Span},
};

/// The macro by which a program was declared.
pub(super) fn macro_of(program: &Program<'_>) -> Option<EntryMacro> {
    program.entry.and_then(|entry| entry.macro_)
}

/// The name of that macro as it is written, where it is libbpf's own.
pub(super) fn written_macro(program: &Program<'_>) -> Option<(&'static str, Span)> {
    const KNOWN: [&str; 4] = [
        "BPF_KSYSCALL",
        "BPF_KPROBE_SYSCALL",
        "BPF_KPROBE",
        "BPF_KRETPROBE",
    ];
    let written = program.entry?.written?;
    let known = KNOWN.into_iter().find(|known| *known == written.text)?;
    Some((known, written.span))
}

/// A program whose arguments are those of a system call as it begins, and that call where the first
/// of the target architectures that has it does.
pub(super) fn entered(cx: &Context<'_>, program: &Program<'_>) -> Option<&'static Syscall> {
    let target = program.target.as_ref().filter(|target| !target.returns)?;
    if macro_of(program) != Some(EntryMacro::Ksyscall) {
        return None;
    }
    let archs = || cx.settings.archs.iter().copied();
    archs()
        .find_map(|arch| syscalls::entered(&target.call, arch))
        .or_else(|| {
            let named = syscalls::named(&target.call).iter();
            archs().find_map(|arch| named.clone().find(|call| call.native(arch)))
        })
}

/// An argument of a system call as a program declares it, and as the kernel does.
pub(super) struct Declared<'c, 'a> {
    /// The program's.
    pub own: &'c Argument<'a>,
    /// The kernel's.
    pub kernel: Arg,
    /// Whether the program's is a pointer.
    pub pointer: bool,
    /// Bits and signedness of the program's, if it is a number.
    pub int: Option<(u16, bool)>,
}

/// All arguments of system calls of a file.
pub(super) fn arguments<'c, 'a>(cx: &'c Context<'a>) -> Vec<Declared<'c, 'a>> {
    let mut found = Vec::new();
    for program in &cx.programs {
        let Some(args) = entered(cx, program).and_then(|call| call.args.as_ref()) else {
            continue;
        };
        for (own, kernel) in program.args.iter().zip(args) {
            found.push(Declared {
                own,
                kernel: *kernel,
                pointer: matches!(own.ty.kind, Kind::Pointer(_)),
                int: cx.tree.types.integer(own.ty),
            });
        }
    }
    found
}

impl Declared<'_, '_> {
    /// The argument's name in the program.
    pub fn name(&self) -> &str {
        self.own.local.name.as_deref().unwrap_or("it")
    }

    /// Offers the declaration with the kernel's type. What the program does with the argument may
    /// have to change too.
    pub fn offer(&self, cx: &Context<'_>, finding: Finding) -> Finding {
        match self.corrected(cx) {
            Some((span, text)) => {
                let title = format!("declare it `{text}`");
                finding.fix(Applicability::Unsafe, title, [(span, text)])
            }
            None => finding.help(format!("declare it `{}`", self.kernel.text)),
        }
    }

    /// The declaration with the kernel's type and the program's name; none where that stands in a
    /// macro.
    fn corrected(&self, cx: &Context<'_>) -> Option<(Span, String)> {
        let name = self.own.local.name.as_deref()?;
        let written = cx.written(self.own.span);
        if !cx.is_own(self.own.span) || !written.ends_with(name) {
            return None;
        }
        let ty = self.kernel.text.strip_suffix(self.kernel.name)?;
        Some((self.own.span, format!("{}{name}", spelled(cx, ty))))
    }
}

/// A type of the kernel's in words that the file knows: with `vmlinux.h`, all of them.
fn spelled<'t>(cx: &Context<'_>, ty: &'t str) -> std::borrow::Cow<'t, str> {
    if cx.unit.kernel_types != crate::source::KernelTypes::None {
        return ty.into();
    }
    let bare = match ty.trim_end() {
        "size_t" | "aio_context_t" | "uintptr_t" => "unsigned long",
        "u64" | "__u64" => "unsigned long long",
        "loff_t" => "long long",
        "off_t" => "long",
        "umode_t" => "unsigned short",
        "u32" | "uint" | "uid_t" | "gid_t" => "unsigned int",
        "pid_t" | "clockid_t" | "timer_t" | "mqd_t" | "key_t" | "key_serial_t" | "qid_t"
        | "rwf_t" => "int",
        known if known.starts_with("struct ") || known.starts_with("const struct ") => "void *",
        _ => return ty.into(),
    };
    if bare.ends_with('*') {
        bare.into()
    } else {
        format!("{bare} ").into()
    }
}

/// A type as C spells it.
pub(super) fn type_name(cx: &Context<'_>, ty: &CType) -> String {
    dump::ty(cx.tree, ty)
}

/// `x86_64`, `x86_64 and aarch64`, `x86_64, aarch64 and arm`
pub(super) fn list(archs: &[Arch]) -> String {
    join(&archs.iter().map(|arch| arch.name()).collect::<Vec<_>>())
}

/// `a`, `a and b`, `a, b and c`
pub(super) fn join(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What all programs of a file do, with the program that does it.
pub(super) fn events<'c, 'a>(
    cx: &'c Context<'a>,
) -> impl Iterator<Item = (&'c Program<'a>, &'c Flow<'a>, &'c Event<'a>)> {
    cx.flows.iter().flat_map(|flow| {
        let program = cx.programs.get(flow.program);
        program
            .into_iter()
            .flat_map(move |program| flow.events.iter().map(move |event| (program, flow, event)))
    })
}

/// The calls of helpers in what all programs do.
pub(super) fn helpers<'c, 'a>(
    cx: &'c Context<'a>,
) -> impl Iterator<Item = (&'c Program<'a>, &'c Event<'a>, &'c Helper<'a>)> {
    events(cx).filter_map(|(program, _, event)| match &event.kind {
        Action::Helper(helper) => Some((program, event, helper)),
        _ => None,
    })
}

/// The uses of libbpf's macros in what all programs do.
pub(super) fn marks<'c, 'a>(
    cx: &'c Context<'a>,
) -> impl Iterator<Item = (&'c Program<'a>, &'c Flow<'a>, &'c Marker<'a>)> {
    events(cx).filter_map(|(program, flow, event)| match &event.kind {
        Action::Marker(marker) => Some((program, flow, marker)),
        _ => None,
    })
}

/// The memory that leaves programs.
pub(super) fn sent<'c, 'a>(
    cx: &'c Context<'a>,
) -> impl Iterator<Item = (&'c Program<'a>, &'c Flow<'a>, &'c Event<'a>, &'c Send<'a>)> {
    events(cx).filter_map(|(program, flow, event)| match &event.kind {
        Action::Send(send) => Some((program, flow, event, send)),
        _ => None,
    })
}

/// A register that a program reads by libbpf's name.
pub(super) struct Register<'c, 'a> {
    /// The program.
    pub program: &'c Program<'a>,
    /// Where the macro stands.
    pub span: Span,
    /// The part of its name behind `PT_REGS_`.
    pub name: &'c str,
    /// The number of the parameter, from 1; none for other registers.
    pub parameter: Option<u8>,
    /// Whether it is the macro for system calls.
    pub syscall: bool,
    /// What the registers are.
    pub regs: Regs,
}

/// Whose registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Regs {
    /// Those with which the function was called that the program sits on.
    Context,
    /// The caller's, which a system call's wrapper was given: by pointer.
    Saved,
    /// Those, copied into a variable.
    Copied,
    /// It isn't known.
    Unknown,
}

/// All registers that programs read.
pub(super) fn registers<'c, 'a>(cx: &'c Context<'a>) -> Vec<Register<'c, 'a>> {
    let mut found = Vec::new();
    for (program, flow, marker) in marks(cx) {
        let (markers::PT_REGS, [(_, regs), (name, _)]) = (marker.name, marker.args.as_slice())
        else {
            continue;
        };
        let Some(name) = super::flow::text(name) else {
            continue;
        };
        if !cx.is_own(marker.expr.span) {
            continue;
        }
        let digits = name
            .strip_prefix("PARM")
            .and_then(|rest| rest.split('_').next());
        found.push(Register {
            program,
            span: marker.expr.span,
            name,
            parameter: digits.and_then(|digits| digits.parse().ok()),
            syscall: name.ends_with("_SYSCALL"),
            regs: whose(cx, program, flow, *regs),
        });
    }
    found
}

fn whose(cx: &Context<'_>, program: &Program<'_>, flow: &Flow<'_>, regs: Value) -> Regs {
    if regs.taint.has(Taint::CONTEXT) {
        return Regs::Context;
    }
    if regs.taint.has(Taint::KERNEL_POINTER) {
        return Regs::Saved;
    }
    let object = regs.place.and_then(|place| flow.object(place.object));
    let copied = matches!(
        object,
        Some(Object {
            kind: ObjectKind::Local(..),
            ty: Some(ty),
            ..
        }) if is_pt_regs(cx, ty)
    );
    if copied && wrapped(program) {
        Regs::Copied
    } else {
        Regs::Unknown
    }
}

/// Whether the kernel calls the function that a program sits on with saved registers.
pub(super) fn wrapped(program: &Program<'_>) -> bool {
    let target = program.target.as_ref().filter(|target| !target.returns);
    target.is_some_and(|target| matches!(target.way, Way::Wrapper(_) | Way::Ksyscall))
}

/// Whether a type is the registers that the kernel saves.
pub(super) fn is_pt_regs(cx: &Context<'_>, ty: &CType) -> bool {
    let Kind::Record(id) = &ty.kind else {
        return false;
    };
    let tag = cx
        .tree
        .types
        .record(*id)
        .and_then(|record| record.tag.as_deref());
    tag.is_some_and(|tag| matches!(tag, "pt_regs" | "user_pt_regs" | "user_regs_struct"))
}

/// The kind of program that a section says.
pub(super) fn kind<'c>(program: &'c Program<'_>) -> Option<&'c ProgramKind> {
    match &program.kind {
        Section::Program(kind) => Some(kind),
        _ => None,
    }
}

/// Whether a program runs when a function or system call returns.
pub(super) fn at_return(program: &Program<'_>) -> bool {
    matches!(
        kind(program),
        Some(
            ProgramKind::Kretprobe { .. }
                | ProgramKind::Kretsyscall { .. }
                | ProgramKind::Uretprobe { .. }
        )
    )
}

/// The function of the kernel that a section names.
pub(super) fn probed_function<'c>(program: &'c Program<'_>) -> Option<&'c str> {
    match kind(program)? {
        ProgramKind::Kprobe { function, .. } | ProgramKind::Kretprobe { function } => {
            function.as_deref()
        }
        _ => None,
    }
}

/// The target architectures whose kernel enters system calls through wrappers.
pub(super) fn with_wrapper(cx: &Context<'_>) -> Vec<Arch> {
    let archs = cx.settings.archs.iter().copied();
    archs
        .filter(|arch| {
            // powerpc64's keep the plain names.
            let wrapper = arch.table().wrapper.as_ref();
            wrapper.is_some_and(|wrapper| wrapper.prefix != "sys_")
        })
        .collect()
}

/// What is missing in memory that leaves a program; none where that isn't known.
pub(super) fn missing(
    cx: &Context<'_>,
    send: &Send<'_>,
    flow: &Flow<'_>,
) -> Option<super::gaps::Gaps> {
    let object = flow.object(send.place.object)?;
    let own = pointee(&super::context::peel(send.expr).ty);
    let record = |ty: &&CType| matches!(ty.kind, Kind::Record(_));
    let ty = own.filter(record).or(object.ty.filter(record))?;
    let start = send.place.offset?;
    if send.bytes.is_empty() {
        return None;
    }
    Some(super::gaps::gaps(cx, ty, &send.bytes, start, send.size))
}

/// Offers to clear an object from the start.
pub(super) fn cleared(cx: &Context<'_>, object: &Object<'_>, finding: Finding) -> Finding {
    match clear(cx, object) {
        Some(edit) => finding.fix(Applicability::Safe, "clear it with `= {}`", [edit]),
        None => finding.help("clear it first"),
    }
}

/// Where ` = {}` has to be inserted to clear a variable from the start; none where it has an
/// initialiser already, or is declared in a macro.
fn clear(cx: &Context<'_>, object: &Object<'_>) -> Option<(Span, String)> {
    let ObjectKind::Local(function, local) = object.kind else {
        return None;
    };
    let function = cx.function(function)?;
    let declared = function.locals.get(local.0 as usize)?;
    let name = declared.name.as_deref()?;
    let mut fresh = false;
    for stmt in &function.body.as_ref()?.stmts {
        c_walk::stmts(stmt, &mut |stmt| {
            fresh |= matches!(&stmt.kind, StmtKind::Local(id, None) if *id == local);
        });
    }
    let written = cx.written(declared.span);
    if !fresh || !cx.is_own(declared.span) || !written.ends_with(name) {
        return None;
    }
    let end = Span {
        start: declared.span.end,
        ..declared.span
    };
    Some((end, " = {}".to_owned()))
}

/// Shows the calls of a helper whose result becomes a pointer of another type: that type, the call
/// and its arguments.
pub(super) fn converted_results(
    cx: &Context<'_>,
    helper: u32,
    mut look: impl FnMut(&CType, &Expr, &[Expr]),
) {
    for function in &cx.tree.functions {
        let Some(body) = &function.body else { continue };
        c_walk::exprs_of_block(body, &mut |expr| {
            if let ExprKind::Cast { value, .. } = &expr.kind
                && let ExprKind::Call(callee, args) = &value.kind
                && let Some(to) = pointee(&expr.ty)
                && let Some(function) = calls::callee_of(callee).and_then(|id| cx.function(id))
                && calls::helper_id(function) == Some(helper)
            {
                look(to, value, args);
            }
        });
    }
}

/// Something of a size that a map's keys or values haven't.
pub(super) fn of_other_size(
    cx: &Context<'_>,
    rule: &Rule,
    at: &Expr,
    (ty, size): (&CType, u64),
    (map, what, wanted): (&Map<'_>, &str, u64),
) -> Finding {
    let message = format!(
        "this `{}` has {size} byte{}, and {what} of `{}` have {wanted}",
        type_name(cx, ty),
        if size == 1 { "" } else { "s" },
        map.variable.name
    );
    rule.at(at.span, message)
        .note(map.variable.name_span, "the map")
}

/// `a`, `b` and `c` in backticks.
pub(super) fn names(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    join(&quoted.iter().map(String::as_str).collect::<Vec<_>>())
}
