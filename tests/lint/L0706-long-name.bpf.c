// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/close")
int BPF_KSYSCALL(trace_close_enter, unsigned int fd) // expect: L0706
{
	return fd;
}

char LICENSE[] SEC("license") = "GPL";
