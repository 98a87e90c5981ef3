// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, umode_t mode)
{
	bpf_printk("at %d 100%% %s", dfd, filename); // expect: L0505
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
