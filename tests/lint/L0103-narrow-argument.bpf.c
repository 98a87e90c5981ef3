// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/write")
int BPF_KSYSCALL(write_enter,
		 unsigned int fd,
		 int buf, // expect: L0103
		 u32 count) // expect: L0103
{
	return fd + (long)buf + count;
}

SEC("ksyscall/kill")
int BPF_KSYSCALL(kill_enter, short pid, bool sig) // expect: L0103
{
	return pid + sig;
}

char LICENSE[] SEC("license") = "GPL";
