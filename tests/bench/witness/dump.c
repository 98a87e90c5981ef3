/* What maps and global variables hold, as lines of hexadecimal bytes. */
#include "witness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_ 256

void print_hex(const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		printf("%02x", ((const unsigned char *)bytes)[i]);
	if (!size)
		putchar('-');
}

static bool is_per_cpu(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

static bool all_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

struct dump {
	const struct side *side;
	const struct plan *plan;
	char name[PATH_MAX_];	/* of the map; an inner one's has its key in it */
	int fd;
	struct bpf_map_info info;
};

/* The map that another one holds: by its contents, since its number says nothing. */
static void dump_inner(const struct dump *outer, const unsigned char *key, unsigned int id)
{
	char name[PATH_MAX_];
	int length = snprintf(name, sizeof(name), "%s[", outer->name), fd = bpf_map_get_fd_by_id(id);

	for (unsigned int i = 0; i < outer->info.key_size && length < PATH_MAX_ - 4; i++)
		length += snprintf(name + length, sizeof(name) - length, "%02x", key[i]);
	snprintf(name + length, sizeof(name) - length, "]");
	dump_map(outer->side, outer->plan, name, fd);
}

static void print_program_name(unsigned int id)
{
	struct bpf_prog_info info = {};
	unsigned int size = sizeof(info);

	if (bpf_prog_get_info_by_fd(bpf_prog_get_fd_by_id(id), &info, &size))
		fail("can't ask about program %u: %m", id);
	print_hex(info.name, strlen(info.name));
}

static void print_entry(const struct dump *dump, const unsigned char *key, const unsigned char *value)
{
	size_t size = dump->info.value_size, stride = (size + 7) / 8 * 8;
	int cpus = is_per_cpu(dump->info.type) ? libbpf_num_possible_cpus() : 1;

	printf("%s entry %s ", dump->side->label, dump->name);
	print_hex(key, key ? dump->info.key_size : 0);
	putchar(' ');
	if (dump->info.type == BPF_MAP_TYPE_PROG_ARRAY)
		print_program_name(*(const unsigned int *)value);
	else
		for (int cpu = 0; cpu < cpus; cpu++) {
			if (cpu)
				putchar(',');
			print_masked(dump->plan, dump->name, value + cpu * stride, size);
		}
	putchar('\n');
}

static size_t room_for_value(const struct dump *dump)
{
	size_t size = (dump->info.value_size + 7) / 8 * 8;

	return (is_per_cpu(dump->info.type) ? size * libbpf_num_possible_cpus() : size) + 8;
}

static void dump_keys(const struct dump *dump)
{
	unsigned char *key = allocate(dump->info.key_size), *next = allocate(dump->info.key_size);
	unsigned char *value = allocate(room_for_value(dump));
	bool is_array = dump->info.type == BPF_MAP_TYPE_ARRAY || dump->info.type == BPF_MAP_TYPE_PERCPU_ARRAY;
	bool is_outer = dump->info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS || dump->info.type == BPF_MAP_TYPE_HASH_OF_MAPS;
	bool first = true;

	while (!bpf_map_get_next_key(dump->fd, first ? NULL : key, next)) {
		first = false;
		memcpy(key, next, dump->info.key_size);
		if (bpf_map_lookup_elem(dump->fd, key, value))
			continue;
		if (is_outer)
			dump_inner(dump, key, *(unsigned int *)value);
		/* An array has all its entries from the start. */
		else if (!is_array || !all_zero(value, room_for_value(dump)))
			print_entry(dump, key, value);
	}
	free(value);
	free(next);
	free(key);
}

static void dump_queue(const struct dump *dump)
{
	unsigned char *value = allocate(room_for_value(dump));

	while (!bpf_map_lookup_and_delete_elem(dump->fd, NULL, value))
		print_entry(dump, NULL, value);
	free(value);
}

void dump_map(const struct side *side, const struct plan *plan, const char *name, int fd)
{
	struct dump dump = { .side = side, .plan = plan, .fd = fd };
	unsigned int size = sizeof(dump.info);

	if (fd < 0 || bpf_map_get_info_by_fd(fd, &dump.info, &size))
		fail("%s: can't ask about map %s: %m", side->label, name);
	snprintf(dump.name, sizeof(dump.name), "%s", name);
	printf("%s map %s type %u key %u value %u entries %u flags %x\n", side->label, name, dump.info.type,
	       dump.info.key_size, dump.info.value_size, dump.info.max_entries, dump.info.map_flags);
	switch (dump.info.type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
	case BPF_MAP_TYPE_STACK_TRACE:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		dump_keys(&dump);
		break;
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		dump_queue(&dump);
		break;
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		/* Its records were read as they came. */
		break;
	default:
		printf("%s unread %s\n", side->label, name);
	}
}

void dump_variable(const struct side *side, const struct symbol *symbol, int fd, const void *kept,
		   const char *moment)
{
	bool constant = !strncmp(symbol->section, ".rodata", strlen(".rodata"));
	struct bpf_map_info info = {};
	unsigned int size = sizeof(info), zero = 0;
	unsigned char *values;

	if (fd < 0 || bpf_map_get_info_by_fd(fd, &info, &size))
		return;
	values = allocate(info.value_size);
	if (kept)
		memcpy(values, kept, info.value_size);
	else if (bpf_map_lookup_elem(fd, &zero, values))
		fail("%s: can't read %s: %m", side->label, symbol->section);
	printf("%s %s %s ", side->label, constant ? "constant" : moment, symbol->name);
	print_hex(values + symbol->offset, symbol->size);
	putchar('\n');
	free(values);
}

/* Every variable by its name: the two compilers order them differently. */
void dump_variables(const struct side *side, const char *moment)
{
	for (int i = 0; i < side->symbols.count; i++) {
		const struct symbol *symbol = &side->symbols.list[i];
		struct bpf_map *map = map_of_symbol(side->object, symbol);

		if (map)
			dump_variable(side, symbol, bpf_map__fd(map), kept_variables(map), moment);
	}
}

void dump_side(const struct side *side, const struct plan *plan)
{
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_map(map, side->object)
		if (!bpf_map__is_internal(map) && bpf_map__fd(map) >= 0)
			dump_map(side, plan, bpf_map__name(map), bpf_map__fd(map));
	dump_variables(side, "variable");
	bpf_object__for_each_program(program, side->object)
		if (bpf_program__fd(program) >= 0)
			print_runs(side->label, bpf_program__name(program), bpf_program__fd(program));
}
