// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/kill")
int kill_enter(struct pt_regs *ctx)
{
	int pid = PT_REGS_PARM1(ctx); // expect: L0202
	int sig = PT_REGS_PARM2(ctx); // expect: L0202

	return pid + sig;
}

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter)
{
	return PT_REGS_PARM1_SYSCALL(ctx); // expect: L0202
}

char LICENSE[] SEC("license") = "GPL";
