/* Elements of maps that don't say what their values are, and the address of one in another. */
#include "probe.h"

struct settings {
	u32 level;
	_Bool loud;
};

struct {
	__uint(type, 1);
	__uint(max_entries, 8);
	__type(key, u32);
#ifdef PORT
	__type(value, struct settings);
#else
	__uint(value_size, sizeof(struct settings));
#endif
} known SEC(".maps");

struct {
	__uint(type, 1);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct settings *);
} chosen SEC(".maps");

#ifdef PORT
/* A port has variables that C hasn't. */
const volatile u32 own SEC(".rodata.own") = 3;
#endif

u64 seen;

SEC("kprobe/example")
int choose(u64 *registers)
{
	u32 key = registers[14];
	struct settings *settings = bpf_map_lookup_elem(&known, &key);

	if (!settings)
		return 0;
#ifdef PORT
	if (own == 3 && *(volatile u8 *)&settings->loud)
#else
	if (settings->loud)
#endif
		seen += STEP;
	bpf_map_update_elem(&chosen, &key, &settings, 0);
	return 0;
}
