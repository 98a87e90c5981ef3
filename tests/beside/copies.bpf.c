// SPDX-License-Identifier: GPL-2.0
/*
 * Copies of much from one place to another that may be the same: more than registers hold, byte by byte
 * where the structure is packed.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct report {
	u8 kind;
	u64 args[12];
	u32 pid;
	char text[16];
} __attribute__((packed));

struct block {
	u64 words[24];
	struct report report;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct report);
} reports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct block);
} blocks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

char LICENSE[] SEC("license") = "GPL";

struct block last_block;
struct report last_report;

SEC("ksyscall/lseek")
int BPF_KSYSCALL(lseek_enter, unsigned int fd, long offset, unsigned int whence)
{
	u32 first = 0, key = fd & 1;
	struct report *from = bpf_map_lookup_elem(&reports, &first);
	struct report *to = bpf_map_lookup_elem(&reports, &key), *event;
	struct block *block = bpf_map_lookup_elem(&blocks, &key);
	struct block *other = bpf_map_lookup_elem(&blocks, &first);

	if (!from || !to || !block || !other)
		return 0;
	from->kind = whence;
	from->args[3] = offset;
	from->args[11]++;
	from->pid += fd;
	from->text[fd & 15] = 'x';
	block->words[fd & 15] += offset;
	block->report.args[7]--;

	*to = *from;
	last_block = *block;
	last_report = other->report;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	*event = *from;
	event->args[0] = key;
	bpf_ringbuf_submit(event, 0);
	return 0;
}
