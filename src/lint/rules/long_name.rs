//! A program whose name the kernel cuts.
//!
//! ## Why it matters
//! The kernel keeps 15 characters of a program's name (`BPF_OBJ_NAME_LEN` in
//! `include/uapi/linux/bpf.h`); libbpf cuts the rest off (`bpf_object_load_prog` in `libbpf.c`).
//! Whoever asks for `bpf_prog_info.name`, as loaders and monitors do, can't tell programs whose names
//! begin alike. (`bpftool` and the kernel's symbols take the whole name from BTF, where a program has
//! any.)
//!
//! ## Example
//! ```c
//! int BPF_KSYSCALL(trace_openat_syscall_enter)
//! ```
//!
//! Use instead:
//! ```c
//! int BPF_KSYSCALL(openat_enter)
//! ```

use std::collections::BTreeMap;

use crate::{
    diag::{Code, Severity},
    lint::{Category, Confidence, Finding, Rule, context::Context, rule::Check},
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0706", "long-name"),
    severity: Severity::Note,
    confidence: Confidence::High,
    category: Category::State,
    fix: None,
    source: include_str!("long_name.rs"),
    check: Check::File(check),
};

/// `BPF_OBJ_NAME_LEN` without the zero at the end.
const KEPT: usize = 15;

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for program in &cx.programs {
        let name = program.function.name.as_ref();
        *by_name.entry(name.get(..KEPT).unwrap_or(name)).or_default() += 1;
    }
    for program in &cx.programs {
        let name = program.function.name.as_ref();
        let Some(kept) = name.get(..KEPT).filter(|kept| kept.len() < name.len()) else {
            continue;
        };
        let alike = by_name.get(kept).is_some_and(|&count| count > 1);
        if !cx.is_own(program.function.name_span) {
            continue;
        }
        let mut message = format!("the kernel calls this program `{kept}`");
        if alike {
            message.push_str(", and another one too");
        }
        findings.push(RULE.at(program.function.name_span, message));
    }
}
