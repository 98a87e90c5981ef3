//! The helpers of the kernel: their numbers, names and arguments (`include/uapi/linux/bpf.h`).

/// A helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Helper {
    /// Its number.
    pub id: u32,
    /// Its name without `bpf_`.
    pub name: &'static str,
    /// A letter for each argument: `c` context, `m` map, `s` number or pointer of the kernel,
    /// `r` bytes to read and `w` bytes to write, each followed by `n`, their number; `8`, `4`:
    /// a number of so many bytes to write. After `!`: a call that can be seen from outside;
    /// after `=`: the same answer each time.
    pub arguments: &'static str,
}

/// What is known of an answer without its arguments: bits that are always clear and always set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The bits that can be set.
    pub mask: u64,
    /// The bits that are.
    pub set: u64,
}

/// The helpers whose prototype gives a `u32`, which the kernel extends with zeros (`bpf-helpers(7)`).
const GIVES_U32: [&str; 8] = [
    "get_cgroup_classid",
    "get_hash_recalc",
    "get_prandom_u32",
    "get_route_realm",
    "get_smp_processor_id",
    "get_socket_uid",
    "set_hash",
    "skb_cgroup_classid",
];
/// The helpers that give the running task, which is never NULL.
const GIVES_TASK: [&str; 2] = ["get_current_task", "get_current_task_btf"];

/// What is known of the answer of the helper `name`.
pub fn answer(name: &str) -> Answer {
    Answer {
        mask: if GIVES_U32.contains(&name) {
            u64::from(u32::MAX)
        } else {
            u64::MAX
        },
        set: u64::from(GIVES_TASK.contains(&name)) << 63,
    }
}

/// The helper with the number `id`.
pub fn helper(id: u32) -> Option<Helper> {
    let index = usize::try_from(id).ok()?.checked_sub(1)?;
    let &(name, arguments) = HELPERS.get(index)?;
    Some(Helper {
        id,
        name,
        arguments,
    })
}

/// From number 1 on.
const HELPERS: &[(&str, &str)] = &[
    ("map_lookup_elem", "ms"),
    ("map_update_elem", "msss"),
    ("map_delete_elem", "ms"),
    ("probe_read", "wns"),
    ("ktime_get_ns", ""),
    ("trace_printk", "rnsss"),
    ("get_prandom_u32", ""),
    ("get_smp_processor_id", "="),
    ("skb_store_bytes", "!csrns"),
    ("l3_csum_replace", "!cssss"),
    ("l4_csum_replace", "!cssss"),
    ("tail_call", "cms"),
    ("clone_redirect", "!css"),
    ("get_current_pid_tgid", "="),
    ("get_current_uid_gid", "="),
    ("get_current_comm", "wn"),
    ("get_cgroup_classid", "=c"),
    ("skb_vlan_push", "!css"),
    ("skb_vlan_pop", "!c"),
    ("skb_get_tunnel_key", "cwns"),
    ("skb_set_tunnel_key", "!crns"),
    ("perf_event_read", "ms"),
    ("redirect", "!ss"),
    ("get_route_realm", "=c"),
    ("perf_event_output", "cmsrn"),
    ("skb_load_bytes", "cswn"),
    ("get_stackid", "cms"),
    ("csum_diff", "rnrns"),
    ("skb_get_tunnel_opt", "cwn"),
    ("skb_set_tunnel_opt", "!crn"),
    ("skb_change_proto", "!css"),
    ("skb_change_type", "!cs"),
    ("skb_under_cgroup", "cms"),
    ("get_hash_recalc", "=c"),
    ("get_current_task", "="),
    ("probe_write_user", "srn"),
    ("current_task_under_cgroup", "ms"),
    ("skb_change_tail", "!css"),
    ("skb_pull_data", "cs"),
    ("csum_update", "!cs"),
    ("set_hash_invalid", "!c"),
    ("get_numa_node_id", "="),
    ("skb_change_head", "!css"),
    ("xdp_adjust_head", "!cs"),
    ("probe_read_str", "wns"),
    ("get_socket_cookie", "=s"),
    ("get_socket_uid", "=c"),
    ("set_hash", "!cs"),
    ("setsockopt", "!sssrn"),
    ("skb_adjust_room", "!csss"),
    ("redirect_map", "!mss"),
    ("sk_redirect_map", "!cmss"),
    ("sock_map_update", "!cmss"),
    ("xdp_adjust_meta", "!cs"),
    ("perf_event_read_value", "mswn"),
    ("perf_prog_read_value", "cwn"),
    ("getsockopt", "ssswn"),
    ("override_return", "cs"),
    ("sock_ops_cb_flags_set", "!cs"),
    ("msg_redirect_map", "!cmss"),
    ("msg_apply_bytes", "!cs"),
    ("msg_cork_bytes", "!cs"),
    ("msg_pull_data", "csss"),
    ("bind", "!crn"),
    ("xdp_adjust_tail", "!cs"),
    ("skb_get_xfrm_state", "cswns"),
    ("get_stack", "cwns"),
    ("skb_load_bytes_relative", "cswns"),
    ("fib_lookup", "cwns"),
    ("sock_hash_update", "!cmss"),
    ("msg_redirect_hash", "!cmss"),
    ("sk_redirect_hash", "!cmss"),
    ("lwt_push_encap", "!csrn"),
    ("lwt_seg6_store_bytes", "!csrn"),
    ("lwt_seg6_adjust_srh", "!css"),
    ("lwt_seg6_action", "!csrn"),
    ("rc_repeat", "!c"),
    ("rc_keydown", "!csss"),
    ("skb_cgroup_id", "=c"),
    ("get_current_cgroup_id", "="),
    ("get_local_storage", "ms"),
    ("sk_select_reuseport", "!cmss"),
    ("skb_ancestor_cgroup_id", "=cs"),
    ("sk_lookup_tcp", "crnss"),
    ("sk_lookup_udp", "crnss"),
    ("sk_release", "s"),
    ("map_push_elem", "mss"),
    ("map_pop_elem", "ms"),
    ("map_peek_elem", "ms"),
    ("msg_push_data", "!csss"),
    ("msg_pop_data", "!csss"),
    ("rc_pointer_rel", "!css"),
    ("spin_lock", "s"),
    ("spin_unlock", "s"),
    ("sk_fullsock", "=s"),
    ("tcp_sock", "=s"),
    ("skb_ecn_set_ce", "!c"),
    ("get_listener_sock", "=s"),
    ("skc_lookup_tcp", "crnss"),
    ("tcp_check_syncookie", "srnrn"),
    ("sysctl_get_name", "cwns"),
    ("sysctl_get_current_value", "cwn"),
    ("sysctl_get_new_value", "cwn"),
    ("sysctl_set_new_value", "!crn"),
    ("strtol", "rns8"),
    ("strtoul", "rns8"),
    ("sk_storage_get", "msss"),
    ("sk_storage_delete", "ms"),
    ("send_signal", "s"),
    ("tcp_gen_syncookie", "srnrn"),
    ("skb_output", "smsrn"),
    ("probe_read_user", "wns"),
    ("probe_read_kernel", "wns"),
    ("probe_read_user_str", "wns"),
    ("probe_read_kernel_str", "wns"),
    ("tcp_send_ack", "!ss"),
    ("send_signal_thread", "s"),
    ("jiffies64", ""),
    ("read_branch_records", "cwns"),
    ("get_ns_current_pid_tgid", "sswn"),
    ("xdp_output", "smsrn"),
    ("get_netns_cookie", "=s"),
    ("get_current_ancestor_cgroup_id", "=s"),
    ("sk_assign", "!css"),
    ("ktime_get_boot_ns", ""),
    ("seq_printf", "srnrn"),
    ("seq_write", "srn"),
    ("sk_cgroup_id", "=s"),
    ("sk_ancestor_cgroup_id", "=ss"),
    ("ringbuf_output", "mrns"),
    ("ringbuf_reserve", "mss"),
    ("ringbuf_submit", "ss"),
    ("ringbuf_discard", "ss"),
    ("ringbuf_query", "ms"),
    ("csum_level", "!cs"),
    ("skc_to_tcp6_sock", "=s"),
    ("skc_to_tcp_sock", "=s"),
    ("skc_to_tcp_timewait_sock", "=s"),
    ("skc_to_tcp_request_sock", "=s"),
    ("skc_to_udp6_sock", "=s"),
    ("get_task_stack", "swns"),
    ("load_hdr_opt", "cwns"),
    ("store_hdr_opt", "!crns"),
    ("reserve_hdr_opt", "!css"),
    ("inode_storage_get", "msss"),
    ("inode_storage_delete", "ms"),
    ("d_path", "swn"),
    ("copy_from_user", "wns"),
    ("snprintf_btf", "wnrns"),
    ("seq_printf_btf", "!srns"),
    ("skb_cgroup_classid", "=c"),
    ("redirect_neigh", "!srns"),
    ("per_cpu_ptr", "=ss"),
    ("this_cpu_ptr", "=s"),
    ("redirect_peer", "!ss"),
    ("task_storage_get", "msss"),
    ("task_storage_delete", "ms"),
    ("get_current_task_btf", "="),
    ("bprm_opts_set", "!ss"),
    ("ktime_get_coarse_ns", ""),
    ("ima_inode_hash", "swn"),
    ("sock_from_file", "=s"),
    ("check_mtu", "cs4ss"),
    ("for_each_map_elem", "msss"),
    ("snprintf", "wnsrn"),
    ("sys_bpf", "!srn"),
    ("btf_find_by_name_kind", "rnss"),
    ("sys_close", "!s"),
    ("timer_init", "sms"),
    ("timer_set_callback", "ss"),
    ("timer_start", "!sss"),
    ("timer_cancel", "!s"),
    ("get_func_ip", "=c"),
    ("get_attach_cookie", "=c"),
    ("task_pt_regs", "=s"),
    ("get_branch_snapshot", "wns"),
    ("trace_vprintk", "rnrn"),
    ("skc_to_unix_sock", "=s"),
    ("kallsyms_lookup_name", "rns8"),
    ("find_vma", "sssss"),
    ("loop", "ssss"),
    ("strncmp", "rns"),
    ("get_func_arg", "cs8"),
    ("get_func_ret", "c8"),
    ("get_func_arg_cnt", "=c"),
    ("get_retval", ""),
    ("set_retval", "!s"),
    ("xdp_get_buff_len", "=c"),
    ("xdp_load_bytes", "cswn"),
    ("xdp_store_bytes", "!csrn"),
    ("copy_from_user_task", "wnsss"),
    ("skb_set_tstamp", "!css"),
    ("ima_file_hash", "swn"),
    ("kptr_xchg", "!ss"),
    ("map_lookup_percpu_elem", "mss"),
    ("skc_to_mptcp_sock", "=s"),
    ("dynptr_from_mem", "sssw"),
    ("ringbuf_reserve_dynptr", "mssw"),
    ("ringbuf_submit_dynptr", "!ss"),
    ("ringbuf_discard_dynptr", "ss"),
    ("dynptr_read", "wnsss"),
    ("dynptr_write", "!ssrns"),
    ("dynptr_data", "sss"),
    ("tcp_raw_gen_syncookie_ipv4", "ssn"),
    ("tcp_raw_gen_syncookie_ipv6", "ssn"),
    ("tcp_raw_check_syncookie_ipv4", "ss"),
    ("tcp_raw_check_syncookie_ipv6", "ss"),
    ("ktime_get_tai_ns", ""),
    ("user_ringbuf_drain", "msss"),
    ("cgrp_storage_get", "msss"),
    ("cgrp_storage_delete", "ms"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_are_of_helpers() {
        for name in GIVES_U32.iter().chain(&GIVES_TASK) {
            assert!(HELPERS.iter().any(|helper| helper.0 == *name), "{name}");
        }
    }

    #[test]
    fn numbers_are_the_kernels() {
        let check = |id, name| assert_eq!(helper(id).map(|helper| helper.name), Some(name));
        check(1, "map_lookup_elem");
        check(14, "get_current_pid_tgid");
        check(25, "perf_event_output");
        check(36, "probe_write_user");
        check(58, "override_return");
        check(87, "map_push_elem");
        check(109, "send_signal");
        check(114, "probe_read_user_str");
        check(130, "ringbuf_output");
        check(148, "copy_from_user");
        check(158, "get_current_task_btf");
        check(164, "for_each_map_elem");
        check(177, "trace_vprintk");
        check(181, "loop");
        check(195, "map_lookup_percpu_elem");
        check(211, "cgrp_storage_delete");
        assert_eq!(helper(0), None);
        assert_eq!(helper(212), None);
    }
}
