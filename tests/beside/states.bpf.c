/* Jumps that no block and no loop can stand for: into loops, and between two that cross. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

u64 crossed[2];
u64 failed;

/* Two loops that cross. */
SEC("ksyscall/dup")
int BPF_KSYSCALL(dup_enter, unsigned int fildes)
{
	int n = 0;

	if (fildes & 1)
		goto second;
first:
	crossed[0] += n;
	if (n++ > 3)
		return 1;
second:
	crossed[1]++;
	if (n++ > 4)
		return 2;
	goto first;
}

/* The way out stands where it is needed first. */
SEC("ksyscall/fchdir")
int BPF_KSYSCALL(fchdir_enter, unsigned int fd)
{
	int i;

	if (fd == 7)
		goto fail;
	for (i = 0; i < 4; i++) {
		if (i == fd) {
fail:
			failed++;
			return 1;
		}
	}
	return 0;
}
