// BPF_CORE_READ without the header that defines it.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/chdir")
int BPF_KSYSCALL(chdir_enter, const char *filename) // expect: E0332
{
	struct task_struct *task = (void *)bpf_get_current_task();
	int parent = BPF_CORE_READ(task, real_parent, tgid); // expect: E0201

	bpf_printk("chdir by a child of %d", parent);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
