/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_IP_H
#define _LINUX_IP_H

#include <linux/types.h>

#define IPDEFTTL 64
#define IPOPT_CONTROL 0
#define IPOPT_END 0
#define IPOPT_EOL 0
#define IPOPT_OPTVAL 0
#define IPOPT_TS_TSONLY 0
#define IPOPT_NOOP 1
#define IPOPT_NOP 1
#define IPOPT_OLEN 1
#define IPOPT_TS_TSANDADDR 1
#define IPOPT_OFFSET 2
#define IPOPT_TS_PRESPEC 3
#define IPOPT_MINOFF 4
#define IPOPT_RR 7
#define IPOPT_NUMBER_MASK 31
#define IPOPT_RESERVED1 32
#define IPOPT_MEASUREMENT 64
#define IPOPT_TIMESTAMP 68
#define IPOPT_TS 68
#define IPOPT_CLASS_MASK 96
#define IPOPT_RESERVED2 96
#define IPOPT_COPY 128
#define IPOPT_SEC 130
#define IPOPT_LSRR 131
#define IPOPT_CIPSO 134
#define IPOPT_SID 136
#define IPOPT_SSRR 137
#define IPOPT_RA 148
#define IPTOS_PREC_ROUTINE 0
#define IPTOS_MINCOST 2
#define IPTOS_RELIABILITY 4
#define IPTOS_THROUGHPUT 8
#define IPTOS_LOWDELAY 16
#define IPTOS_TOS_MASK 30
#define IPTOS_PREC_PRIORITY 32
#define IPTOS_PREC_IMMEDIATE 64
#define IPTOS_PREC_FLASH 96
#define IPTOS_PREC_FLASHOVERRIDE 128
#define IPTOS_PREC_CRITIC_ECP 160
#define IPTOS_PREC_INTERNETCONTROL 192
#define IPTOS_PREC_MASK 224
#define IPTOS_PREC_NETCONTROL 224
#define IPVERSION 4
#define MAXTTL 255

struct iphdr {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	__u8 ihl : 4;
	__u8 version : 4;
#else
	__u8 version : 4;
	__u8 ihl : 4;
#endif
	__u8 tos;
	__be16 tot_len;
	__be16 id;
	__be16 frag_off;
	__u8 ttl;
	__u8 protocol;
	__sum16 check;
	__be32 saddr;
	__be32 daddr;
};

#endif
