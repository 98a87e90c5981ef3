// SPDX-License-Identifier: GPL-2.0
/*
 * Rarer C: assembly without `volatile`; variables that are aligned to more than their type is; functions
 * that are given to functions; jumps to arms of a switch and into branches; sums and products of mixed
 * types; sums of variables and of what functions give that change those, or don't.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct name {
	u32 length;
	char text[12];
};

u64 results[8];
u32 own_line __attribute__((aligned(64)));
char label[16] __attribute__((aligned(8))) = "label";
static const u8 table[8] __attribute__((aligned(8))) = { 1, 2, 3, 4, 5, 6, 7, 8 };

SEC("ksyscall/close")
int BPF_KSYSCALL(close_enter, unsigned int fd)
{
	u64 wide = fd;

	asm("");
	if (fd > 5)
		asm("" ::: "memory");
	asm("%0 += 3" : "+r"(wide));
	results[0] += wide;
	return 0;
}

static __always_inline u64 first_word(const void *bytes)
{
	return *(const u64 *)bytes;
}

SEC("ksyscall/dup")
int BPF_KSYSCALL(dup_enter, unsigned int fd)
{
	char odd[3];
	char comm[16] __attribute__((aligned(8)));
	_Alignas(8) u8 key[12] = { 4, 5 };
	char zero[8] __attribute__((aligned)) = {};
	struct name name __attribute__((aligned(8))) = { .length = fd };
	struct name copy __attribute__((aligned(8))) = name;

	bpf_get_current_comm(comm, sizeof(comm));
	bpf_get_current_comm(odd, sizeof(odd));
	results[0] += *(u64 *)comm != 0;
	results[1] += first_word(key) + (odd[1] != 0) + odd[2];
	*(u64 *)zero = fd;
	results[2] += zero[0] + zero[1];
	name.text[fd & 7] = 7;
	results[3] ^= *(u64 *)&name + first_word(&copy);
	results[4] += *(u64 *)label + *(const u64 *)table;
	own_line += fd;
	label[fd & 15]++;
	return 0;
}

/* Functions that are given to functions. */
static __always_inline int twice(int (*step)(int), int n)
{
	return (*step)(step(n));
}

static __always_inline int thrice(int (*step)(int), int n)
{
	return step(twice(step, n));
}

static int half(int n)
{
	return n >> 1;
}

static int next(int n)
{
	return n + 1;
}

static __always_inline int negative(struct name *name, int n)
{
	name->length++;
	return n < 0;
}

static __always_inline int add(struct name *name, int n)
{
	name->length += n;
	return 0;
}

static __always_inline void each(int (*visit)(struct name *, int), struct name *name, int n)
{
	for (int i = 0; i < 4; i++)
		if (visit(name, n >> i))
			return;
}

struct step {
	int weight;
	int (*run)(int);
};

static const struct step steps[] = { { 3, half }, { 5, next } };

SEC("ksyscall/fchdir")
int BPF_KSYSCALL(fchdir_enter, int fd)
{
	int (*mine)(int) = next;
	struct name name = {};

	results[5] += twice(half, fd) + thrice(&next, fd & 0xffff) + twice(mine, fd & 0xff);
	results[6] += steps[1].run(fd & 0xff) + twice(steps[0].run, fd);
	each(negative, &name, fd);
	each(add, &name, fd);
	results[7] += name.length;
	return 0;
}

/* Arms that others come to, from before and from behind. */
SEC("ksyscall/fsync")
int BPF_KSYSCALL(fsync_enter, int fd)
{
	u64 sum = 0;
	int n = fd;

	switch (fd & 7) {
	case 1:
		sum = 3;
		/* fall through */
	default:
		sum += 5;
		if (fd & 16)
			break;
		sum += 7;
		/* fall through */
	case 3:
		/* Three, and what falls into it. */
		sum *= 2;
		if (fd & 32)
			sum++;
		break;
	case 4:
		if (fd & 64)
			return 0;
		sum = 11;
	}
	results[1] += sum;
	switch (n & 7) {
	case 0:
		sum += 13;
again:
		n >>= 3;
		sum += n & 15;
		break;
	case 1:
		sum ^= 17;
		if (n & 8)
			goto again;
		break;
	case 2:
		sum += 19;
		goto again;
	default:
		sum--;
		if (n & 16)
			goto out;
	}
	results[2] += 23;
out:
	results[3] += sum;
	return 0;
}

SEC("ksyscall/fdatasync")
int BPF_KSYSCALL(fdatasync_enter, int fd)
{
	int n = fd;

	if (n & 1)
		goto odd;
	results[5]++;
	if (n & 2) {
		int half = n >> 1;

		results[6] += half & 3;
odd:
		results[7] += n & 15;
		if (n & 8)
			goto failed;
	} else {
		results[5] += 3;
	}
	for (int i = 0; i < 3; i++) {
		if (n & (16 << i))
			goto skipped;
		if (n & 128) {
skipped:
			results[6] += i;
			continue;
		}
		results[7] += 5;
	}
	/* Only those who jump. */
	if (0) {
failed:
		results[4]++;
	}
	return 0;
}

SEC("ksyscall/lseek")
int BPF_KSYSCALL(lseek_enter, unsigned int fd, loff_t offset, int whence)
{
	u64 wide = offset, sum;
	u32 narrow;
	s64 difference;
	u16 product;
	int same;
	s8 byte;

	if (__builtin_add_overflow(fd, wide, &narrow))
		results[0] += 1;
	results[1] += narrow;
	if (__builtin_sub_overflow(wide, -7, &difference))
		results[0] += 0x10;
	results[2] += difference;
	if (__builtin_mul_overflow(whence, fd, &product))
		results[0] += 0x100;
	results[3] += product;
	results[0] += __builtin_add_overflow(offset, wide, &sum) << 12;
	results[4] += sum;
	results[0] += __builtin_sub_overflow(whence, fd, &same) << 16;
	results[5] += same;
	results[0] += __builtin_add_overflow(whence, 5ul, &byte) << 20;
	results[6] += byte;
	results[0] += (u64)__builtin_sub_overflow(whence, fd, &sum) << 28;
	results[7] ^= sum;
	return 0;
}

static __always_inline u64 weighed(int n)
{
	u64 weight = n & 7;

	weight *= 3;
	return weight + results[1];
}

static __noinline u64 counted(int n)
{
	results[0] += 5;
	return weighed(n) + 1;
}

SEC("ksyscall/dup2")
int BPF_KSYSCALL(dup2_enter, unsigned int from, unsigned int to)
{
	results[0] = results[0] + weighed(from);
	results[0] = results[0] + counted(to);
	results[0] += counted(from);
	results[1] = results[1] ^ weighed(to);
	return 0;
}
