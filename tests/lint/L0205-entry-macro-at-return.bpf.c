// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("kretsyscall/kill")
int BPF_KSYSCALL(kill_exit, pid_t pid, int sig) // expect: L0205
{
	return pid + sig;
}

SEC("kretprobe/do_unlinkat")
int BPF_KPROBE(unlink_exit, int ret) // expect: L0205
{
	return ret;
}

char LICENSE[] SEC("license") = "GPL";
