// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

unsigned long calls;

SEC("ksyscall/close")
int BPF_KPROBE_SYSCALL(close_enter, unsigned int fd) // c2aya: allow(L0703, reason = "libbpf 0.7")
{
	calls += fd;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
