// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct event {
	u64 pid;
	u64 when;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

static void fill(struct event *e)
{
	e->when = bpf_ktime_get_ns();
	for (int i = 0; i < 16; i++)
		e->comm[i] = 0;
}

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	struct event e, other = { .pid = 1 };

	if (!fd)
		return 0;
	e.pid = bpf_get_current_pid_tgid() >> 32;
	fill(&e);
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e, sizeof(e));
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &other, sizeof(other));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
