/* What helpers do that keep something: queues, stacks, storage, maps in maps, walks, text, packets. */
#include "probe.h"

static long (*bpf_map_push_elem)(void *map, const void *value, u64 flags) = (void *)87;
static long (*bpf_map_pop_elem)(void *map, void *value) = (void *)88;
static long (*bpf_map_peek_elem)(void *map, void *value) = (void *)89;
static long (*bpf_probe_read_kernel_str)(void *dst, u32 size, const void *from) = (void *)115;
static void *(*bpf_task_storage_get)(void *map, void *task, void *value, u64 flags) = (void *)156;
static long (*bpf_task_storage_delete)(void *map, void *task) = (void *)157;
static void *(*bpf_get_current_task_btf)(void) = (void *)158;
static long (*bpf_snprintf)(char *str, u32 size, const char *fmt, u64 *data, u32 data_len) = (void *)165;

struct name {
	char text[16];
};

struct inner {
	__uint(type, 1);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} first SEC(".maps");

struct {
	__uint(type, 12);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
#ifdef LOADER_KNOWS
} outer SEC(".maps");
#else
	struct inner *values[];
} outer SEC(".maps") = {
	.values = {&first},
};
#endif

struct {
	__uint(type, 22);
	__uint(max_entries, 8);
	__type(value, u32);
} queue SEC(".maps");

struct {
	__uint(type, 23);
	__uint(max_entries, 8);
	__type(value, u32);
} stack SEC(".maps");

struct {
	__uint(type, 30);
	__uint(max_entries, 8);
	__type(value, u32);
} bloom SEC(".maps");

struct {
	__uint(type, 29);
	__uint(map_flags, 1);
	__type(key, int);
	__type(value, u64);
} tasks SEC(".maps");

struct {
	__uint(type, 2);
	__uint(max_entries, 5);
	__type(key, u32);
	__type(value, u64);
} sums SEC(".maps");

struct {
	__uint(type, 2);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct name);
} names SEC(".maps");

struct {
	__uint(type, 27);
	__uint(max_entries, 4096);
} events SEC(".maps");

u64 seen, last;

SEC("ksyscall/put")
int put(struct pt_regs *ctx)
{
	u32 value = ctx->si, zero = 0;
	void *inner = bpf_map_lookup_elem(&outer, &zero);

	/* The map is there: the loader puts it in. */
	if (!inner) {
		seen = 77;
		return 0;
	}
	bpf_map_update_elem(inner, &value, &seen, 0);
	if (bpf_map_push_elem(&queue, &value, 0))
		seen++;
	value += OR_FAULT(1, 1, 2);
	bpf_map_push_elem(&stack, &value, OR_FAULT(2, 0, 2));
	bpf_map_push_elem(&bloom, &value, 0);
	return 0;
}

SEC("ksyscall/take")
int take(struct pt_regs *ctx)
{
	u32 value = 0;

	if (!bpf_map_pop_elem(&queue, &value))
		seen += value;
	if (!OR_FAULT(3, bpf_map_peek_elem(&stack, &value), bpf_map_pop_elem(&stack, &value)))
		last += value;
	value = 9;
	bpf_map_push_elem(&stack, &value, 0);
	if (!bpf_map_pop_elem(&stack, &value))
		seen += OR_FAULT(4, value, value * 2);
	value = ctx->di;
	if (!bpf_map_peek_elem(&bloom, &value))
		last += 100;
	return 0;
}

SEC("ksyscall/remember")
int remember(struct pt_regs *ctx)
{
	void *task = bpf_get_current_task_btf();
	u64 start = OR_FAULT(5, 3, 4), *kept = bpf_task_storage_get(&tasks, task, &start, OR_FAULT(6, 1, 0));

	if (!kept)
		return 0;
	*kept += ctx->si;
	if (*kept > 100)
		bpf_task_storage_delete(&tasks, task);
	return 0;
}

struct totals {
	u64 all;
	u32 rounds;
};

static long add(void *map, const u32 *key, u64 *value, struct totals *totals)
{
	totals->all += *value * *key;
	totals->rounds++;
	*value = OR_FAULT(7, 0, *key == 3);
	return totals->all > OR_FAULT(8, 1000, 999);
}

SEC("ksyscall/walk")
int walk(struct pt_regs *ctx)
{
	struct totals totals = {};

	last = bpf_for_each_map_elem(&sums, add, &totals, 0);
	seen = totals.all + totals.rounds;
	return 0;
}

SEC("ksyscall/text")
int text(struct pt_regs *ctx)
{
#if FAULT == 9
	static const char format[] = "%u of %s";
#else
	static const char format[] = "%d of %s";
#endif
	u32 zero = 0;
	struct name *name = bpf_map_lookup_elem(&names, &zero);
	u64 arguments[2] = {ctx->di, OR_FAULT(10, ctx->si, ctx->di)};
	struct {
		char made[24];
		char copied[12];
		u32 length;
	} record = {};

	if (!name)
		return 0;
	bpf_snprintf(record.made, sizeof(record.made), format, arguments, sizeof(arguments));
	record.length = bpf_probe_read_kernel_str(record.copied, OR_FAULT(11, 12, 11), name->text);
	bpf_ringbuf_output(&events, &record, sizeof(record), 0);
	return 0;
}

struct frame {
	u8 to[6], from[6];
	unsigned short kind;
};

struct xdp_md {
	u32 data, data_end, data_meta, ifindex, queue, egress;
};

SEC("xdp")
int packet(struct xdp_md *ctx)
{
	struct frame *frame = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;

	if ((void *)(frame + 1) > end)
		return 1;
	if (frame->kind == OR_FAULT(12, 8, 9))
		frame->to[0] = OR_FAULT(13, frame->from[1], frame->from[2]);
	if ((void *)(frame + 1) + 4 > end)
		return OR_FAULT(14, 2, 1);
	return 2 + (((u8 *)(frame + 1))[3] & 1);
}

#ifndef PART
struct bpf_sock_addr {
	u32 user_family, user_ip4, user_ip6[4], user_port;
};

SEC("cgroup/connect4")
int redirect(struct bpf_sock_addr *ctx)
{
	if (ctx->user_port == 80)
		ctx->user_port = OR_FAULT(15, 8080, 8081);
	return 1;
}

/* Branches that meet again, more than there could be paths. */
SEC("ksyscall/many")
int many(struct pt_regs *ctx)
{
	u64 *list = (u64 *)ctx->di, sum = 0, most = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < 10; i++) {
		u64 part = 0;

		bpf_probe_read_user(&part, sizeof(part), list + i);
		if (part > most)
			most = part;
		if (part & 64)
			sum += OR_FAULT(16, part, i == 8 ? part + 1 : part);
		asm volatile("" : "+r"(sum), "+r"(most));
	}
	seen = sum;
	last = most;
	return 0;
}
#endif
