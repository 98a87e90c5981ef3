/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for libbpf's header of this name: its macros as the markers that c2aya knows. */
#ifndef __BPF_TRACING_H__
#define __BPF_TRACING_H__

#include <bpf/bpf_helpers.h>

#if defined(__TARGET_ARCH_x86)
#define bpf_target_x86
#define bpf_target_defined
#elif defined(__TARGET_ARCH_s390)
#define bpf_target_s390
#define bpf_target_defined
#elif defined(__TARGET_ARCH_arm)
#define bpf_target_arm
#define bpf_target_defined
#elif defined(__TARGET_ARCH_arm64)
#define bpf_target_arm64
#define bpf_target_defined
#elif defined(__TARGET_ARCH_mips)
#define bpf_target_mips
#define bpf_target_defined
#elif defined(__TARGET_ARCH_powerpc)
#define bpf_target_powerpc
#define bpf_target_defined
#elif defined(__TARGET_ARCH_riscv)
#define bpf_target_riscv
#define bpf_target_defined
#elif defined(__TARGET_ARCH_loongarch)
#define bpf_target_loongarch
#define bpf_target_defined
#endif

/* Programs; the parameters that the user wrote follow the context. */
#define BPF_KSYSCALL(name, args...) \
	__attribute__((c2aya_ksyscall)) name(struct pt_regs *ctx, ##args)
#define BPF_KPROBE_SYSCALL BPF_KSYSCALL
#define BPF_KPROBE(name, args...) \
	__attribute__((c2aya_kprobe)) name(struct pt_regs *ctx, ##args)
#define BPF_KRETPROBE(name, args...) \
	__attribute__((c2aya_kretprobe)) name(struct pt_regs *ctx, ##args)
#define BPF_UPROBE(name, args...) \
	__attribute__((c2aya_uprobe)) name(struct pt_regs *ctx, ##args)
#define BPF_URETPROBE(name, args...) \
	__attribute__((c2aya_uretprobe)) name(struct pt_regs *ctx, ##args)
#define BPF_PROG(name, args...) \
	__attribute__((c2aya_prog)) name(unsigned long long *ctx, ##args)
/* Here, each parameter is two arguments: its type and its name. */
#define ___c2aya_pairs0()
#define ___c2aya_pairs2(t1, a1) , t1 a1
#define ___c2aya_pairs4(t1, a1, t2, a2) , t1 a1, t2 a2
#define ___c2aya_pairs6(t1, a1, t2, a2, t3, a3) , t1 a1, t2 a2, t3 a3
#define ___c2aya_pairs8(t1, a1, t2, a2, t3, a3, t4, a4) , t1 a1, t2 a2, t3 a3, t4 a4
#define ___c2aya_pairs10(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5
#define ___c2aya_pairs12(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6
#define ___c2aya_pairs14(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6, t7 a7
#define ___c2aya_pairs16(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6, t7 a7, t8 a8
#define ___c2aya_pairs18(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8, t9, a9) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6, t7 a7, t8 a8, t9 a9
#define ___c2aya_pairs20(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8, t9, a9, t10, a10) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6, t7 a7, t8 a8, t9 a9, t10 a10
#define ___c2aya_pairs22(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8, t9, a9, t10, a10, t11, a11) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6, t7 a7, t8 a8, t9 a9, t10 a10, t11 a11
#define ___c2aya_pairs24(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8, t9, a9, t10, a10, t11, a11, t12, a12) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6, t7 a7, t8 a8, t9 a9, t10 a10, t11 a11, t12 a12
#define ___c2aya_nth2(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21, _22, _23, _24, n, ...) n
#define ___c2aya_narg2(...) ___c2aya_nth2(_, ##__VA_ARGS__, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define ___c2aya_pairs(args...) ___bpf_apply(___c2aya_pairs, ___c2aya_narg2(args))(args)
#define BPF_PROG2(name, args...) \
	__attribute__((c2aya_prog2)) name(unsigned long long *ctx ___c2aya_pairs(args))

/* Of what type the registers of a context are. */
#if defined(bpf_target_arm64) || defined(bpf_target_loongarch)
#define __PT_REGS_CAST(x) ((const struct user_pt_regs *)(x))
#elif defined(bpf_target_riscv)
#define __PT_REGS_CAST(x) ((const struct user_regs_struct *)(x))
#elif defined(bpf_target_s390)
#define __PT_REGS_CAST(x) ((const user_pt_regs *)(x))
#else
#define __PT_REGS_CAST(x) (x)
#endif

/* Registers by the name that a function's or a system call's convention gives them. */
#define PT_REGS_PARM1(x) __c2aya_pt_regs(x, "PARM1")
#define PT_REGS_PARM1_CORE(x) __c2aya_pt_regs(x, "PARM1_CORE")
#define PT_REGS_PARM2(x) __c2aya_pt_regs(x, "PARM2")
#define PT_REGS_PARM2_CORE(x) __c2aya_pt_regs(x, "PARM2_CORE")
#define PT_REGS_PARM3(x) __c2aya_pt_regs(x, "PARM3")
#define PT_REGS_PARM3_CORE(x) __c2aya_pt_regs(x, "PARM3_CORE")
#define PT_REGS_PARM4(x) __c2aya_pt_regs(x, "PARM4")
#define PT_REGS_PARM4_CORE(x) __c2aya_pt_regs(x, "PARM4_CORE")
#define PT_REGS_PARM5(x) __c2aya_pt_regs(x, "PARM5")
#define PT_REGS_PARM5_CORE(x) __c2aya_pt_regs(x, "PARM5_CORE")
#define PT_REGS_PARM6(x) __c2aya_pt_regs(x, "PARM6")
#define PT_REGS_PARM6_CORE(x) __c2aya_pt_regs(x, "PARM6_CORE")
#define PT_REGS_PARM7(x) __c2aya_pt_regs(x, "PARM7")
#define PT_REGS_PARM7_CORE(x) __c2aya_pt_regs(x, "PARM7_CORE")
#define PT_REGS_PARM8(x) __c2aya_pt_regs(x, "PARM8")
#define PT_REGS_PARM8_CORE(x) __c2aya_pt_regs(x, "PARM8_CORE")
#define PT_REGS_PARM1_SYSCALL(x) __c2aya_pt_regs(x, "PARM1_SYSCALL")
#define PT_REGS_PARM1_CORE_SYSCALL(x) __c2aya_pt_regs(x, "PARM1_CORE_SYSCALL")
#define PT_REGS_PARM2_SYSCALL(x) __c2aya_pt_regs(x, "PARM2_SYSCALL")
#define PT_REGS_PARM2_CORE_SYSCALL(x) __c2aya_pt_regs(x, "PARM2_CORE_SYSCALL")
#define PT_REGS_PARM3_SYSCALL(x) __c2aya_pt_regs(x, "PARM3_SYSCALL")
#define PT_REGS_PARM3_CORE_SYSCALL(x) __c2aya_pt_regs(x, "PARM3_CORE_SYSCALL")
#define PT_REGS_PARM4_SYSCALL(x) __c2aya_pt_regs(x, "PARM4_SYSCALL")
#define PT_REGS_PARM4_CORE_SYSCALL(x) __c2aya_pt_regs(x, "PARM4_CORE_SYSCALL")
#define PT_REGS_PARM5_SYSCALL(x) __c2aya_pt_regs(x, "PARM5_SYSCALL")
#define PT_REGS_PARM5_CORE_SYSCALL(x) __c2aya_pt_regs(x, "PARM5_CORE_SYSCALL")
#define PT_REGS_PARM6_SYSCALL(x) __c2aya_pt_regs(x, "PARM6_SYSCALL")
#define PT_REGS_PARM6_CORE_SYSCALL(x) __c2aya_pt_regs(x, "PARM6_CORE_SYSCALL")
#define PT_REGS_PARM7_SYSCALL(x) __c2aya_pt_regs(x, "PARM7_SYSCALL")
#define PT_REGS_PARM7_CORE_SYSCALL(x) __c2aya_pt_regs(x, "PARM7_CORE_SYSCALL")
#define PT_REGS_RET(x) __c2aya_pt_regs(x, "RET")
#define PT_REGS_RET_CORE(x) __c2aya_pt_regs(x, "RET_CORE")
#define PT_REGS_FP(x) __c2aya_pt_regs(x, "FP")
#define PT_REGS_FP_CORE(x) __c2aya_pt_regs(x, "FP_CORE")
#define PT_REGS_RC(x) __c2aya_pt_regs(x, "RC")
#define PT_REGS_RC_CORE(x) __c2aya_pt_regs(x, "RC_CORE")
#define PT_REGS_SP(x) __c2aya_pt_regs(x, "SP")
#define PT_REGS_SP_CORE(x) __c2aya_pt_regs(x, "SP_CORE")
#define PT_REGS_IP(x) __c2aya_pt_regs(x, "IP")
#define PT_REGS_IP_CORE(x) __c2aya_pt_regs(x, "IP_CORE")
#define PT_REGS_SYSCALL_REGS(ctx) __c2aya_syscall_regs(ctx)

#if defined(bpf_target_powerpc)
#define BPF_KPROBE_READ_RET_IP(ip, ctx) ({ (ip) = (ctx)->link; })
#define BPF_KRETPROBE_READ_RET_IP BPF_KPROBE_READ_RET_IP
#elif defined(bpf_target_arm64)
#define BPF_KPROBE_READ_RET_IP(ip, ctx) ({ (ip) = PT_REGS_RET(ctx); })
#define BPF_KRETPROBE_READ_RET_IP BPF_KPROBE_READ_RET_IP
#else
#define BPF_KPROBE_READ_RET_IP(ip, ctx) \
	({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)PT_REGS_RET(ctx)); })
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) \
	({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)(PT_REGS_FP(ctx) + sizeof(ip))); })
#endif

#endif
