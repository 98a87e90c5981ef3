// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/close")
int close_enter(struct pt_regs *ctx)
{
	struct pt_regs *regs = PT_REGS_SYSCALL_REGS(ctx);

	return PT_REGS_PARM1_CORE_SYSCALL(regs);
}

/* The same register on each architecture. */
SEC("ksyscall/kill")
int kill_enter(struct pt_regs *ctx)
{
	struct pt_regs *regs = PT_REGS_SYSCALL_REGS(ctx);

	return PT_REGS_PARM2_CORE(regs);
}

char LICENSE[] SEC("license") = "GPL";
