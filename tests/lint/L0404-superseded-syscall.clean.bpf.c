// SPDX-License-Identifier: MIT OR Apache-2.0
// target-arch: x86_64
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/mkdir")
int BPF_KSYSCALL(mkdir_enter, const char *pathname, umode_t mode)
{
	return mode;
}

SEC("ksyscall/mkdirat")
int BPF_KSYSCALL(mkdirat_enter, int dfd, const char *pathname, umode_t mode)
{
	return mode;
}

char LICENSE[] SEC("license") = "GPL";
