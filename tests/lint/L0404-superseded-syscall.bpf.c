// SPDX-License-Identifier: MIT OR Apache-2.0
// target-arch: x86_64
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/mkdir") // expect: L0404
int BPF_KSYSCALL(mkdir_enter, const char *pathname, umode_t mode)
{
	return mode;
}

SEC("ksyscall/fork") // expect: L0404
int BPF_KSYSCALL(fork_enter)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
