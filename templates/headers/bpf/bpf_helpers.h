/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for libbpf's header of this name: its macros as the markers that c2aya knows. */
#ifndef __BPF_HELPERS__
#define __BPF_HELPERS__

#include <bpf/bpf_helper_defs.h>

/* Maps defined by the types of a struct's members. */
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define ___c2aya_concat(a, b) ___bpf_concat(a, b)
#define __ulong(name, val) enum { ___c2aya_concat(__unique_value, __COUNTER__) = val } name

#define SEC(name) __attribute__((section(name), used))

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#define __hidden __attribute__((visibility("hidden")))

#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __uptr __attribute__((btf_type_tag("uptr")))

#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))
#define __arg_untrusted __attribute__((btf_decl_tag("arg:untrusted")))
#define __arg_arena __attribute__((btf_decl_tag("arg:arena")))

#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif
#undef offsetof
#define offsetof(type, member) \
	__c2aya_offsetof(__builtin_offsetof(type, member), ((type *)0)->member)
#undef container_of
#define container_of(ptr, type, member) ((type *)((void *)(ptr) - offsetof(type, member)))

#ifndef likely
#define likely(x) (__builtin_expect(!!(x), 1))
#endif
#ifndef unlikely
#define unlikely(x) (__builtin_expect(!!(x), 0))
#endif
#ifndef barrier
#define barrier() __c2aya_barrier()
#endif
#ifndef barrier_var
#define barrier_var(var) __c2aya_barrier_var(var)
#endif
#define __bpf_unreachable() __builtin_trap()

#define bpf_cmp_likely(lhs, op, rhs) __c2aya_cmp_likely((lhs) op (rhs))
#define bpf_cmp_unlikely(lhs, op, rhs) __c2aya_cmp_unlikely((lhs) op (rhs))
#define bpf_tail_call_static(ctx, map, slot) __c2aya_tail_call_static(ctx, map, slot)
#define bpf_ksym_exists(sym) __c2aya_ksym_exists(sym)

enum libbpf_pin_type {
	LIBBPF_PIN_NONE,
	LIBBPF_PIN_BY_NAME,
};

enum libbpf_tristate {
	TRI_NO = 0,
	TRI_YES = 1,
	TRI_MODULE = 2,
};

#define bpf_printk(fmt, args...) __c2aya_printk(fmt, ##args)
#define bpf_vprintk(fmt, args...) __c2aya_printk(fmt, ##args)
#define __bpf_printk(fmt, args...) __c2aya_printk(fmt, ##args)
#define __bpf_vprintk(fmt, args...) __c2aya_printk(fmt, ##args)
#define bpf_stream_printk(stream, fmt, args...) __c2aya_stream_printk(stream, fmt, ##args)
#define BPF_SNPRINTF(out, size, fmt, args...) __c2aya_snprintf(out, size, fmt, ##args)
#define BPF_SEQ_PRINTF(seq, fmt, args...) __c2aya_seq_printf(seq, fmt, ##args)

#define bpf_for(i, start, end) \
	for (int __c2aya_turn = (start); __c2aya_for(__c2aya_turn, (end)) && ((i) = __c2aya_turn, 1); __c2aya_turn++)
#define bpf_repeat(count) \
	for (int __c2aya_turn = 0; __c2aya_repeat(__c2aya_turn, (count)); __c2aya_turn++)
#define bpf_for_each(type, cur, args...) while (__c2aya_for_each(#type, cur, ##args))

/* Counting and joining the arguments of a variadic macro; programs use these too. */
#ifndef ___bpf_concat
#define ___bpf_concat(a, b) a##b
#endif
#ifndef ___bpf_apply
#define ___bpf_apply(fn, n) ___bpf_concat(fn, n)
#endif
#ifndef ___bpf_nth
#define ___bpf_nth(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, n, ...) n
#endif
#ifndef ___bpf_narg
#define ___bpf_narg(...) ___bpf_nth(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#endif

#endif
