// SPDX-License-Identifier: MIT OR Apache-2.0
// target-arch: riscv64
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, umode_t mode)
{
	char name[16];

	if (bpf_probe_read_user_str(name, sizeof(name), filename) < 0)
		return 0;
	if (dfd < 0)
		bpf_override_return(ctx, -1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
