//! Memory that the system call writes, read before it has.
//!
//! ## Why it matters
//! `read` fills its buffer, `newfstat` its structure, while the call runs. A program at the entry
//! reads what was there before: leftovers of the process, or nothing, where the page isn't mapped
//! in yet (`bpf_probe_read_user` doesn't wait for one: `copy_from_user_nofault` in `mm/maccess.c`).
//! The pointer has to be kept in a map until the call returns.
//!
//! ## Example
//! ```c
//! SEC("ksyscall/read")
//! int BPF_KSYSCALL(read_enter, unsigned int fd, char *buf, size_t count)
//! {
//!     bpf_probe_read_user(data, sizeof(data), buf);
//! ```
//!
//! Use instead:
//! ```c
//! SEC("kretsyscall/read")
//! int BPF_KRETPROBE(read_exit, long ret)
//! {
//!     u64 id = bpf_get_current_pid_tgid();
//!     void **buf = bpf_map_lookup_elem(&buffers, &id);
//!
//!     if (buf)
//!         bpf_probe_read_user(data, sizeof(data), *buf);
//! ```

use crate::{
    c::tree::{Expr, ExprKind},
    diag::{Code, Severity},
    lint::{
        Category, Confidence, Finding, Rule,
        context::{Context, Program, peel},
        flow::Taint,
        rule::Check,
        shared,
        tables::helpers::{Space, probed},
    },
};

pub(super) const RULE: Rule = Rule {
    code: Code::new("L0511", "output-read-at-entry"),
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Memory,
    fix: None,
    source: include_str!("output_read_at_entry.rs"),
    check: Check::File(check),
};

/// Functions of calls, and the argument that they write through and don't read.
const OUTPUTS: &[(&str, usize)] = &[
    ("accept", 1),
    ("accept4", 1),
    ("clock_gettime", 1),
    ("epoll_pwait", 1),
    ("epoll_wait", 1),
    ("fgetxattr", 2),
    ("fstatfs", 1),
    ("getcwd", 0),
    ("getdents", 1),
    ("getdents64", 1),
    ("getpeername", 1),
    ("getrandom", 0),
    ("getrlimit", 1),
    ("getrusage", 1),
    ("getsockname", 1),
    ("gettimeofday", 0),
    ("getxattr", 2),
    ("lgetxattr", 2),
    ("newfstat", 1),
    ("newfstatat", 2),
    ("newlstat", 1),
    ("newstat", 1),
    ("newuname", 0),
    ("pipe", 0),
    ("pipe2", 0),
    ("pread64", 1),
    ("read", 1),
    ("readlink", 1),
    ("readlinkat", 2),
    ("recvfrom", 1),
    ("sched_getaffinity", 2),
    ("socketpair", 3),
    ("statfs", 1),
    ("statx", 4),
    ("sysinfo", 0),
    ("times", 0),
    ("wait4", 1),
];

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (program, event, helper) in shared::helpers(cx) {
        // Only in the program itself: there its arguments have their names.
        if event.function != program.id || shared::entered(cx, program).is_none() {
            continue;
        }
        if let Some((at, Space::User | Space::Either)) = probed(helper.id)
            && at > 0
            && let Some((address, from)) = helper.args.get(at)
            && from.taint.has(Taint::USER_POINTER)
            && let Some(index) = argument(program, address)
            && let Some(target) = &program.target
            && OUTPUTS.contains(&(target.call.as_str(), index))
            && cx.is_own(event.span)
        {
            findings.push(RULE.at(
                address.span,
                format!("`{}` hasn't written here yet", target.call),
            ));
        }
    }
}

/// Which argument of the program's an address is, or lies behind.
fn argument(program: &Program<'_>, address: &Expr) -> Option<usize> {
    let mut inner = peel(address);
    loop {
        inner = match &inner.kind {
            ExprKind::Local(id) => return program.args.iter().position(|arg| arg.id == *id),
            ExprKind::Cast { value, .. }
            | ExprKind::AddressOf(value)
            | ExprKind::Decay(value)
            | ExprKind::Deref(value)
            | ExprKind::Member(value, ..)
            | ExprKind::Index(value, _)
            | ExprKind::PointerAdd(value, _) => value,
            _ => return None,
        };
    }
}
