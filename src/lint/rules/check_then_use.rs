//! A decision about a system call by memory that the process can change meanwhile.
//!
//! ## Why it matters
//! What a program reads at the entry, the kernel reads again later: `getname_flags` copies a path
//! after the probe has looked at it (`fs/namei.c`). Another thread can change it in between, so that
//! the call which was let through isn't the one that is made, nor the one that was punished. LSM
//! hooks (`Documentation/bpf/prog_lsm.rst`) get what the kernel itself will use.
//!
//! ## Example
//! ```c
//! bpf_probe_read_user_str(path, sizeof(path), filename);
//! if (path[0] == '/')
//!     bpf_override_return(ctx, -EPERM);
//! ```
//!
//! Use instead:
//! ```c
//! SEC("lsm/file_open")
//! int BPF_PROG(open_check, struct file *file)
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::Context,
        flow::{self, Taint},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0509", "check-then-use"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Memory,
    fix: None,
    source: include_str!("check_then_use.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (program, event, helper) in shared::helpers(cx) {
        if super::compat_bypass::ENFORCING.contains(&helper.id)
            && event.control.has(Taint::USER_DATA)
            && flow::is_entry(program)
            && cx.is_own(event.span)
        {
            findings.push(RULE.at(
                helper.name_span,
                "another thread can change the memory that decides about this",
            ));
        }
    }
}
