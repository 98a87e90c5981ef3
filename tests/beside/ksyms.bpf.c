// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of what the kernel names, some of which isn't there, and its variables. Functions have addresses on all
 * kernels, variables where CONFIG_KALLSYMS_ALL is set.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

extern const void vfs_read __ksym;
extern const void nothing_of_that_name __ksym __weak;
extern const int no_number __ksym __weak;
extern const struct rq no_queues __ksym __weak;

u64 at, nowhere, there;
s32 first_code, number, cpu;

SEC("ksyscall/kill")
int BPF_KSYSCALL(kill_enter, pid_t target)
{
	const void *first = &vfs_read;

	at = (u64)&vfs_read;
	nowhere = (u64)&nothing_of_that_name + 1;
	there = &nothing_of_that_name ? 1 : 2;
	if (target > 0)
		bpf_probe_read_kernel(&first_code, sizeof(first_code), first + 4);

	number = bpf_ksym_exists(&no_number) ? no_number : -target;
	if (&no_queues) {
		const struct rq *here = bpf_this_cpu_ptr(&no_queues);
		const struct rq *first_cpus = bpf_per_cpu_ptr(&no_queues, 0);

		cpu = here->cpu;
		if (first_cpus)
			cpu -= first_cpus->cpu;
	} else {
		cpu = -1;
	}
	return 0;
}
