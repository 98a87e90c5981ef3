// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct event {
	int pid;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	struct event event = {}, *e = &event;
	char *comm = e->comm;

	bpf_get_current_comm(comm, sizeof(comm)); // expect: L0506
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, e, sizeof(e)); // expect: L0506
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
