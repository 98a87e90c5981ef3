// Arguments of the call, printed as if they were strings of the kernel's.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/chdir")
int BPF_KSYSCALL(chdir_enter, const char *filename)
{
	bpf_printk("chdir %s", filename); // expect: L0505
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
