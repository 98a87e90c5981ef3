/* What the kernel calls back besides loops: timers, samples from user space, areas of memory. */
#include "probe.h"

static long (*bpf_timer_init)(void *timer, void *map, u64 flags) = (void *)169;
static long (*bpf_timer_set_callback)(void *timer, void *callback) = (void *)170;
static long (*bpf_timer_start)(void *timer, u64 after, u64 flags) = (void *)171;
static long (*bpf_timer_cancel)(void *timer) = (void *)172;
static long (*bpf_find_vma)(void *task, u64 address, void *callback, void *ctx, u64 flags) = (void *)180;
static void *(*bpf_get_current_task_btf)(void) = (void *)158;
static long (*bpf_dynptr_read)(void *to, u32 size, const void *from, u32 offset, u64 flags) = (void *)201;
static long (*bpf_user_ringbuf_drain)(void *map, void *callback, void *ctx, u64 flags) = (void *)209;

struct bpf_timer {
	u64 opaque[2];
};

struct bell {
	struct bpf_timer timer;
	u64 rings;
};

struct {
	__uint(type, 1);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct bell);
} bells SEC(".maps");

struct {
	__uint(type, 31);
	__uint(max_entries, 4096);
} orders SEC(".maps");

u64 rung, total, samples, areas;

static int ring(void *map, u32 *key, struct bell *bell)
{
	bell->rings += OR_FAULT(1, 1, 2);
	rung = OR_FAULT(2, *key, bell->rings);
	return 0;
}

SEC("kprobe/example")
int clock(u64 *registers)
{
	u32 key = bpf_get_current_pid_tgid();
	struct bell *bell = bpf_map_lookup_elem(&bells, &key);

	if (!bell)
		return 0;
	bpf_timer_init(&bell->timer, &bells, 1);
	bpf_timer_set_callback(&bell->timer, ring);
	if (FAULT != 3)
		bpf_timer_start(&bell->timer, 1000000, 0);
	if (OR_FAULT(4, bell->rings == 7, 0))
		bpf_timer_cancel(&bell->timer);
	return 0;
}

static long take(void *sample, u64 *sum)
{
	u64 number = 0;

	if (bpf_dynptr_read(&number, sizeof(number), sample, 0, 0))
		return OR_FAULT(5, 1, 0);
	*sum += OR_FAULT(6, number, number + 1);
	return 0;
}

SEC("kprobe/example")
int drain(u64 *registers)
{
	u64 sum = 0;
	long count = bpf_user_ringbuf_drain(&orders, take, &sum, 0);

	if (count > 0)
		samples += count;
	total += sum;
	return 0;
}

static long area(void *task, void *vma, u64 *found)
{
	*found += OR_FAULT(7, 1, 2);
	return 0;
}

SEC("kprobe/example")
int memory(u64 *registers)
{
	u64 found = 0;

	if (bpf_find_vma(bpf_get_current_task_btf(), 4096, area, &found, 0))
		found = OR_FAULT(8, 100, 101);
	areas = found;
	return 0;
}
