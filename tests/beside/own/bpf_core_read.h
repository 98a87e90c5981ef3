/* SPDX-License-Identifier: GPL-2.0 */
/* As a program brings its own from libbpf's first days: it reads by bpf_probe_read. */
#ifndef OWN_BPF_CORE_READ_H
#define OWN_BPF_CORE_READ_H

#define bpf_core_read(to, size, from) \
	bpf_probe_read(to, size, (const void *)__builtin_preserve_access_index(from))

#define bpf_core_read_str(to, size, from) \
	bpf_probe_read_str(to, size, (const void *)__builtin_preserve_access_index(from))

#define BPF_CORE_READ_INTO(to, from, field) ({ bpf_core_read(to, sizeof(*(to)), &(from)->field); })

#define BPF_CORE_READ(from, field) ({ \
	typeof((from)->field) read; \
	BPF_CORE_READ_INTO(&read, from, field); \
	read; \
})

#endif
