//! Fewer arguments than the system call takes.
//!
//! ## Why it matters
//! Leaving out the last ones is allowed, and costs nothing. It is worth a look where a call got a
//! new argument, or where another call was meant: the kernel's arguments are those of its
//! `SYSCALL_DEFINEn`.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd, const char *filename)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, umode_t mode)
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{Category, Confidence, Finding, Rule, context::Context, rule::Check, shared},
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0108", "fewer-arguments"),
    severity: Severity::Note,
    confidence: Confidence::High,
    category: Category::Arguments,
    fix: None,
    source: include_str!("fewer_arguments.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        let Some(call) = shared::entered(cx, program) else {
            continue;
        };
        let Some(args) = &call.args else { continue };
        // A program without arguments counts calls, and asks for none.
        let (Some(last), Some(left)) = (program.args.last(), args.get(program.args.len()..)) else {
            continue;
        };
        if left.is_empty() {
            continue;
        }
        let left: Vec<&str> = left.iter().map(|arg| arg.text).collect();
        findings.push(RULE.at(
            last.span,
            format!("`{}` takes more: {}", call.name, left.join(", ")),
        ));
    }
}
