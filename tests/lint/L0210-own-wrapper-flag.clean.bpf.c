// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

extern bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	return fd;
}

char LICENSE[] SEC("license") = "GPL";
