// SPDX-License-Identifier: GPL-2.0
/*
 * Loops over numbers by the kernel's iterators, bpf_for and bpf_repeat: their turns, continue and break,
 * and what the number is behind them.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

const volatile int max_turns = 10;

int sums[16];

SEC("ksyscall/kill")
int BPF_KSYSCALL(kill_enter, pid_t pid, int sig)
{
	int i = -1, last = 0, n = 5;
	unsigned int u;

	bpf_for(i, 0, 8)
		sums[i & 15] += pid;
	/* The last number, not the end. */
	sums[8] += i;

	if (sig < 0 || sig > 64)
		return 0;
	bpf_for(i, sig, max_turns) {
		if (i == 5)
			continue;
		if (i == 9)
			break;
		last = i;
		/* This changes no turn. */
		i = 100;
	}
	sums[9] += i;
	sums[10] += last + n;

	bpf_for(u, 2, 5) {
		int j;

		bpf_for(j, 0, u)
			sums[11]++;
	}
	bpf_repeat(4)
		sums[12]++;
	/* None. */
	bpf_for(i, 4, 4)
		sums[13]++;
	bpf_for(i, 4, -4)
		sums[14]++;
	return 0;
}
