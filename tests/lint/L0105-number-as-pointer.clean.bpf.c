// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, umode_t mode)
{
	return dfd + flags + mode;
}

/* As wide as an address, and often one. */
SEC("ksyscall/munmap")
int BPF_KSYSCALL(munmap_enter, void *addr, size_t len)
{
	return len;
}

char LICENSE[] SEC("license") = "GPL";
