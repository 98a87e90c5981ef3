// SPDX-License-Identifier: MIT OR Apache-2.0
// target-arch: x86_64, aarch64
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/mmap")
int BPF_KSYSCALL(mmap_enter, unsigned long addr, unsigned long len, unsigned long prot,
		 unsigned long flags, unsigned long fd, unsigned long off)
{
	return addr + len;
}

char LICENSE[] SEC("license") = "GPL";
