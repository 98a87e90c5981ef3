// SPDX-License-Identifier: GPL-2.0
/*
 * Rarer C: assembly without `volatile`.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

u64 results[8];

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	u64 wide = fd;

	asm("");
	if (fd > 5)
		asm("" ::: "memory");
	asm("%0 += 3" : "+r"(wide));
	asm("r6 = 1" ::: "r6");
	results[0] += wide;
	return 0;
}
