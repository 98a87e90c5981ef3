// SPDX-License-Identifier: MIT OR Apache-2.0
// min-kernel: 5.4
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct event {
	int pid;
	u64 when;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps"); // expect: L0802

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	return fd;
}

char LICENSE[] SEC("license") = "GPL";
