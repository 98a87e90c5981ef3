// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd,
		 u64 filename, // expect: L0104
		 int flags, umode_t mode)
{
	return (long)filename + dfd + flags + mode;
}

char LICENSE[] SEC("license") = "GPL";
