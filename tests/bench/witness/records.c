/* What ring buffers and perf buffers received, after each call. */
#include "witness.h"

#include <stdlib.h>

#define BUFFERS 64
#define PERF_PAGES 16

struct buffer {
	const struct side *side;
	const struct plan *plan;
	const struct bpf_map *map;
	struct ring_buffer *ring;
	struct perf_buffer *perf;
};

static struct buffer buffers[BUFFERS];
static int buffer_count, current_call;
static bool dropping;

static void print_record(const struct buffer *buffer, const void *bytes, size_t size)
{
	if (dropping)
		return;
	printf("%s record %s %d ", buffer->side->label, bpf_map__name(buffer->map), current_call);
	print_masked(buffer->plan, bpf_map__name(buffer->map), bytes, size);
	putchar('\n');
}

static int on_ring_record(void *context, void *bytes, size_t size)
{
	print_record(context, bytes, size);
	return 0;
}

static void on_perf_record(void *context, int cpu, void *bytes, unsigned int size)
{
	(void)cpu;
	print_record(context, bytes, size);
}

static void on_perf_loss(void *context, int cpu, unsigned long long count)
{
	const struct buffer *buffer = context;

	fail("%s: CPU %d lost %llu records", bpf_map__name(buffer->map), cpu, count);
}

void open_records(struct side *side, const struct plan *plan)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, side->object) {
		struct buffer *buffer = &buffers[buffer_count];
		enum bpf_map_type type = bpf_map__type(map);

		if (type != BPF_MAP_TYPE_RINGBUF && type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			continue;
		if (++buffer_count > BUFFERS)
			fail("more than %d buffers", BUFFERS);
		*buffer = (struct buffer){ .side = side, .plan = plan, .map = map };
		if (type == BPF_MAP_TYPE_RINGBUF)
			buffer->ring = ring_buffer__new(bpf_map__fd(map), on_ring_record, buffer, NULL);
		else
			buffer->perf = perf_buffer__new(bpf_map__fd(map), PERF_PAGES, on_perf_record,
							on_perf_loss, buffer, NULL);
		if (!buffer->ring && !buffer->perf)
			fail("%s: can't read %s: %m", side->label, bpf_map__name(map));
	}
}

void print_records(int call)
{
	current_call = call;
	for (int i = 0; i < buffer_count; i++)
		if (buffers[i].ring)
			ring_buffer__consume(buffers[i].ring);
		else
			perf_buffer__consume(buffers[i].perf);
}

void drop_records(void)
{
	dropping = true;
	print_records(0);
	dropping = false;
}
