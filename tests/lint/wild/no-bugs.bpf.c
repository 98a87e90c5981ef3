// What is unusual, and no mistake: conditions that choose headers and signatures, comments between SEC
// and the function, the section before the declaration, a map with a type of its own, names of libc's.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#if !defined(BPF_KPROBE_SYSCALL)
#include "no_such_header.h"
#endif

struct counts {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, typeof(char[60]));
	__type(value, __u64);
} counts SEC(".maps");

SEC("ksyscall/read")

/* Counts by name. */

int BPF_KSYSCALL(read)
{
	char name[60] = "read";
	__u64 one = 1, *count = bpf_map_lookup_elem(&counts, name);

	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&counts, name, &one, BPF_ANY);
	return 0;
}

#if defined(WITH_FLAGS)
SEC("ksyscall/fsync")
int BPF_KSYSCALL(fsync, unsigned int fd, int flags)
#elif !defined(WITHOUT)
SEC("ksyscall/fsync")
int BPF_KSYSCALL(fsync, unsigned int fd)
#endif
{
	bpf_printk("fsync %u", fd);
	return 0;
}

SEC("license") char LICENSE[] = "GPL";
