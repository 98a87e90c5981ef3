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

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e)
		return 0;
	if (!fd) {
		bpf_ringbuf_discard(e, 0);
		return 0;
	}
	*e = (struct event){ .pid = bpf_get_current_pid_tgid() >> 32 };
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("ksyscall/getpid")
int BPF_KSYSCALL(getpid_enter)
{
	struct event *e;

	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		return 0;
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
