// SPDX-License-Identifier: MIT OR Apache-2.0
// min-kernel: 4.19
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(unlink_enter, int dfd, struct filename *name)
{
	return dfd;
}

/* The loader decides. */
SEC("?fentry/do_unlinkat")
int BPF_PROG(unlink_newer, int dfd, struct filename *name)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
