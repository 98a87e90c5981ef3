//! More arguments than the system call takes.
//!
//! ## Why it matters
//! `BPF_KSYSCALL` reads as many registers as there are names, and can't know how many the call has
//! (`___bpf_syswrap_args` in libbpf's `bpf_tracing.h`). Behind the last argument of the kernel's
//! `SYSCALL_DEFINEn` the register holds whatever the process left in it.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/close")
//! int BPF_KSYSCALL(close_enter, unsigned int fd, int flags)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/close")
//! int BPF_KSYSCALL(close_enter, unsigned int fd)
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{Category, Confidence, Finding, Rule, context::Context, rule::Check, shared},
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0101", "too-many-arguments"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Arguments,
    fix: None,
    source: include_str!("too_many_arguments.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        let Some(call) = shared::entered(cx, program) else {
            continue;
        };
        let Some(args) = &call.args else { continue };
        let Some(first) = program.args.get(args.len()) else {
            continue;
        };
        let takes = match args.as_slice() {
            [] => "no arguments".to_owned(),
            [_] => "one argument".to_owned(),
            more => format!("{} arguments", more.len()),
        };
        findings.push(
            RULE.at(
                first.span,
                format!("`{}` takes {takes}, and this is one more", call.name),
            )
            .help("remove it: its register holds what the process happened to leave there"),
        );
    }
}
