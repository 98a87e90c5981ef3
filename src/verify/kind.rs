//! What a program attaches to, by the name of its section.

/// The kinds of programs that differ in their context or in who heeds their result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The entry of a function, also of a system call or in user space: the context is `pt_regs`.
    Probe,
    /// The return of one.
    ReturnProbe,
    /// A tracepoint with its record as the context.
    Tracepoint,
    /// A raw tracepoint: an array of 64-bit arguments.
    RawTracepoint,
    /// `tp_btf`, `fentry`, `fexit`: an array of 64-bit arguments, pointers may be followed.
    Tracing,
    /// `lsm`, `fmod_ret`: as [`Kind::Tracing`], and the result decides.
    Deciding,
    /// `iter`.
    Iterator,
    /// `perf_event`.
    PerfEvent,
    /// `xdp`.
    Xdp,
    /// `tc`, `socket`, `cgroup_skb` and others whose context is `__sk_buff`.
    Skb,
    /// `syscall`: the context is a value of the caller's choice.
    Syscall,
    /// Any other: an unknown context, and the result counts.
    Other,
}

/// Prefixes of section names as libbpf and Aya know them, the longer ones first.
const SECTIONS: &[(&str, Kind)] = &[
    ("ksyscall", Kind::Probe),
    ("kretsyscall", Kind::ReturnProbe),
    ("kretprobe.multi", Kind::ReturnProbe),
    ("kretprobe", Kind::ReturnProbe),
    ("kprobe.multi", Kind::Probe),
    ("kprobe", Kind::Probe),
    ("uretprobe.multi.s", Kind::ReturnProbe),
    ("uretprobe.multi", Kind::ReturnProbe),
    ("uretprobe.s", Kind::ReturnProbe),
    ("uretprobe", Kind::ReturnProbe),
    ("uprobe.multi.s", Kind::Probe),
    ("uprobe.multi", Kind::Probe),
    ("uprobe.s", Kind::Probe),
    ("uprobe", Kind::Probe),
    ("usdt.s", Kind::Probe),
    ("usdt", Kind::Probe),
    ("tracepoint", Kind::Tracepoint),
    ("tp_btf", Kind::Tracing),
    ("tp", Kind::Tracepoint),
    ("raw_tracepoint.w", Kind::RawTracepoint),
    ("raw_tracepoint", Kind::RawTracepoint),
    ("raw_tp.w", Kind::RawTracepoint),
    ("raw_tp", Kind::RawTracepoint),
    ("fentry.s", Kind::Tracing),
    ("fentry", Kind::Tracing),
    ("fexit.s", Kind::Tracing),
    ("fexit", Kind::Tracing),
    ("fmod_ret.s", Kind::Deciding),
    ("fmod_ret", Kind::Deciding),
    ("lsm_cgroup", Kind::Deciding),
    ("lsm.s", Kind::Deciding),
    ("lsm", Kind::Deciding),
    ("iter.s", Kind::Iterator),
    ("iter", Kind::Iterator),
    ("perf_event", Kind::PerfEvent),
    ("xdp.frags", Kind::Xdp),
    ("xdp", Kind::Xdp),
    ("tc", Kind::Skb),
    ("tcx", Kind::Skb),
    ("classifier", Kind::Skb),
    ("action", Kind::Skb),
    ("netkit", Kind::Skb),
    ("socket", Kind::Skb),
    ("cgroup_skb", Kind::Skb),
    ("cgroup/skb", Kind::Skb),
    ("syscall", Kind::Syscall),
];

impl Kind {
    /// The kind of the programs in the section called `section`.
    pub fn of_section(section: &str) -> Self {
        // A question mark tells libbpf not to load the program by itself.
        let section = section.strip_prefix('?').unwrap_or(section);
        SECTIONS
            .iter()
            .find(|(prefix, _)| {
                section
                    .strip_prefix(prefix)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '+']))
            })
            .map_or(Self::Other, |&(_, kind)| kind)
    }

    /// Whether the verifier knows the types of what its pointers point to, and lets them be
    /// followed: where nothing is, the kernel's fault handler makes 0 of it, at null too.
    pub fn follows_pointers(self) -> bool {
        matches!(self, Self::Tracing | Self::Deciding | Self::Iterator)
    }

    /// Whether the kernel acts upon the program's result.
    ///
    /// For the others Aya's macros return 0 whatever the function returns; a kprobe's result only
    /// decides about a perf sample that nobody reads.
    pub fn result_counts(self) -> bool {
        match self {
            Self::Probe
            | Self::ReturnProbe
            | Self::Tracepoint
            | Self::RawTracepoint
            | Self::Tracing
            | Self::PerfEvent => false,
            Self::Deciding
            | Self::Iterator
            | Self::Xdp
            | Self::Skb
            | Self::Syscall
            | Self::Other => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections() {
        let check = |section, kind| assert_eq!(Kind::of_section(section), kind, "{section}");
        check("ksyscall/execve", Kind::Probe);
        check("ksyscall", Kind::Probe);
        check("?kretprobe/x", Kind::ReturnProbe);
        check("tracepoint/syscalls/sys_enter_read", Kind::Tracepoint);
        check("tp_btf/sched_switch", Kind::Tracing);
        check("tp/a/b", Kind::Tracepoint);
        check("lsm.s/file_open", Kind::Deciding);
        check("cgroup_skb/egress", Kind::Skb);
        check("tcfoo", Kind::Other);
    }
}
