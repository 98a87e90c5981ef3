// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, umode_t mode)
{
	return dfd;
}

/* Asks for none. */
SEC("ksyscall/openat2")
int BPF_KSYSCALL(openat2_enter)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
