// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

unsigned long calls;

SEC("ksyscall/close")
int BPF_KPROBE_SYSCALL(close_enter, unsigned int fd) // c2aya: allow(L0703) // expect: L0002
{
	calls += fd;
	return 0;
}

/* c2aya: allow(L0703, reason = " ") expect: L0002 */
SEC("ksyscall/getpid")
int BPF_KPROBE_SYSCALL(getpid_enter)
{
	calls++;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
