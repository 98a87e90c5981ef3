// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/kill")
int kill_enter(struct pt_regs *ctx)
{
	struct pt_regs *regs = PT_REGS_SYSCALL_REGS(ctx);

	return PT_REGS_PARM2_CORE_SYSCALL(regs);
}

SEC("ksyscall/close")
int close_enter(struct pt_regs *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)PT_REGS_PARM1(ctx);

	return PT_REGS_PARM1_CORE_SYSCALL(regs);
}

SEC("kprobe/do_unlinkat")
int unlink_enter(struct pt_regs *ctx)
{
	return PT_REGS_PARM1(ctx) + PT_REGS_PARM2(ctx);
}

/* The value that was returned is where it always is. */
SEC("kretsyscall/kill")
int kill_exit(struct pt_regs *ctx)
{
	return PT_REGS_RC(ctx);
}

char LICENSE[] SEC("license") = "GPL";
