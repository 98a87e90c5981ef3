// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/newuname")
int BPF_KSYSCALL(uname_enter, struct new_utsname *name)
{
	return 0;
}

SEC("kretsyscall/umount")
int BPF_KRETPROBE(umount_exit, int ret)
{
	return ret;
}

char LICENSE[] SEC("license") = "GPL";
