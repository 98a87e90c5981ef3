//! A system call that some of the target architectures don't have.
//!
//! ## Why it matters
//! Architectures that came later have the newer calls only: arm64, riscv64 and loongarch64 have no
//! `open`, `fork`, `unlink` or `poll` (`scripts/syscall.tbl`, `arch/x86/entry/syscalls/`). There the
//! program can't be attached, and what it was to watch happens through other calls.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/open")
//! int BPF_KSYSCALL(open_enter, const char *filename, int flags, umode_t mode)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/openat")
//! int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, umode_t mode)
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::{Context, Way},
        rule::Check,
        shared,
        tables::syscalls,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0402", "missing-syscall"),
    severity: Severity::Note,
    confidence: Confidence::High,
    category: Category::SystemCalls,
    fix: None,
    source: include_str!("missing_syscall.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        let Some(target) = &program.target else {
            continue;
        };
        // The alias and the unknown are other rules'; a probe at the return says nothing new.
        if target.way != Way::Ksyscall
            || target.returns
            || target.call == "mmap"
            || syscalls::entering(&target.call).next().is_none()
        {
            continue;
        }
        let archs = cx.settings.archs.iter().copied();
        let first = cx.settings.archs.first();
        let alias = first.is_some_and(|&arch| {
            let named = syscalls::named(&target.call).iter();
            syscalls::entered(&target.call, arch).is_none()
                && named.clone().any(|call| call.native(arch))
        });
        if alias {
            continue;
        }
        let missing: Vec<_> = archs
            .filter(|&arch| syscalls::entered(&target.call, arch).is_none())
            .collect();
        let named = |arch| {
            let calls = syscalls::named(&target.call).iter();
            calls.clone().find(|call| call.native(arch))
        };
        let (others, missing): (Vec<_>, Vec<_>) =
            missing.into_iter().partition(|&arch| named(arch).is_some());
        let span = program.section_span.unwrap_or(program.function.name_span);
        if let Some(entry) = others.first().and_then(|&arch| named(arch)) {
            let message = format!(
                "on {}, programs that call `{}` enter `{}`",
                shared::list(&others),
                target.call,
                entry.entry
            );
            findings.push(RULE.at(span, message));
        }
        if !missing.is_empty() {
            let have = if missing.len() == 1 { "has" } else { "have" };
            let message = format!("{} {have} no `{}`", shared::list(&missing), target.call);
            findings.push(RULE.at(span, message));
        }
    }
}
