//! `clone`, whose arguments come in another order on some architectures.
//!
//! ## Why it matters
//! `CONFIG_CLONE_BACKWARDS` (arm, arm64, mips, powerpc, riscv) changes places of `tls` and
//! `child_tidptr`, `CONFIG_CLONE_BACKWARDS2` (s390) those of the flags and the stack
//! (`kernel/fork.c`). libbpf documents that `BPF_KSYSCALL` doesn't handle it (`bpf_tracing.h`).
//!
//! ## Example
//! ```c
//! SEC("ksyscall/clone")
//! int BPF_KSYSCALL(clone_enter, unsigned long flags, unsigned long stack)
//! ```
//!
//! Use instead:
//! ```c
//! #ifdef __TARGET_ARCH_s390
//! SEC("ksyscall/clone")
//! int BPF_KSYSCALL(clone_enter, unsigned long stack, unsigned long flags)
//! #else
//! SEC("ksyscall/clone")
//! int BPF_KSYSCALL(clone_enter, unsigned long flags, unsigned long stack)
//! #endif
//! ```

use crate::{
    arch::table::CloneOrder,
    diag::{Code, Severity},
    lint::{Category, Confidence, Finding, Rule, context::Context, rule::Check, shared},
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0302", "clone-order"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Quirks,
    fix: None,
    source: include_str!("clone_order.rs"),
    check: Check::File(check),
};

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    // A file that asks for its architecture has an order for each.
    if asks(cx) {
        return;
    }
    for program in &cx.programs {
        let Some(target) = program.target.as_ref().filter(|target| target.call == "clone") else {
            continue;
        };
        if shared::entered(cx, program).is_none() || target.returns {
            continue;
        }
        let archs = &cx.settings.archs;
        let Some(first) = archs.first().map(|arch| arch.table().quirks.clone) else {
            continue;
        };
        // From which argument on two orders differ.
        let differs = |other: CloneOrder| {
            let at = match (first, other) {
                (CloneOrder::Backwards2, _) | (_, CloneOrder::Backwards2) => 0,
                _ => 3,
            };
            first != other && program.args.len() > at
        };
        let others: Vec<_> = archs
            .iter()
            .copied()
            .filter(|arch| differs(arch.table().quirks.clone))
            .collect();
        if others.is_empty() {
            continue;
        }
        findings.push(RULE.at(
            program.function.name_span,
            format!(
                "on {}, `clone` takes these arguments in another order",
                shared::list(&others)
            ),
        ));
    }
}

/// Whether the user's files ask which architecture they are compiled for.
fn asks(cx: &Context<'_>) -> bool {
    let own = cx.files.iter().filter(|(_, file)| {
        matches!(
            file.kind,
            crate::source::span::FileKind::Main | crate::source::span::FileKind::Local
        )
    });
    own.into_iter().any(|(_, file)| {
        file.text.contains("__TARGET_ARCH_") || file.text.contains("bpf_target_")
    })
}
