// c2aya: allow(deprecated-probe-read, reason = "the whole file")
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

// c2aya: allow(L0703, reason = "the next line, and those that continue it")
#define ON(call) \
	SEC("ksyscall/" #call) \
	int BPF_KPROBE_SYSCALL(call##_enter)

unsigned long calls;
char last[16];

/* c2aya: allow(renamed-entry-macro, reason = "the whole function") */
SEC("ksyscall/close")
int BPF_KPROBE_SYSCALL(close_enter, unsigned int fd)
{
	calls += fd;
	return 0;
}

SEC("ksyscall/chdir")
int BPF_KPROBE_SYSCALL(chdir_enter, const char *path) // c2aya: allow(L0703, reason = "this line")
{
	bpf_probe_read_str(last, sizeof(last), path);
	return 0;
}

ON(getpid)
{
	calls++;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
