// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const char *filename) // expect: L0108
{
	return dfd;
}

char LICENSE[] SEC("license") = "GPL";
