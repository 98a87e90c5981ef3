// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/kill")
int BPF_KSYSCALL(kill_enter,
		 int sig, // expect: L0102
		 pid_t pid) // expect: L0102
{
	return sig + pid;
}

char LICENSE[] SEC("license") = "GPL";
