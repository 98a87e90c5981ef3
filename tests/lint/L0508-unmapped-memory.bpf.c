// SPDX-License-Identifier: MIT OR Apache-2.0
// target-arch: x86_64
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int calls;

SEC("ksyscall/nanosleep")
int BPF_KSYSCALL(sleep_enter, struct __kernel_timespec *rqtp, struct __kernel_timespec *rmtp)
{
	struct __kernel_timespec copy;

	bpf_probe_read_user(&copy, sizeof(copy), rqtp); // expect: L0508
	if (copy.tv_sec)
		calls++;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
