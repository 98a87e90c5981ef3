/* What is the kernel's own: its memory, read in either order, and the address of a variable, which a
 * port keeps in one of its own. */
#include "probe.h"

u64 same, symbol;

#ifdef PORT
const volatile u64 ksym__example;
#define ADDRESS_OF_EXAMPLE ksym__example
#else
extern const void example __attribute__((section(".ksyms")));
#define ADDRESS_OF_EXAMPLE ((u64)&example)
#endif

SEC("tp_btf/example")
int follow(u64 *args)
{
	volatile u32 *left = (void *)(args[0] + 0x4f4), *right = (void *)(args[1] + 0x4f4);
#ifdef PORT
	u32 second = *right, first = *left;
#else
	u32 first = *left, second = *right;
#endif
	if (first == second)
		same++;
	if (args[2] == ADDRESS_OF_EXAMPLE)
		symbol++;
	return 0;
}
