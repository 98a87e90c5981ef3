// SPDX-License-Identifier: MIT OR Apache-2.0
// target-arch: x86_64
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/kill")
int BPF_KSYSCALL(kill_enter, pid_t pid, int sig)
{
	return pid + sig;
}

SEC("ksyscall/nanosleep")
int BPF_KSYSCALL(sleep_enter, struct __kernel_timespec *rqtp, struct __kernel_timespec *rmtp)
{
	struct __kernel_timespec *copy = rqtp;

	if (!rmtp)
		return 0;
	return copy->tv_sec; // expect: L0501
}

char LICENSE[] SEC("license") = "GPL";
