//! The headers that stand in for libbpf's and the kernel's.

use std::{collections::HashMap, path::Path, sync::LazyLock};

use crate::arch::Arch;

macro_rules! headers {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../templates/headers/", $name)))),*]
    };
}

/// libbpf's headers, known by their file name wherever a copy may lie: their macros have to arrive
/// as markers.
const LIBBPF: &[(&str, &str)] = headers! {
    "bpf/bpf_helpers.h"
    "bpf/bpf_helper_defs.h"
    "bpf/bpf_tracing.h"
    "bpf/bpf_core_read.h"
    "bpf/bpf_endian.h"
    "bpf/usdt.bpf.h"
};

/// The kernel's and the C library's headers, for programs that bring none.
const KERNEL: &[(&str, &str)] = headers! {
    "arpa/inet.h"
    "asm-generic/errno-base.h"
    "asm-generic/errno.h"
    "asm-generic/fcntl.h"
    "asm/bpf_perf_event.h"
    "asm/byteorder.h"
    "asm/errno.h"
    "asm/ptrace.h"
    "asm/signal.h"
    "asm/types.h"
    "asm/unistd.h"
    "assert.h"
    "errno.h"
    "fcntl.h"
    "features.h"
    "inttypes.h"
    "limits.h"
    "linux/bpf.h"
    "linux/bpf_common.h"
    "linux/bpf_perf_event.h"
    "linux/btf.h"
    "linux/capability.h"
    "linux/const.h"
    "linux/errno.h"
    "linux/eventpoll.h"
    "linux/fcntl.h"
    "linux/fs.h"
    "linux/futex.h"
    "linux/icmp.h"
    "linux/icmpv6.h"
    "linux/if.h"
    "linux/if_ether.h"
    "linux/if_packet.h"
    "linux/if_tunnel.h"
    "linux/if_vlan.h"
    "linux/in.h"
    "linux/in6.h"
    "linux/ip.h"
    "linux/ipv6.h"
    "linux/kernel.h"
    "linux/limits.h"
    "linux/lirc.h"
    "linux/magic.h"
    "linux/mman.h"
    "linux/mpls.h"
    "linux/netdev.h"
    "linux/netfilter.h"
    "linux/netfilter/nf_conntrack_common.h"
    "linux/netfilter/nf_conntrack_tuple_common.h"
    "linux/perf_event.h"
    "linux/pkt_cls.h"
    "linux/pkt_sched.h"
    "linux/prctl.h"
    "linux/ptrace.h"
    "linux/resource.h"
    "linux/sched.h"
    "linux/seg6.h"
    "linux/seg6_local.h"
    "linux/signal.h"
    "linux/socket.h"
    "linux/stat.h"
    "linux/stddef.h"
    "linux/string.h"
    "linux/tcp.h"
    "linux/time.h"
    "linux/types.h"
    "linux/udp.h"
    "linux/un.h"
    "linux/unistd.h"
    "linux/unix_diag.h"
    "linux/version.h"
    "linux/wait.h"
    "netinet/in.h"
    "sched.h"
    "signal.h"
    "stdarg.h"
    "stdatomic.h"
    "stdbool.h"
    "stddef.h"
    "stdint.h"
    "stdio.h"
    "stdlib.h"
    "string.h"
    "strings.h"
    "sys/mman.h"
    "sys/socket.h"
    "sys/stat.h"
    "sys/syscall.h"
    "sys/types.h"
    "time.h"
    "unistd.h"
};

/// The kernel's types that all architectures have, for programs that bring none.
const VMLINUX: &str = include_str!("../../templates/headers/vmlinux.h");

/// The stand-in for the libbpf header at `path`, if it is one.
pub(crate) fn libbpf(path: &Path) -> Option<(&'static str, &'static str)> {
    let name = path.file_name()?.to_str()?;
    find(LIBBPF, |known| known.rsplit('/').next() == Some(name))
}

/// Those of libbpf's headers that are macros, of which a program's own copy may be another version.
pub(crate) fn macros() -> impl Iterator<Item = (&'static str, &'static str)> {
    let declares = |name: &str| is_indexed(name) || name == "bpf/usdt.bpf.h";
    let all = LIBBPF.iter().copied();
    all.filter(move |(name, _)| !declares(name))
}

/// The stand-in for the kernel header that an include names `path`.
pub(crate) fn kernel(path: &Path) -> Option<(&'static str, &'static str)> {
    let path = path.strip_prefix("uapi").unwrap_or(path);
    find(KERNEL, |known| Path::new(known) == path)
}

/// The header of libbpf's that defines the macro or declares the helper `name`.
pub(crate) fn defining(name: &str) -> Option<&'static str> {
    let is_name = |rest: &str| {
        let rest = rest.strip_prefix(name);
        rest.is_some_and(|rest| {
            !rest.starts_with(|next| next == '_' || char::is_alphanumeric(next))
        })
    };
    let mut headers = LIBBPF.iter();
    let (header, _) = headers.find(|(_, text)| {
        text.lines().any(|line| {
            let defines = line.strip_prefix("#define ").is_some_and(is_name);
            let declares = || {
                line.split_once('(')
                    .is_some_and(|(head, _)| declares(head, name))
            };
            defines || line.starts_with("extern ") && declares()
        })
    })?;
    // Which programs don't include themselves.
    Some(match *header {
        "bpf/bpf_helper_defs.h" => "bpf/bpf_helpers.h",
        header => header,
    })
}

/// A helper of the kernel's as its number has it: its name and types.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Helper {
    pub name: &'static str,
    /// The types as C writes them, up to the parameter's name: `const void *`.
    pub ret: &'static str,
    pub params: Vec<&'static str>,
}

/// The helper that has a number.
pub(crate) fn helper(number: u32) -> Option<&'static Helper> {
    static HELPERS: LazyLock<HashMap<u32, Helper>> = LazyLock::new(|| {
        let lines = LIBBPF.iter().flat_map(|(_, text)| text.lines());
        lines.filter_map(prototype).collect()
    });
    HELPERS.get(&number)
}

/// `extern RET NAME(PARAMS) __attribute__((c2aya_helper(NUMBER)));`
fn prototype(line: &'static str) -> Option<(u32, Helper)> {
    let (head, number) = line.strip_prefix("extern ")?.split_once("c2aya_helper(")?;
    let number = number.split(')').next()?.parse().ok()?;
    let (head, params) = head.split_once('(')?;
    let (params, _) = params.rsplit_once(") __attribute__((")?;
    let (ret, name) = typed(head);
    let params = params.split(", ").filter(|param| *param != "void");
    let params = params.filter(|param| *param != "...").map(|it| typed(it).0);
    Some((
        number,
        Helper {
            name,
            ret,
            params: params.collect(),
        },
    ))
}

/// A declaration's type, and its name.
fn typed(declaration: &'static str) -> (&'static str, &'static str) {
    let name = declaration.rfind([' ', '*']).map_or(0, |at| at + 1);
    let (ty, name) = declaration.split_at_checked(name).unwrap_or_default();
    (ty.trim_end(), name)
}

/// Whether the name of the function in front of its parameters is `name`.
fn declares(head: &str, name: &str) -> bool {
    let head = head.strip_suffix(name);
    head.is_some_and(|head| head.ends_with([' ', '*']))
}

/// Whether declarations of the header are taken one by one, as needed.
pub(crate) fn is_indexed(name: &str) -> bool {
    name == "bpf/bpf_helper_defs.h"
}

/// The embedded `vmlinux.h` of an architecture: its name and text.
pub(crate) fn vmlinux(arch: Arch) -> (String, impl FnOnce() -> String) {
    let registers = match arch {
        Arch::X86_64 => include_str!("../../templates/headers/vmlinux/x86_64.h"),
        Arch::Aarch64 => include_str!("../../templates/headers/vmlinux/aarch64.h"),
        Arch::S390x => include_str!("../../templates/headers/vmlinux/s390x.h"),
        Arch::Riscv64 => include_str!("../../templates/headers/vmlinux/riscv64.h"),
        Arch::Arm => include_str!("../../templates/headers/vmlinux/arm.h"),
        Arch::Powerpc64 => include_str!("../../templates/headers/vmlinux/powerpc64.h"),
        Arch::Mips => include_str!("../../templates/headers/vmlinux/mips.h"),
        Arch::Mips64 => include_str!("../../templates/headers/vmlinux/mips64.h"),
        Arch::Loongarch64 => include_str!("../../templates/headers/vmlinux/loongarch64.h"),
    };
    let name = format!("{}/vmlinux.h", arch.name());
    (name, move || [VMLINUX, registers].concat())
}

/// Every embedded header that a preprocessor can be shown, by the name that an include gives it.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    LIBBPF.iter().chain(KERNEL).copied()
}

fn find(
    headers: &[(&'static str, &'static str)],
    is: impl Fn(&str) -> bool,
) -> Option<(&'static str, &'static str)> {
    headers.iter().copied().find(|(name, _)| is(name))
}
