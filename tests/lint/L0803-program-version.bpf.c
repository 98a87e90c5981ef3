// SPDX-License-Identifier: MIT OR Apache-2.0
// min-kernel: 4.19
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("fentry/do_unlinkat") // expect: L0803
int BPF_PROG(unlink_enter, int dfd, struct filename *name)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
