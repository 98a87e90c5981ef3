//! A string of the process's, printed with `%s`.
//!
//! ## Why it matters
//! `%s` says nothing of whose memory it is: the kernel guesses by the address where its memory and
//! the process's don't overlap, and takes it for its own where they do, as on s390x
//! (`bpf_trace_copy_string` in `kernel/trace/bpf_trace.c`). Since Linux 5.8 there are `%pus` for the
//! process's memory and `%pks` for the kernel's (`bpf_bprintf_prepare`).
//!
//! ## Example
//! ```c
//! SEC("ksyscall/unlink")
//! int BPF_KSYSCALL(unlink_enter, const char *pathname)
//! {
//!     bpf_printk("unlink %s", pathname);
//! ```
//!
//! Use instead:
//! ```c
//!     bpf_printk("unlink %pus", pathname);
//! ```
//!
//! ## Fix
//! Writes `%pus`. Unsafe: older kernels don't know it.

use crate::{
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::Context,
        flow::{self, Taint, Value},
        rule::Check,
        shared,
    },
    c::tree::Expr,
    source::{lex, markers, span::Span},
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0505", "user-string-printed"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Memory,
    fix: Some(Applicability::Unsafe),
    source: include_str!("user_string_printed.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (_, _, marker) in shared::marks(cx) {
        let skip = match marker.name {
            markers::PRINTK => 0,
            markers::SEQ_PRINTF | markers::STREAM_PRINTK => 1,
            markers::SNPRINTF => 2,
            _ => continue,
        };
        let args = marker.args.get(skip..).unwrap_or_default();
        found(cx, args, marker.expr.span, findings);
    }
    for (_, _, helper) in shared::helpers(cx) {
        if let (6, [format, _, values @ ..]) = (helper.id, helper.args.as_slice()) {
            let args: Vec<_> = std::iter::once(*format).chain(values.iter().copied()).collect();
            found(cx, &args, helper.expr.span, findings);
        }
    }
}

fn found(cx: &Context<'_>, args: &[(&Expr, Value)], span: Span, findings: &mut Vec<Finding>) {
    let Some(((format, _), values)) = args.split_first() else {
        return;
    };
    let Some(text) = flow::text(format) else {
        return;
    };
    for (at, (start, end)) in directives(text).into_iter().enumerate() {
        let user = values.get(at).is_some_and(|(_, value)| {
            value.taint.has(Taint::USER_POINTER)
        });
        if text.get(start..end) != Some("%s") || !user || !cx.is_own(span) {
            continue;
        }
        let finding = RULE.at(
            span,
            format!("value {} of the format is an address of the process's", at + 1),
        );
        findings.push(match literal(cx, span, at) {
            Some(place) => finding.fix(
                Applicability::Unsafe,
                "use `%pus`",
                [(place, "%pus".to_owned())],
            ),
            None => finding.help("use `%pus`"),
        });
    }
}

/// Where the conversions of a format are.
fn directives(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(percent) = text.get(at..).and_then(|rest| rest.find('%')) {
        let start = at + percent;
        let rest = text.get(start + 1..).unwrap_or_default();
        if rest.starts_with('%') {
            at = start + 2;
            continue;
        }
        let length = rest.find(|c: char| c.is_ascii_alphabetic() && !"lhzj".contains(c));
        let Some(length) = length else { break };
        let mut end = start + length + 2;
        if rest.get(length..).is_some_and(|rest| rest.starts_with('p')) {
            let more = text.get(end..).unwrap_or_default();
            end += more.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(more.len());
        }
        found.push((start, end));
        at = end;
    }
    found
}

/// Where the conversion number `wanted` stands, if the format is one literal behind a macro's name.
fn literal(cx: &Context<'_>, span: Span, wanted: usize) -> Option<Span> {
    let lexemes = cx.text.lexemes(span.file);
    let text = &cx.files.get(span.file)?.text;
    let literal = lexemes
        .iter()
        .filter(|lexeme| lexeme.start >= span.start as usize)
        .find(|lexeme| lexeme.kind == lex::Kind::Str)?;
    let inside = literal.of(text);
    let (start, end) = directives(inside).get(wanted).copied()?;
    (inside.get(start..end) == Some("%s")).then_some(())?;
    Some(Span {
        file: span.file,
        start: u32::try_from(literal.start + start).ok()?,
        end: u32::try_from(literal.start + end).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: &str, expected: &[&str]) {
        let found = directives(format).into_iter();
        let found: Vec<_> = found.filter_map(|(start, end)| format.get(start..end)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn conversions() {
        check("%d of 100%%, %-16s", &["%d", "%-16s"]);
        check("%llu %pks %pI4 %p.", &["%llu", "%pks", "%pI4", "%p"]);
        check("100%", &[]);
    }
}
