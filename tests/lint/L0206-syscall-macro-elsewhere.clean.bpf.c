// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(unlink_enter, int dfd, struct filename *name)
{
	return dfd;
}

SEC("ksyscall/kill")
int BPF_KSYSCALL(kill_enter, pid_t pid, int sig)
{
	return pid + sig;
}

/* Whoever attaches it knows to what. */
SEC("kprobe")
int BPF_KSYSCALL(any_enter, unsigned int fd)
{
	return fd;
}

char LICENSE[] SEC("license") = "GPL";
