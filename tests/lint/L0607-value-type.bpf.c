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

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	u32 now = 1;
	struct start *start;

	bpf_map_update_elem(&starts, &fd, &now, BPF_ANY); // expect: L0607
	start = bpf_map_lookup_elem(&starts, &fd); // expect: L0607
	return start != 0;
}

char LICENSE[] SEC("license") = "GPL";
