// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

u64 when;

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	when = bpf_ktime_get_ns();
	return 0;
}

char LICENSE[] SEC("license") = "Apache-2.0";
