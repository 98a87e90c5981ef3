//! A program of a type that the oldest kernel which is aimed at doesn't have.
//!
//! It looks only where `min-kernel` is set.
//!
//! ## Why it matters
//! `BPF_PROG_LOAD` fails with `EINVAL` (`bpf_prog_load` in `kernel/bpf/syscall.c`), or the kernel
//! has nothing to attach it to. libbpf gives up the whole object then.
//!
//! ## Example
//! ```c
//! // min-kernel: 5.4
//! SEC("fentry/do_unlinkat")
//! int BPF_PROG(unlink_enter, int dfd, struct filename *name)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("kprobe/do_unlinkat")
//! int BPF_KPROBE(unlink_enter, int dfd, struct filename *name)
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule, context::Context, rule::Check, tables::versions,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0803", "program-version"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Portability,
    fix: None,
    source: include_str!("program_version.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let Some(oldest) = cx.settings.min_kernel else {
        return;
    };
    for program in &cx.programs {
        // A question mark: the loader decides.
        if program.section.starts_with('?') {
            continue;
        }
        let Some((name, needed)) = versions::program(&program.kind, program.section) else {
            continue;
        };
        let span = program.section_span.unwrap_or(program.function.name_span);
        if needed > oldest && cx.is_own(span) {
            findings.push(RULE.at(
                span,
                format!("{name} programs are there since Linux {needed}, and {oldest} is to do"),
            ));
        }
    }
}
