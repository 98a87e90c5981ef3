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

	if (bpf_probe_read_user_str(e.path, sizeof(e.path), filename) < 0)
		return 0;
	bpf_ringbuf_output(&events, &e, sizeof(e), 0);
	(void)bpf_probe_read_user_str(e.path, sizeof(e.path), filename + 1);
	bpf_ringbuf_output(&events, &e, sizeof(e), 0);
	return 0;
}

static const char text[16] = "text";

/* The program's own memory is always there. */
SEC("kprobe/do_exit")
int BPF_KPROBE(exit_enter, long code)
{
	struct event e = {};

	bpf_probe_read_kernel(e.path, sizeof(text), text);
	bpf_ringbuf_output(&events, &e, sizeof(e), 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
