// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/dup3")
int BPF_KSYSCALL(dup3_enter, unsigned int oldfd, unsigned int newfd, int flags)
{
	return oldfd + newfd + flags;
}

char LICENSE[] SEC("license") = "GPL";
