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
int BPF_KPROBE(close_enter, struct pt_regs *regs)
{
	return PT_REGS_PARM2_CORE_SYSCALL(regs);
}

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(unlink_enter, int dfd, struct filename *name)
{
	return dfd;
}

char LICENSE[] SEC("license") = "GPL";
