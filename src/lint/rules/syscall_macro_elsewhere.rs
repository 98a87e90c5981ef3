//! `BPF_KSYSCALL` on a program that isn't attached to a system call's entry.
//!
//! ## Why it matters
//! Where the kernel has system call wrappers, the macro takes the first parameter for a pointer to
//! saved registers, and reads the arguments there (`BPF_KSYSCALL` in libbpf's `bpf_tracing.h`). Any
//! other function's first parameter is something else, `__se_sys_…`'s and `__do_sys_…`'s too.
//!
//! ## Example
//! ```c
//! SEC("kprobe/do_unlinkat")
//! int BPF_KSYSCALL(unlink_enter, int dfd, struct filename *name)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("kprobe/do_unlinkat")
//! int BPF_KPROBE(unlink_enter, int dfd, struct filename *name)
//! ```
//!
//! ## Fix
//! Writes `BPF_KPROBE` where the program is a kprobe: safe, as it reads the arguments that the
//! program names.

use crate::{
    diag::{Code, Severity},
    ir::program::{EntryMacro, ProgramKind},
    lint::{
        Applicability, Category, Confidence, Finding, Rule,
        context::{Context, Way},
        rule::Check,
        shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0206", "syscall-macro-elsewhere"),
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Convention,
    fix: Some(Applicability::Safe),
    source: include_str!("syscall_macro_elsewhere.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for program in &cx.programs {
        if shared::macro_of(program) != Some(EntryMacro::Ksyscall) || program.args.is_empty() {
            continue;
        }
        let Some(kind) = shared::kind(program) else {
            continue;
        };
        let function = shared::probed_function(program);
        let kprobe = match kind {
            // Attached by hand, or wrong in another way.
            ProgramKind::Ksyscall { .. }
            | ProgramKind::Kretsyscall { .. }
            | ProgramKind::Kretprobe { .. }
            | ProgramKind::Uretprobe { .. }
            | ProgramKind::Custom
            | ProgramKind::Kprobe { function: None, .. } => continue,
            ProgramKind::Kprobe { .. } => true,
            _ => false,
        };
        let own = |name: &str| name.starts_with("sys_") || name.starts_with("SyS_");
        if let Some(target) = &program.target
            && (matches!(target.way, Way::Wrapper(_)) || function.is_some_and(own))
        {
            continue;
        }
        let finding = RULE.at(
            program.function.name_span,
            format!("`{}` isn't the entry of a system call", program.section),
        );
        findings.push(match shared::written_macro(program) {
            Some((_, place)) if kprobe => {
                let edit = (place, "BPF_KPROBE".to_owned());
                finding.fix(Applicability::Safe, "use `BPF_KPROBE`", [edit])
            }
            _ => finding,
        });
    }
}
