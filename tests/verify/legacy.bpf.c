/* A map as it was defined before BTF. */
#include "probe.h"

struct {
	u32 type, key_size, value_size, max_entries, map_flags;
} counts SEC(SECTION) = { 1, sizeof(u32), sizeof(u64), 16 };

SEC("kprobe/example")
int count(u64 *registers)
{
	u32 key = registers[14];
	u64 first = 1, *number = bpf_map_lookup_elem(&counts, &key);

	if (number)
		*number += STEP;
	else
		bpf_map_update_elem(&counts, &key, &first, 0);
	return 0;
}
