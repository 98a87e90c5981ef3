// A macro that libbpf doesn't have.
// expect: W0331
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("kretsyscall/chdir")
int BPF_KRETSYSCALL(chdir_exit, int ret) // expect: E0101
{
	bpf_printk("chdir: %d", ret);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
