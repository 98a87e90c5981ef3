// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/write")
int BPF_KSYSCALL(write_enter, unsigned int fd, const char *buf, size_t count)
{
	return fd + count;
}

/* Modes have 16 bits in the kernel and 32 in user space. */
SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, unsigned int mode)
{
	return dfd + flags + mode;
}

char LICENSE[] SEC("license") = "GPL";
