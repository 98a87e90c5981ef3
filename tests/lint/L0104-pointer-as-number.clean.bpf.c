// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const void *filename, int flags, umode_t mode)
{
	return dfd + flags + mode;
}

/* The kernel has a number here. */
SEC("ksyscall/munmap")
int BPF_KSYSCALL(munmap_enter, unsigned long addr, size_t len)
{
	return addr + len;
}

char LICENSE[] SEC("license") = "GPL";
