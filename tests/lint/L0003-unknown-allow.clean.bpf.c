// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

unsigned long calls;

// c2aya: allow(renamed-entry-macro, reason = "not a slip")
SEC("ksyscall/close")
int BPF_KPROBE_SYSCALL(close_enter, unsigned int fd)
{
	calls += fd;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
