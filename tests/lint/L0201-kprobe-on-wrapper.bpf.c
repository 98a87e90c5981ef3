// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("kprobe/__x64_sys_kill") // expect: L0207
int BPF_KPROBE(kill_enter, pid_t pid, int sig) // expect: L0201
{
	return pid + sig;
}

SEC("ksyscall/close")
int BPF_KPROBE(close_enter, unsigned int fd) // expect: L0201
{
	return fd;
}

char LICENSE[] SEC("license") = "GPL";
