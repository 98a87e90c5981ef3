// SPDX-License-Identifier: MIT OR Apache-2.0
// min-kernel: 5.5
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	bpf_printk("%d %d", fd, fd);
	bpf_printk("%d %d %d %d", fd, fd, fd, fd); // expect: L0801
	return bpf_get_attach_cookie(ctx); // expect: L0801
}

char LICENSE[] SEC("license") = "GPL";
