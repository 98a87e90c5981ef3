//! `SEC("…")`: what libbpf makes of a section's name, and which of it Aya's loader takes.
//!
//! After `section_defs` in libbpf's `libbpf.c`, and `ProgramSection::from_str` in aya-obj.

use crate::ir::program::ProgramKind;

/// What a section says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Section {
    /// A program that Aya can load.
    Program(ProgramKind),
    /// A program that libbpf loads and Aya doesn't, and why.
    Unsupported(&'static str),
    /// User statically defined tracing.
    Usdt,
    /// No program type that libbpf knows.
    Unknown,
}

/// Sections of programs that no Aya loader takes: the part before the slash, and the reason.
const UNSUPPORTED: &[(&str, &str)] = &[
    (
        "kprobe.multi",
        "Aya can't attach one program to many functions",
    ),
    (
        "kretprobe.multi",
        "Aya can't attach one program to many functions",
    ),
    ("kprobe.session", "Aya has no kprobe sessions"),
    ("uprobe.session", "Aya has no uprobe sessions"),
    ("uprobe.session.s", "Aya has no uprobe sessions"),
    ("action", "Aya has no traffic control actions"),
    ("netkit", "Aya has no netkit programs"),
    ("tracepoint.s", "Aya has no sleepable tracepoints"),
    ("tp.s", "Aya has no sleepable tracepoints"),
    ("raw_tracepoint.s", "Aya has no sleepable tracepoints"),
    ("raw_tp.s", "Aya has no sleepable tracepoints"),
    ("raw_tracepoint.w", "Aya has no writable tracepoints"),
    ("raw_tp.w", "Aya has no writable tracepoints"),
    ("tp_btf.s", "Aya has no sleepable tracepoints"),
    ("fmod_ret", "Aya can't modify return values"),
    ("fmod_ret.s", "Aya can't modify return values"),
    ("fsession", "Aya has no sessions"),
    ("fsession.s", "Aya has no sessions"),
    ("fsession.multi", "Aya has no sessions"),
    ("fsession.multi.s", "Aya has no sessions"),
    (
        "fentry.multi",
        "Aya can't attach one program to many functions",
    ),
    (
        "fexit.multi",
        "Aya can't attach one program to many functions",
    ),
    (
        "fentry.multi.s",
        "Aya can't attach one program to many functions",
    ),
    (
        "fexit.multi.s",
        "Aya can't attach one program to many functions",
    ),
    (
        "freplace",
        "replacing functions of other programs can't be ported",
    ),
    ("syscall", "Aya has no `syscall` programs"),
    ("lwt_in", "Aya has no lightweight tunnel programs"),
    ("lwt_out", "Aya has no lightweight tunnel programs"),
    ("lwt_xmit", "Aya has no lightweight tunnel programs"),
    ("lwt_seg6local", "Aya has no lightweight tunnel programs"),
    ("lirc_mode2", "infrared decoders can't be ported"),
    ("struct_ops", "Aya can't load tables of kernel operations"),
    ("struct_ops.s", "Aya can't load tables of kernel operations"),
    ("netfilter", "Aya has no netfilter programs"),
];

/// Reads a section's name.
pub fn parse(section: &str) -> Section {
    // libbpf: a question mark says that the program isn't loaded unless asked for.
    let section = section.strip_prefix('?').unwrap_or(section);
    let (head, rest) = match section.split_once('/') {
        Some((head, rest)) => (head, Some(rest).filter(|rest| !rest.is_empty())),
        None => (section, None),
    };
    if matches!(head, "usdt" | "usdt.s") {
        return Section::Usdt;
    }
    if let Some((_, reason)) = UNSUPPORTED.iter().find(|(name, _)| *name == head) {
        return Section::Unsupported(reason);
    }
    match tracing(head, rest).or_else(|| network(section, head, rest)) {
        Some(Ok(kind)) => Section::Program(kind),
        Some(Err(reason)) => Section::Unsupported(reason),
        None => by_beginning(section).map_or(Section::Unknown, parse),
    }
}

/// The section that one stands for whose name only begins like it, as `xdp_acl` does: libbpf before
/// 1.0 and iproute2 took such names, later versions of libbpf don't.
pub fn by_beginning(section: &str) -> Option<&'static str> {
    let section = section.strip_prefix('?').unwrap_or(section);
    match section.split('/').next() {
        Some("xdp_devmap") => return Some("xdp/devmap"),
        Some("xdp_cpumap") => return Some("xdp/cpumap"),
        _ => {}
    }
    let known = [
        "xdp",
        "tc",
        "classifier",
        "sockops",
        "sk_msg",
        "sk_lookup",
        "flow_dissector",
        "perf_event",
    ];
    // A letter makes another word of it, and libbpf's own forms go on with a slash or a dot.
    let ends = |rest: &str| rest.starts_with(|c: char| matches!(c, '_' | '-' | ':' | '0'..='9'));
    (known.into_iter()).find(|name| section.strip_prefix(name).is_some_and(ends))
}

type Parsed = Option<Result<ProgramKind, &'static str>>;

/// Programs that watch the kernel and processes.
fn tracing(head: &str, rest: Option<&str>) -> Parsed {
    let owned = || rest.map(str::to_owned);
    let (base, flags) = match head.split_once('.') {
        Some((base, flags)) => (base, flags),
        None => (head, ""),
    };
    let sleepable = flags.split('.').any(|flag| flag == "s");
    let kind = match base {
        "ksyscall" if flags.is_empty() => ProgramKind::Ksyscall { call: owned() },
        "kretsyscall" if flags.is_empty() => ProgramKind::Kretsyscall { call: owned() },
        "kprobe" if flags.is_empty() => {
            let (function, offset) = match rest {
                Some(target) => {
                    let (function, offset) = offset_of(target)?;
                    (Some(function), offset)
                }
                None => (None, 0),
            };
            ProgramKind::Kprobe { function, offset }
        }
        "kretprobe" if flags.is_empty() => ProgramKind::Kretprobe { function: owned() },
        "uprobe" | "uretprobe" => {
            if !matches!(flags, "" | "s" | "multi" | "multi.s") {
                return None;
            }
            let (target, multi) = (owned(), flags.starts_with("multi"));
            if base == "uprobe" {
                ProgramKind::Uprobe {
                    target,
                    sleepable,
                    multi,
                }
            } else {
                ProgramKind::Uretprobe {
                    target,
                    sleepable,
                    multi,
                }
            }
        }
        "tracepoint" | "tp" if flags.is_empty() => {
            let (category, name) = match rest.map(|rest| rest.split_once('/')) {
                Some(Some((category, name))) => (Some(category.to_owned()), Some(name.to_owned())),
                // libbpf loads `tracepoint/x` too, and finds out when it attaches it.
                Some(None) | None => (None, None),
            };
            ProgramKind::Tracepoint { category, name }
        }
        "raw_tracepoint" | "raw_tp" if flags.is_empty() => {
            ProgramKind::RawTracepoint { name: owned() }
        }
        "tp_btf" if flags.is_empty() => ProgramKind::BtfTracepoint { name: owned() },
        "fentry" if matches!(flags, "" | "s") => ProgramKind::Fentry {
            function: owned(),
            sleepable,
        },
        "fexit" if matches!(flags, "" | "s") => ProgramKind::Fexit {
            function: owned(),
            sleepable,
        },
        "lsm" if matches!(flags, "" | "s") => ProgramKind::Lsm {
            hook: owned(),
            sleepable,
        },
        "lsm_cgroup" if flags.is_empty() => ProgramKind::LsmCgroup { hook: owned() },
        "iter" if matches!(flags, "" | "s") => ProgramKind::Iter {
            target: owned(),
            sleepable,
        },
        "perf_event" if flags.is_empty() => ProgramKind::PerfEvent,
        _ => return None,
    };
    Some(Ok(kind))
}

/// Programs that see packets, sockets and control groups.
fn network(section: &str, head: &str, rest: Option<&str>) -> Parsed {
    let kind = match (head, rest) {
        ("xdp" | "xdp.frags", map) => {
            let frags = head == "xdp.frags";
            match map {
                None => ProgramKind::Xdp { frags, map: None },
                Some("devmap" | "cpumap") => ProgramKind::Xdp {
                    frags,
                    map: map.map(str::to_owned),
                },
                // Before libbpf 1.0 any name could follow.
                Some(_) => ProgramKind::Xdp { frags, map: None },
            }
        }
        ("tc" | "tcx" | "classifier", _) => ProgramKind::Classifier,
        ("socket", _) => ProgramKind::SocketFilter,
        ("sockops", _) => ProgramKind::SockOps,
        ("sk_msg", _) => ProgramKind::SkMsg,
        ("sk_lookup", _) => ProgramKind::SkLookup,
        ("flow_dissector", _) => ProgramKind::FlowDissector,
        ("sk_reuseport", rest) => ProgramKind::SkReuseport {
            migrate: rest == Some("migrate"),
        },
        ("sk_skb", Some("stream_parser")) => ProgramKind::SkSkbParser,
        ("sk_skb", Some("stream_verdict")) => ProgramKind::SkSkbVerdict,
        ("sk_skb", _) => return Some(Err("Aya has only stream parsers and stream verdicts")),
        ("cgroup_skb", Some(attach @ ("ingress" | "egress"))) => ProgramKind::CgroupSkb {
            attach: Some(attach.to_owned()),
        },
        ("cgroup", Some(attach)) => return cgroup(attach),
        // libbpf takes `socket` with anything behind it.
        _ if section.starts_with("socket") => ProgramKind::SocketFilter,
        _ => return None,
    };
    Some(Ok(kind))
}

fn cgroup(attach: &str) -> Parsed {
    let own = || attach.to_owned();
    let kind = match attach {
        "skb" => ProgramKind::CgroupSkb { attach: None },
        "sock" => ProgramKind::CgroupSock {
            attach: "sock_create".to_owned(),
        },
        "sock_create" | "sock_release" | "post_bind4" | "post_bind6" => {
            ProgramKind::CgroupSock { attach: own() }
        }
        "bind4" | "bind6" | "connect4" | "connect6" | "sendmsg4" | "sendmsg6" | "recvmsg4"
        | "recvmsg6" | "getpeername4" | "getpeername6" | "getsockname4" | "getsockname6" => {
            ProgramKind::CgroupSockAddr { attach: own() }
        }
        "connect_unix" | "sendmsg_unix" | "recvmsg_unix" | "getpeername_unix"
        | "getsockname_unix" => return Some(Err("Aya has no programs for Unix sockets")),
        "sysctl" => ProgramKind::CgroupSysctl,
        "getsockopt" | "setsockopt" => ProgramKind::CgroupSockopt { attach: own() },
        "dev" => ProgramKind::CgroupDevice,
        _ => return None,
    };
    Some(Ok(kind))
}

/// `function+offset`
fn offset_of(target: &str) -> Option<(String, u64)> {
    let Some((function, offset)) = target.split_once('+') else {
        return Some((target.to_owned(), 0));
    };
    let offset = match offset.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok()?,
        None => offset.parse().ok()?,
    };
    Some((function.to_owned(), offset))
}

/// Whether the kernel heeds the value that such a program returns.
pub(super) const fn heeds_return(kind: &ProgramKind) -> bool {
    !matches!(
        kind,
        ProgramKind::Ksyscall { .. }
            | ProgramKind::Kretsyscall { .. }
            | ProgramKind::Kprobe { .. }
            | ProgramKind::Kretprobe { .. }
            | ProgramKind::Uprobe { .. }
            | ProgramKind::Uretprobe { .. }
            | ProgramKind::Tracepoint { .. }
            | ProgramKind::RawTracepoint { .. }
            | ProgramKind::BtfTracepoint { .. }
            | ProgramKind::Fentry { .. }
            | ProgramKind::Fexit { .. }
            | ProgramKind::PerfEvent
            | ProgramKind::Custom
    )
}

/// Whether such a program's context begins with the registers.
pub(super) const fn has_registers(kind: &ProgramKind) -> bool {
    matches!(
        kind,
        ProgramKind::Ksyscall { .. }
            | ProgramKind::Kretsyscall { .. }
            | ProgramKind::Kprobe { .. }
            | ProgramKind::Kretprobe { .. }
            | ProgramKind::Uprobe { .. }
            | ProgramKind::Uretprobe { .. }
            | ProgramKind::PerfEvent
            | ProgramKind::Custom
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(section: &str, expected: &str) {
        assert_eq!(format!("{:?}", parse(section)), expected);
    }

    #[test]
    fn system_calls() {
        check(
            "ksyscall/kill",
            r#"Program(Ksyscall { call: Some("kill") })"#,
        );
        check(
            "?ksyscall/kill",
            r#"Program(Ksyscall { call: Some("kill") })"#,
        );
        check("ksyscall", "Program(Ksyscall { call: None })");
        check(
            "kretsyscall/execve",
            r#"Program(Kretsyscall { call: Some("execve") })"#,
        );
    }

    #[test]
    fn probes() {
        check(
            "kprobe/__x64_sys_kill",
            r#"Program(Kprobe { function: Some("__x64_sys_kill"), offset: 0 })"#,
        );
        check(
            "kprobe/f+0x10",
            r#"Program(Kprobe { function: Some("f"), offset: 16 })"#,
        );
        check(
            "kprobe/f+8",
            r#"Program(Kprobe { function: Some("f"), offset: 8 })"#,
        );
        check("kprobe/f+x", "Unknown");
        check("kprobe", "Program(Kprobe { function: None, offset: 0 })");
        check(
            "uprobe.s//bin/sh:main",
            r#"Program(Uprobe { target: Some("/bin/sh:main"), sleepable: true, multi: false })"#,
        );
        check(
            "uretprobe.multi",
            "Program(Uretprobe { target: None, sleepable: false, multi: true })",
        );
        check(
            "kprobe.multi/f*",
            r#"Unsupported("Aya can't attach one program to many functions")"#,
        );
    }

    #[test]
    fn tracing() {
        check(
            "tp/syscalls/sys_enter_kill",
            r#"Program(Tracepoint { category: Some("syscalls"), name: Some("sys_enter_kill") })"#,
        );
        check(
            "tracepoint/x",
            "Program(Tracepoint { category: None, name: None })",
        );
        check(
            "raw_tp/sys_enter",
            r#"Program(RawTracepoint { name: Some("sys_enter") })"#,
        );
        check(
            "lsm.s/bprm_check",
            r#"Program(Lsm { hook: Some("bprm_check"), sleepable: true })"#,
        );
        check(
            "fentry/f",
            r#"Program(Fentry { function: Some("f"), sleepable: false })"#,
        );
        check("fentry.x/f", "Unknown");
        check("usdt/libc:a:b", "Usdt");
        check(
            "struct_ops/init",
            r#"Unsupported("Aya can't load tables of kernel operations")"#,
        );
    }

    #[test]
    fn network() {
        check("xdp", "Program(Xdp { frags: false, map: None })");
        check(
            "xdp.frags/cpumap",
            r#"Program(Xdp { frags: true, map: Some("cpumap") })"#,
        );
        check("tc", "Program(Classifier)");
        check("tcx/ingress", "Program(Classifier)");
        check(
            "cgroup/connect4",
            r#"Program(CgroupSockAddr { attach: "connect4" })"#,
        );
        check(
            "cgroup/sock",
            r#"Program(CgroupSock { attach: "sock_create" })"#,
        );
        check("cgroup/none", "Unknown");
        check("socket1", "Program(SocketFilter)");
        check("custom/x", "Unknown");
    }

    #[test]
    fn names_that_only_begin_like_a_type() {
        check("xdp_acl", "Program(Xdp { frags: false, map: None })");
        check(
            "xdp_devmap/x",
            r#"Program(Xdp { frags: false, map: Some("devmap") })"#,
        );
        check("?tc-ingress", "Program(Classifier)");
        check("classifier_x/y", "Program(Classifier)");
        check("perf_event1", "Program(PerfEvent)");
        check("tcp_probe", "Unknown");
        check("kprobe_f", "Unknown");
        check("xdp.x", "Unknown");
        assert_eq!(by_beginning("xdp"), None);
        assert_eq!(by_beginning("tc/x"), None);
        assert_eq!(by_beginning("xdp1/x"), Some("xdp"));
    }
}
