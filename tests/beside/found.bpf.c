// SPDX-License-Identifier: GPL-2.0
/*
 * What a lookup finds, as the value of a function and of a statement expression; arms of a switch that
 * fall into others; what is copied whole.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

struct setting {
	u32 low, high;
	char name[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u32);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, struct setting);
} settings SEC(".maps");

char LICENSE[] SEC("license") = "GPL";

u64 results[8];
struct setting kept;
char names[2][8];
u64 first[2];

static __always_inline u32 number_of(u32 key)
{
	u32 *number = bpf_map_lookup_elem(&numbers, &key);

	if (!number)
		return 7;
	return *number;
}

static __always_inline u32 width_of(u32 key)
{
	struct setting *setting = bpf_map_lookup_elem(&settings, &key);

	if (setting)
		return setting->high + setting->low;
	return 0;
}

/* What an update says, as a value; through a pointer that isn't one to the map's type. */
static __always_inline long put(u64 low)
{
	struct setting setting = { .low = low, .high = 1 };
	void *bytes = &setting;
	u32 key = 3, number = low;
	long err = bpf_map_update_elem(&settings, &key, bytes, BPF_ANY);

	if (err)
		return err;
	return bpf_map_update_elem(&numbers, &key, &number, BPF_NOEXIST);
}

/* On big-endian machines libbpf's macros are the number as it is, whatever bits it has. */
static __always_inline u64 order_of(long offset)
{
	u16 port = bpf_htons(offset + 1);

	return port + bpf_htons(offset) + (bpf_ntohl(offset) >> 3);
}

SEC("ksyscall/lseek")
int BPF_KSYSCALL(lseek_enter, unsigned int fd, long offset, unsigned int whence)
{
	u32 key = fd & 3, number = offset;
	struct setting *setting;

	results[0] += number_of(fd);
	results[1] += width_of(key);
	results[1] += order_of(offset);
	results[2] += ({
		u32 *found = bpf_map_lookup_elem(&numbers, &key);

		if (!found)
			bpf_map_update_elem(&numbers, &key, &number, BPF_ANY);
		found ? *found : key;
	});
	bpf_map_update_elem(&numbers, &fd, &number, BPF_ANY);

	switch (whence) {
	case 0:
		results[3]++;
	case 1:
		if (offset < 0)
			results[4] += 10;
	case 2:
		results[4]++;
	case 3:
		results[5] += 2;
	}
	switch (whence) {
	case 4:
		results[6]++;
	case 5:
		results[6] += 3;
	default:
		results[7] += 5;
	}

	u64 now[2] = { fd, whence }, before[2];

	__builtin_memcpy(before, first, sizeof(before));
	if (whence & 1)
		__builtin_memcpy(&now, first, sizeof(now));
	__builtin_memcpy_inline(&first, &now, sizeof(first));
	results[3] += before[0] + now[1];

	results[1] += put(offset);
	int gone = bpf_map_delete_elem(&numbers, &key);
	if (gone < 0)
		results[2] += gone;

	setting = bpf_map_lookup_elem(&settings, &key);
	if (!setting)
		return 0;
	setting->low += 2;
	setting->high += number;
	setting->name[whence & 7] = 'a' + (whence & 7);
	__builtin_memcpy(&kept, setting, sizeof(kept));
	__builtin_memcpy(names[fd & 1], kept.name, sizeof(kept.name));
	return 0;
}

struct tally {
	u64 count, last;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct tally);
} tallies SEC(".maps");

/* The entry that is updated is the one that the pointer points into. */
static __noinline u64 start_again(struct tally *tally, u32 key)
{
	struct tally fresh = { .count = 5 };

	tally->count = 1;
	bpf_map_update_elem(&tallies, &key, &fresh, BPF_ANY);
	return tally->count;
}

SEC("ksyscall/dup")
int BPF_KSYSCALL(dup_enter, unsigned int fildes)
{
	u32 key = fildes & 1;
	struct tally *tally = bpf_map_lookup_elem(&tallies, &key);

	if (tally)
		results[7] += start_again(tally, key);
	return 0;
}

s64 swapped;

/* Unsigned where bytes are swapped, and an argument that is only assigned. */
SEC("ksyscall/shutdown")
int BPF_KSYSCALL(shutdown_enter, int fd, int how)
{
	swapped = bpf_ntohl(fd);
	if (how) {
		how = fd;
		return 1;
	}
	swapped++;
	return 0;
}
