//! An argument at another place than the kernel's argument of that name.
//!
//! ## Why it matters
//! Arguments are told apart by their place alone: `BPF_KSYSCALL` hands out the registers in order
//! (`PT_REGS_PARM1_CORE_SYSCALL` … in libbpf's `bpf_tracing.h`). The kernel's order is that of its
//! `SYSCALL_DEFINEn`.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, const char *filename, int flags)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags)
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{Category, Confidence, Finding, Rule, context::Context, rule::Check, shared},
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0102", "misplaced-argument"),
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Arguments,
    fix: None,
    source: include_str!("misplaced_argument.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        let Some(call) = shared::entered(cx, program) else {
            continue;
        };
        let Some(args) = &call.args else { continue };
        for (at, own) in program.args.iter().enumerate() {
            let Some(name) = own.local.name.as_deref() else {
                continue;
            };
            if args.get(at).is_none_or(|arg| arg.name == name) {
                continue;
            }
            let Some(wanted) = args.iter().position(|arg| arg.name == name) else {
                continue;
            };
            findings.push(RULE.at(
                own.span,
                format!(
                    "`{name}` is argument {} here, and argument {} of the kernel's `{}`",
                    at + 1,
                    wanted + 1,
                    call.name
                ),
            ));
        }
    }
}
