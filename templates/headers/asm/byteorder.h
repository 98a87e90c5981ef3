/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for the system's header of this name. Written by scripts/uapi-headers; do not edit. */
#ifndef _ASM_BYTEORDER_H
#define _ASM_BYTEORDER_H

#include <linux/types.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define __LITTLE_ENDIAN 1234
#define __LITTLE_ENDIAN_BITFIELD
#else
#define __BIG_ENDIAN 4321
#define __BIG_ENDIAN_BITFIELD
#endif
#define __constant_htons(x) __c2aya_htons((__u16)(x))
#define __constant_ntohs(x) __c2aya_ntohs((__u16)(x))
#define __constant_htonl(x) __c2aya_htonl((__u32)(x))
#define __constant_ntohl(x) __c2aya_ntohl((__u32)(x))
#define __constant_cpu_to_be32(x) __c2aya_cpu_to_be32((__u32)(x))
#define __cpu_to_be16(x) __c2aya_cpu_to_be16((__u16)(x))
#define __be16_to_cpu(x) __c2aya_be16_to_cpu((__u16)(x))
#define __cpu_to_be32(x) __c2aya_cpu_to_be32((__u32)(x))
#define __be32_to_cpu(x) __c2aya_be32_to_cpu((__u32)(x))
#define __cpu_to_be64(x) __c2aya_cpu_to_be64((__u64)(x))
#define __be64_to_cpu(x) __c2aya_be64_to_cpu((__u64)(x))

#endif
