// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

_Bool LINUX_HAS_SYSCALL_WRAPPER = 1; // expect: L0210

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	return fd;
}

char LICENSE[] SEC("license") = "GPL";
