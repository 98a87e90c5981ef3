// SPDX-License-Identifier: MIT OR Apache-2.0
// target-arch: x86_64, riscv64
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/pread64")
int BPF_KSYSCALL(pread_enter, unsigned int fd, char *buf, size_t count,
		 loff_t pos)
{
	return fd + count + pos;
}

char LICENSE[] SEC("license") = "GPL";
