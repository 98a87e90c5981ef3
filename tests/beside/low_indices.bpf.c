// SPDX-License-Identifier: GPL-2.0
/*
 * Elements of small arrays that are found by numbers below 8: added to an aligned address by an `or`,
 * they make no pointer for the verifier.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

u64 found, picked, folded;

SEC("ksyscall/unlinkat")
int BPF_KSYSCALL(unlinkat_enter, int dfd, const char *path, int flag)
{
	char text[12], word[8];
	u32 turn = flag;
	int at;

	if (bpf_probe_read_user(text, sizeof(text), path))
		return 0;
	if (bpf_probe_read_user(word, sizeof(word), path + 1))
		return 0;
	picked = picked << 8 | (u8)word[turn & 7];
	word[turn & 3] = 'x';
	folded = folded * 3 + word[1] + word[2];
	if (text[1] == ':' && text[2] == ' ')
		at = 3;
	else if (text[2] == ':' && text[3] == ' ')
		at = 4;
	else
		return 0;
	if (text[at] != '$' || text[at + 1] < '0')
		return 0;
	if (text[at + 2] == ':' && text[at + 3] == ' ')
		at += 4;
	else if (text[at + 3] == ':' && text[at + 4] == ' ')
		at += 5;
	else
		return 0;
	found = found << 8 | (u8)text[at];
	return 0;
}
