// SPDX-License-Identifier: MIT OR Apache-2.0
// target-arch: x86_64
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

char name[16];

static int copy(const char *from, bool user)
{
	if (user)
		return bpf_probe_read_user(name, sizeof(name), from);
	return bpf_probe_read_kernel(name, sizeof(name), from);
}

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const char *filename, int flags, umode_t mode)
{
	bpf_probe_read_user_str(name, sizeof(name), filename);
	return copy(filename + 1, true);
}

SEC("ksyscall/nanosleep")
int BPF_KSYSCALL(sleep_enter, struct __kernel_timespec *rqtp, struct __kernel_timespec *rmtp)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ_USER(rqtp, tv_sec) + BPF_CORE_READ(task, tgid);
}

char LICENSE[] SEC("license") = "GPL";
