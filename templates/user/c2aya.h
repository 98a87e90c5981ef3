/*
 * Does for objects that were ported to Aya what libbpf did for those of C: fills in what only the
 * running kernel tells, and attaches programs to system calls by name.
 *
 *	struct bpf_object *object = bpf_object__open_file("target/bpfel-unknown-none/release/OBJECT", NULL);
 *	c2aya_fill(object, "OBJECT");
 *	bpf_object__load(object);
 *	c2aya_attach(object, "OBJECT", links, room);
 *
 * To be included in one file. Functions return 0 or a negative error number.
 */
#ifndef C2AYA_H
#define C2AYA_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

enum c2aya_ask {
	C2AYA_OFFSET, C2AYA_SIZE, C2AYA_EXISTS, C2AYA_BITFIELD,
	C2AYA_TYPE_EXISTS, C2AYA_TYPE_SIZE, C2AYA_TYPE_ID, C2AYA_CONSTANT_EXISTS, C2AYA_CONSTANT,
};
enum c2aya_kind { C2AYA_NUMBER, C2AYA_TEXT, C2AYA_TRISTATE };

struct c2aya_question { const char *global; enum c2aya_ask ask; const char *of, *path; bool required; };
struct c2aya_variable { const char *name; size_t size; enum c2aya_kind kind; bool weak; };
struct c2aya_attachment { const char *program; bool syscall; const char *target; bool returns; };
struct c2aya_object {
	const char *name;
	bool wrapper;
	const struct c2aya_question *core;
	const struct c2aya_variable *kconfig;
	const struct c2aya_attachment *attach;
};

/*TABLES*/

static inline const struct c2aya_object *c2aya_object(const char *name)
{
	for (const struct c2aya_object *object = c2aya_objects; object->name; object++)
		if (!strcmp(object->name, name))
			return object;
	return NULL;
}

/* Sets a constant of an object that isn't loaded yet. */
static inline int c2aya_set(struct bpf_object *object, const char *global, const void *value, size_t size)
{
	const struct btf *btf = bpf_object__btf(object);
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *dot = strchr(bpf_map__name(map), '.');
		const struct btf_type *section;
		const struct btf_var_secinfo *variable;
		size_t room;
		char *values;
		int id;

		if (!bpf_map__is_internal(map) || !dot || strncmp(dot, ".rodata", 7))
			continue;
		id = btf__find_by_name_kind(btf, dot, BTF_KIND_DATASEC);
		values = (char *)bpf_map__initial_value(map, &room);
		if (id < 0 || !values)
			continue;
		section = btf__type_by_id(btf, id);
		variable = btf_var_secinfos(section);
		for (int i = 0; i < btf_vlen(section); i++, variable++) {
			const struct btf_type *type = btf__type_by_id(btf, variable->type);

			if (strcmp(btf__name_by_offset(btf, type->name_off), global))
				continue;
			if (variable->size != size || variable->offset + size > room)
				return -EINVAL;
			memcpy(values + variable->offset, value, size);
			return 0;
		}
	}
	return -ENOENT;
}

struct c2aya_calls { bool wrapped; const char *prefixes[3]; };

/* The address of a symbol of the kernel; 0 where there is none. Addresses may be hidden: then 1. */
static inline unsigned long long c2aya_symbol(const char *wanted)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long address = 0, found = 0;
	char line[512], name[256];

	while (file && !found && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %*c %255s", &address, name) == 2 && !strcmp(name, wanted))
			found = address ? address : 1;
	if (file)
		fclose(file);
	return found;
}

static inline struct c2aya_calls c2aya_calls(void)
{
	struct c2aya_calls calls = { .prefixes = { "__se_sys_", "sys_" } };
	const char *prefix = NULL;
	unsigned long long address;
	char name[64];

#if defined(__x86_64__)
	prefix = "__x64_sys_";
#elif defined(__aarch64__)
	prefix = "__arm64_sys_";
#elif defined(__s390x__)
	prefix = "__s390x_sys_";
#elif defined(__riscv) && __riscv_xlen == 64
	prefix = "__riscv_sys_";
#elif defined(__powerpc64__)
	prefix = "sys_";
#endif
	if (!prefix)
		return calls;
	/* Every kernel that can run a probe has this call. On powerpc it is an alias without the wrapper. */
	snprintf(name, sizeof(name), "%sbpf", prefix);
	address = c2aya_symbol(name);
	if (address && (strcmp(prefix, "sys_") || address != c2aya_symbol("__se_sys_bpf"))) {
		calls.wrapped = true;
		calls.prefixes[0] = prefix;
		calls.prefixes[1] = NULL;
	}
	return calls;
}

struct c2aya_field { uint32_t bit, bits; int type; };

static inline const struct btf_type *c2aya_type(const struct btf *btf, int id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type) || btf_kind(type) == BTF_KIND_TYPE_TAG))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* The next type of that name behind `id`; 0 where there is none. */
static inline int c2aya_named(const struct btf *btf, const char *of, int id)
{
	const char *name = strchr(of, ' ');
	int count = btf__type_cnt(btf);

	if (!name++)
		return 0;
	while (++id < count) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		bool fits;

		switch (of[0]) {
		case 's': fits = btf_is_struct(type); break;
		case 'u': fits = btf_is_union(type); break;
		case 'e': fits = btf_is_any_enum(type); break;
		default: fits = btf_is_typedef(type);
		}
		if (fits && !strcmp(btf__name_by_offset(btf, type->name_off), name))
			return id;
	}
	return 0;
}

static inline bool c2aya_member(const struct btf *btf, int of, const char *name, size_t length,
				struct c2aya_field *field)
{
	const struct btf_type *type = c2aya_type(btf, of);
	const struct btf_member *member;

	if (!type || !btf_is_composite(type))
		return false;
	member = btf_members(type);
	for (int i = 0; i < btf_vlen(type); i++, member++) {
		const char *own = btf__name_by_offset(btf, member->name_off);

		*field = (struct c2aya_field){
			btf_member_bit_offset(type, i), btf_member_bitfield_size(type, i), (int)member->type,
		};
		if (!*own) {
			uint32_t bit = field->bit;

			if (c2aya_member(btf, member->type, name, length, field)) {
				field->bit += bit;
				return true;
			}
		} else if (strlen(own) == length && !strncmp(own, name, length)) {
			return true;
		}
	}
	return false;
}

static inline bool c2aya_field(const struct btf *btf, const char *of, const char *path,
			       struct c2aya_field *field)
{
	for (int id = c2aya_named(btf, of, 0); id; id = c2aya_named(btf, of, id)) {
		const char *step = path;
		uint32_t bit = 0;
		bool is = true;

		*field = (struct c2aya_field){ .type = id };
		while (is && *step) {
			size_t length = strcspn(step, ".[]");

			if (step > path && step[-1] == '[') {
				const struct btf_type *array = c2aya_type(btf, field->type);

				is = array && btf_is_array(array);
				if (is) {
					field->type = btf_array(array)->type;
					field->bit = strtoul(step, NULL, 10) * btf__resolve_size(btf, field->type) * 8;
					field->bits = 0;
				}
			} else {
				is = c2aya_member(btf, field->type, step, length, field);
			}
			bit += field->bit;
			step += length;
			step += strspn(step, ".[]");
		}
		field->bit = bit;
		if (is)
			return true;
	}
	return false;
}

/* A field's bytes; a bit-field's are those of the smallest integer around it. */
static inline void c2aya_unit(const struct btf *btf, const struct c2aya_field *field, uint32_t *offset,
			      uint32_t *size)
{
	*size = btf__resolve_size(btf, field->type);
	*offset = field->bit / 8;
	while (field->bits && *size && *size <= 8) {
		*offset = field->bit / 8 / *size * *size;
		if (field->bit + field->bits <= (*offset + *size) * 8)
			return;
		*size *= 2;
	}
}

static inline bool c2aya_constant(const struct btf *btf, const char *of, const char *name, uint64_t *value)
{
	for (int id = c2aya_named(btf, of, 0); id; id = c2aya_named(btf, of, id)) {
		const struct btf_type *type = c2aya_type(btf, id);

		for (int i = 0; type && btf_is_any_enum(type) && i < btf_vlen(type); i++) {
			bool wide = btf_is_enum64(type);
			uint32_t at = wide ? btf_enum64(type)[i].name_off : btf_enum(type)[i].name_off;

			if (strcmp(btf__name_by_offset(btf, at), name))
				continue;
			*value = wide ? btf_enum64_value(btf_enum64(type) + i) :
				 btf_kflag(type) ? (uint64_t)(int64_t)btf_enum(type)[i].val :
				 (uint32_t)btf_enum(type)[i].val;
			return true;
		}
	}
	return false;
}

/* The bytes that a question's variable gets: how many there are; 0 where there is no answer. */
static inline size_t c2aya_answer(const struct btf *btf, const struct c2aya_question *question, void *out)
{
	uint32_t *numbers = (uint32_t *)out, offset, size, bits, left, sign = 0;
	const struct btf_type *type;
	struct c2aya_field field;
	uint64_t value = 0;
	bool found;
	int id;

	switch (question->ask) {
	case C2AYA_TYPE_EXISTS:
		numbers[0] = c2aya_named(btf, question->of, 0) != 0;
		return 4;
	case C2AYA_TYPE_ID:
		numbers[0] = c2aya_named(btf, question->of, 0);
		return 4;
	case C2AYA_TYPE_SIZE:
		id = c2aya_named(btf, question->of, 0);
		if (id)
			numbers[0] = btf__resolve_size(btf, id);
		return id ? 4 : 0;
	case C2AYA_CONSTANT_EXISTS:
		numbers[0] = c2aya_constant(btf, question->of, question->path, &value);
		return 4;
	case C2AYA_CONSTANT:
		found = c2aya_constant(btf, question->of, question->path, &value);
		memcpy(out, &value, sizeof(value));
		return found ? 8 : 0;
	default:
		break;
	}
	found = c2aya_field(btf, question->of, question->path, &field);
	if (question->ask == C2AYA_EXISTS) {
		numbers[0] = found;
		return 4;
	}
	if (!found)
		return 0;
	c2aya_unit(btf, &field, &offset, &size);
	bits = field.bits ? field.bits : size * 8;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	left = 64 - (field.bit + bits - offset * 8);
#else
	left = (8 - size) * 8 + field.bit - offset * 8;
#endif
	type = c2aya_type(btf, field.type);
	if (type && btf_is_int(type))
		sign = !!(btf_int_encoding(type) & BTF_INT_SIGNED);
	else if (type && btf_is_any_enum(type))
		sign = btf_kflag(type);
	switch (question->ask) {
	case C2AYA_SIZE: numbers[0] = size; return 4;
	case C2AYA_BITFIELD:
		memcpy(numbers, (uint32_t[]){ offset, size, sign, left, 64 - bits }, 20);
		return 20;
	default: numbers[0] = offset; return 4;
	}
}

/* The value of an option of the kernel's configuration; whether it has one. */
static inline bool c2aya_option(const char *release, const char *name, char *value, size_t room)
{
	size_t length = strlen(name);
	char command[320], line[4096];
	bool found = false;
	FILE *file;

	snprintf(command, sizeof(command), "zcat /proc/config.gz 2>/dev/null || cat /boot/config-%s", release);
	file = popen(command, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (found || strncmp(line, name, length) || line[length] != '=')
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(value, room, "%s", line + length + 1);
		found = true;
	}
	if (file)
		pclose(file);
	return found;
}

/* The running kernel's version. The releases of Ubuntu and Debian say nothing of the patch, which stands
 * elsewhere. */
static inline unsigned int c2aya_kernel(const struct utsname *kernel)
{
	unsigned int major = 0, minor = 0, patch = 0;
	FILE *ubuntu = fopen("/proc/version_signature", "r");
	const char *debian = strstr(kernel->version, "Debian ");

	if (ubuntu && fscanf(ubuntu, "%*s %*s %u.%u.%u", &major, &minor, &patch) != 3)
		major = 0;
	if (ubuntu)
		fclose(ubuntu);
	if (!major && (!debian || sscanf(debian, "Debian %u.%u.%u", &major, &minor, &patch) != 3))
		sscanf(kernel->release, "%u.%u.%u", &major, &minor, &patch);
	return major << 16 | minor << 8 | (patch > 255 ? 255 : patch);
}

static inline int c2aya_configure(struct bpf_object *object, const struct c2aya_variable *variable)
{
	unsigned int version;
	char text[4096] = "", bytes[4096] = "";
	struct utsname kernel;
	int64_t number = 0;
	bool known;

	uname(&kernel);
	version = c2aya_kernel(&kernel);
	known = !strncmp(variable->name, "CONFIG_", 7) &&
		c2aya_option(kernel.release, variable->name, text, sizeof(text));
	if (variable->size > sizeof(bytes))
		return -EINVAL;
	if (!strcmp(variable->name, "LINUX_KERNEL_VERSION")) {
		number = version;
	} else if (!strcmp(variable->name, "LINUX_HAS_BPF_COOKIE")) {
		number = version >= 0x050f00;
	} else if (known && variable->kind == C2AYA_TEXT) {
		char *inside = text + strspn(text, "\"");

		inside[strcspn(inside, "\"")] = 0;
		if (strlen(inside) >= variable->size)
			return -E2BIG;
		memcpy(bytes, inside, strlen(inside));
		return c2aya_set(object, variable->name, bytes, variable->size);
	} else if (known && !strcmp(text, "m")) {
		number = variable->kind == C2AYA_TRISTATE ? 2 : 0;
	} else if (known && !strcmp(text, "y")) {
		number = 1;
	} else if (known && strcmp(text, "n")) {
		number = strtoll(text, NULL, 0);
	} else if (!known && !variable->weak && variable->kind == C2AYA_NUMBER && variable->size > 1) {
		return -ENOENT;
	}
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	memcpy(bytes, &number, sizeof(number));
#else
	memcpy(bytes, (char *)&number + sizeof(number) - variable->size, variable->size);
#endif
	return c2aya_set(object, variable->name, bytes, variable->size);
}

/* Sets the variables of an object that depend on the running kernel, before it is loaded. */
static inline int c2aya_fill(struct bpf_object *object, const char *name)
{
	const struct c2aya_object *about = c2aya_object(name);
	struct btf *kernel = NULL;
	int error = 0;

	if (!about)
		return -ENOENT;
	if (about->wrapper) {
		uint8_t wrapped = c2aya_calls().wrapped;

		error = c2aya_set(object, "LINUX_HAS_SYSCALL_WRAPPER", &wrapped, sizeof(wrapped));
	}
	if (!error && about->core->global) {
		kernel = btf__load_vmlinux_btf();
		error = kernel ? 0 : -errno;
	}
	for (const struct c2aya_question *question = about->core; !error && question->global; question++) {
		uint64_t answer[3];
		size_t size = c2aya_answer(kernel, question, answer);

		if (size)
			error = c2aya_set(object, question->global, answer, size);
		else if (question->required)
			error = -ENOENT;
	}
	for (const struct c2aya_variable *variable = about->kconfig; !error && variable->name; variable++)
		error = c2aya_configure(object, variable);
	btf__free(kernel);
	return error;
}

/*
 * Attaches the programs that an object had for system calls and functions of the kernel, and says how
 * many links there are. A system call that the kernel doesn't have is passed over.
 */
static inline int c2aya_attach(struct bpf_object *object, const char *name, struct bpf_link **links, size_t room)
{
	const struct c2aya_object *about = c2aya_object(name);
	struct c2aya_calls calls = c2aya_calls();
	size_t count = 0;

	if (!about)
		return -ENOENT;
	for (const struct c2aya_attachment *each = about->attach; each->program; each++) {
		struct bpf_program *program = bpf_object__find_program_by_name(object, each->program);
		char function[256] = "";

		for (const char **prefix = calls.prefixes; each->syscall && *prefix && !*function; prefix++) {
			snprintf(function, sizeof(function), "%s%s", *prefix, each->target);
			if (!c2aya_symbol(function))
				*function = 0;
		}
		if (!each->syscall)
			snprintf(function, sizeof(function), "%s", each->target);
		if (!*function)
			continue;
		if (!program || count == room)
			return -EINVAL;
		links[count] = bpf_program__attach_kprobe(program, each->returns, function);
		if (!links[count])
			return -errno;
		count++;
	}
	return (int)count;
}

#endif
