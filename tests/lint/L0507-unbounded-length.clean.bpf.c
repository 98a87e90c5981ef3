// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char data[64];

SEC("ksyscall/write")
int BPF_KSYSCALL(write_enter, unsigned int fd, const char *buf, size_t count)
{
	if (count > sizeof(data))
		count = sizeof(data);
	return bpf_probe_read_user(data, count, buf);
}

SEC("ksyscall/read")
int BPF_KSYSCALL(read_enter, unsigned int fd, char *buf, size_t count)
{
	return bpf_probe_read_kernel(data, count & 31, ctx);
}

char LICENSE[] SEC("license") = "GPL";
