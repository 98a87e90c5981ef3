//! A helper that the oldest kernel which is aimed at doesn't have.
//!
//! It looks only where `min-kernel` is set.
//!
//! ## Why it matters
//! The kernel refuses a program that calls a helper it doesn't know (`unknown func`,
//! `check_helper_call` in `kernel/bpf/verifier.c`). Helpers are numbered in the order in which they
//! were added (`include/uapi/linux/bpf.h`). `bpf_printk` with more than three values calls
//! `bpf_trace_vprintk`, of Linux 5.16 (`bpf_helpers.h`).
//!
//! ## Example
//! ```c
//! // min-kernel: 5.4
//! bpf_ringbuf_output(&events, &e, sizeof(e), 0);
//! ```
//!
//! Use instead:
//! ```c
//! bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e, sizeof(e));
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, KernelVersion, Rule,
        context::{Call, Context},
        rule::Check,
        tables::helpers::since,
    },
    source::markers,
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0801", "helper-version"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Portability,
    fix: None,
    source: include_str!("helper_version.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let Some(oldest) = cx.settings.min_kernel else {
        return;
    };
    for call in &cx.calls {
        let Some((name, needed)) = needs(call).filter(|(_, needed)| *needed > oldest) else {
            continue;
        };
        // What a program does on newer kernels only, it asks for.
        if cx.is_own(call.name_span) && !asks(cx) {
            findings.push(RULE.at(
                call.name_span,
                format!("`{name}` is there since Linux {needed}, and {oldest} is to do"),
            ));
        }
    }
}

fn needs<'c>(call: &'c Call<'_>) -> Option<(&'c str, KernelVersion)> {
    if let Some(id) = call.helper {
        return Some((call.name, since(id)?));
    }
    match call.name {
        markers::PRINTK if call.args.len() > 4 => Some(("bpf_trace_vprintk", since(177)?)),
        markers::SNPRINTF => Some(("bpf_snprintf", since(165)?)),
        name if name.starts_with("__c2aya_core_read_") || name == markers::CORE_READ => {
            Some(("bpf_probe_read_kernel", since(113)?))
        }
        _ => None,
    }
}

/// Whether the file asks what the kernel has.
fn asks(cx: &Context<'_>) -> bool {
    cx.tree.variables.iter().any(|variable| {
        variable.name.as_ref() == "LINUX_KERNEL_VERSION" && cx.is_own(variable.name_span)
    }) || cx.calls.iter().any(|call| {
        matches!(
            call.name,
            markers::CORE_ENUM_VALUE_EXISTS | markers::CORE_TYPE_EXISTS
        )
    })
}
