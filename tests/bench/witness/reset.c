/*
 * Puts both sides' maps back to where they were. On a kernel that is shared with nobody but the
 * witness, what it does itself is seen by the side that was attached first.
 */
#include "witness.h"

#include <stdlib.h>
#include <string.h>

#define PROGRAMS 256
/* To copy the values of both sides at one moment. */
#define ATTEMPTS 1000

/* How often each program had run when the calls began. */
static struct {
	const char *side, *name;
	unsigned long long count;
} runs[PROGRAMS];
static int run_count;

static unsigned long long count_runs(int fd, unsigned long long *ns)
{
	struct bpf_prog_info info = {};
	unsigned int size = sizeof(info);

	if (bpf_prog_get_info_by_fd(fd, &info, &size))
		fail("can't ask about a program: %m");
	*ns = info.run_time_ns;
	return info.run_cnt;
}

void remember_runs(const char *side, const char *name, int fd)
{
	unsigned long long ns;

	if (fd < 0)
		return;
	if (run_count == PROGRAMS)
		fail("more than %d programs", PROGRAMS);
	runs[run_count].side = side;
	runs[run_count].name = name;
	runs[run_count++].count = count_runs(fd, &ns);
}

/* How often a program ran since then; with statistics on, the kernel counts. */
void print_runs(const char *side, const char *name, int fd)
{
	unsigned long long ns, count = count_runs(fd, &ns);

	for (int i = 0; i < run_count; i++)
		if (!strcmp(runs[i].side, side) && !strcmp(runs[i].name, name))
			count -= runs[i].count;
	printf("%s ran %s %llu in %llu ns\n", side, name, count, ns);
}

static bool is_array(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool is_hash(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_LPM_TRIE ||
	       type == BPF_MAP_TYPE_STACK_TRACE;
}

void reset_map(const struct bpf_map *map, int fd)
{
	size_t size = (bpf_map__value_size(map) + 7) / 8 * 8 * libbpf_num_possible_cpus();
	unsigned char *key = allocate(bpf_map__key_size(map)), *zeros = allocate(size);
	enum bpf_map_type type = bpf_map__type(map);

	if (is_hash(type))
		while (!bpf_map_get_next_key(fd, NULL, key))
			bpf_map_delete_elem(fd, key);
	if (is_array(type))
		for (unsigned int i = 0; i < bpf_map__max_entries(map); i++)
			bpf_map_update_elem(fd, &i, zeros, BPF_ANY);
	if (type == BPF_MAP_TYPE_QUEUE || type == BPF_MAP_TYPE_STACK)
		while (!bpf_map_lookup_and_delete_elem(fd, NULL, zeros))
			;
	free(zeros);
	free(key);
}

/* The values of global variables are mapped into our memory. */
struct memory {
	const struct bpf_map *map;
	void *live, *saved;
	size_t size;
};

#define MEMORIES 64

static struct memory memories[MEMORIES];
static int memory_count;

void remember_variables(const struct side *side)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, side->object) {
		struct memory *memory = &memories[memory_count];
		const char *name = bpf_map__name(map);

		/* Constants are mapped for reading only. */
		if (!bpf_map__is_internal(map) || strstr(name, ".rodata") || strstr(name, ".kconfig"))
			continue;
		if (memory_count == MEMORIES)
			fail("more than %d sections of variables", MEMORIES);
		memory->live = bpf_map__initial_value(map, &memory->size);
		if (!memory->live)
			continue;
		memory->map = map;
		memory->saved = allocate(memory->size);
		memcpy(memory->saved, memory->live, memory->size);
		memory_count++;
	}
}

/*
 * Whether a side has seen something since its values were copied: then somebody else made a system
 * call meanwhile, and the other side's copy may know of it. Who makes calls all the time is copied as
 * it comes.
 */
static bool have_changed(void)
{
	static int attempts;
	bool changed = false;

	/* Programs write to them behind the compiler's back. */
	asm volatile("" ::: "memory");

	for (int i = 0; i < memory_count; i++)
		changed |= memcmp(memories[i].live, memories[i].saved, memories[i].size) != 0;
	return changed && ++attempts < ATTEMPTS;
}

void reset_sides(struct side sides[SIDES], int count)
{
	struct bpf_program *program;
	struct bpf_map *map;

	for (int i = 0; i < count; i++)
		bpf_object__for_each_map(map, sides[i].object)
			if (!bpf_map__is_internal(map) && bpf_map__fd(map) >= 0)
				reset_map(map, bpf_map__fd(map));
	drop_records();
	for (int i = 0; i < count; i++)
		bpf_object__for_each_program(program, sides[i].object)
			if (bpf_program__fd(program) >= 0)
				remember_runs(sides[i].label, bpf_program__name(program), bpf_program__fd(program));
	/* Last and at once: of both sides, without a system call between them. */
	do
		for (int i = 0; i < memory_count; i++)
			memcpy(memories[i].live, memories[i].saved, memories[i].size);
	while (have_changed());
}

/* The values at this moment are those that are printed later, for both sides alike. */
void keep_variables(void)
{
	do
		for (int i = 0; i < memory_count; i++)
			memcpy(memories[i].saved, memories[i].live, memories[i].size);
	while (have_changed());
}

const void *kept_variables(const struct bpf_map *map)
{
	for (int i = 0; i < memory_count; i++)
		if (memories[i].map == map)
			return memories[i].saved;
	return NULL;
}
