/* Branches that worlds take, and some that none takes; the compiler can't tell which. */
#include "probe.h"

u64 seen[6];

static __attribute__((always_inline)) u64 hidden(u64 number)
{
	asm volatile("" : "+r"(number));
	return number;
}

SEC("kprobe/example")
int branches(u64 *registers)
{
	u64 number = hidden(registers[14]), again = hidden(registers[14]);

	if (number == 0x1234567)
		seen[0]++;
	/* It is the same register. */
	if (number != again)
		seen[1]++;
	/* Two bits hold no more than 3. */
	if ((hidden(number & 3)) > 5)
		seen[2]++;
	/* Its bytes are less than 256. */
	if (hidden(number & 0xff) * 2 == 600)
		seen[3]++;
#ifdef SQUARE
	/* That is even, which takes a solver to see. */
	if (hidden(number * (number + 1) & 0xff) == 7)
		seen[4]++;
#endif
	return 0;
}

#ifdef END
/* The first field can be read, and the rest can't; a text that fills its buffer. */
SEC("kprobe/example")
int end(u64 *registers)
{
	const void *from = (void *)registers[13];
	char bytes[40];
	u16 kind;

	if (bpf_probe_read_user(&kind, sizeof(kind), from) || kind != 0x2105)
		return 0;
	if (bpf_probe_read_user(bytes, 16, from))
		seen[0]++;
	if (bpf_probe_read_user_str(bytes, sizeof(bytes), (void *)registers[12]) == sizeof(bytes))
		seen[1]++;
	return 0;
}
#endif

#ifdef WALK
struct {
	__uint(type, 1);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} map SEC(".maps");

static long each(void *map, u32 *key, u64 *value, u64 *context)
{
	/* Not out of reach, though nobody follows the walk there. */
	if (*value == 0x76543210fedcba98)
		seen[5]++;
	return 0;
}

SEC("kprobe/example")
int walk(u64 *registers)
{
	if (hidden(registers[14] & 1) == 2)
		seen[0]++;
	bpf_for_each_map_elem(&map, each, NULL, 0);
	if (hidden(registers[14] & 1) == 2)
		seen[1]++;
	return 0;
}
#endif
