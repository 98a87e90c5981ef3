// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	return ctx != 0;
}

static int other(int ctx)
{
	ctx++;
	return ctx;
}

SEC("kprobe/do_unlinkat")
int unlink_enter(struct pt_regs *regs)
{
	return other(1);
}

char LICENSE[] SEC("license") = "GPL";
