// A program whose name was forgotten: the first argument is taken for it.
// expect: W0331
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/chdir") // expect: E0209
int BPF_KSYSCALL(const char *filename)
{
	bpf_printk("chdir");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
