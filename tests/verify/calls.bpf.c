/* A system call with six arguments, and its return: counters, records, text, errors. */
#include "probe.h"

#ifndef SLOTS
#define SLOTS 8
#endif

struct key {
	u32 uid;
	u8 kind;
	/* three bytes of padding */
	s32 number;
};

struct event {
	u64 started;
	s64 offset;
	u32 tgid;
	u16 mode;
	char comm[16];
	char path[24];
};

struct {
	__uint(type, 1);
	__uint(max_entries, 128);
	__type(key, struct key);
	__type(value, s64);
} hits SEC(".maps");

struct {
	__uint(type, 9);
	__uint(max_entries, 128);
	__type(key, u32);
	__type(value, struct event);
} starts SEC(".maps");

struct {
	__uint(type, 6);
	__uint(max_entries, SLOTS);
	__type(key, u32);
	__type(value, u64);
} slots SEC(".maps");

struct {
	__uint(type, 27);
	__uint(max_entries, 4096);
} events SEC(".maps");

const volatile s32 least = -5;
const volatile _Bool verbose = 0;
u64 dropped;
s32 last = 7;

static __attribute__((always_inline)) int enter(struct pt_regs *ctx, s32 number, const char *path, u64 length, u16 mode,
						s64 offset, const u64 *list)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct event event;
	struct key key = {};
	s64 one = 1, *hit;
	u64 first = 0;

	__builtin_memset(&event, 0, sizeof(event));
	if (OR_FAULT(1, number < least, number <= least))
		return 0;
	key.uid = OR_FAULT(2, bpf_get_current_uid_gid(), bpf_get_current_uid_gid() >> 32);
	key.kind = length;
	key.number = number;
	hit = bpf_map_lookup_elem(&hits, &key);
	if (hit)
		OR_FAULT(3, __sync_fetch_and_add(hit, number), __sync_fetch_and_add(hit, (u32)number));
	else
		bpf_map_update_elem(&hits, &key, &one, OR_FAULT(4, 1, 0));

	event.started = bpf_ktime_get_ns();
	event.offset = OR_FAULT(5, offset, (s64)(s32)offset);
	event.tgid = OR_FAULT(6, bpf_get_current_pid_tgid() >> 32, tid);
	event.mode = mode;
	bpf_get_current_comm(event.comm, OR_FAULT(7, sizeof(event.comm), sizeof(event.comm) - 1));
	if (OR_FAULT(8, bpf_probe_read_user_str(event.path, sizeof(event.path), path),
		     bpf_probe_read_user_str(event.path, sizeof(event.path) - 4, path)) < 0)
		event.mode = OR_FAULT(9, 0xffff, mode);
	if (OR_FAULT(10, bpf_probe_read_user(&first, sizeof(first), list),
		     bpf_probe_read_kernel(&first, sizeof(first), list)) == 0 && first == 42)
		bpf_send_signal(OR_FAULT(11, 9, 15));
	bpf_map_update_elem(&starts, OR_FAULT(12, &tid, &event.tgid), &event, 0);
	if (OR_FAULT(13, bpf_ringbuf_output(&events, &event, sizeof(event), 0),
		     bpf_ringbuf_output(&events, &event, sizeof(event), 0) > 0))
		__sync_fetch_and_add(&dropped, 1);
	if (verbose)
		OR_FAULT(14, bpf_printk("%d %s %lld", number, event.comm, offset),
			 bpf_printk("%u %s %lld", number, event.comm, offset));
	if (FAULT != 15)
		last = number;
	return 0;
}

SEC("ksyscall/example")
int example_enter(struct pt_regs *ctx)
{
	u64 a[6];

	if (LINUX_HAS_SYSCALL_WRAPPER) {
		struct pt_regs *regs = (struct pt_regs *)FIRST_PARAMETER(ctx);
		struct pt_regs *at = regs;
#define READ(member) ({ u64 word = 0; bpf_probe_read_kernel(&word, sizeof(word), ADDRESS(at->member)); word; })
		u64 read[6] = {ARGUMENTS(READ)};
#if FAULT == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		read[3] = READ(cx);
#endif
		__builtin_memcpy(a, read, sizeof(a));
	} else {
#define PLAIN(member) (ctx->member)
		u64 plain[6] = {ARGUMENTS(PLAIN)};
#if FAULT == 17 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		plain[3] = ctx->cx;
#endif
		__builtin_memcpy(a, plain, sizeof(a));
	}
	if (FAULT == 18)
		return enter(ctx, a[0], (void *)a[1], a[2], a[4], a[3], (void *)a[5]);
	return enter(ctx, a[0], (void *)a[1], a[2], a[3], a[4], (void *)a[5]);
}

SEC("kretsyscall/example")
int example_exit(struct pt_regs *ctx)
{
	s64 ret = RETURNED(ctx);
	u32 tid = bpf_get_current_pid_tgid(), slot = 0;
	struct event *event = bpf_map_lookup_elem(&starts, &tid);
	u64 duration, *count;
	u64 *record;

	if (!event)
		return 0;
	if (OR_FAULT(19, ret >= 0, (s32)ret >= 0)) {
		duration = bpf_ktime_get_ns() - event->started;
		for (int i = 0; i < OR_FAULT(20, 7, 6); i++) {
			duration /= 16;
			if (duration)
				slot++;
		}
		count = bpf_map_lookup_elem(&slots, &slot);
		if (count)
			*count += OR_FAULT(21, 1, 2);
	}
	record = bpf_ringbuf_reserve(&events, 16, 0);
	if (record) {
		record[0] = OR_FAULT(22, event->offset, event->started);
		record[1] = ret;
		bpf_ringbuf_submit(record, 0);
	}
	if (FAULT != 23)
		bpf_map_delete_elem(&starts, &tid);
	return 0;
}

static int forget(void *map, const u32 *key, struct event *value, u64 *most)
{
	if (value->started < *most)
		bpf_map_delete_elem(map, key);
	return OR_FAULT(24, 0, 1);
}

static int pace(u32 round, u64 *sum)
{
	*sum += OR_FAULT(25, round, round * 2);
	return *sum > 40;
}

SEC("tracepoint/example/tick")
int tick(u64 *ctx)
{
	u64 most = ctx[1], sum = ctx[2] & 7;

	bpf_for_each_map_elem(&starts, forget, &most, 0);
	bpf_loop(10, pace, &sum, 0);
	bpf_printk("%llu", sum);
	return 0;
}

SEC("lsm/example")
int decide(u64 *ctx)
{
	s32 flags = ctx[2];

	if (flags & 0x40)
		return OR_FAULT(26, -1, -13);
	return ctx[3];
}

#ifdef WITH_UNCALLED
/* As bpf/usdt.bpf.h has them: functions that nobody calls, with maps and variables of their own. */
struct {
	__uint(type, 2);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} uncalled_map SEC(".maps");

u64 uncalled_variable;

__attribute__((weak)) int uncalled(void)
{
	u32 key = 0;

	uncalled_variable++;
	return bpf_map_lookup_elem(&uncalled_map, &key) != 0;
}
#endif
