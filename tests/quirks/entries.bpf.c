// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that are entered in more than one way, or that have their arguments in another order on
 * some architectures. Ported with --quirks handle, it does what fixtures/entries.bpf.c does by hand.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct seen {
	u64 first;
	s64 second;
	u64 third;
	u32 call;
	s32 fourth;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} seen SEC(".maps");

static int tell(u32 call, u64 first, s64 second, u64 third, s32 fourth)
{
	struct seen *event;

	event = bpf_ringbuf_reserve(&seen, sizeof(*event), 0);
	if (!event)
		return 0;
	event->first = first;
	event->second = second;
	event->third = third;
	event->call = call;
	event->fourth = fourth;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("ksyscall/kill")
int BPF_KSYSCALL(kill_enter, pid_t pid, int sig)
{
	/* Whoever is killed is missed anyway. */
	if (sig == 9)
		return 0;
	return tell(1, 0, pid, 0, sig);
}

SEC("ksyscall/lseek")
int BPF_KSYSCALL(lseek_enter, unsigned int fd, long offset, unsigned int whence)
{
	if (whence != 77)
		return 0;
	return tell(2, fd, offset, 0, whence);
}

SEC("ksyscall/truncate")
int BPF_KSYSCALL(truncate_enter, const char *path, unsigned long length)
{
	char name[8] = {};

	bpf_probe_read_user_str(name, sizeof(name), path);
	return tell(3, *(u64 *)name, 0, length, 0);
}

SEC("ksyscall/clone")
int BPF_KSYSCALL(clone_enter, unsigned long flags, unsigned long stack, int *parent, int *child, unsigned long tls)
{
	if (!(flags & 0x01000000))
		return 0;
	return tell(4, flags, tls, (u64)child, stack);
}

SEC("ksyscall/mmap")
int BPF_KSYSCALL(mmap_enter, unsigned long addr, size_t len, int prot, int flags, int fd, unsigned long offset)
{
	if (len != 0x123000)
		return 0;
	return tell(5, addr, offset, len, fd);
}

SEC("ksyscall/listen")
int BPF_KSYSCALL(listen_enter, int fd, int backlog)
{
	return tell(6, 0, fd, 0, backlog);
}
