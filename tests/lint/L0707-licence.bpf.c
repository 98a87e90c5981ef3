// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	bpf_printk("%d", fd); // expect: L0707
	return 0;
}

char LICENSE[] SEC("license") = "Apache-2.0";
