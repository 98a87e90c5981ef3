/*
 * A port keeps what CO-RE relocations would say in constants that its loader sets before it loads:
 * KIND__TYPE__FIELD__…, where KIND is `core` for an offset in bytes (kinds[] has the others). Here
 * the witness is the loader. What this kernel hasn't got stays as it is: the port then holds a number
 * that the verifier refuses where a program uses it, as libbpf does.
 */
#include "witness.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

enum question {
	OFFSET, SIZE, EXISTS, SIGNED, LSHIFT, RSHIFT,
	TYPE_EXISTS, TYPE_SIZE, TYPE_ID, ENUM_EXISTS, ENUM_VALUE,
};

static const struct {
	const char *prefix;
	enum question question;
} kinds[] = {
	{ "core__", OFFSET },
	{ "core_size__", SIZE },
	{ "core_exists__", EXISTS },
	{ "core_signed__", SIGNED },
	{ "core_lshift__", LSHIFT },
	{ "core_rshift__", RSHIFT },
	{ "core_type_exists__", TYPE_EXISTS },
	/* Its members aren't looked at. */
	{ "core_type_matches__", TYPE_EXISTS },
	{ "core_type_size__", TYPE_SIZE },
	{ "core_type_id__", TYPE_ID },
	{ "core_enum_exists__", ENUM_EXISTS },
	{ "core_enum_value__", ENUM_VALUE },
};

/* Where a field lies. */
struct place {
	unsigned long bits;	/* from the start of the structure */
	unsigned int width;	/* of a bit-field, in bits, else 0 */
	int type;
};

static const struct btf *kernel_types(const struct plan *plan)
{
	static struct btf *types;

	if (!types)
		types = plan->btf ? btf__parse(plan->btf, NULL) : btf__load_vmlinux_btf();
	if (!types)
		fail("this kernel has no BTF, and the plan names none");
	return types;
}

static const struct btf_type *plain(const struct btf *btf, int id)
{
	return btf__type_by_id(btf, btf__resolve_type(btf, id));
}

static bool find_path(const struct btf *btf, int id, const char *path, struct place *place);

/* An element of an array: its number leads the path. */
static bool find_element(const struct btf *btf, int id, const char *path, struct place *place)
{
	const struct btf_array *array = btf_array(plain(btf, id));
	char *end;
	unsigned long number = strtoul(path, &end, 10);

	if (!isdigit((unsigned char)*path) || (*end && strncmp(end, "__", 2)))
		return false;
	place->bits += number * btf__resolve_size(btf, array->type) * 8;
	return find_path(btf, array->type, *end ? end + 2 : end, place);
}

static bool find_member(const struct btf *btf, int id, const char *path, struct place *place)
{
	const struct btf_type *type = plain(btf, id);

	for (int i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *name = btf__name_by_offset(btf, member->name_off), *rest = path + strlen(name);
		struct place inner = {
			.bits = place->bits + btf_member_bit_offset(type, i),
			.width = btf_member_bitfield_size(type, i),
		};
		/* A member without a name lends its own members. */
		bool found = !*name ? btf_is_composite(plain(btf, member->type)) &&
				      find_member(btf, member->type, path, &inner) :
			     !strncmp(path, name, strlen(name)) && (!*rest || !strncmp(rest, "__", 2)) &&
			     find_path(btf, member->type, *rest ? rest + 2 : rest, &inner);

		if (found) {
			*place = inner;
			return true;
		}
	}
	return false;
}

static bool find_path(const struct btf *btf, int id, const char *path, struct place *place)
{
	const struct btf_type *type = plain(btf, id);

	place->type = id;
	if (!*path)
		return true;
	place->width = 0;
	if (btf_is_array(type))
		return find_element(btf, id, path, place);
	return btf_is_composite(type) && find_member(btf, id, path, place);
}

static int find_type(const struct btf *btf, const char *name)
{
	static const unsigned int sorts[] = {
		BTF_KIND_STRUCT, BTF_KIND_UNION, BTF_KIND_TYPEDEF, BTF_KIND_ENUM, BTF_KIND_ENUM64, BTF_KIND_INT,
	};

	for (size_t i = 0; i < sizeof(sorts) / sizeof(*sorts); i++) {
		int id = btf__find_by_name_kind(btf, name, sorts[i]);

		if (id > 0)
			return id;
	}
	return -1;
}

static bool find_constant(const struct btf *btf, int id, const char *name, unsigned long long *value)
{
	const struct btf_type *type = plain(btf, id);

	if (!btf_is_any_enum(type))
		return false;
	for (int i = 0; i < btf_vlen(type); i++) {
		bool wide = btf_is_enum64(type);
		unsigned int at = wide ? btf_enum64(type)[i].name_off : btf_enum(type)[i].name_off;

		if (strcmp(btf__name_by_offset(btf, at), name))
			continue;
		*value = wide ? btf_enum64_value(&btf_enum64(type)[i]) : (unsigned long long)btf_enum(type)[i].val;
		return true;
	}
	return false;
}

/* The smallest aligned unit that holds a field, as libbpf's bpf_core_calc_field_relo() has it. */
struct unit {
	unsigned long offset;	/* bytes */
	unsigned int size;	/* bytes */
	bool is_signed;
	unsigned int lshift, rshift;
};

static struct unit unit_of(const struct btf *btf, const struct place *place)
{
	const struct btf_type *type = plain(btf, place->type);
	unsigned int size = btf__resolve_size(btf, place->type), width = place->width ?: 8 * size;
	struct unit unit = { .offset = place->bits / 8, .size = size };

	if (place->width) {
		unit.offset = place->bits / 8 / size * size;
		while (place->bits + width - 8 * unit.offset > 8 * unit.size) {
			unit.size *= 2;
			unit.offset = place->bits / 8 / unit.size * unit.size;
		}
	}
	unit.is_signed = btf_is_int(type) ? btf_int_encoding(type) & BTF_INT_SIGNED :
			 btf_is_any_enum(type) && btf_kflag(type);
	unit.rshift = 64 - width;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	unit.lshift = (8 - unit.size) * 8 + (place->bits - 8 * unit.offset);
#else
	unit.lshift = 64 - (place->bits + width - 8 * unit.offset);
#endif
	return unit;
}

static bool answer_for_type(const struct btf *btf, int id, const char *path, enum question question,
			    unsigned long long *answer)
{
	struct place place = {};
	struct unit unit;

	if (question == ENUM_VALUE || question == ENUM_EXISTS) {
		unsigned long long value = 0;
		bool found = find_constant(btf, id, path, &value);

		*answer = question == ENUM_VALUE ? value : 1;
		return found;
	}
	if (!find_path(btf, id, path, &place))
		return false;
	unit = unit_of(btf, &place);
	*answer = question == OFFSET ? unit.offset : question == SIZE || question == TYPE_SIZE ? unit.size :
		  question == SIGNED ? unit.is_signed : question == LSHIFT ? unit.lshift :
		  question == RSHIFT ? unit.rshift : 1;
	return true;
}

/* Type and path are parted by two underscores, which both may themselves contain. */
static bool answer_by_name(const struct btf *btf, const char *names, enum question question,
			   unsigned long long *answer)
{
	bool whole = question == TYPE_EXISTS || question == TYPE_SIZE;

	if (question == TYPE_ID) {
		int id = find_type(btf, names);

		*answer = id > 0 ? id : 0;
		return true;
	}
	if (whole) {
		int id = find_type(btf, names);

		return id > 0 && answer_for_type(btf, id, "", question, answer);
	}
	for (const char *cut = strstr(names, "__"); cut; cut = strstr(cut + 1, "__")) {
		char name[128];
		int id;

		snprintf(name, sizeof(name), "%.*s", (int)(cut - names), names);
		id = find_type(btf, name);
		if (id > 0 && answer_for_type(btf, id, cut + 2, question, answer))
			return true;
	}
	return false;
}

/* A constant that describes a whole bit-field: what Bitfield in the port's core_read.rs holds. */
static bool set_bitfield(struct side *side, const struct plan *plan, const char *symbol, const char *names)
{
	static const enum question parts[] = { OFFSET, SIZE, SIGNED, LSHIFT, RSHIFT };
	unsigned int values[sizeof(parts) / sizeof(*parts)];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		unsigned long long answer;

		if (!answer_by_name(kernel_types(plan), names, parts[i], &answer))
			return true;
		values[i] = answer;
	}
	return set_constant(side, symbol, values, sizeof(values));
}

static bool set_by_plan(const struct plan *plan, int side, const char *symbol)
{
	for (int i = 0; i < plan->setting_count; i++)
		if (plan->settings[i].side == side && !strcmp(plan->settings[i].symbol, symbol))
			return true;
	return false;
}

/* Where a variable of the kernel's lies; 0: nowhere. */
static unsigned long long kernel_address(const char *name)
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	unsigned long long address = 0, found = 0;
	char line[512], known[256];

	while (symbols && !found && fgets(line, sizeof(line), symbols))
		if (sscanf(line, "%llx %*c %255s", &address, known) == 2 && !strcmp(known, name))
			found = address;
	if (symbols)
		fclose(symbols);
	return found;
}

/* As KERNEL_VERSION says it; what Debian's kernel is called counts its ABI instead of patches. */
static unsigned int kernel_version(void)
{
	unsigned int major = 0, minor = 0, patch = 0;
	struct utsname kernel;
	const char *debian;

	if (uname(&kernel))
		fail("uname: %m");
	debian = strstr(kernel.version, "Debian ");
	sscanf(debian ? debian + strlen("Debian ") : kernel.release, "%u.%u.%u", &major, &minor, &patch);
	return major << 16 | minor << 8 | (patch < 255 ? patch : 255);
}

static bool fill(struct side *side, const struct plan *plan, const struct symbol *symbol)
{
	if (!strcmp(symbol->name, "LINUX_KERNEL_VERSION"))
		return set_number(side, symbol->name, kernel_version());
	if (!strncmp(symbol->name, "ksym__", strlen("ksym__")))
		return set_number(side, symbol->name, kernel_address(symbol->name + strlen("ksym__")));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const char *names = symbol->name + strlen(kinds[i].prefix);
		enum question question = kinds[i].question;
		unsigned long long answer = 0;

		if (strncmp(symbol->name, kinds[i].prefix, strlen(kinds[i].prefix)))
			continue;
		if (question == OFFSET && symbol->size > sizeof(answer))
			return set_bitfield(side, plan, symbol->name, names);
		if (answer_by_name(kernel_types(plan), names, question, &answer) || question == EXISTS ||
		    question == TYPE_EXISTS || question == ENUM_EXISTS)
			return set_number(side, symbol->name, answer);
		printf("%s lacks %s\n", side->label, symbol->name);
		return true;
	}
	return true;
}

bool fill_core_constants(struct side *side, const struct plan *plan)
{
	for (int i = 0; i < side->symbols.count; i++)
		if (!set_by_plan(plan, side->number, side->symbols.list[i].name) &&
		    !fill(side, plan, &side->symbols.list[i]))
			return false;
	return true;
}
