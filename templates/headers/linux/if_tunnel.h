/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_IF_TUNNEL_H
#define _LINUX_IF_TUNNEL_H

#include <linux/types.h>
#include <linux/if.h>
#include <linux/ip.h>
#include <linux/in6.h>
#include <asm/byteorder.h>

#define SIT_ISATAP 1

#define GRE_CSUM ((__be16)__constant_htons(0x8000))
#define GRE_ROUTING ((__be16)__constant_htons(0x4000))
#define GRE_KEY ((__be16)__constant_htons(0x2000))
#define GRE_SEQ ((__be16)__constant_htons(0x1000))
#define GRE_STRICT ((__be16)__constant_htons(0x0800))
#define GRE_REC ((__be16)__constant_htons(0x0700))
#define GRE_ACK ((__be16)__constant_htons(0x0080))
#define GRE_FLAGS ((__be16)__constant_htons(0x0078))
#define GRE_VERSION ((__be16)__constant_htons(0x0007))
#define GRE_VERSION_0 ((__be16)__constant_htons(0x0000))
#define GRE_VERSION_1 ((__be16)__constant_htons(0x0001))

#define GRE_IS_CSUM(flags) ((flags) & GRE_CSUM)
#define GRE_IS_ROUTING(flags) ((flags) & GRE_ROUTING)
#define GRE_IS_KEY(flags) ((flags) & GRE_KEY)
#define GRE_IS_SEQ(flags) ((flags) & GRE_SEQ)
#define GRE_IS_STRICT(flags) ((flags) & GRE_STRICT)
#define GRE_IS_REC(flags) ((flags) & GRE_REC)
#define GRE_IS_ACK(flags) ((flags) & GRE_ACK)
#define GRE_PROTO_PPP ((__be16)__constant_htons(0x880b))

struct ip_tunnel_parm {
	char name[IFNAMSIZ];
	int link;
	__be16 i_flags;
	__be16 o_flags;
	__be32 i_key;
	__be32 o_key;
	struct iphdr iph;
};

#endif
