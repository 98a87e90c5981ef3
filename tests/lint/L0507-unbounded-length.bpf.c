// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char data[64];

SEC("ksyscall/write")
int BPF_KSYSCALL(write_enter, unsigned int fd, const char *buf, size_t count)
{
	return bpf_probe_read_user(data, count, buf); // expect: L0507
}

char LICENSE[] SEC("license") = "GPL";
