// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/clone")
int BPF_KSYSCALL(clone_enter, unsigned long clone_flags, unsigned long newsp, // expect: L0302
		 int *parent_tidptr, int *child_tidptr, unsigned long tls)
{
	return clone_flags + newsp + tls;
}

char LICENSE[] SEC("license") = "GPL";
