//! Names for what the IR tells apart, and where arguments lie.

use super::forms::{ReadJson, RegisterJson};
use crate::{
    arch::{Arch, table::Register},
    ir::{
        PathPart, RelocationKind,
        program::{ArgumentSource, EntryMacro, ProgramKind},
    },
};

/// Integers that JSON readers keep exact are numbers, larger ones decimal strings.
pub(super) fn number_of(number: i128) -> serde_json::Value {
    match (i64::try_from(number), u64::try_from(number)) {
        (Ok(number), _) => number.into(),
        (_, Ok(number)) => number.into(),
        _ => number.to_string().into(),
    }
}

pub(super) fn path(parts: &[PathPart]) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            PathPart::Field(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            PathPart::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

pub(super) fn read(arch: Arch, source: ArgumentSource) -> ReadJson {
    let table = arch.table();
    let json = |from, register: &Register| RegisterJson {
        from,
        register: register.name,
        offset: register.offset,
    };
    match source {
        ArgumentSource::Syscall(index) => {
            let register = table.syscall.get(usize::from(index));
            let wrapped = register.filter(|_| table.wrapper.is_some());
            ReadJson {
                with_wrapper: wrapped.map(|register| json("saved-registers", register)),
                without_wrapper: register.map(|register| json("context", register)),
            }
        }
        ArgumentSource::Parameter(index) => {
            let register = table.parameters.get(usize::from(index));
            ReadJson {
                with_wrapper: register.map(|register| json("context", register)),
                without_wrapper: register.map(|register| json("context", register)),
            }
        }
        ArgumentSource::Return => ReadJson {
            with_wrapper: Some(json("context", &table.rc)),
            without_wrapper: Some(json("context", &table.rc)),
        },
        ArgumentSource::Tracing(index) => {
            let word = || RegisterJson {
                from: "context",
                register: "word",
                offset: usize::from(index) * 8,
            };
            ReadJson {
                with_wrapper: Some(word()),
                without_wrapper: Some(word()),
            }
        }
    }
}

pub(super) const fn macro_name(macro_: EntryMacro) -> Option<&'static str> {
    match macro_ {
        EntryMacro::None => None,
        EntryMacro::Ksyscall => Some("BPF_KSYSCALL"),
        EntryMacro::Kprobe => Some("BPF_KPROBE"),
        EntryMacro::Kretprobe => Some("BPF_KRETPROBE"),
        EntryMacro::Uprobe => Some("BPF_UPROBE"),
        EntryMacro::Uretprobe => Some("BPF_URETPROBE"),
        EntryMacro::Prog => Some("BPF_PROG"),
    }
}

pub(super) const fn relocation_kind(kind: RelocationKind) -> &'static str {
    match kind {
        RelocationKind::FieldOffset => "field-offset",
        RelocationKind::FieldSize => "field-size",
        RelocationKind::FieldExists => "field-exists",
        RelocationKind::FieldSigned => "field-signed",
        RelocationKind::FieldLshift => "field-lshift",
        RelocationKind::FieldRshift => "field-rshift",
        RelocationKind::TypeExists => "type-exists",
        RelocationKind::TypeMatches => "type-matches",
        RelocationKind::TypeSize => "type-size",
        RelocationKind::TypeId => "type-id",
        RelocationKind::EnumExists => "enum-exists",
        RelocationKind::EnumValue => "enum-value",
    }
}

/// A program's kind, what it is attached to, and whether it may sleep.
pub(super) fn describe(kind: &ProgramKind) -> (&'static str, Option<String>, bool) {
    use ProgramKind as K;
    let simple = |name| (name, None, false);
    match kind {
        K::Ksyscall { call } => ("ksyscall", call.clone(), false),
        K::Kretsyscall { call } => ("kretsyscall", call.clone(), false),
        K::Kprobe { function, offset } => {
            let target = function.as_ref().map(|function| match offset {
                0 => function.clone(),
                offset => format!("{function}+{offset}"),
            });
            ("kprobe", target, false)
        }
        K::Kretprobe { function } => ("kretprobe", function.clone(), false),
        K::Uprobe {
            target, sleepable, ..
        } => ("uprobe", target.clone(), *sleepable),
        K::Uretprobe {
            target, sleepable, ..
        } => ("uretprobe", target.clone(), *sleepable),
        K::Tracepoint { category, name } => {
            let target = category.as_ref().zip(name.as_ref());
            let target = target.map(|(category, name)| format!("{category}/{name}"));
            ("tracepoint", target, false)
        }
        K::RawTracepoint { name } => ("raw-tracepoint", name.clone(), false),
        K::BtfTracepoint { name } => ("btf-tracepoint", name.clone(), false),
        K::Fentry {
            function,
            sleepable,
        } => ("fentry", function.clone(), *sleepable),
        K::Fexit {
            function,
            sleepable,
        } => ("fexit", function.clone(), *sleepable),
        K::Lsm { hook, sleepable } => ("lsm", hook.clone(), *sleepable),
        K::LsmCgroup { hook } => ("lsm-cgroup", hook.clone(), false),
        K::PerfEvent => simple("perf-event"),
        K::Xdp { map, .. } => ("xdp", map.clone(), false),
        K::Classifier => simple("classifier"),
        K::CgroupSkb { attach } => ("cgroup-skb", attach.clone(), false),
        K::CgroupSock { attach } => ("cgroup-sock", Some(attach.clone()), false),
        K::CgroupSockAddr { attach } => ("cgroup-sock-addr", Some(attach.clone()), false),
        K::CgroupSysctl => simple("cgroup-sysctl"),
        K::CgroupSockopt { attach } => ("cgroup-sockopt", Some(attach.clone()), false),
        K::CgroupDevice => simple("cgroup-device"),
        K::SockOps => simple("sock-ops"),
        K::SkMsg => simple("sk-msg"),
        K::SkSkbParser => simple("sk-skb-parser"),
        K::SkSkbVerdict => simple("sk-skb-verdict"),
        K::SkLookup => simple("sk-lookup"),
        K::SkReuseport { .. } => simple("sk-reuseport"),
        K::SocketFilter => simple("socket-filter"),
        K::FlowDissector => simple("flow-dissector"),
        K::Iter { target, sleepable } => ("iter", target.clone(), *sleepable),
        K::Custom => simple("custom"),
    }
}
