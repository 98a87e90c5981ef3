// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/kill")
int BPF_KSYSCALL(kill_enter, pid_t pid, int sig)
{
	return pid + sig;
}

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	return fd;
}

char LICENSE[] SEC("license") = "GPL";
