// SPDX-License-Identifier: GPL-2.0
/* Addresses of what the kernel names, some of which isn't there. Functions have addresses on all kernels. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

extern const void vfs_read __ksym;
extern const void nothing_of_that_name __ksym __weak;

u64 at, nowhere, there;
s32 first_code;

SEC("ksyscall/kill")
int BPF_KSYSCALL(kill_enter, pid_t target)
{
	const void *first = &vfs_read;

	at = (u64)&vfs_read;
	nowhere = (u64)&nothing_of_that_name + 1;
	there = &nothing_of_that_name ? 1 : 2;
	if (target > 0)
		bpf_probe_read_kernel(&first_code, sizeof(first_code), first + 4);
	return 0;
}
