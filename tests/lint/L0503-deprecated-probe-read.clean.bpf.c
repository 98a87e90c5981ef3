// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char last[16];
unsigned int state;

SEC("ksyscall/openat")
int BPF_KSYSCALL(openat_enter, int dfd, const char *path, int flags, umode_t mode)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	bpf_probe_read_user_str(last, sizeof(last), path + 1);
	bpf_probe_read_kernel(&state, sizeof(state), &task->flags);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
