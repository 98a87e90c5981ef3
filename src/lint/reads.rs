//! Reads that say whose memory they read.

use super::{
    Applicability, Finding, Rule,
    context::Context,
    flow::{Action, ReadMacro, Taint, Value},
    shared,
    tables::helpers::{Space, probed},
};
use crate::{
    c::tree::{Expr, FunctionId},
    source::span::Span,
};

/// A read by a helper or a macro.
pub(super) struct Read<'a> {
    /// The function in which it is.
    pub function: FunctionId,
    /// The address, as written.
    pub address: &'a Expr,
    /// Whose memory is read.
    space: Space,
    from: Value,
    span: Span,
}

/// The reads of a file that take the memory for `space`, at addresses that are marked so.
pub(super) fn reads<'c, 'a>(
    cx: &'c Context<'a>,
    space: Space,
    address: Taint,
) -> impl Iterator<Item = Read<'a>> + 'c {
    let read = |(.., event): (_, _, &'c super::flow::Event<'a>)| {
        let (args, at, space, span) = match &event.kind {
            Action::Helper(helper) => {
                let (at, space) = probed(helper.id)?;
                (&helper.args, at, space, helper.name_span)
            }
            Action::Marker(marker) => {
                let read = ReadMacro::of(marker.name)?;
                let space = if read.user {
                    Space::User
                } else {
                    Space::Kernel
                };
                let at = read.access.or(read.pointer)?;
                (&marker.args, at, space, marker.expr.span)
            }
            _ => return None,
        };
        let &(address, from) = args.get(at)?;
        Some(Read {
            function: event.function,
            address,
            space,
            from,
            span,
        })
    };
    shared::events(cx).filter_map(read).filter(move |read| {
        read.space == space && read.from.taint.has(address) && cx.is_own(read.span)
    })
}

impl Read<'_> {
    /// Says so, and offers the helper or macro that reads the other memory.
    pub fn found(&self, cx: &Context<'_>, rule: &Rule, message: &str, better: &str) -> Finding {
        let finding = rule.at(self.span, message);
        let written = cx.text.word_at(self.span);
        match written.and_then(|word| Some((word.span, counterpart(word.text)?))) {
            Some((place, other)) => finding.fix(
                Applicability::Safe,
                format!("use `{other}`"),
                [(place, other.to_owned())],
            ),
            None => finding.help(format!("use {better}")),
        }
    }
}

/// What reads the same from the process instead of the kernel, or the reverse.
fn counterpart(name: &str) -> Option<&'static str> {
    PAIRS.iter().find_map(|&(kernel, user)| {
        let other = if name == kernel { user } else { kernel };
        (name == kernel || name == user).then_some(other)
    })
}

/// What reads the kernel's memory, and what the process's.
const PAIRS: &[(&str, &str)] = &[
    ("bpf_probe_read_kernel", "bpf_probe_read_user"),
    ("bpf_probe_read_kernel_str", "bpf_probe_read_user_str"),
    ("bpf_core_read", "bpf_core_read_user"),
    ("bpf_core_read_str", "bpf_core_read_user_str"),
    ("BPF_CORE_READ", "BPF_CORE_READ_USER"),
    ("BPF_CORE_READ_INTO", "BPF_CORE_READ_USER_INTO"),
    ("BPF_CORE_READ_STR_INTO", "BPF_CORE_READ_USER_STR_INTO"),
    ("BPF_PROBE_READ", "BPF_PROBE_READ_USER"),
    ("BPF_PROBE_READ_INTO", "BPF_PROBE_READ_USER_INTO"),
    ("BPF_PROBE_READ_STR_INTO", "BPF_PROBE_READ_USER_STR_INTO"),
];
