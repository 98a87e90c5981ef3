// SPDX-License-Identifier: MIT OR Apache-2.0
// confidence: low
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/ptrace")
int BPF_KSYSCALL(ptrace_enter, long request, long pid, unsigned long addr, unsigned long data)
{
	if (request == 16)
		bpf_override_return(ctx, -1);
	return 0;
}

SEC("kprobe/__ia32_compat_sys_ptrace")
int BPF_KPROBE(ptrace_compat, struct pt_regs *regs)
{
	bpf_override_return(ctx, -1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
