// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter,
		 const char *path, // expect: L0105
		 const char *filename, int flags, umode_t mode)
{
	return path == filename;
}

char LICENSE[] SEC("license") = "GPL";
