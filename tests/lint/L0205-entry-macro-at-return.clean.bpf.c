// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("kretsyscall/close")
int BPF_KRETPROBE(close_exit, int ret)
{
	return ret;
}

/* It asks for no argument. */
SEC("kretprobe/do_unlinkat")
int BPF_KPROBE(unlink_exit)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
