// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Not here: BPF_KPROBE_SYSCALL. */
#define ON(call) SEC("ksyscall/" #call) int BPF_KPROBE_SYSCALL(call##_enter) // expect: L0703

unsigned long calls;

SEC("ksyscall/close")
int BPF_KPROBE_SYSCALL(close_enter, unsigned int fd) // expect: L0703
{
	calls += fd;
	return 0;
}

ON(getpid)
{
	calls++;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
