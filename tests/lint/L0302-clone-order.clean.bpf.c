// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#ifdef __TARGET_ARCH_x86
SEC("ksyscall/clone")
int BPF_KSYSCALL(clone_enter, unsigned long clone_flags, unsigned long newsp,
		 int *parent_tidptr, int *child_tidptr, unsigned long tls)
{
	return clone_flags + newsp + tls;
}
#else
SEC("ksyscall/clone")
int BPF_KSYSCALL(clone_enter, unsigned long clone_flags, unsigned long newsp,
		 int *parent_tidptr, unsigned long tls, int *child_tidptr)
{
	return clone_flags + newsp + tls;
}
#endif

char LICENSE[] SEC("license") = "GPL";
