// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("kprobe/__x64_sys_kill") // expect: L0207
int BPF_KSYSCALL(kill_enter, pid_t pid, int sig)
{
	return pid + sig;
}

#define SYS_PREFIX "__arm64_"

SEC("kretprobe/" SYS_PREFIX "sys_close") // expect: L0207
int BPF_KRETPROBE(close_exit, int ret)
{
	return ret;
}

char LICENSE[] SEC("license") = "GPL";
