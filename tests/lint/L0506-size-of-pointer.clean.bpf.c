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

SEC("ksyscall/execve")
int BPF_KSYSCALL(execve_enter, const char *filename, const char *const *argv,
		 const char *const *envp)
{
	struct event event = {}, *e = &event;
	const char *arg;

	bpf_get_current_comm(e->comm, sizeof(e->comm));
	if (bpf_probe_read_user(&arg, sizeof(arg), argv))
		return 0;
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, e, sizeof(*e));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
