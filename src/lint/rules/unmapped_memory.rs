//! A decision by memory of the process that may not have been read.
//!
//! ## Why it matters
//! At the entry of a system call, pages that the process hasn't touched yet aren't mapped in: a
//! constant string on its first use, for one. `bpf_probe_read_user` doesn't wait for them
//! (`copy_from_user_nofault` in `mm/maccess.c`); it fails, and clears the buffer
//! (`bpf_probe_read_user_common` in `kernel/trace/bpf_trace.c`). Where the result is ignored, the
//! program decides by zeros.
//!
//! ## Example
//! ```c
//! bpf_probe_read_user(&family, sizeof(family), &addr->sa_family);
//! if (family != AF_INET)
//!     return 0;
//! ```
//!
//! Use instead:
//! ```c
//! if (bpf_probe_read_user(&family, sizeof(family), &addr->sa_family))
//!     return 0;
//! if (family != AF_INET)
//!     return 0;
//! ```

use std::collections::BTreeSet;

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::Context,
        flow::{self, Taint, Used},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0508", "unmapped-memory"),
    severity: Severity::Note,
    confidence: Confidence::Medium,
    category: Category::Memory,
    fix: None,
    source: include_str!("unmapped_memory.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    // Programs that go on, or not, by what they read.
    let decides: BTreeSet<_> = shared::events(cx)
        .filter(|(.., event)| event.control.has(Taint::USER_DATA))
        .map(|(program, ..)| program.id)
        .collect();
    for (program, event, helper) in shared::helpers(cx) {
        let ignored = matches!(helper.id, 112 | 114) && helper.result == Used::No;
        let before = !event.control.has(Taint::USER_DATA);
        if ignored
            && before
            && flow::is_entry(program)
            && decides.contains(&program.id)
            && cx.is_own(event.span)
        {
            findings.push(RULE.at(
                helper.name_span,
                "if this fails, the program decides by zeros",
            ));
        }
    }
}
