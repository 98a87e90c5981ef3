// SPDX-License-Identifier: GPL-2.0
/*
 * A program's own bpf_core_read.h, whose macros call bpf_probe_read: that reads user space's memory too.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "own/bpf_core_read.h"

char LICENSE[] SEC("license") = "GPL";

u64 length, base;
s64 result;
char text[8];

SEC("ksyscall/writev")
int BPF_KSYSCALL(writev_enter, unsigned long fd, struct iovec *vec)
{
	void *from = NULL;

	length += BPF_CORE_READ(vec, iov_len);
	result = BPF_CORE_READ_INTO(&from, vec, iov_base);
	base += from != NULL;
	bpf_core_read(&from, sizeof(from), &vec->iov_base);
	result = result << 8 | (bpf_core_read_str(text, sizeof(text), from) & 255);
	return 0;
}
