// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd, int flags) // expect: L0101
{
	return fd + flags;
}

SEC("ksyscall/getpid")
int BPF_KSYSCALL(getpid_enter, int nothing) // expect: L0101
{
	return nothing;
}

char LICENSE[] SEC("license") = "GPL";
