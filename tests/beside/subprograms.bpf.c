// SPDX-License-Identifier: GPL-2.0
/*
 * Static functions that are too large to be inlined twice, and so are functions of BPF's in both languages:
 * with pointers to the stack, to values of maps and to user memory, with values that are numbers, truths
 * and pointers that may be null. And such that are never inlined: their narrow numbers, of which the
 * verifier must know what was asked of them.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct event {
	u32 kind;
	u32 tid;
	char comm[16];
	char path[64];
};

struct owner {
	u32 pid;
	u32 first;
	u64 counts[4];
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, struct owner);
} owners SEC(".maps");

struct text {
	char bytes[256];
	u32 length;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct text);
} texts SEC(".maps");

const volatile u32 least = 0;
u64 refused;
u64 largest;

/* What is known of an owner, or null where there is no more room. */
static struct owner *owner_of(u32 number, u32 first)
{
	struct owner fresh = {}, *owner;

	owner = bpf_map_lookup_elem(&owners, &number);
	if (owner)
		return owner;
	if (number < least)
		return NULL;
	fresh.pid = bpf_get_current_pid_tgid() >> 32;
	fresh.first = first;
	bpf_get_current_comm(fresh.comm, sizeof(fresh.comm));
	if (bpf_map_update_elem(&owners, &number, &fresh, BPF_NOEXIST)) {
		__sync_fetch_and_add(&refused, 1);
		return NULL;
	}
	return bpf_map_lookup_elem(&owners, &number);
}

/* Whether the path could be sent. */
static bool send(u32 kind, const char *path, u32 *length)
{
	struct event *event;
	long read;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return false;
	event->kind = kind;
	event->tid = bpf_get_current_pid_tgid();
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	__builtin_memset(event->path, 0, sizeof(event->path));
	read = bpf_probe_read_user_str(event->path, sizeof(event->path), path);
	if (read < 0) {
		bpf_ringbuf_discard(event, 0);
		return false;
	}
	*length += read;
	bpf_ringbuf_submit(event, 0);
	return true;
}

static inline void raise(struct owner *owner, u32 slot, u64 by)
{
	u64 *count = &owner->counts[slot & 3];

	*count += by;
	if (*count > largest)
		largest = *count;
	if (by > 100)
		bpf_printk("%u: %llu more", owner->pid, by);
	if (owner->first & 1)
		owner->counts[3] ^= by;
	if (slot == 2 && bpf_ktime_get_ns() == 0)
		owner->first = 0;
}

SEC("ksyscall/unlink")
int BPF_KSYSCALL(unlink_enter, const char *path)
{
	struct owner *owner = owner_of(1, 10);
	u32 length = 0;

	if (!owner)
		return 0;
	if (send(1, path, &length))
		raise(owner, 0, length);
	else
		raise(owner, 1, 1);
	return 0;
}

SEC("ksyscall/rename")
int BPF_KSYSCALL(rename_enter, const char *from, const char *to)
{
	u32 length = 1;
	bool both = send(2, from, &length) & send(3, to, &length);
	struct owner *owner = owner_of(length, both);

	if (owner)
		raise(owner, both + 1, length);
	return 0;
}

SEC("ksyscall/setpgid")
int BPF_KSYSCALL(setpgid_enter, int from, int to)
{
	struct owner *one = owner_of(from, 3), *other = owner_of(to, 4);

	if (one && other) {
		raise(one, from, to);
		raise(other, to, from);
	}
	return 0;
}

static __noinline long put(struct text *text, const void *from, u8 at, u32 length)
{
	long err;

	if (at > 100)
		return -1;
	if (length == 0)
		return 0;
	if (length > 128)
		length = 128;
	err = bpf_probe_read_user(text->bytes + at, length, from);
	text->bytes[at] ^= length;
	return err;
}

/* The text and a part of it. */
static __noinline void end(struct text *text, void *at, u32 length)
{
	if (length > 255)
		length = 255;
	bpf_probe_read_kernel(at, 1, &text->length);
	text->length += length;
}

SEC("ksyscall/pwrite64")
int BPF_KSYSCALL(pwrite_enter, unsigned int fd, const char *from, size_t count)
{
	u32 zero = 0;
	struct text *text = bpf_map_lookup_elem(&texts, &zero);

	if (!text)
		return 0;
	if (put(text, from, fd, count) < 0)
		put(text, from, count, 2);
	end(text, text->bytes + 200, count);
	return 0;
}
