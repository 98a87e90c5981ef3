/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for libbpf's header of this name: its macros as the markers that c2aya knows. */
#ifndef __BPF_ENDIAN__
#define __BPF_ENDIAN__

#define ___bpf_swab16(x) __builtin_bswap16(x)
#define ___bpf_swab32(x) __builtin_bswap32(x)
#define ___bpf_swab64(x) __builtin_bswap64(x)
#define bpf_htons(x) __c2aya_htons(x)
#define bpf_ntohs(x) __c2aya_ntohs(x)
#define bpf_htonl(x) __c2aya_htonl(x)
#define bpf_ntohl(x) __c2aya_ntohl(x)
#define bpf_cpu_to_be16(x) __c2aya_cpu_to_be16(x)
#define bpf_be16_to_cpu(x) __c2aya_be16_to_cpu(x)
#define bpf_cpu_to_le16(x) __c2aya_cpu_to_le16(x)
#define bpf_le16_to_cpu(x) __c2aya_le16_to_cpu(x)
#define bpf_cpu_to_be32(x) __c2aya_cpu_to_be32(x)
#define bpf_be32_to_cpu(x) __c2aya_be32_to_cpu(x)
#define bpf_cpu_to_le32(x) __c2aya_cpu_to_le32(x)
#define bpf_le32_to_cpu(x) __c2aya_le32_to_cpu(x)
#define bpf_cpu_to_be64(x) __c2aya_cpu_to_be64(x)
#define bpf_be64_to_cpu(x) __c2aya_be64_to_cpu(x)
#define bpf_cpu_to_le64(x) __c2aya_cpu_to_le64(x)
#define bpf_le64_to_cpu(x) __c2aya_le64_to_cpu(x)
#define __bpf_htons(x) __c2aya_htons(x)
#define __bpf_constant_htons(x) __c2aya_htons(x)
#define __bpf_ntohs(x) __c2aya_ntohs(x)
#define __bpf_constant_ntohs(x) __c2aya_ntohs(x)
#define __bpf_htonl(x) __c2aya_htonl(x)
#define __bpf_constant_htonl(x) __c2aya_htonl(x)
#define __bpf_ntohl(x) __c2aya_ntohl(x)
#define __bpf_constant_ntohl(x) __c2aya_ntohl(x)
#define __bpf_cpu_to_be64(x) __c2aya_cpu_to_be64(x)
#define __bpf_constant_cpu_to_be64(x) __c2aya_cpu_to_be64(x)
#define __bpf_be64_to_cpu(x) __c2aya_be64_to_cpu(x)
#define __bpf_constant_be64_to_cpu(x) __c2aya_be64_to_cpu(x)

#endif
