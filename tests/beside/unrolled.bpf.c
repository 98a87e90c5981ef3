/* Loops that the kernel's verifier follows only where they are unrolled. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

#define DEPTH 60
#define ROOM 16384

struct names {
	u8 bytes[ROOM];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct names);
} heap SEC(".maps");

u32 mounts;
u32 parts;
u32 written;

/* Writes the names of a file and of all directories above it, the innermost one first. */
static __always_inline u32 collect(struct dentry *entry, struct vfsmount *vfs, struct names *to)
{
	u32 end = 0;

#pragma unroll
	for (int i = 0; i < DEPTH; i++) {
		struct dentry *above = BPF_CORE_READ(entry, d_parent);

		/* The top of a file system: go on where it is mounted. */
		if (entry == above || entry == BPF_CORE_READ(vfs, mnt_root)) {
			struct mount *at = container_of(vfs, struct mount, mnt);
			struct mount *below = BPF_CORE_READ(at, mnt_parent);

			if (at == below)
				break;
			entry = BPF_CORE_READ(at, mnt_mountpoint);
			vfs = &below->mnt;
			mounts++;
			continue;
		}

		int size = bpf_probe_read_kernel_str(&to->bytes[end & (ROOM / 2 - 1)], 256,
						     BPF_CORE_READ(entry, d_name.name));

		if (size <= 0)
			break;
		end += size;
		parts++;
		entry = above;
	}
	return end;
}

SEC("ksyscall/dup")
int BPF_KSYSCALL(dup_enter, unsigned int fildes)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct names *to;
	struct file *exe;
	u32 zero = 0;

	to = bpf_map_lookup_elem(&heap, &zero);
	if (!to)
		return 0;
	exe = BPF_CORE_READ(task, mm, exe_file);
	written = collect(BPF_CORE_READ(exe, f_path.dentry), BPF_CORE_READ(exe, f_path.mnt), to);
	return 0;
}

#define RULES 32

struct rule {
	u32 words[4];
	u32 used;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RULES);
	__type(key, u32);
	__type(value, struct rule);
} rules SEC(".maps");

u32 matched;

SEC("ksyscall/mremap")
int BPF_KSYSCALL(mremap_enter, u64 a, u64 b, u64 c, u64 d, u64 at)
{
	u32 key = at;
	struct rule *rule = bpf_map_lookup_elem(&rules, &key);

	if (!rule)
		return 0;
	rule->words[0] = a;
	rule->words[1] = b;
	rule->words[2] = c;
	rule->words[3] = d;
	rule->used = 1;
	return 0;
}

/* Four comparisons, whose outcomes add up. */
SEC("ksyscall/prctl")
int BPF_KSYSCALL(prctl_enter, int option, u64 b, u64 c, u64 d, u64 e)
{
	u32 words[4] = { option, b, c, d };
	u32 count = 0;

#pragma unroll
	for (int i = 0; i < RULES; i++) {
		u32 key = i;
		struct rule *rule = bpf_map_lookup_elem(&rules, &key);

		if (!rule || !rule->used)
			continue;
		if (rule->words[0] == words[0] && rule->words[1] == words[1] &&
		    rule->words[2] == words[2] && rule->words[3] == words[3])
			count++;
	}
	if (count)
		matched += count;
	return 0;
}

/* Loops that stay loops. */
SEC("ksyscall/dup3")
int BPF_KSYSCALL(dup3_enter, int from, int to)
{
	u32 first = 0, sum = 0;
	struct rule *rule = bpf_map_lookup_elem(&rules, &first);

	if (!rule)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 4; i++) {
		if (rule->words[i] == from)
			continue;
		sum += rule->words[i];
	}
#pragma unroll 2
	for (int i = 3; i >= 0; i--)
		rule->words[i] += sum;
	matched += to;
	return 0;
}
