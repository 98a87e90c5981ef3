// SPDX-License-Identifier: MIT OR Apache-2.0
// min-kernel: 5.5
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	char name[16];

	bpf_printk("%d %d", fd, fd);
	return bpf_probe_read_user_str(name, sizeof(name), 0);
}

char LICENSE[] SEC("license") = "GPL";
