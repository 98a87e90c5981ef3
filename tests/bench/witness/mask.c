/*
 * Bytes that differ from run to run, such as the time, are printed as dots. Which ones is said by a
 * field's name in the C object's types: both sides' records have the same layout, or differ.
 */
#include "witness.h"

#include <stdlib.h>
#include <string.h>

/* Records in a perf buffer are followed by up to so many bytes of padding. */
#define PADDING 7

static const struct bpf_object *model;

void mask_by(const struct bpf_object *object)
{
	model = object;
}

static const struct btf_type *masked_type(const struct mask *mask)
{
	const struct btf *btf = bpf_object__btf(model);
	const struct bpf_map *map = bpf_object__find_map_by_name(model, mask->map);
	int id = mask->type ? btf__find_by_name_kind(btf, mask->type, BTF_KIND_STRUCT) :
		 map ? (int)bpf_map__btf_value_type_id(map) : 0;
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, btf__resolve_type(btf, id)) : NULL;

	if (!type || !btf_is_composite(type))
		fail("mask: %s is no structure of map %s", mask->type ?: "the value", mask->map);
	return type;
}

static void mask_field(const struct mask *mask, unsigned char *masked, size_t size)
{
	const struct btf *btf = bpf_object__btf(model);
	const struct btf_type *type;

	if (!strcmp(mask->field, "*")) {
		memset(masked, 1, size);
		return;
	}
	type = masked_type(mask);
	/* A map may hold records of several types. */
	if (size < type->size || size > type->size + PADDING)
		return;
	for (int i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];

		if (strcmp(btf__name_by_offset(btf, member->name_off), mask->field))
			continue;
		memset(masked + btf_member_bit_offset(type, i) / 8, 1, btf__resolve_size(btf, member->type));
		return;
	}
	fail("mask: no field %s in %s", mask->field, btf__name_by_offset(btf, type->name_off));
}

void print_masked(const struct plan *plan, const char *map, const void *bytes, size_t size)
{
	unsigned char *masked = allocate(size + 1);

	for (int i = 0; i < plan->mask_count; i++)
		if (!strcmp(plan->masks[i].map, map))
			mask_field(&plan->masks[i], masked, size);
	for (size_t i = 0; i < size; i++)
		if (masked[i])
			printf("..");
		else
			printf("%02x", ((const unsigned char *)bytes)[i]);
	if (!size)
		putchar('-');
	free(masked);
}
