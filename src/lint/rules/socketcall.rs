//! A socket call that programs can also make through `socketcall`.
//!
//! ## Why it matters
//! On s390x, powerpc64 and mips, C libraries made socket calls as `socketcall`, with a number and a
//! pointer to the arguments (`__ARCH_WANT_SYS_SOCKETCALL`, `net/socket.c`), and old programs still
//! do: a probe of `connect` doesn't see those. libbpf documents that `BPF_KSYSCALL` doesn't handle
//! it (`bpf_tracing.h`).
//!
//! ## Example
//! ```c
//! SEC("ksyscall/connect")
//! int BPF_KSYSCALL(connect_enter, int fd, struct sockaddr *uservaddr, int addrlen)
//! ```
//!
//! Use instead:
//! ```c
//! SEC("fentry/__sys_connect")
//! int BPF_PROG(connect_enter, int fd, struct sockaddr *uservaddr, int addrlen)
//! ```

use std::collections::BTreeSet;

use crate::{
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule, context::{Context, Way}, rule::Check, shared,
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0303", "socketcall"),
    severity: Severity::Note,
    confidence: Confidence::High,
    category: Category::Quirks,
    fix: None,
    source: include_str!("socketcall.rs"),
    check: Check::File(check),
};

const SOCKET_CALLS: &[&str] = &[
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen",
    "recv", "recvfrom", "recvmmsg", "recvmsg", "send", "sendmmsg", "sendmsg", "sendto",
    "setsockopt", "shutdown", "socket", "socketpair",
];

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let archs = cx.settings.archs.iter().copied();
    let archs: Vec<_> = archs
        .filter(|arch| arch.table().quirks.socketcall)
        .collect();
    let calls: BTreeSet<&str> = cx
        .programs
        .iter()
        .filter_map(|program| Some(program.target.as_ref()?.call.as_str()))
        .collect();
    if archs.is_empty() || calls.contains("socketcall") {
        return;
    }
    for program in &cx.programs {
        let Some(target) = &program.target else {
            continue;
        };
        if target.way == Way::Ksyscall && SOCKET_CALLS.contains(&target.call.as_str()) {
            findings.push(RULE.at(
                program.section_span.unwrap_or(program.function.name_span),
                format!(
                    "on {}, programs can make this call through `socketcall` too",
                    shared::list(&archs)
                ),
            ));
        }
    }
}
