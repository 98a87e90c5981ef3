// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/openat")
int openat_enter(struct pt_regs *ctx)
{
	struct pt_regs *regs = PT_REGS_SYSCALL_REGS(ctx);

	return PT_REGS_PARM4_CORE(regs); // expect: L0203
}

SEC("ksyscall/openat2")
int BPF_KPROBE(openat2_enter, struct pt_regs *regs)
{
	return PT_REGS_PARM4_CORE(regs); // expect: L0203
}

char LICENSE[] SEC("license") = "GPL";
