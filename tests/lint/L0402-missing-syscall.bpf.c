// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/dup2") // expect: L0402
int BPF_KSYSCALL(dup2_enter, unsigned int oldfd, unsigned int newfd)
{
	return oldfd + newfd;
}

char LICENSE[] SEC("license") = "GPL";
