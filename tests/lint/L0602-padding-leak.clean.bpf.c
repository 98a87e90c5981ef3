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
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	struct event e = {}, other;

	e.pid = bpf_get_current_pid_tgid() >> 32;
	e.when = bpf_ktime_get_ns();
	bpf_get_current_comm(e.comm, sizeof(e.comm));
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e, sizeof(e));
	__builtin_memset(&other, 0, sizeof(other));
	other.pid = 1;
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &other, sizeof(other));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
