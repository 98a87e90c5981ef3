// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

unsigned long calls;

// c2aya: allow(renamed-entry-macro, reason = "nothing here") // expect: L0001
SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	calls += fd;
	return 0;
}

// c2aya: allow(L0503, L0703, reason = "one of both") // expect: L0001
SEC("ksyscall/getpid")
int BPF_KPROBE_SYSCALL(getpid_enter)
{
	calls++; // c2aya: allow(L0503, reason = "nothing here") // expect: L0001
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
