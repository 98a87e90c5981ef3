/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _LINUX_MPLS_H
#define _LINUX_MPLS_H

#include <linux/types.h>
#include <asm/byteorder.h>

#define MPLS_LABEL_IPV4NULL 0
#define MPLS_LS_TTL_SHIFT 0
#define MPLS_LABEL_RTALERT 1
#define MPLS_LABEL_IPV6NULL 2
#define MPLS_LABEL_IMPLNULL 3
#define MPLS_LABEL_ENTROPY 7
#define MPLS_LS_S_SHIFT 8
#define MPLS_LS_TC_SHIFT 9
#define MPLS_LS_LABEL_SHIFT 12
#define MPLS_LABEL_GAL 13
#define MPLS_LABEL_OAMALERT 14
#define MPLS_LABEL_EXTENSION 15
#define MPLS_LABEL_FIRST_UNRESERVED 16
#define MPLS_LS_TTL_MASK 255
#define MPLS_LS_S_MASK 0x100
#define MPLS_LS_TC_MASK 0xe00
#define MPLS_LS_LABEL_MASK 0xfffff000

struct mpls_label {
	__be32 entry;
};

#endif
