//! Where a probe's argument is read.

use std::fmt::Write as _;

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

use super::position;
use crate::{
    arch::{Arch, table::Table},
    ir::program::EntryMacro,
    lint::context::{Context, Program},
    source::span::Span,
};

/// What is known of the argument at a byte of the main file.
pub fn at(cx: &Context<'_>, offset: u32) -> Option<Hover> {
    let word = cx.text.word_touching(cx.unit.main, offset)?;
    let (program, index) = cx.programs.iter().find_map(|program| {
        let span = program.function.span;
        let inside = span.file == word.span.file && span.start <= offset && offset <= span.end;
        let named = |argument: &crate::lint::context::Argument<'_>| {
            argument.local.name.as_deref() == Some(word.text)
        };
        let index = program.args.iter().position(named)?;
        inside.then_some((program, index))
    })?;
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value: text(cx, program, index, word.span)?,
        }),
        range: Some(position::range(cx.files, word.span)),
    })
}

fn text(cx: &Context<'_>, program: &Program<'_>, index: usize, word: Span) -> Option<String> {
    let name = cx.written(word);
    let number = index + 1;
    let archs = &cx.settings.archs;
    let registers = |of: fn(&'static Table, usize) -> Option<&'static str>| -> Option<String> {
        let rows: Vec<_> = archs
            .iter()
            .map(|arch| row(*arch, of(arch.table(), index)))
            .collect();
        Some(rows.concat())
    };
    let text = match program.entry?.macro_? {
        EntryMacro::Ksyscall => {
            let mut text = format!(
                "`{name}`: argument {number} of the system call\n\n\
                 | | with the wrapper | without |\n|---|---|---|\n"
            );
            for arch in archs {
                let _ = writeln!(text, "{}", syscall(*arch, index));
            }
            text
        }
        EntryMacro::Kprobe | EntryMacro::Uprobe => format!(
            "`{name}`: parameter {number} of the function\n\n| | |\n|---|---|\n{}",
            registers(|table, index| Some(table.parameters.get(index)?.name))?
        ),
        EntryMacro::Kretprobe | EntryMacro::Uretprobe => format!(
            "`{name}`: what the function returned\n\n| | |\n|---|---|\n{}",
            registers(|table, _| Some(table.rc.name))?
        ),
        EntryMacro::Prog => format!("`{name}`: word {number} of the context, `ctx[{index}]`"),
        EntryMacro::None => return None,
    };
    Some(text)
}

/// `| x86_64 | di |`
fn row(arch: Arch, register: Option<&str>) -> String {
    match register {
        Some(register) => format!("| {} | `ctx->{register}` |\n", arch.name()),
        None => format!("| {} | not in a register |\n", arch.name()),
    }
}

/// A row with both ways to the argument of a system call.
fn syscall(arch: Arch, index: usize) -> String {
    let table = arch.table();
    let Some(register) = table.syscall.get(index) else {
        return format!("| {} | not in a register | |", arch.name());
    };
    let wrapped = match (&table.wrapper, table.parameters.first()) {
        (Some(wrapper), Some(first)) => {
            let (prefix, (major, minor)) = (wrapper.prefix, wrapper.since);
            format!(
                "`((struct pt_regs *)ctx->{})->{}`, {prefix}* since {major}.{minor}",
                first.name, register.name
            )
        }
        _ => "has none".to_owned(),
    };
    format!("| {} | {wrapped} | `ctx->{}` |", arch.name(), register.name)
}
