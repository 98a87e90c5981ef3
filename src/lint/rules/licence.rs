//! A helper that only programs under the GPL may call, in one that isn't.
//!
//! ## Why it matters
//! The kernel refuses the program: `cannot call GPL-restricted function from non-GPL compatible
//! program` (`check_helper_call` in `kernel/bpf/verifier.c`, `gpl_only` of the helper's
//! `struct bpf_func_proto`). `bpf_printk` and all that reads memory are among them. Which licences
//! count is in `include/linux/license.h`; a file without a `license` section has none.
//!
//! ## Example
//! ```c
//! char LICENSE[] SEC("license") = "Apache-2.0";
//! ```
//!
//! Use instead:
//! ```c
//! char LICENSE[] SEC("license") = "Dual BSD/GPL";
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule, context::Context, rule::Check,
        tables::helpers::gpl_only,
    },
    source::markers,
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0707", "licence"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::State,
    fix: None,
    source: include_str!("licence.rs"),
    check: Check::File(check),
};

/// `license_is_gpl_compatible`
const COMPATIBLE: [&str; 6] = [
    "GPL",
    "GPL v2",
    "GPL and additional rights",
    "Dual BSD/GPL",
    "Dual MIT/GPL",
    "Dual MPL/GPL",
];

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let licence = cx.license();
    if licence.is_some_and(|licence| COMPATIBLE.contains(&licence)) {
        return;
    }
    // Without programs, a file is part of another one.
    let restricted = cx.calls.iter().find(|call| {
        let reads = call.name.starts_with("__c2aya_core_read")
            || call.name.starts_with("__c2aya_probe_read")
            || call.name == markers::PRINTK;
        (call.helper.is_some_and(gpl_only) || reads)
            && cx.is_own(call.name_span)
            && cx.programs_reaching(call.function).next().is_some()
    });
    let Some(call) = restricted else { return };
    let finding = match licence {
        Some(licence) => RULE.at(
            call.name_span,
            format!("programs under the GPL alone may call this, and this one is under `{licence}`"),
        ),
        None => RULE.at(
            call.name_span,
            "programs under the GPL alone may call this, and the file names no licence",
        ),
    };
    findings.push(finding.help("char LICENSE[] SEC(\"license\") = \"GPL\";"));
}
