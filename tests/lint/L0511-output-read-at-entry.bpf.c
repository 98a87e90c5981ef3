// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char data[16];

SEC("ksyscall/read")
int BPF_KSYSCALL(read_enter, unsigned int fd, char *buf, size_t count)
{
	return bpf_probe_read_user(data, sizeof(data), buf); // expect: L0511
}

char LICENSE[] SEC("license") = "GPL";
