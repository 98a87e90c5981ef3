//! `mmap`, whose function is another one on some architectures.
//!
//! ## Why it matters
//! On s390x, programs enter `old_mmap`, which takes one pointer to a structure with the arguments
//! (`__ARCH_WANT_SYS_OLD_MMAP`, `arch/s390/kernel/syscalls/syscall.tbl`); on mips the function is
//! `mips_mmap`. libbpf documents that `BPF_KSYSCALL` doesn't handle it (`bpf_tracing.h`).
//!
//! ## Example
//! ```c
//! SEC("ksyscall/mmap")
//! int BPF_KSYSCALL(mmap_enter, unsigned long addr, unsigned long len)
//! ```
//!
//! Use instead:
//! ```c
//! #ifdef __TARGET_ARCH_s390
//! SEC("ksyscall/old_mmap")
//! int BPF_KSYSCALL(mmap_enter, struct mmap_arg_struct *arg)
//! #else
//! SEC("ksyscall/mmap")
//! int BPF_KSYSCALL(mmap_enter, unsigned long addr, unsigned long len)
//! #endif
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule, context::{Context, Way}, rule::Check, shared,
        tables::syscalls,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0301", "old-mmap"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Quirks,
    fix: None,
    source: include_str!("old_mmap.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        let Some(target) = &program.target else {
            continue;
        };
        if target.call != "mmap" || target.way != Way::Ksyscall {
            continue;
        }
        let entry = |arch| {
            let call = syscalls::named("mmap").iter().find(|call| call.native(arch));
            call.map(|call| call.entry).filter(|entry| *entry != "mmap")
        };
        let archs = cx.settings.archs.iter().copied();
        let others: Vec<_> = archs.filter(|&arch| entry(arch).is_some()).collect();
        let Some(&first) = others.first() else {
            continue;
        };
        findings.push(RULE.at(
            program.section_span.unwrap_or(program.function.name_span),
            format!(
                "on {}, `mmap` enters another function, such as `{}`",
                shared::list(&others),
                entry(first).unwrap_or_default()
            ),
        ));
    }
}
