// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("kprobe/sys_kill") // expect: L0208
int BPF_KPROBE(kill_enter, pid_t pid, int sig)
{
	return pid + sig;
}

SEC("kretprobe/SyS_close") // expect: L0208
int BPF_KRETPROBE(close_exit, int ret)
{
	return ret;
}

char LICENSE[] SEC("license") = "GPL";
