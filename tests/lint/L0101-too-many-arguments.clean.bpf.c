// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	return fd;
}

SEC("ksyscall/getpid")
int BPF_KSYSCALL(getpid_enter)
{
	return 0;
}

/* Nobody knows what it takes. */
SEC("ksyscall")
int BPF_KSYSCALL(any_enter, long a, long b)
{
	return a + b;
}

char LICENSE[] SEC("license") = "GPL";
