//! A system call by the name that programs know, where its function is called otherwise.
//!
//! ## Why it matters
//! `ksyscall/stat` attaches to `__x64_sys_stat`, which is the function of an older call, or isn't
//! there at all; programs that call `stat` enter `__x64_sys_newstat`
//! (`arch/x86/entry/syscalls/syscall_64.tbl`). libbpf takes the name as it stands
//! (`attach_ksyscall` in `libbpf.c`). So it is with `fstat`, `lstat`, `uname`, `umount2`,
//! `sendfile` and others.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/uname")
//! int BPF_KSYSCALL(uname_enter, struct new_utsname *name)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("ksyscall/newuname")
//! int BPF_KSYSCALL(uname_enter, struct new_utsname *name)
//! ```
//!
//! ## Fix
//! Safe: it writes the name of the function that the call enters.

use crate::{
    arch::Arch,
    diag::{Code, Severity},
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::{Context, Way},
        rule::Check,
        shared,
        tables::syscalls,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0403", "syscall-alias"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::SystemCalls,
    fix: Some(Applicability::Safe),
    source: include_str!("syscall_alias.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        let Some(target) = &program.target else {
            continue;
        };
        let call = target.call.as_str();
        if !matches!(target.way, Way::Ksyscall | Way::Wrapper(_)) {
            continue;
        }
        let archs = || cx.settings.archs.iter().copied();
        let none = |arch: &Arch| syscalls::entered(call, *arch).is_none();
        // Where it is some of the others only, that is another rule's.
        if !archs().next().is_some_and(|first| none(&first)) && !archs().all(|arch| none(&arch)) {
            continue;
        }
        let entry = |arch| {
            let found = syscalls::named(call).iter().find(|found| found.native(arch));
            found.map(|found| found.entry)
        };
        let others: Vec<Arch> = archs().filter(none).filter(|&arch| entry(arch).is_some()).collect();
        let mut entries = others.iter().filter_map(|&arch| entry(arch));
        let Some(first) = entries.next() else {
            continue;
        };
        let span = program.section_span.unwrap_or(program.function.name_span);
        let finding = RULE.at(
            span,
            format!(
                "on {}, programs that call `{call}` enter `{first}`",
                shared::list(&others)
            ),
        );
        let written = cx.written(span);
        let title = format!("use `{first}`");
        let one = entries.all(|entry| entry == first);
        findings.push(
            if one && cx.is_own(span) && written.ends_with(&format!("{call}\"")) {
                let head = written.strip_suffix(&format!("{call}\"")).unwrap_or(written);
                let text = format!("{head}{first}\"");
                finding.fix(Applicability::Safe, title, [(span, text)])
            } else {
                finding.help(title)
            },
        );
    }
}
