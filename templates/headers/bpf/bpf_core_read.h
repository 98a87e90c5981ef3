/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stands in for libbpf's header of this name: its macros as the markers that c2aya knows. */
#ifndef __BPF_CORE_READ_H__
#define __BPF_CORE_READ_H__

#include <bpf/bpf_helpers.h>

/* `src, a, b` as the access `(src)->a->b`; `&*` parts an arrow in src from those that are reads. */
#define ___c2aya_path1(src) src
#define ___c2aya_path2(src, a) (&*(src))->a
#define ___c2aya_path3(src, a, b) (&*(src))->a->b
#define ___c2aya_path4(src, a, b, c) (&*(src))->a->b->c
#define ___c2aya_path5(src, a, b, c, d) (&*(src))->a->b->c->d
#define ___c2aya_path6(src, a, b, c, d, e) (&*(src))->a->b->c->d->e
#define ___c2aya_path7(src, a, b, c, d, e, f) (&*(src))->a->b->c->d->e->f
#define ___c2aya_path8(src, a, b, c, d, e, f, g) (&*(src))->a->b->c->d->e->f->g
#define ___c2aya_path9(src, a, b, c, d, e, f, g, h) (&*(src))->a->b->c->d->e->f->g->h
#define ___c2aya_path10(src, a, b, c, d, e, f, g, h, i) (&*(src))->a->b->c->d->e->f->g->h->i
#define ___c2aya_path11(src, a, b, c, d, e, f, g, h, i, j) (&*(src))->a->b->c->d->e->f->g->h->i->j
#define ___c2aya_path(args...) ___bpf_apply(___c2aya_path, ___bpf_narg(args))(args)

#define ___c2aya_field1(field) field
#define ___c2aya_field2(type, field) ((typeof(type) *)0)->field
#define ___c2aya_field(args...) ___bpf_apply(___c2aya_field, ___bpf_narg(args))(args)

/* Chains of reads. */
#define BPF_CORE_READ(src, a, ...) __c2aya_core_read(___c2aya_path(src, a, ##__VA_ARGS__))
#define BPF_CORE_READ_USER(src, a, ...) __c2aya_core_read_user(___c2aya_path(src, a, ##__VA_ARGS__))
#define BPF_PROBE_READ(src, a, ...) __c2aya_probe_read_chain(___c2aya_path(src, a, ##__VA_ARGS__))
#define BPF_PROBE_READ_USER(src, a, ...) __c2aya_probe_read_chain_user(___c2aya_path(src, a, ##__VA_ARGS__))
#define BPF_CORE_READ_INTO(dst, src, a, ...) \
	__c2aya_core_read_into(dst, ___c2aya_path(src, a, ##__VA_ARGS__))
#define BPF_CORE_READ_USER_INTO(dst, src, a, ...) \
	__c2aya_core_read_user_into(dst, ___c2aya_path(src, a, ##__VA_ARGS__))
#define BPF_CORE_READ_STR_INTO(dst, src, a, ...) \
	__c2aya_core_read_str_into(dst, ___c2aya_path(src, a, ##__VA_ARGS__))
#define BPF_CORE_READ_USER_STR_INTO(dst, src, a, ...) \
	__c2aya_core_read_user_str_into(dst, ___c2aya_path(src, a, ##__VA_ARGS__))
#define BPF_PROBE_READ_INTO(dst, src, a, ...) \
	__c2aya_probe_read_into(dst, ___c2aya_path(src, a, ##__VA_ARGS__))
#define BPF_PROBE_READ_USER_INTO(dst, src, a, ...) \
	__c2aya_probe_read_user_into(dst, ___c2aya_path(src, a, ##__VA_ARGS__))
#define BPF_PROBE_READ_STR_INTO(dst, src, a, ...) \
	__c2aya_probe_read_str_into(dst, ___c2aya_path(src, a, ##__VA_ARGS__))
#define BPF_PROBE_READ_USER_STR_INTO(dst, src, a, ...) \
	__c2aya_probe_read_user_str_into(dst, ___c2aya_path(src, a, ##__VA_ARGS__))

/* Single reads. */
#define bpf_core_read(dst, sz, src) __c2aya_core_read_mem(dst, sz, src)
#define bpf_core_read_user(dst, sz, src) __c2aya_core_read_user_mem(dst, sz, src)
#define bpf_core_read_str(dst, sz, src) __c2aya_core_read_str(dst, sz, src)
#define bpf_core_read_user_str(dst, sz, src) __c2aya_core_read_user_str(dst, sz, src)

#define BPF_CORE_READ_BITFIELD(s, field) __c2aya_core_bitfield((s)->field)
#define BPF_CORE_READ_BITFIELD_PROBED(s, field) __c2aya_core_bitfield_probed((s)->field)
#define BPF_CORE_WRITE_BITFIELD(s, field, value) __c2aya_core_write_bitfield((s)->field, value)

/* What the running kernel has. */
#define bpf_core_field_exists(field...) __c2aya_core_field_exists(___c2aya_field(field))
#define bpf_core_field_size(field...) __c2aya_core_field_size(___c2aya_field(field))
#define bpf_core_field_offset(field...) __c2aya_core_field_offset(___c2aya_field(field))
#define bpf_core_type_exists(type) __c2aya_core_type_exists((typeof(type) *)0)
#define bpf_core_type_size(type) __c2aya_core_type_size((typeof(type) *)0)
#define bpf_core_type_matches(type) __c2aya_core_type_matches((typeof(type) *)0)
#define bpf_core_type_id_local(type) __c2aya_core_type_id_local((typeof(type) *)0)
#define bpf_core_type_id_kernel(type) __c2aya_core_type_id_kernel((typeof(type) *)0)
#define bpf_core_enum_value(type, value) __c2aya_core_enum_value(*(typeof(type) *)0, value)
#define bpf_core_enum_value_exists(type, value) \
	__c2aya_core_enum_value_exists(*(typeof(type) *)0, value)

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __attribute__((weak, section(".ksyms")));
#define bpf_core_cast(ptr, type) \
	((typeof(type) *)bpf_rdonly_cast((ptr), bpf_core_type_id_kernel(type)))

#endif
