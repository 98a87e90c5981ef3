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
	int id = fd;

	return bpf_map_lookup_elem(&starts, &id) != 0;
}

char LICENSE[] SEC("license") = "GPL";
