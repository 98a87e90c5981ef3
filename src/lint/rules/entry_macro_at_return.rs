//! A macro that reads arguments, on a program that runs when the call has returned.
//!
//! ## Why it matters
//! At the return, registers that held arguments hold anything. `BPF_KSYSCALL` and `BPF_KPROBE` read
//! them all the same: what such a program calls `ret` is what the first argument's register happens
//! to hold. The result is read by `BPF_KRETPROBE` (`PT_REGS_RC` in libbpf's `bpf_tracing.h`).
//! Arguments have to be kept in a map by a program at the entry.
//!
//! ## Example
//! ```c
//! SEC("kretsyscall/openat")
//! int BPF_KSYSCALL(openat_exit, int ret)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("kretsyscall/openat")
//! int BPF_KRETPROBE(openat_exit, int ret)
//! ```
//!
//! ## Fix
//! Writes `BPF_KRETPROBE` where the one argument is called `ret` or the like: safe, as nothing else
//! can have been meant.

use crate::{
    diag::{Code, Severity},
    ir::program::EntryMacro,
    lint::{
        Applicability, Category, Confidence, Finding, Rule, context::Context, rule::Check, shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0205", "entry-macro-at-return"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Convention,
    fix: Some(Applicability::Safe),
    source: include_str!("entry_macro_at_return.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        let entry = matches!(
            shared::macro_of(program),
            Some(EntryMacro::Ksyscall | EntryMacro::Kprobe | EntryMacro::Uprobe)
        );
        if !entry || !shared::at_return(program) || program.args.is_empty() {
            continue;
        }
        let name = &program.function.name;
        let finding = RULE.at(
            program.function.name_span,
            format!("`{name}` reads arguments when the call has returned"),
        );
        let [only] = program.args.as_slice() else {
            findings.push(finding.help("keep them in a map when the call begins"));
            continue;
        };
        let result = only.local.name.as_deref().is_some_and(|name| {
            ["ret", "retval", "rc", "res", "result", "err", "error"].contains(&name)
        });
        findings.push(match shared::written_macro(program) {
            Some((_, place)) if result => {
                let edit = (place, "BPF_KRETPROBE".to_owned());
                finding.fix(Applicability::Safe, "use `BPF_KRETPROBE`", [edit])
            }
            _ => finding.help("BPF_KRETPROBE gives the value that it returned"),
        });
    }
}
