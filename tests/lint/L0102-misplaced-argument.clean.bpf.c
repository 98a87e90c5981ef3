// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Other names than the kernel's say nothing. */
SEC("ksyscall/kill")
int BPF_KSYSCALL(kill_enter, pid_t target, int number)
{
	return target + number;
}

char LICENSE[] SEC("license") = "GPL";
