// A name is read to where nothing was ever pointed to.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/chdir")
int BPF_KSYSCALL(chdir_enter, const char *filename)
{
	char *name;

	bpf_probe_read_user_str(name, 16, filename); // expect: L0510
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
