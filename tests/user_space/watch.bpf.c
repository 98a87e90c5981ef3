// SPDX-License-Identifier: GPL-2.0
/* All that a loader has to do for a port: say how system calls are entered, where the kernel's fields
 * lie, how the kernel was built, and attach by the name of a system call. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern int CONFIG_HZ __kconfig;

/* What vmlinux.h may not have. */
struct signal_struct___watch {
	unsigned int is_child_subreaper : 1;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 9);
	__type(key, __u32);
	__type(value, __s64);
} seen SEC(".maps");

static __always_inline void put(__u32 key, __s64 value)
{
	bpf_map_update_elem(&seen, &key, &value, BPF_ANY);
}

/* The first and the fourth argument lie in other registers of a function than of a system call. */
SEC("ksyscall/pread64")
int BPF_KSYSCALL(pread_enter, int fd, void *buffer, size_t count, loff_t position)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct signal_struct___watch *signal = (void *)BPF_CORE_READ(task, signal);

	if (fd != -7)
		return 0;
	put(0, fd);
	put(1, count);
	put(2, position);
	put(3, BPF_CORE_READ(task, real_parent, tgid));
	put(4, BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper));
	put(5, bpf_core_field_exists(task->real_parent));
	put(6, CONFIG_HZ);
	put(7, LINUX_KERNEL_VERSION);
	return 0;
}

SEC("kretsyscall/pread64")
int BPF_KRETPROBE(pread_exit, long ret)
{
	put(8, ret);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
