/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_NETFILTER_H
#define _LINUX_NETFILTER_H

#include <linux/types.h>
#include <linux/in.h>
#include <linux/in6.h>

#define NF_DROP 0
#define NF_ACCEPT 1
#define NF_STOLEN 2
#define NF_QUEUE 3
#define NF_REPEAT 4
#define NF_MAX_VERDICT 5
#define NF_STOP 5
#define NF_VERDICT_BITS 16
#define NF_VERDICT_QBITS 16
#define NF_VERDICT_MASK 255
#define NF_VERDICT_FLAG_QUEUE_BYPASS 0x8000
#define NF_VERDICT_QMASK 0xffff0000

#define NF_QUEUE_NR(queue) ((((queue) << 16) & NF_VERDICT_QMASK) | NF_QUEUE)
#define NF_DROP_ERR(error) (((-error) << 16) | NF_DROP)

enum nf_inet_hooks {
	NF_INET_PRE_ROUTING = 0,
	NF_INET_LOCAL_IN = 1,
	NF_INET_FORWARD = 2,
	NF_INET_LOCAL_OUT = 3,
	NF_INET_POST_ROUTING = 4,
	NF_INET_NUMHOOKS = 5,
	NF_INET_INGRESS = 5,
};

enum nf_dev_hooks {
	NF_NETDEV_INGRESS = 0,
	NF_NETDEV_EGRESS = 1,
	NF_NETDEV_NUMHOOKS = 2,
};

enum {
	NFPROTO_UNSPEC = 0,
	NFPROTO_INET = 1,
	NFPROTO_IPV4 = 2,
	NFPROTO_ARP = 3,
	NFPROTO_NETDEV = 5,
	NFPROTO_BRIDGE = 7,
	NFPROTO_IPV6 = 10,
	NFPROTO_DECNET = 12,
	NFPROTO_NUMPROTO = 13,
};

union nf_inet_addr {
	__u32 all[4];
	__be32 ip;
	__be32 ip6[4];
	struct in_addr in;
	struct in6_addr in6;
};

#endif
