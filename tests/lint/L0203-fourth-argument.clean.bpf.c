// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/openat")
int openat_enter(struct pt_regs *ctx)
{
	struct pt_regs *regs = PT_REGS_SYSCALL_REGS(ctx);

	return PT_REGS_PARM4_CORE_SYSCALL(regs) + PT_REGS_PARM2_CORE(regs);
}

SEC("kprobe/do_unlinkat")
int unlink_enter(struct pt_regs *ctx)
{
	return PT_REGS_PARM4(ctx);
}

char LICENSE[] SEC("license") = "GPL";
