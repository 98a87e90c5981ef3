// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char data[16];

SEC("ksyscall/write")
int BPF_KSYSCALL(write_enter, unsigned int fd, const char *buf, size_t count)
{
	return bpf_probe_read_user(data, sizeof(data), buf);
}

/* Into the buffer, not out of it. */
SEC("ksyscall/read")
int BPF_KSYSCALL(read_enter, unsigned int fd, char *buf, size_t count)
{
	return bpf_probe_write_user(buf, data, sizeof(data));
}

char LICENSE[] SEC("license") = "GPL";
