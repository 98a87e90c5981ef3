// SPDX-License-Identifier: MIT OR Apache-2.0
// confidence: low
// target-arch: riscv64
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct event {
	char path[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, umode_t mode)
{
	struct event e = {};

	bpf_probe_read_user_str(e.path, sizeof(e.path), filename); // expect: L0605
	bpf_ringbuf_output(&events, &e, sizeof(e), 0);
	return 0;
}

SEC("kprobe/do_exit")
int BPF_KPROBE(exit_enter, long code)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct event e = {};

	bpf_probe_read_kernel(e.path, 16, task->comm); // expect: L0605
	bpf_ringbuf_output(&events, &e, sizeof(e), 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
