// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, u32);
	__type(value, u64);
	__uint(max_entries, 64);
} starts SEC(".maps");

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	u32 id = bpf_get_current_pid_tgid();
	u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&starts, &id, &now, BPF_ANY);
	return 0;
}

SEC("kretsyscall/close")
int BPF_KRETPROBE(close_exit, int ret)
{
	u64 both = bpf_get_current_pid_tgid();
	u32 id = both & 0xffffffff;

	bpf_map_delete_elem(&starts, &id);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
