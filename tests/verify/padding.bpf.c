/* A value with bytes that C leaves unwritten, beside what the element has been. */
#include "probe.h"

struct wide {
	u32 low;
	u64 high;
};

struct {
	int (*type)[2];
	int (*max_entries)[4];
	u32 *key;
	struct wide *value;
} counts SEC(".maps");

SEC("kprobe/example")
int count(u64 *registers)
{
	u32 key = 0;
	struct wide value;

#ifdef PORT
	__builtin_memset(&value, 0, sizeof(value));
#endif
	value.low = STEP;
	value.high = 0;
	bpf_map_update_elem(&counts, &key, &value, 0);
	return 0;
}
