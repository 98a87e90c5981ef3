// SPDX-License-Identifier: GPL-2.0
/*
 * C11's atomic objects and operations, and the compiler's that take operands in memory.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* As <stdatomic.h> has them, which clang can't read beside vmlinux.h. */
typedef _Atomic(unsigned int) atomic_uint;
#define atomic_fetch_add(object, value) __c11_atomic_fetch_add(object, value, __ATOMIC_SEQ_CST)
#define atomic_compare_exchange_strong(object, expected, value) \
	__c11_atomic_compare_exchange_strong(object, expected, value, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

enum phase {
	PHASE_IDLE,
	PHASE_BUSY,
	PHASE_DONE,
};

struct counters {
	_Atomic u64 calls;
	_Atomic(s32) balance;
};

char LICENSE[] SEC("license") = "GPL";

struct counters counters;
atomic_uint phase = PHASE_IDLE;
_Atomic u64 words;
u64 owner, before;
u64 seen[4];

SEC("ksyscall/lseek")
int BPF_KSYSCALL(lseek_enter, unsigned int fd, long offset, unsigned int whence)
{
	u32 expected = fd & 3;
	u64 nobody = 0, mine = offset;

	counters.calls++;
	counters.balance -= offset;
	if (counters.balance-- > 5)
		seen[0]++;
	seen[1] += ++counters.calls;
	words |= offset;
	words &= ~0xf0ull;
	words ^= whence;

	if (atomic_compare_exchange_strong(&phase, &expected, (fd + 1) % 3))
		seen[2]++;
	else
		seen[2] += expected << 8;
	__atomic_compare_exchange_n(&owner, &nobody, offset, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	seen[3] += nobody;
	if (whence & 1)
		__atomic_exchange(&owner, &mine, &before, __ATOMIC_SEQ_CST);
	atomic_fetch_add(&phase, 3);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__c11_atomic_fetch_sub(&phase, 3, __ATOMIC_RELAXED);
	return 0;
}
