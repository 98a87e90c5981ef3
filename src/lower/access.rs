//! Accesses as C writes them: from a pointer by fields and constant indices to a part of a record.

use super::Lowerer;
use crate::{
    c::{
        tree::{Expr as CExpr, ExprKind as CKind},
        types::{Kind, RecordId},
    },
    ir::PathPart,
};

/// `pointer->a.b[2]`
pub(super) struct Access<'a> {
    /// Points to a `record`.
    pub(super) pointer: &'a CExpr,
    pub(super) record: RecordId,
    /// From the record to the part; anonymous records have no step of their own.
    pub(super) path: Vec<PathPart>,
}

/// Types that lie in every kernel the same, though `vmlinux.h` marks them as relocated: packet
/// headers and what system calls are given. From the kernel's UAPI.
const FIXED: &[&str] = &[
    "__kernel_timespec",
    "arphdr",
    "epoll_event",
    "ethhdr",
    "icmp6hdr",
    "icmphdr",
    "in6_addr",
    "in_addr",
    "iovec",
    "iphdr",
    "ipv6_opt_hdr",
    "ipv6hdr",
    "linux_dirent64",
    "perf_event_attr",
    "pollfd",
    "sockaddr",
    "sockaddr_in",
    "sockaddr_in6",
    "sockaddr_un",
    "tcphdr",
    "udphdr",
    "vlan_ethhdr",
    "vlan_hdr",
];

/// Context types, which the verifier knows by their fixed offsets: accesses to them aren't
/// relocated. From the kernel's `bpf_ctx_convert` and UAPI.
const CONTEXTS: &[&str] = &[
    "__sk_buff",
    "bpf_cgroup_dev_ctx",
    "bpf_fib_lookup",
    "bpf_flow_keys",
    "bpf_nf_ctx",
    "bpf_perf_event_data",
    "bpf_perf_event_value",
    "bpf_pidns_info",
    "bpf_raw_tracepoint_args",
    "bpf_sk_lookup",
    "bpf_sock",
    "bpf_sock_addr",
    "bpf_sock_ops",
    "bpf_sock_tuple",
    "bpf_sockopt",
    "bpf_spin_lock",
    "bpf_sysctl",
    "bpf_tcp_sock",
    "bpf_timer",
    "bpf_tunnel_key",
    "bpf_user_pt_regs_t",
    "bpf_xfrm_state",
    "pt_regs",
    "sk_msg_md",
    "sk_reuseport_md",
    "syscall_trace_enter",
    "syscall_trace_exit",
    "user_pt_regs",
    "xdp_md",
];

/// Prefixes of context types: tracepoints' records and iterators' contexts.
const CONTEXT_PREFIXES: &[&str] = &["trace_event_raw_", "bpf_iter__"];

impl<'a> Lowerer<'a> {
    /// The access that `e` is, if it is one to a part of a record behind a pointer.
    pub(super) fn access(&self, e: &'a CExpr) -> Option<Access<'a>> {
        self.access_from(e, |whole| match &whole.kind {
            CKind::Deref(pointer) => Some(pointer),
            _ => None,
        })
    }

    /// Likewise, of a record anywhere: what is asked about its type reads nothing.
    pub(super) fn named_part(&self, e: &'a CExpr) -> Option<Access<'a>> {
        self.access_from(e, |whole| match &whole.kind {
            CKind::Deref(pointer) => Some(pointer),
            _ => Some(whole),
        })
    }

    fn access_from(
        &self,
        e: &'a CExpr,
        pointer_to: impl Fn(&'a CExpr) -> Option<&'a CExpr>,
    ) -> Option<Access<'a>> {
        let mut path = Vec::new();
        let mut at = e;
        let pointer = loop {
            match &at.kind {
                CKind::Member(base, record, field) => {
                    let record = self.tree.types.records.get(record.0 as usize)?;
                    let field = record.fields.as_ref()?.get(*field as usize)?;
                    if let Some(name) = &field.name {
                        path.push(PathPart::Field(name.to_string()));
                    }
                    at = base;
                }
                CKind::Index(base, index) => {
                    path.push(PathPart::Index(constant_index(index)?));
                    at = base;
                }
                _ => break pointer_to(at)?,
            }
        };
        let Kind::Record(record) = at.ty.kind else {
            return None;
        };
        path.reverse();
        (!path.is_empty()).then_some(Access {
            pointer,
            record,
            path,
        })
    }

    /// Likewise, if the record is one whose fields are relocated.
    pub(super) fn core_access(&self, e: &'a CExpr) -> Option<Access<'a>> {
        self.access(e).filter(|access| self.is_core(access.record))
    }

    /// An access to a copy of a record whose fields are relocated, in a variable or in a record of
    /// another kind: what the access says is its pointer, is the copy.
    pub(super) fn core_copy(&self, e: &'a CExpr) -> Option<Access<'a>> {
        let mut path = Vec::new();
        let mut at = e;
        loop {
            match &at.kind {
                CKind::Member(base, id, field) if self.is_core(*id) => {
                    let record = self.tree.types.records.get(id.0 as usize)?;
                    let field = record.fields.as_ref()?.get(*field as usize)?;
                    if field.bits.is_some() {
                        return None;
                    }
                    if let Some(name) = &field.name {
                        path.push(PathPart::Field(name.to_string()));
                    }
                    at = base;
                }
                CKind::Index(base, index) if !path.is_empty() || self.in_core(base) => {
                    path.push(PathPart::Index(constant_index(index)?));
                    at = base;
                }
                _ => break,
            }
        }
        let Kind::Record(record) = at.ty.kind else {
            return None;
        };
        let is_stored = matches!(
            at.kind,
            CKind::Local(_) | CKind::Variable(_) | CKind::Member(..) | CKind::Index(..)
        );
        path.reverse();
        (is_stored && !path.is_empty() && !self.is_fixed(record) && !self.is_alone(record))
            .then_some(Access {
                pointer: at,
                record,
                path,
            })
    }

    /// Whether an array is a field of a relocated record.
    fn in_core(&self, array: &CExpr) -> bool {
        match &array.kind {
            CKind::Member(_, record, _) => self.is_core(*record),
            CKind::Index(base, _) => self.in_core(base),
            _ => false,
        }
    }

    /// Whether a record has one field, which lies at its start in every kernel: `kuid_t`.
    fn is_alone(&self, record: RecordId) -> bool {
        let found = self.tree.types.records.get(record.0 as usize);
        let fields = found.and_then(|record| record.fields.as_ref());
        fields.is_some_and(|fields| fields.len() == 1)
    }

    /// Whether accesses to the record are relocated.
    pub(super) fn is_core(&self, record: RecordId) -> bool {
        let found = self.tree.types.records.get(record.0 as usize);
        found.is_some_and(|record| record.core)
    }

    /// Whether a context is a tracepoint's, which lies otherwise in other kernels: those of system
    /// calls don't.
    pub(super) fn is_moving(&self, record: RecordId) -> bool {
        let name = self.record_name(record).unwrap_or_default();
        name.strip_prefix("trace_event_raw_")
            .is_some_and(|event| !["sys_enter", "sys_exit"].contains(&event))
    }

    /// Where the part lies by the local types: bytes behind the start of its record.
    pub(super) fn local_offset(&self, e: &CExpr) -> Option<u64> {
        match &e.kind {
            CKind::Member(base, record, field) => {
                let record = self.tree.types.records.get(record.0 as usize)?;
                let field = record.fields.as_ref()?.get(*field as usize)?;
                let outer = self.local_offset(base)?;
                outer.checked_add(field.offset)
            }
            CKind::Index(base, index) => {
                let outer = self.local_offset(base)?;
                let step = constant_index(index)?.checked_mul(self.size_of(&e.ty)?)?;
                outer.checked_add(step)
            }
            _ => Some(0),
        }
    }

    /// Whether plain accesses to the record have fixed offsets: a program's context, or UAPI.
    pub(super) fn is_fixed(&self, record: RecordId) -> bool {
        let name = self.record_name(record).unwrap_or_default();
        CONTEXTS.contains(&name)
            || FIXED.contains(&name)
            || CONTEXT_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix))
    }
}

fn constant_index(index: &CExpr) -> Option<u64> {
    match super::c_walk::peel(index).kind {
        CKind::Int(index) => u64::try_from(index).ok(),
        _ => None,
    }
}

/// A name without the `___flavor` by which C tells variants of a kernel type apart.
pub(super) fn without_flavor(name: &str) -> &str {
    match name.find("___") {
        Some(at) if at > 0 => name.get(..at).unwrap_or(name),
        _ => name,
    }
}
