// The file says itself that the kernel has wrappers.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

_Bool LINUX_HAS_SYSCALL_WRAPPER = 1; // expect: L0210

SEC("ksyscall/chdir")
int BPF_KSYSCALL(chdir_enter, const char *filename)
{
	bpf_printk("chdir");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
