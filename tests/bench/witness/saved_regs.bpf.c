// SPDX-License-Identifier: GPL-2.0
/* Where the kernel keeps the registers of a thread that is inside of the system call pause(). */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define NR_PAUSE 34 /* x86_64 */

/* Shared with the witness by mmap. */
unsigned int awaited_thread;
unsigned long long saved_regs;

SEC("raw_tp/sys_enter")
int find_saved_regs(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[1] == NR_PAUSE && (unsigned int)bpf_get_current_pid_tgid() == awaited_thread)
		saved_regs = ctx->args[0];
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
