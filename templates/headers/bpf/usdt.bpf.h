/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for libbpf's header of this name: its macros as the markers that c2aya knows. */
#ifndef __USDT_BPF_H__
#define __USDT_BPF_H__

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

extern int bpf_usdt_arg_cnt(struct pt_regs *ctx);
extern int bpf_usdt_arg_size(struct pt_regs *ctx, unsigned long long arg_num);
extern int bpf_usdt_arg(struct pt_regs *ctx, unsigned long long arg_num, long *res);
extern long bpf_usdt_cookie(struct pt_regs *ctx);

#define BPF_USDT(name, args...) \
	__attribute__((c2aya_usdt)) name(struct pt_regs *ctx, ##args)

#endif
