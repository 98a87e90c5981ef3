// The size of a pointer where that of the name is meant.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char last[64];

SEC("ksyscall/chdir")
int BPF_KSYSCALL(chdir_enter, const char *filename)
{
	bpf_probe_read_user_str(last, sizeof(filename), filename); // expect: L0506
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
