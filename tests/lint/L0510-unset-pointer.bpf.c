// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, umode_t mode)
{
	char *name;

	return bpf_probe_read_user_str(name, 16, filename); // expect: L0510
}

char LICENSE[] SEC("license") = "GPL";
