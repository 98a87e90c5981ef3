/* A map that this object defines, or another one that it would be linked with. */
#include "probe.h"

struct shared {
	int (*type)[1];
	int (*max_entries)[16];
	u32 *key;
	u64 *value;
};

#ifdef ELSEWHERE
extern struct shared counts SEC(".maps");
#else
struct shared counts SEC(".maps");
#endif

SEC("kprobe/example")
int count(u64 *registers)
{
	u32 key = registers[14];
	u64 first = STEP;

	bpf_map_update_elem(&counts, &key, &first, 0);
	return 0;
}
