// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	if (fd > 2) {
		int ctx = fd; // expect: L0701

		return ctx;
	}
	ctx = 0; // expect: L0701
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
