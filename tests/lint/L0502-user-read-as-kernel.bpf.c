// SPDX-License-Identifier: MIT OR Apache-2.0
// target-arch: x86_64
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

char name[16];

static int copy(const char *from)
{
	return bpf_probe_read_kernel(name, sizeof(name), from); // expect: L0502
}

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, umode_t mode)
{
	bpf_probe_read_kernel_str(name, sizeof(name), filename); // expect: L0502
	return copy(filename + 1);
}

SEC("ksyscall/nanosleep")
int BPF_KSYSCALL(sleep_enter, struct __kernel_timespec *rqtp, struct __kernel_timespec *rmtp)
{
	return BPF_CORE_READ(rqtp, tv_sec); // expect: L0502
}

char LICENSE[] SEC("license") = "GPL";
