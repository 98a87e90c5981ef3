/* Jumps that no block and no loop can stand for: into loops, and between two that cross. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

u64 crossed[2];
u64 failed;
u64 turns[4];

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

/* Into a loop, whose counter the jump leaves as it is. */
SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	int i = 0;

	if (fd & 1)
		goto middle;
	for (i = 0; i < 8; i++) {
		turns[0] += fd;
middle:
		turns[i & 3]++;
		if (turns[0] > 100)
			return 3;
	}
	return 0;
}

/* Duff's device: cases that stand in a loop. */
SEC("ksyscall/fsync")
int BPF_KSYSCALL(fsync_enter, unsigned int fd)
{
	int count = fd & 15;
	int n = (count + 3) / 4;

	if (!count)
		return 0;
	switch (count % 4) {
	case 0:
		do {
			turns[0] += fd;
	case 3:
			turns[3]++;
	case 2:
			turns[2]++;
	case 1:
			turns[1]++;
		} while (--n > 0);
	}
	return 0;
}
