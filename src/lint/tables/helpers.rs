//! What rules know of helpers, by the number that `include/uapi/linux/bpf.h` gives each.

use super::versions::version;
use crate::lint::KernelVersion;
pub use crate::verify::helpers::helper;

/// Whose memory a helper's pointer is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// The process's.
    User,
    /// The kernel's.
    Kernel,
    /// Whichever the address seems to belong to.
    Either,
}

/// The argument of a helper that is an address which the helper may fail to read or write, and
/// whose memory it takes it for (`kernel/trace/bpf_trace.c`).
pub const fn probed(id: u32) -> Option<(usize, Space)> {
    Some(match id {
        4 | 45 => (2, Space::Either),
        112 | 114 | 148 | 191 => (2, Space::User),
        113 | 115 => (2, Space::Kernel),
        36 => (0, Space::User),
        _ => return None,
    })
}

/// Whether a helper may be called by programs with a GPL-compatible licence only: `gpl_only` of its
/// `struct bpf_func_proto`, in tracing programs where it has several.
pub fn gpl_only(id: u32) -> bool {
    GPL_ONLY.contains(&id)
}

/// Since when there is a helper.
pub fn since(id: u32) -> Option<KernelVersion> {
    let behind = SINCE.partition_point(|&(first, ..)| first <= id);
    let &(_, major, minor) = SINCE.get(behind.checked_sub(1)?)?;
    (id <= LAST).then_some(version(major, minor))
}

const GPL_ONLY: &[u32] = &[
    4, 6, 22, 25, 27, 35, 36, 45, 55, 56, 58, 67, 100, 110, 111, 112, 113, 114, 115, 119, 121, 126,
    127, 150, 158, 165, 169, 170, 171, 172, 173, 175, 176, 177, 191, 204, 205, 206, 207,
];

/// The last helper: later functions are kfuncs (`Documentation/bpf/kfuncs.rst`).
const LAST: u32 = 211;

/// The first helper of each release, by number: they are numbered in the order in which they were
/// added.
const SINCE: &[(u32, u16, u16)] = &[
    (1, 3, 19),
    (4, 4, 1),
    (12, 4, 2),
    (17, 4, 3),
    (23, 4, 4),
    (26, 4, 5),
    (27, 4, 6),
    (31, 4, 8),
    (37, 4, 9),
    (42, 4, 10),
    (45, 4, 11),
    (46, 4, 12),
    (48, 4, 13),
    (51, 4, 14),
    (54, 4, 15),
    (58, 4, 16),
    (60, 4, 17),
    (65, 4, 18),
    (81, 4, 19),
    (84, 4, 20),
    (91, 5, 0),
    (93, 5, 1),
    (99, 5, 2),
    (109, 5, 3),
    (110, 5, 4),
    (111, 5, 5),
    (116, 5, 6),
    (119, 5, 7),
    (125, 5, 8),
    (136, 5, 9),
    (142, 5, 10),
    (156, 5, 11),
    (163, 5, 12),
    (164, 5, 13),
    (166, 5, 14),
    (169, 5, 15),
    (176, 5, 16),
    (180, 5, 17),
    (186, 5, 18),
    (194, 5, 19),
    (204, 6, 0),
    (208, 6, 1),
    (210, 6, 2),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, (major, minor): (u16, u16)) {
        let found = (1..=LAST).find(|&id| helper(id).is_some_and(|helper| helper.name == name));
        let since = found.and_then(since);
        assert_eq!(since, Some(version(major, minor)), "{name}");
    }

    #[test]
    fn versions_of_well_known_helpers() {
        check("map_lookup_elem", (3, 19));
        check("probe_read", (4, 1));
        check("get_current_task", (4, 8));
        check("probe_read_str", (4, 11));
        check("override_return", (4, 16));
        check("get_current_cgroup_id", (4, 18));
        check("send_signal", (5, 3));
        check("probe_read_user", (5, 5));
        check("probe_read_kernel_str", (5, 5));
        check("ringbuf_output", (5, 8));
        check("d_path", (5, 10));
        check("copy_from_user", (5, 10));
        check("get_current_task_btf", (5, 11));
        check("for_each_map_elem", (5, 13));
        check("get_attach_cookie", (5, 15));
        check("trace_vprintk", (5, 16));
        check("loop", (5, 17));
        check("strncmp", (5, 17));
        check("dynptr_read", (5, 19));
        check("user_ringbuf_drain", (6, 1));
        check("cgrp_storage_delete", (6, 2));
    }

    #[test]
    fn every_number_is_a_helpers() {
        assert!(helper(LAST).is_some() && helper(LAST + 1).is_none());
        assert!(GPL_ONLY.is_sorted() && SINCE.is_sorted());
        assert_eq!(since(0), None);
        assert_eq!(since(LAST + 1), None);
    }
}
