// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("kprobe/do_unlinkat")
int BPF_KSYSCALL(unlink_enter, int dfd, struct filename *name) // expect: L0206
{
	return dfd;
}

SEC("kprobe/__do_sys_kill")
int BPF_KSYSCALL(kill_enter, pid_t pid, int sig) // expect: L0206
{
	return pid + sig;
}

SEC("tracepoint/syscalls/sys_enter_close")
int BPF_KSYSCALL(close_enter, unsigned int fd) // expect: L0206
{
	return fd;
}

char LICENSE[] SEC("license") = "GPL";
