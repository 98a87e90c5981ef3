// SPDX-License-Identifier: MIT OR Apache-2.0
// target-arch: s390x, powerpc64
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/listen") // expect: L0303
int BPF_KSYSCALL(listen_enter, int fd, int backlog)
{
	return fd + backlog;
}

char LICENSE[] SEC("license") = "GPL";
