//! By which of Aya's macros a kind of program is entered.

use proc_macro2::TokenStream;
use quote::quote;

use super::{names::ident, types::Types};
use crate::ir::program::ProgramKind;

/// How Aya has a kind of program.
pub(super) struct Entry {
    /// The attribute, with what it is given.
    pub(super) attribute: TokenStream,
    /// The type of the context.
    pub(super) context: &'static str,
    /// Bits and sign of what the function returns.
    pub(super) returns: (u16, bool),
}

/// The attribute, the context and the value of a program; `by_macro`: the attribute is written.
pub(super) fn entry(t: &Types<'_>, kind: &ProgramKind, by_macro: bool) -> Entry {
    let named = |name: &str| {
        if by_macro {
            t.uses.import("aya_ebpf::macros", name)
        } else {
            ident(name)
        }
    };
    let plain = |name: &str, context, returns| Entry {
        attribute: {
            let name = named(name);
            quote!(#[#name])
        },
        context,
        returns,
    };
    let with = |name: &str, args: Vec<TokenStream>, context, returns| Entry {
        attribute: {
            let name = named(name);
            if args.is_empty() {
                quote!(#[#name])
            } else {
                quote!(#[#name(#(#args),*)])
            }
        },
        context,
        returns,
    };
    let text = |key: &str, value: &Option<String>| {
        value.as_ref().map(|value| {
            let key = ident(key);
            quote!(#key = #value)
        })
    };
    let flag = |key: &str, set: bool| {
        set.then(|| {
            let key = ident(key);
            quote!(#key)
        })
    };
    const U32: (u16, bool) = (32, false);
    const I32: (u16, bool) = (32, true);
    let args = |list: Vec<Option<TokenStream>>| list.into_iter().flatten().collect::<Vec<_>>();
    match kind {
        ProgramKind::Ksyscall { .. } | ProgramKind::Custom => plain("kprobe", "ProbeContext", U32),
        ProgramKind::Kretsyscall { .. } => plain("kretprobe", "RetProbeContext", U32),
        ProgramKind::Kprobe { function, offset } => {
            let offset = (*offset != 0).then(|| {
                let offset = offset.to_string();
                quote!(offset = #offset)
            });
            with(
                "kprobe",
                args(vec![text("function", function), offset]),
                "ProbeContext",
                U32,
            )
        }
        ProgramKind::Kretprobe { function } => with(
            "kretprobe",
            args(vec![text("function", function)]),
            "RetProbeContext",
            U32,
        ),
        ProgramKind::Uprobe {
            sleepable, multi, ..
        } => with(
            "uprobe",
            args(vec![flag("multi", *multi), flag("sleepable", *sleepable)]),
            "ProbeContext",
            U32,
        ),
        ProgramKind::Uretprobe {
            sleepable, multi, ..
        } => with(
            "uretprobe",
            args(vec![flag("multi", *multi), flag("sleepable", *sleepable)]),
            "RetProbeContext",
            U32,
        ),
        ProgramKind::Tracepoint { category, name } => with(
            "tracepoint",
            args(vec![text("category", category), text("name", name)]),
            "TracePointContext",
            U32,
        ),
        ProgramKind::RawTracepoint { name } => with(
            "raw_tracepoint",
            args(vec![text("tracepoint", name)]),
            "RawTracePointContext",
            U32,
        ),
        ProgramKind::BtfTracepoint { name } => with(
            "btf_tracepoint",
            args(vec![text("function", name)]),
            "BtfTracePointContext",
            I32,
        ),
        ProgramKind::Fentry {
            function,
            sleepable,
        } => with(
            "fentry",
            args(vec![
                text("function", function),
                flag("sleepable", *sleepable),
            ]),
            "FEntryContext",
            I32,
        ),
        ProgramKind::Fexit {
            function,
            sleepable,
        } => with(
            "fexit",
            args(vec![
                text("function", function),
                flag("sleepable", *sleepable),
            ]),
            "FExitContext",
            I32,
        ),
        ProgramKind::Lsm { hook, sleepable } => with(
            "lsm",
            args(vec![text("hook", hook), flag("sleepable", *sleepable)]),
            "LsmContext",
            I32,
        ),
        ProgramKind::LsmCgroup { hook } => with(
            "lsm_cgroup",
            args(vec![text("hook", hook)]),
            "LsmContext",
            I32,
        ),
        ProgramKind::PerfEvent => plain("perf_event", "PerfEventContext", U32),
        ProgramKind::Xdp { frags, map } => with(
            "xdp",
            args(vec![flag("frags", *frags), text("map", map)]),
            "XdpContext",
            U32,
        ),
        ProgramKind::Classifier => plain("classifier", "TcContext", I32),
        ProgramKind::CgroupSkb { attach } => with(
            "cgroup_skb",
            attach
                .iter()
                .map(|a| {
                    let a = ident(a);
                    quote!(#a)
                })
                .collect(),
            "SkBuffContext",
            I32,
        ),
        ProgramKind::CgroupSock { attach } => {
            let attach = ident(attach.trim_start_matches("cgroup/"));
            with("cgroup_sock", vec![quote!(#attach)], "SockContext", I32)
        }
        ProgramKind::CgroupSockAddr { attach } => {
            let attach = ident(attach);
            with(
                "cgroup_sock_addr",
                vec![quote!(#attach)],
                "SockAddrContext",
                I32,
            )
        }
        ProgramKind::CgroupSysctl => plain("cgroup_sysctl", "SysctlContext", I32),
        ProgramKind::CgroupSockopt { attach } => {
            let attach = ident(attach);
            with(
                "cgroup_sockopt",
                vec![quote!(#attach)],
                "SockoptContext",
                I32,
            )
        }
        ProgramKind::CgroupDevice => plain("cgroup_device", "DeviceContext", I32),
        ProgramKind::SockOps => plain("sock_ops", "SockOpsContext", U32),
        ProgramKind::SkMsg => plain("sk_msg", "SkMsgContext", U32),
        ProgramKind::SkSkbParser => plain("stream_parser", "SkBuffContext", U32),
        ProgramKind::SkSkbVerdict => plain("stream_verdict", "SkBuffContext", U32),
        ProgramKind::SkLookup => plain("sk_lookup", "SkLookupContext", U32),
        ProgramKind::SkReuseport { migrate } => with(
            "sk_reuseport",
            args(vec![flag("migrate", *migrate)]),
            "SkReuseportContext",
            U32,
        ),
        ProgramKind::SocketFilter => plain("socket_filter", "SkBuffContext", (64, true)),
        ProgramKind::FlowDissector => plain("flow_dissector", "FlowDissectorContext", U32),
        ProgramKind::Iter { target, sleepable } => Entry {
            attribute: {
                let head = if *sleepable { "iter.s" } else { "iter" };
                let section = target
                    .as_ref()
                    .map_or(head.to_owned(), |t| format!("{head}/{t}"));
                quote!(#[unsafe(no_mangle)] #[unsafe(link_section = #section)])
            },
            context: "",
            returns: I32,
        },
    }
}
