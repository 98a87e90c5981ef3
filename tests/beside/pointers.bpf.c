// SPDX-License-Identifier: GPL-2.0
/*
 * Pointers that are compared with each other: ends of packets behind checks of headers of any length,
 * and two that walk toward each other. The verifier has to see that what was compared is what is followed.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

struct tracked {
	u64 steps[6];
	char text[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct tracked);
} tracks SEC(".maps");

char LICENSE[] SEC("license") = "GPL";

u64 port, sum, options, rest;
u64 copied;
u64 pieces;

static __always_inline int first_option(const u8 *from, u8 words, const u8 *data_end)
{
	const u8 *end;

	if (words < 5)
		return -1;
	end = from - 20 + words * 4u;
	if (end > data_end)
		return -2;
	if (from + 4 > end || from + 4 > data_end)
		return 0;
	return from[0] << 8 | from[3];
}

SEC("xdp")
int on_segment(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (struct iphdr *)(eth + 1);
	struct tcphdr *tcp;
	const u8 *at, *last;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(0x0800))
		return XDP_PASS;
	if (ip->ihl < 5)
		return XDP_DROP;
	tcp = (void *)ip + ip->ihl * 4;
	if ((void *)tcp + sizeof(*tcp) > end)
		return XDP_DROP;
	port += bpf_ntohs(tcp->dest);
	options += first_option((const u8 *)(tcp + 1), ((u8 *)tcp)[12] >> 4, end);

	last = (const u8 *)data + 66;
	for (at = data + 60; at != last; at++) {
		if ((void *)(at + 1) > end)
			break;
		sum = sum * 3 + *at;
	}
	rest += last - at;
	for (u32 i = 0; i < 8; i++) {
		if (data + 54 + i + 1 > end)
			return XDP_TX;
		sum += *((u8 *)data + 54 + i);
	}
	return XDP_PASS;
}

SEC("ksyscall/lseek")
int BPF_KSYSCALL(lseek_enter, unsigned int fd, long offset, unsigned int whence)
{
	u32 key = 0;
	struct tracked *tracked = bpf_map_lookup_elem(&tracks, &key);
	char text[16] = {}, *to = text, *from;
	u64 *low, *high;

	if (!tracked)
		return 0;
	tracked->steps[0] += offset;
	tracked->steps[2] = fd;
	tracked->text[fd & 15] = whence | 64;
	for (low = tracked->steps, high = &tracked->steps[5]; low < high; low++, high--) {
		u64 step = *low;

		*low = *high;
		*high = step;
	}
	for (from = tracked->text; from < tracked->text + sizeof(tracked->text); from++) {
		if (*from && to < text + 12)
			*to++ = *from;
	}
	copied = to - text;
	copied = copied << 8 | (u8)text[0];
	return 0;
}

/* What only a helper reads by is no object of the program's. */
SEC("ksyscall/writev")
int BPF_KSYSCALL(writev_enter, unsigned long fd, const struct iovec *vec, unsigned long vlen)
{
	struct iovec one;

	for (int i = 0; i < 4 && i < vlen; i++, vec++) {
		if (bpf_probe_read_user(&one, sizeof(one), vec))
			break;
		pieces += one.iov_len;
	}
	if (!bpf_probe_read_user(&one, sizeof(one), vec - 1))
		pieces ^= one.iov_len << 32;
	return 0;
}
