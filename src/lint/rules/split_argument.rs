//! An argument of 64 bits, which takes two registers on 32-bit architectures.
//!
//! ## Why it matters
//! On arm and mips, a 64-bit offset comes in two registers, on most calls aligned to an even one
//! (`arch/arm/kernel/sys_arm.c`, the `loff_t` arguments of `SYSCALL_DEFINEn`); it and all arguments
//! behind it aren't where `BPF_KSYSCALL` reads them: it takes one register for each.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/pread64")
//! int BPF_KSYSCALL(pread_enter, unsigned int fd, char *buf, size_t count, loff_t pos)
//! ```
//!
//! Use instead:
//! ```c
//! #ifdef __TARGET_ARCH_arm
//! SEC("ksyscall/pread64")
//! int BPF_KSYSCALL(pread_enter, unsigned int fd, char *buf, size_t count, int unused, u32 lo)
//! #else
//! SEC("ksyscall/pread64")
//! int BPF_KSYSCALL(pread_enter, unsigned int fd, char *buf, size_t count, loff_t pos)
//! #endif
//! ```

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::Context,
        rule::Check,
        shared,
        tables::syscalls::{self, ArgKind},
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0305", "split-argument"),
    severity: Severity::Note,
    confidence: Confidence::High,
    category: Category::Quirks,
    fix: None,
    source: include_str!("split_argument.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        let Some(target) = &program.target else {
            continue;
        };
        if shared::entered(cx, program).is_none() {
            continue;
        }
        let archs = cx.settings.archs.iter().copied();
        let narrow: Vec<_> = archs.filter(|arch| arch.table().word == 4).collect();
        let wide = |arch| {
            let args = syscalls::entered(&target.call, arch)?.args.as_ref()?;
            args.iter().position(|arg| {
                let text = arg.text.trim_start();
                matches!(arg.kind, ArgKind::Int { bits: 64, word: false, .. })
                    && ["loff_t ", "u64 ", "__u64 "].iter().any(|ty| text.starts_with(ty))
            })
        };
        let Some(at) = narrow.iter().find_map(|&arch| wide(arch)) else {
            continue;
        };
        let archs: Vec<_> = narrow
            .into_iter()
            .filter(|&arch| wide(arch).is_some())
            .collect();
        if let Some(arg) = program.args.get(at) {
            findings.push(RULE.at(
                arg.span,
                format!(
                    "on {}, this argument takes two registers, and one is read",
                    shared::list(&archs)
                ),
            ));
        }
    }
}
