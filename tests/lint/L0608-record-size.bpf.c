// SPDX-License-Identifier: MIT OR Apache-2.0
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
} events SEC(".maps");

struct other {
	u64 a, b, c, d, e;
};

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	struct other *o = bpf_ringbuf_reserve(&events, sizeof(struct event), 0); // expect: L0608
	struct event e = {};

	if (o)
		bpf_ringbuf_discard(o, 0);
	bpf_ringbuf_output(&events, &e, sizeof(struct other), 0); // expect: L0608
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
