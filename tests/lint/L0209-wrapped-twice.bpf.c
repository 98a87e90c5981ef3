// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/kill")
int BPF_KPROBE(kill_enter, struct pt_regs *regs)
{
	struct pt_regs *again = PT_REGS_SYSCALL_REGS(regs); // expect: L0209

	return PT_REGS_PARM2_CORE_SYSCALL(again);
}

SEC("ksyscall")
int BPF_KSYSCALL(any_enter, struct pt_regs *regs) // expect: L0209
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
