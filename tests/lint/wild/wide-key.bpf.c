// A key of 64 bits, looked up in a map whose keys have 32.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

SEC("ksyscall/chdir")
int BPF_KSYSCALL(chdir_enter, const char *filename)
{
	__u64 who = bpf_get_current_pid_tgid();
	__u64 *count = bpf_map_lookup_elem(&seen, &who); // expect: L0606

	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
