// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, umode_t mode)
{
	return dfd;
}

/* Newer than the table's kernel. */
SEC("kretsyscall/file_getattr")
int BPF_KRETPROBE(getattr_exit, int ret)
{
	return ret;
}

char LICENSE[] SEC("license") = "GPL";
