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

	if (bpf_probe_read_user(&copy, sizeof(copy), rqtp))
		return 0;
	if (copy.tv_sec)
		calls++;
	return 0;
}

SEC("ksyscall/nanosleep")
int BPF_KSYSCALL(show_enter, struct __kernel_timespec *rqtp, struct __kernel_timespec *rmtp)
{
	struct __kernel_timespec copy, shown;

	if (bpf_probe_read_user(&copy, sizeof(copy), rqtp))
		return 0;
	if (copy.tv_sec)
		calls++;
	// Nothing is decided by this one.
	bpf_probe_read_user(&shown, sizeof(shown), rqtp);
	bpf_printk("%lld", shown.tv_nsec);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
