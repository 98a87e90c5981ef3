//! Programs: functions with a section, their context and their arguments.

use super::{
    Lowerer,
    calls::section_of,
    codes,
    sections::{self, Section},
};
use crate::{
    c::{
        tree::{Function as CFunction, FunctionId},
        types::{CType, Kind},
    },
    diag::Diagnostic,
    ir::{
        Item,
        body::LocalId,
        program::{Argument, ArgumentSource, EntryMacro, Program, ProgramKind, SyscallEntry},
        walk::Visit,
    },
};

/// System calls have at most six arguments, as have functions by registers on most architectures.
const MAX_SYSCALL_ARGUMENTS: usize = 6;
/// As many registers as libbpf names.
const MAX_PARAMETERS: usize = 8;
/// Words of a tracing program's context.
const MAX_TRACING_ARGUMENTS: usize = 12;

impl<'a> Lowerer<'a> {
    /// All programs of the file, in order.
    pub(super) fn lower_programs(&mut self) {
        for (index, function) in (0..).zip(&self.tree.functions) {
            let id = FunctionId(index);
            if is_foreign_section(function) {
                continue;
            }
            let Some(section) = section_of(&function.attributes) else {
                continue;
            };
            if function.broken {
                self.error(
                    codes::LEFT_OUT,
                    function.name_span,
                    format!(
                        "`{}` is left out, because of an error in it or in what it uses",
                        function.name
                    ),
                );
            }
            if function.body.is_none() {
                continue;
            }
            match self.program_kind(function, section) {
                Ok(kind) => {
                    let unnamed = matches!(kind, ProgramKind::Tracepoint { name: None, .. });
                    if unnamed && section.contains('/') {
                        self.diagnostics.push(no_tracepoint(function, section));
                    }
                    if let Some(begins) = sections::by_beginning(section) {
                        self.diagnostics.push(loose(function, section, begins));
                    }
                    if kind == ProgramKind::Custom {
                        self.diagnostics.push(never_attached(function, section));
                    } else if reads_registers(entry_macro(function))
                        && !sections::has_registers(&kind)
                    {
                        self.diagnostics.push(no_registers(function, section));
                    }
                    self.program(id, function, section, kind);
                }
                Err(diagnostic) => {
                    self.diagnostics.push(*diagnostic);
                    // Its comments go with it.
                    self.notes.item(function.span);
                    self.notes.rest_of_item(function.span);
                }
            }
        }
    }

    fn program_kind(
        &self,
        function: &CFunction,
        section: &str,
    ) -> Result<ProgramKind, Box<Diagnostic>> {
        let name = &function.name;
        let refused = |code, message: String| {
            Err(Box::new(Diagnostic::error(
                code,
                function.name_span,
                message,
            )))
        };
        let macro_ = entry_macro(function);
        match sections::parse(section) {
            _ if macro_ == Some(Macro::Usdt) => refused(
                codes::USDT,
                format!("`{name}` is a USDT probe, which Aya can't attach"),
            ),
            Section::Program(kind) => Ok(kind),
            Section::Usdt => refused(
                codes::USDT,
                format!("`{name}` is a USDT probe, which Aya can't attach"),
            ),
            Section::Unsupported(reason) => refused(
                codes::UNSUPPORTED_SECTION,
                format!("`{name}` can't be ported as `{section}`: {reason}"),
            ),
            Section::Unknown if reads_registers(macro_) => Ok(ProgramKind::Custom),
            Section::Unknown => refused(
                codes::UNKNOWN_SECTION,
                format!("the section `{section}` of `{name}` names no program type"),
            ),
        }
    }

    fn program(
        &mut self,
        id: FunctionId,
        function: &'a CFunction,
        section: &str,
        kind: ProgramKind,
    ) {
        let macro_ = match entry_macro(function) {
            Some(Macro::Entry(found)) => found,
            _ => EntryMacro::None,
        };
        let Some(mut lowered) = self.function_body(id) else {
            return;
        };
        lowered.params.clear();
        if let Some(ctx) = function.params.first() {
            super::contexts::own(&mut lowered, LocalId(ctx.0));
        }
        let mut used = Mentions::default();
        used.function(&lowered);
        let mut params = function.params.iter().map(|param| LocalId(param.0));
        let ctx = params.next();
        let rest: Vec<LocalId> = params.collect();
        if let Some(ctx) = ctx.filter(|ctx| used.0.contains(ctx)) {
            self.check_context(id, function, &kind, ctx);
        }
        let args = self.program_arguments(id, function, &kind, macro_, &rest, &used);
        let program = Program {
            section: section.to_owned(),
            heeds_return: sections::heeds_return(&kind),
            entry: SyscallEntry::Native,
            compat_too: false,
            kind,
            macro_,
            ctx,
            ctx_used: ctx.is_some_and(|ctx| used.0.contains(&ctx)),
            args,
            function: lowered,
        };
        let index = u32::try_from(self.object.programs.len()).unwrap_or(u32::MAX);
        self.places.push((function.span, Item::Program(index)));
        self.object.programs.push(program);
        self.program_of.push(id);
    }

    /// A context that a narrow number holds: the user takes it for an argument.
    fn check_context(
        &mut self,
        id: FunctionId,
        function: &'a CFunction,
        kind: &ProgramKind,
        ctx: LocalId,
    ) {
        let Some(local) = function.locals.get(ctx.0 as usize) else {
            return;
        };
        let width = self.tree.types.integer(&local.ty).map(|(width, _)| width);
        if width.is_some_and(|width| width < 64) {
            let name = local.name.as_deref().unwrap_or_default();
            let message = format!("`{name}` is no argument, but half of the context's address");
            let error = Diagnostic::error(codes::TOO_MANY_ARGUMENTS, local.span, message);
            let error = error.help(use_macro(kind, &function.name));
            self.outcomes.entry(id).or_default().errors.push(error);
        }
    }

    /// Parameters beside the context where no macro reads them: nothing is there.
    fn check_beside_context(
        &mut self,
        id: FunctionId,
        function: &'a CFunction,
        kind: &ProgramKind,
        locals: &[LocalId],
        used: &Mentions,
    ) {
        let name = &function.name;
        let help = use_macro(kind, name);
        let outcome = self.outcomes.entry(id).or_default();
        let is_read = |local: &&LocalId| used.0.contains(local);
        let Some(read) = locals.iter().find(is_read) else {
            let message = format!(
                "a program is given its context only, so the other parameters of `{name}` are left out"
            );
            let warning = Diagnostic::warning(codes::BESIDE_CONTEXT, function.name_span, message);
            outcome.warnings.push(warning.help(help));
            return;
        };
        let local = function.locals.get(read.0 as usize);
        let read = local
            .and_then(|local| local.name.as_deref())
            .unwrap_or_default();
        let message = format!("`{name}` is given its context only: `{read}` isn't there");
        let error = Diagnostic::error(codes::TOO_MANY_ARGUMENTS, function.name_span, message);
        outcome.errors.push(error.help(help));
    }

    fn program_arguments(
        &mut self,
        id: FunctionId,
        function: &'a CFunction,
        kind: &ProgramKind,
        macro_: EntryMacro,
        locals: &[LocalId],
        used: &Mentions,
    ) -> Vec<Argument> {
        let most = match macro_ {
            EntryMacro::Ksyscall => MAX_SYSCALL_ARGUMENTS,
            EntryMacro::Kretprobe | EntryMacro::Uretprobe => 1,
            EntryMacro::Prog => MAX_TRACING_ARGUMENTS,
            EntryMacro::None => 0,
            EntryMacro::Kprobe | EntryMacro::Uprobe => MAX_PARAMETERS,
        };
        if macro_ == EntryMacro::None && !locals.is_empty() {
            self.check_beside_context(id, function, kind, locals, used);
        } else if locals.len() > most {
            let error = Diagnostic::error(
                codes::TOO_MANY_ARGUMENTS,
                function.name_span,
                format!(
                    "`{}` has {} arguments, and at most {most} can be read",
                    function.name,
                    locals.len()
                ),
            );
            self.outcomes.entry(id).or_default().errors.push(error);
        }
        let syscall =
            macro_ == EntryMacro::Ksyscall || matches!(kind, ProgramKind::Ksyscall { .. });
        if macro_ == EntryMacro::Ksyscall
            && matches!(
                kind,
                ProgramKind::Kretsyscall { .. } | ProgramKind::Kretprobe { .. }
            )
        {
            let warning = Diagnostic::warning(
                codes::ARGUMENTS_AT_RETURN,
                function.name_span,
                format!(
                    "`{}` reads arguments when the system call has returned",
                    function.name
                ),
            )
            .help("BPF_KRETPROBE gives the value that it returned");
            self.outcomes.entry(id).or_default().warnings.push(warning);
        }
        let mut args = Vec::with_capacity(locals.len());
        for (index, &local) in (0u8..).zip(locals) {
            let Some(declared) = function.locals.get(local.0 as usize) else {
                continue;
            };
            if !is_word(&declared.ty) {
                let error = Diagnostic::error(
                    codes::ARGUMENT_TYPE,
                    declared.span,
                    "an argument is a number or a pointer of at most 64 bits",
                );
                self.outcomes.entry(id).or_default().errors.push(error);
            }
            args.push(Argument {
                local,
                source: match macro_ {
                    EntryMacro::Ksyscall => ArgumentSource::Syscall(index),
                    EntryMacro::Kretprobe | EntryMacro::Uretprobe => ArgumentSource::Return,
                    EntryMacro::Prog => ArgumentSource::Tracing(index),
                    _ => ArgumentSource::Parameter(index),
                },
                used: used.0.contains(&local),
                c_type: self.c_type(&declared.ty),
                user: user_pointer(&declared.ty, syscall),
            });
        }
        args
    }
}

/// The macros by which programs are declared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Macro {
    Entry(EntryMacro),
    Usdt,
}

pub(crate) fn entry_macro(function: &CFunction) -> Option<Macro> {
    function.attributes.iter().find_map(|attribute| {
        Some(Macro::Entry(match attribute.name.as_ref() {
            "c2aya_ksyscall" => EntryMacro::Ksyscall,
            "c2aya_kprobe" => EntryMacro::Kprobe,
            "c2aya_kretprobe" => EntryMacro::Kretprobe,
            "c2aya_uprobe" => EntryMacro::Uprobe,
            "c2aya_uretprobe" => EntryMacro::Uretprobe,
            "c2aya_prog" | "c2aya_prog2" => EntryMacro::Prog,
            "c2aya_usdt" => return Some(Macro::Usdt),
            _ => return None,
        }))
    })
}

/// Whether the macro takes arguments out of registers.
fn reads_registers(macro_: Option<Macro>) -> bool {
    matches!(macro_, Some(Macro::Entry(found)) if found != EntryMacro::Prog)
}

fn no_registers(function: &CFunction, section: &str) -> Diagnostic {
    Diagnostic::warning(
        codes::NO_REGISTERS,
        function.name_span,
        format!(
            "`{}` takes its arguments from registers, which a program in `{section}` isn't given: it reads its context where they would be",
            function.name
        ),
    )
    .help("declare the context of that program type instead")
}

fn never_attached(function: &CFunction, section: &str) -> Diagnostic {
    Diagnostic::warning(
        codes::NO_TARGET,
        function.name_span,
        format!(
            "the section `{section}` of `{}` says nothing to libbpf: ported as a kprobe that the loader doesn't attach",
            function.name
        ),
    )
    .help("name what it is attached to: SEC(\"ksyscall/NAME\"), SEC(\"kprobe/FUNCTION\")")
}

fn loose(function: &CFunction, section: &str, begins: &str) -> Diagnostic {
    Diagnostic::warning(
        codes::LOOSE_SECTION,
        function.name_span,
        format!(
            "the section `{section}` of `{}` is taken for `{begins}`, by how it begins: libbpf 1.0 and later refuse it",
            function.name
        ),
    )
    .help(format!("SEC(\"{begins}\") says the same to every version"))
}

fn no_tracepoint(function: &CFunction, section: &str) -> Diagnostic {
    Diagnostic::warning(
        codes::NO_TARGET,
        function.name_span,
        format!(
            "the section `{section}` of `{}` names no tracepoint: libbpf loads the program, but can't attach it",
            function.name
        ),
    )
    .help("name the tracepoint: SEC(\"tracepoint/CATEGORY/NAME\")")
}

/// Whether a function is a program: it has a section of its own.
pub(super) fn is_program(function: &CFunction) -> bool {
    section_of(&function.attributes).is_some() && !is_foreign_section(function)
}

/// Sections that hold functions of the object itself.
pub(crate) fn is_foreign_section(function: &CFunction) -> bool {
    matches!(
        section_of(&function.attributes),
        Some(".text" | ".ksyms" | "license" | ".maps")
    )
}

fn is_word(ty: &CType) -> bool {
    match &ty.kind {
        Kind::Bool | Kind::Pointer(_) | Kind::Enum(_) => true,
        Kind::Int(kind) => kind.bits() <= 64,
        _ => false,
    }
}

/// Whether an argument points to user space: a system call's do, and what is tagged so.
fn user_pointer(ty: &CType, syscall: bool) -> bool {
    let Kind::Pointer(to) = &ty.kind else {
        return false;
    };
    let tagged = |ty: &CType| ty.tags.iter().any(|tag| tag.as_ref() == "user");
    syscall || tagged(ty) || tagged(to)
}

/// The local variables that a body mentions.
#[derive(Default)]
struct Mentions(std::collections::BTreeSet<LocalId>);

impl Visit for Mentions {
    fn local(&mut self, local: &LocalId) {
        self.0.insert(*local);
    }
}

/// The advice to read arguments by a macro.
fn use_macro(kind: &ProgramKind, name: &str) -> String {
    let entry = match kind {
        ProgramKind::Ksyscall { .. } => "BPF_KSYSCALL",
        ProgramKind::Kprobe { .. } => "BPF_KPROBE",
        ProgramKind::Kretprobe { .. } | ProgramKind::Kretsyscall { .. } => "BPF_KRETPROBE",
        _ => "BPF_PROG",
    };
    format!("write `int {entry}({name}, …)`, which reads what it declares")
}
