//! A length that the caller of the system call chose, used as it came.
//!
//! ## Why it matters
//! The verifier wants to see that a length fits the buffer (`R2 unbounded memory access`,
//! `check_mem_size_reg` in `kernel/bpf/verifier.c`), and where it lets one pass, the caller decides
//! how much of a buffer is filled. A comparison or a mask right before the call bounds it.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/write")
//! int BPF_KSYSCALL(write_enter, unsigned int fd, const char *buf, size_t count)
//! {
//!     bpf_probe_read_user(data, count, buf);
//! ```
//!
//! Use instead:
//! ```c
//!     if (count > sizeof(data))
//!         count = sizeof(data);
//!     bpf_probe_read_user(data, count, buf);
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::Context,
        flow::{Taint, Value},
        rule::Check,
        shared,
        tables::helpers::helper,
    },
    source::markers,
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0507", "unbounded-length"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Memory,
    fix: None,
    source: include_str!("unbounded_length.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let wild = |value: &Value| {
        let chosen = value.taint.has(Taint::USER_NUMBER) || value.taint.has(Taint::USER_DATA);
        chosen && !value.bounded && value.number.is_none()
    };
    for (_, _, call) in shared::helpers(cx) {
        let Some(helper) = helper(call.id) else {
            continue;
        };
        let letters = helper.arguments.trim_start_matches(['!', '=']);
        for (at, letter) in letters.bytes().enumerate() {
            if letter != b'n' {
                continue;
            }
            if let Some((expr, value)) = call.args.get(at)
                && wild(value)
                && cx.is_own(expr.span)
            {
                findings.push(RULE.at(expr.span, "the caller chose this length, and nothing bounds it"));
            }
        }
    }
    for (_, _, marker) in shared::marks(cx) {
        let sized = matches!(
            marker.name,
            markers::CORE_READ_MEM
                | markers::CORE_READ_STR
                | markers::CORE_READ_USER_MEM
                | markers::CORE_READ_USER_STR
        );
        if sized
            && let Some((expr, value)) = marker.args.get(1)
            && wild(value)
            && cx.is_own(expr.span)
        {
            findings.push(RULE.at(expr.span, "the caller chose this length, and nothing bounds it"));
        }
    }
}
