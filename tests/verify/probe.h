/* As much of libbpf and the kernel as the probes here need; not their headers. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val) *name
#ifdef WITHOUT_CORE
#define CORE
#define ADDRESS(place) (&(place))
#else
#define CORE __attribute__((preserve_access_index))
#define ADDRESS(place) __builtin_preserve_access_index(&(place))
#endif
#define NULL ((void *)0)

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static u64 (*bpf_ktime_get_ns)(void) = (void *)5;
static long (*bpf_trace_printk)(const char *fmt, u32 fmt_size, ...) = (void *)6;
static u64 (*bpf_get_current_pid_tgid)(void) = (void *)14;
static u64 (*bpf_get_current_uid_gid)(void) = (void *)15;
static long (*bpf_get_current_comm)(void *buf, u32 size) = (void *)16;
static long (*bpf_probe_write_user)(void *dst, const void *src, u32 len) = (void *)36;
static long (*bpf_override_return)(void *regs, u64 rc) = (void *)58;
static long (*bpf_send_signal)(u32 sig) = (void *)109;
static long (*bpf_probe_read_user)(void *dst, u32 size, const void *from) = (void *)112;
static long (*bpf_probe_read_kernel)(void *dst, u32 size, const void *from) = (void *)113;
static long (*bpf_probe_read_user_str)(void *dst, u32 size, const void *from) = (void *)114;
static long (*bpf_ringbuf_output)(void *map, void *data, u64 size, u64 flags) = (void *)130;
static void *(*bpf_ringbuf_reserve)(void *map, u64 size, u64 flags) = (void *)131;
static void (*bpf_ringbuf_submit)(void *data, u64 flags) = (void *)132;
static long (*bpf_for_each_map_elem)(void *map, void *callback, void *ctx, u64 flags) = (void *)164;
static long (*bpf_loop)(u32 rounds, void *callback, void *ctx, u64 flags) = (void *)181;

#define bpf_printk(fmt, args...)                                           \
	({                                                                 \
		static const char text[] = fmt;                            \
		bpf_trace_printk(text, sizeof(text), ##args);              \
	})

extern _Bool LINUX_HAS_SYSCALL_WRAPPER SEC(".kconfig");

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* x86_64 */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
} CORE;
#define FIRST_PARAMETER(regs) ((regs)->di)
#define ARGUMENTS(f) f(di), f(si), f(dx), f(r10), f(r8), f(r9)
#define RETURNED(regs) ((regs)->ax)
#else
/* s390x */
struct pt_regs {
	unsigned long args[1], mask, addr, gprs[16], orig_gpr2;
} CORE;
#define FIRST_PARAMETER(regs) ((regs)->gprs[2])
#define ARGUMENTS(f) f(orig_gpr2), f(gprs[3]), f(gprs[4]), f(gprs[5]), f(gprs[6]), f(gprs[7])
#define RETURNED(regs) ((regs)->gprs[2])
#endif

/* Where a twin does something else on purpose. */
#ifndef FAULT
#define FAULT 0
#endif
#define OR_FAULT(number, right, wrong) (FAULT == (number) ? (wrong) : (right))

char LICENSE[] SEC("license") = "Dual MIT/GPL";
