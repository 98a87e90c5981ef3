//! Since which version the kernel has what.
//!
//! No kernel source says so. The versions are those of the releases that first had the enumerator
//! in `include/uapi/linux/bpf.h`, or the section's attach type; numbers are in that file's order.

use crate::{ir::program::ProgramKind, lint::KernelVersion, lower::sections::Section};

/// A version.
pub(super) const fn version(major: u16, minor: u16) -> KernelVersion {
    KernelVersion { major, minor }
}

/// Since when a map type exists, and its name, by `enum bpf_map_type`.
pub fn map_type(number: u32) -> Option<(&'static str, KernelVersion)> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    let &(name, major, minor) = MAP_TYPES.get(index)?;
    Some((name, version(major, minor)))
}

/// What the programs of a section are called, and since when a kernel loads them.
pub fn program(section: &Section, text: &str) -> Option<(&'static str, KernelVersion)> {
    match section {
        Section::Program(kind) => Some(of_kind(kind)),
        _ => {
            let head = text.strip_prefix('?').unwrap_or(text);
            let head = head.split('/').next()?;
            let found = OTHERS.iter().find(|(name, ..)| *name == head)?;
            Some((found.0, version(found.1, found.2)))
        }
    }
}

fn of_kind(kind: &ProgramKind) -> (&'static str, KernelVersion) {
    let (name, major, minor) = match kind {
        ProgramKind::Ksyscall { .. }
        | ProgramKind::Kretsyscall { .. }
        | ProgramKind::Kprobe { .. }
        | ProgramKind::Kretprobe { .. } => ("kprobe", 4, 1),
        ProgramKind::Uprobe { multi: true, .. } | ProgramKind::Uretprobe { multi: true, .. } => {
            ("multi-uprobe", 6, 6)
        }
        ProgramKind::Uprobe {
            sleepable: true, ..
        }
        | ProgramKind::Uretprobe {
            sleepable: true, ..
        } => ("sleepable uprobe", 6, 0),
        ProgramKind::Uprobe { .. } | ProgramKind::Uretprobe { .. } => ("uprobe", 4, 3),
        ProgramKind::Tracepoint { .. } => ("tracepoint", 4, 7),
        ProgramKind::RawTracepoint { .. } => ("raw tracepoint", 4, 17),
        ProgramKind::BtfTracepoint { .. } => ("BTF tracepoint", 5, 5),
        ProgramKind::Fentry {
            sleepable: true, ..
        }
        | ProgramKind::Fexit {
            sleepable: true, ..
        } => ("sleepable fentry or fexit", 5, 10),
        ProgramKind::Fentry { .. } | ProgramKind::Fexit { .. } => ("fentry or fexit", 5, 5),
        ProgramKind::Lsm {
            sleepable: true, ..
        } => ("sleepable LSM", 5, 10),
        ProgramKind::Lsm { .. } => ("LSM", 5, 7),
        ProgramKind::LsmCgroup { .. } => ("LSM cgroup", 6, 0),
        ProgramKind::PerfEvent => ("perf event", 4, 9),
        ProgramKind::Xdp { frags: true, .. } => ("XDP with fragments", 5, 18),
        ProgramKind::Xdp { map: Some(map), .. } if map == "cpumap" => ("XDP in a CPU map", 5, 9),
        ProgramKind::Xdp { map: Some(_), .. } => ("XDP in a device map", 5, 8),
        ProgramKind::Xdp { .. } => ("XDP", 4, 8),
        ProgramKind::Classifier => ("traffic control classifier", 4, 1),
        ProgramKind::CgroupSkb { .. } => ("cgroup packet", 4, 10),
        ProgramKind::CgroupSock { .. } => ("cgroup socket", 4, 10),
        ProgramKind::CgroupSockAddr { .. } => ("cgroup socket address", 4, 17),
        ProgramKind::CgroupSysctl => ("cgroup sysctl", 5, 2),
        ProgramKind::CgroupSockopt { .. } => ("cgroup socket option", 5, 3),
        ProgramKind::CgroupDevice => ("cgroup device", 4, 15),
        ProgramKind::SockOps => ("socket operations", 4, 13),
        ProgramKind::SkMsg => ("socket message", 4, 17),
        ProgramKind::SkSkbParser | ProgramKind::SkSkbVerdict => ("socket packet", 4, 14),
        ProgramKind::SkLookup => ("socket lookup", 5, 9),
        ProgramKind::SkReuseport { migrate: true } => ("socket migration", 5, 14),
        ProgramKind::SkReuseport { .. } => ("port reuse", 4, 19),
        ProgramKind::SocketFilter => ("socket filter", 3, 19),
        ProgramKind::FlowDissector => ("flow dissector", 4, 20),
        ProgramKind::Iter {
            sleepable: true, ..
        } => ("sleepable iterator", 5, 18),
        ProgramKind::Iter { .. } => ("iterator", 5, 8),
        ProgramKind::Custom => ("custom", 3, 19),
    };
    (name, version(major, minor))
}

/// Sections that no port can have.
const OTHERS: &[(&str, u16, u16)] = &[
    ("fmod_ret", 5, 7),
    ("freplace", 5, 6),
    ("kprobe.multi", 5, 18),
    ("kprobe.session", 6, 10),
    ("kretprobe.multi", 5, 18),
    ("lirc_mode2", 4, 18),
    ("netfilter", 6, 4),
    ("netkit", 6, 7),
    ("raw_tp.w", 5, 2),
    ("struct_ops", 5, 6),
    ("syscall", 5, 14),
    ("uprobe.session", 6, 13),
];

/// From number 1 on.
const MAP_TYPES: &[(&str, u16, u16)] = &[
    ("BPF_MAP_TYPE_HASH", 3, 19),
    ("BPF_MAP_TYPE_ARRAY", 3, 19),
    ("BPF_MAP_TYPE_PROG_ARRAY", 4, 2),
    ("BPF_MAP_TYPE_PERF_EVENT_ARRAY", 4, 3),
    ("BPF_MAP_TYPE_PERCPU_HASH", 4, 6),
    ("BPF_MAP_TYPE_PERCPU_ARRAY", 4, 6),
    ("BPF_MAP_TYPE_STACK_TRACE", 4, 6),
    ("BPF_MAP_TYPE_CGROUP_ARRAY", 4, 8),
    ("BPF_MAP_TYPE_LRU_HASH", 4, 10),
    ("BPF_MAP_TYPE_LRU_PERCPU_HASH", 4, 10),
    ("BPF_MAP_TYPE_LPM_TRIE", 4, 11),
    ("BPF_MAP_TYPE_ARRAY_OF_MAPS", 4, 12),
    ("BPF_MAP_TYPE_HASH_OF_MAPS", 4, 12),
    ("BPF_MAP_TYPE_DEVMAP", 4, 14),
    ("BPF_MAP_TYPE_SOCKMAP", 4, 14),
    ("BPF_MAP_TYPE_CPUMAP", 4, 15),
    ("BPF_MAP_TYPE_XSKMAP", 4, 18),
    ("BPF_MAP_TYPE_SOCKHASH", 4, 18),
    ("BPF_MAP_TYPE_CGROUP_STORAGE", 4, 19),
    ("BPF_MAP_TYPE_REUSEPORT_SOCKARRAY", 4, 19),
    ("BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE", 4, 20),
    ("BPF_MAP_TYPE_QUEUE", 4, 20),
    ("BPF_MAP_TYPE_STACK", 4, 20),
    ("BPF_MAP_TYPE_SK_STORAGE", 5, 2),
    ("BPF_MAP_TYPE_DEVMAP_HASH", 5, 4),
    ("BPF_MAP_TYPE_STRUCT_OPS", 5, 6),
    ("BPF_MAP_TYPE_RINGBUF", 5, 8),
    ("BPF_MAP_TYPE_INODE_STORAGE", 5, 10),
    ("BPF_MAP_TYPE_TASK_STORAGE", 5, 11),
    ("BPF_MAP_TYPE_BLOOM_FILTER", 5, 16),
    ("BPF_MAP_TYPE_USER_RINGBUF", 6, 1),
    ("BPF_MAP_TYPE_CGRP_STORAGE", 6, 2),
    ("BPF_MAP_TYPE_ARENA", 6, 9),
    ("BPF_MAP_TYPE_INSN_ARRAY", 6, 19),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are those of the embedded `linux/bpf.h`.
    #[test]
    fn map_types_have_the_kernels_numbers() {
        let header = include_str!("../../../templates/headers/linux/bpf.h");
        let body = header
            .split("enum bpf_map_type {")
            .nth(1)
            .expect("the enumeration");
        let body = body.split('}').next().expect("its end");
        let mut seen = 0;
        for line in body.lines().map(str::trim) {
            let Some((name, number)) = line.trim_end_matches(',').split_once(" = ") else {
                continue;
            };
            let Some((known, _)) = number.parse().ok().and_then(map_type) else {
                continue;
            };
            if name.starts_with("BPF_MAP_TYPE_") {
                seen += 1;
                assert!(name.starts_with(known), "{number} is {name}, not {known}");
            }
        }
        assert!(seen > 30, "{seen}");
    }
}
