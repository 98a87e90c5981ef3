// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

int tgid;

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	bpf_probe_read_kernel(&tgid, sizeof(tgid), &task->tgid);
	return BPF_CORE_READ(task, pid);
}

char LICENSE[] SEC("license") = "GPL";
