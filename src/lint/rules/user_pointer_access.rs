//! Memory of the process, read or written without a helper.
//!
//! ## Why it matters
//! A user pointer is a number to a program: the verifier refuses an access through it
//! (`invalid mem access 'scalar'`, `check_mem_access` in `kernel/bpf/verifier.c`), and where it can't
//! see that, the address means nothing to the kernel. `bpf_probe_read_user` switches to the
//! process's memory and survives a fault (`kernel/trace/bpf_trace.c`).
//!
//! ## Example
//! ```c
//! SEC("ksyscall/connect")
//! int BPF_KSYSCALL(connect_enter, int fd, struct sockaddr *addr)
//! {
//!     return addr->sa_family;
//! ```
//!
//! Use instead:
//! ```c
//!     struct sockaddr copy;
//!
//!     if (bpf_probe_read_user(&copy, sizeof(copy), addr))
//!         return 0;
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::Context,
        flow::{Action, Taint},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0501", "user-pointer-access"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Memory,
    fix: None,
    source: include_str!("user_pointer_access.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (_, _, event) in shared::events(cx) {
        let Action::Access { pointer, .. } = &event.kind else {
            continue;
        };
        if pointer.taint.has(Taint::USER_POINTER)
            && !pointer.taint.has(Taint::CONTEXT)
            && cx.is_own(event.span)
        {
            findings.push(
                RULE.at(event.span, "this is memory of the process")
                    .help("read it with bpf_probe_read_user"),
            );
        }
    }
}
