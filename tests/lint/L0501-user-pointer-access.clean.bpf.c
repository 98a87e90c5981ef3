// SPDX-License-Identifier: MIT OR Apache-2.0
// target-arch: x86_64
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/nanosleep")
int BPF_KSYSCALL(sleep_enter, struct __kernel_timespec *rqtp, struct __kernel_timespec *rmtp)
{
	struct __kernel_timespec copy;

	if (bpf_probe_read_user(&copy, sizeof(copy), rqtp))
		return 0;
	return copy.tv_sec;
}

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	struct { unsigned int fd; } own = { fd }, *pointer = &own;

	return pointer->fd;
}

char LICENSE[] SEC("license") = "GPL";
