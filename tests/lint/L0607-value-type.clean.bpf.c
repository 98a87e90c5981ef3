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

struct start {
	u64 when;
	u64 fd;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, u32);
	__type(value, struct start);
	__uint(max_entries, 64);
} details SEC(".maps");

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	s64 now = 1, *start;
	/* The first field. */
	u64 *when = bpf_map_lookup_elem(&details, &fd);

	bpf_map_update_elem(&starts, &fd, &now, BPF_ANY);
	start = bpf_map_lookup_elem(&starts, &fd);
	return start && when;
}

char LICENSE[] SEC("license") = "GPL";
