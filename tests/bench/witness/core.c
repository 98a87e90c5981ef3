/*
 * A port keeps what CO-RE relocations would say in constants that its loader sets:
 * core__STRUCTURE__FIELD is the offset of a field in bytes. Here the witness is the loader.
 */
#include "witness.h"

#include <string.h>

#define PREFIX "core__"

static struct btf *kernel_types(const struct plan *plan)
{
	static struct btf *types;

	if (!types)
		types = plan->btf ? btf__parse(plan->btf, NULL) : btf__load_vmlinux_btf();
	if (!types)
		fail("this kernel has no BTF, and the plan names none");
	return types;
}

/* The offset in bits, also of a field in an anonymous part; -1 if there is none. */
static long offset_of(const struct btf *btf, const struct btf_type *type, const char *field)
{
	const struct btf_member *members = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(btf, members[i].name_off);
		long here = btf_member_bit_offset(type, i), inner = -1;

		if (!strcmp(name, field))
			return here;
		if (!*name) {
			const struct btf_type *part = btf__type_by_id(btf, members[i].type);

			if (btf_is_composite(part))
				inner = offset_of(btf, part, field);
		}
		if (inner >= 0)
			return here + inner;
	}
	return -1;
}

/* Structure and field are parted by two underscores, which either may itself contain. */
static long offset_by_name(const struct btf *btf, const char *names)
{
	for (const char *cut = strstr(names, "__"); cut; cut = strstr(cut + 1, "__")) {
		char structure[128];
		long offset;
		int id;

		snprintf(structure, sizeof(structure), "%.*s", (int)(cut - names), names);
		id = btf__find_by_name_kind(btf, structure, BTF_KIND_STRUCT);
		if (id < 0)
			id = btf__find_by_name_kind(btf, structure, BTF_KIND_UNION);
		if (id < 0)
			continue;
		offset = offset_of(btf, btf__type_by_id(btf, id), cut + 2);
		if (offset >= 0)
			return offset;
	}
	return -1;
}

static bool set_by_plan(const struct plan *plan, int side, const char *symbol)
{
	for (int i = 0; i < plan->setting_count; i++)
		if (plan->settings[i].side == side && !strcmp(plan->settings[i].symbol, symbol))
			return true;
	return false;
}

bool fill_core_constants(struct side *side, const struct plan *plan)
{
	for (int i = 0; i < side->symbols.count; i++) {
		const struct symbol *symbol = &side->symbols.list[i];
		long offset;

		if (strncmp(symbol->name, PREFIX, strlen(PREFIX)) || set_by_plan(plan, side->number, symbol->name))
			continue;
		offset = offset_by_name(kernel_types(plan), symbol->name + strlen(PREFIX));
		if (offset < 0) {
			printf("%s lacks %s\n", side->label, symbol->name);
			return false;
		}
		if (!set_number(side, symbol->name, offset / 8))
			return false;
	}
	return true;
}
