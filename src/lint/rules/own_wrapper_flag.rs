//! `LINUX_HAS_SYSCALL_WRAPPER`, defined by the program itself.
//!
//! ## Why it matters
//! `BPF_KSYSCALL` asks this variable where the arguments are. libbpf sets it when it loads the
//! program, by what the running kernel has (`bpf_object__resolve_externs` in `libbpf.c`), but only
//! where it is `extern`, as `bpf_tracing.h` declares it. A value of the program's own is right on
//! some kernels and wrong on others, and then every argument is garbage.
//!
//! ## Example
//! ```c
//! _Bool LINUX_HAS_SYSCALL_WRAPPER = 1;
//! ```
//!
//! Use instead:
//! ```c
//! #include <bpf/bpf_tracing.h>
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{Category, Confidence, Finding, Rule, context::Context, rule::Check},
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0210", "own-wrapper-flag"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Convention,
    fix: None,
    source: include_str!("own_wrapper_flag.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for variable in &cx.tree.variables {
        if variable.name.as_ref() == "LINUX_HAS_SYSCALL_WRAPPER"
            && !variable.extern_
            && cx.is_own(variable.name_span)
        {
            findings.push(RULE.at(
                variable.name_span,
                "the kernel decides whether it has system call wrappers, and libbpf asks it",
            ));
        }
    }
}
