// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/opneat") // expect: L0401
int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, umode_t mode)
{
	return dfd;
}

SEC("kretsyscall/nothing_like_it") // expect: L0401
int BPF_KRETPROBE(other_exit, int ret)
{
	return ret;
}

char LICENSE[] SEC("license") = "GPL";
