/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _ASM_BPF_PERF_EVENT_H
#define _ASM_BPF_PERF_EVENT_H

#include <asm/ptrace.h>

/* The registers that user space may see of them. */
#if defined(__TARGET_ARCH_arm64) || defined(__TARGET_ARCH_loongarch)
typedef struct user_pt_regs bpf_user_pt_regs_t;
#elif defined(__TARGET_ARCH_s390)
typedef user_pt_regs bpf_user_pt_regs_t;
#elif defined(__TARGET_ARCH_riscv)
typedef struct user_regs_struct bpf_user_pt_regs_t;
#else
typedef struct pt_regs bpf_user_pt_regs_t;
#endif

#endif
