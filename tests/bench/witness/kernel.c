/*
 * On a kernel with kprobes, which is ours alone: both sides are attached to what their sections
 * name, and the caller makes real system calls.
 */
#define _GNU_SOURCE
#include "witness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

static const struct {
	const char *name;
	int number;
} syscalls[] = {
#define SYSCALL(name) { #name, __NR_##name },
#include "syscalls.inc"
#undef SYSCALL
};

/* As 32-bit programs on this machine number them, if we can make their calls; the last is none. */
static const struct {
	const char *name;
	int number;
} compat_syscalls[] = {
#define COMPAT(name, number) { #name, number },
#include "compat.inc"
#undef COMPAT
	{ "", -1 },
};

const char *compat_name(const char *name)
{
	static const char prefix[] = "compat-";

	return strncmp(name, prefix, sizeof(prefix) - 1) ? NULL : name + sizeof(prefix) - 1;
}

static int compat_number(const char *name)
{
	size_t i = 0;

	while (*compat_syscalls[i].name && strcmp(compat_syscalls[i].name, name))
		i++;
	return compat_syscalls[i].number;
}

static int number_of(const char *name, const char *suffix)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(syscalls) / sizeof(*syscalls); i++)
		if (!strncmp(syscalls[i].name, name, length) && !strcmp(syscalls[i].name + length, suffix))
			return syscalls[i].number;
	return -1;
}

/* -1 if this machine hasn't got it. */
int syscall_number(const char *name)
{
	static const char *const suffixes[] = { "_time64", "32", "" };

	if (compat_name(name))
		return compat_number(compat_name(name));
	/* On 32-bit machines the number with the plain name calls a function for narrow times or ids. */
	for (size_t i = sizeof(long) == 4 ? 0 : 2; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		int number = number_of(name, suffixes[i]);

		if (number >= 0)
			return number;
	}
	return -1;
}

/* Attaches a program as the section of its C counterpart says; NULL with errno 0 if it can't. */
static struct bpf_link *attach(const struct bpf_program *program, const char *section)
{
	LIBBPF_OPTS(bpf_ksyscall_opts, on_syscall);
	char kind[32] = "", target[128] = "", *name;

	sscanf(section, "%31[^/]/%127s", kind, target);
	on_syscall.retprobe = !strcmp(kind, "kretsyscall");
	name = strchr(target, '/');
	if (!strcmp(kind, "ksyscall") || !strcmp(kind, "kretsyscall"))
		return bpf_program__attach_ksyscall(program, target, &on_syscall);
	if (!strcmp(kind, "kprobe") || !strcmp(kind, "kretprobe"))
		return bpf_program__attach_kprobe(program, !strcmp(kind, "kretprobe"), target);
	if (!strcmp(kind, "raw_tp") || !strcmp(kind, "raw_tracepoint"))
		return bpf_program__attach_raw_tracepoint(program, target);
	if ((!strcmp(kind, "tp") || !strcmp(kind, "tracepoint")) && name) {
		*name = '\0';
		return bpf_program__attach_tracepoint(program, target, name + 1);
	}
	if (!strcmp(kind, "fentry") || !strcmp(kind, "fexit") || !strcmp(kind, "tp_btf"))
		return bpf_program__attach_trace(program);
	if (!strcmp(kind, "lsm"))
		return bpf_program__attach_lsm(program);
	return NULL;
}

void attach_to_kernel(const struct side *c, const struct side *port)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, c->object) {
		const char *name = bpf_program__name(program), *section = bpf_program__section_name(program);
		struct bpf_program *same = port ? bpf_object__find_program_by_name(port->object, name) : NULL;

		if (bpf_program__fd(program) < 0 || (port && (!same || bpf_program__fd(same) < 0)))
			continue;
		/* Where the kernel hasn't got the function, neither side can be attached. */
		if (!attach(program, section)) {
			printf("c unattached %s %s\n", name, section);
			continue;
		}
		if (port && !attach(same, section))
			printf("rust unattached %s %s\n", name, section);
	}
}
