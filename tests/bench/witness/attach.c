/*
 * Both sides' programs of a name go on the same site, so that they see the same registers, the same
 * memory and the same moment. What has no place there is run by BPF_PROG_TEST_RUN, or not at all.
 */
#include "witness.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONTEXT_MAX 4096

static struct bpf_program *program_of(const struct side *side, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(side->object, name);

	return program && bpf_program__fd(program) >= 0 ? program : NULL;
}

static void attach_to_site(const struct side *side, const struct call *call, const struct caller *caller,
			   const char *binary, int site)
{
	LIBBPF_OPTS(bpf_uprobe_opts, options, .retprobe = call->kind == CALL_RETURN);
	struct bpf_program *program = program_of(side, call->program);

	if (!program)
		fail("%s: no program %s is loaded", side->label, call->program);
	if (!bpf_program__attach_uprobe_opts(program, caller_process(caller), binary, site_offset(site), &options))
		fail("%s: can't attach %s: %m", side->label, call->program);
}

void attach_sides(struct side sides[SIDES], const struct plan *plan, const struct caller *caller, int *site_of)
{
	char binary[512];
	ssize_t length = readlink("/proc/self/exe", binary, sizeof(binary) - 1);
	int used = 0;

	if (length < 0)
		fail("no /proc/self/exe: %m");
	binary[length] = '\0';
	for (int i = 0; i < plan->call_count; i++) {
		const struct call *call = &plan->calls[i];

		site_of[i] = -1;
		if (call->kind == CALL_TEST_RUN || call->kind == CALL_KERNEL)
			continue;
		for (int j = 0; j < i; j++)
			if (!strcmp(plan->calls[j].program, call->program))
				site_of[i] = site_of[j];
		if (site_of[i] >= 0)
			continue;
		if (used == SITES)
			fail("more than %d programs", SITES);
		for (int j = 0; j < SIDES; j++)
			attach_to_site(&sides[j], call, caller, binary, used);
		site_of[i] = used++;
	}
}

static bool takes_packet(enum bpf_prog_type type)
{
	return type == BPF_PROG_TYPE_SOCKET_FILTER || type == BPF_PROG_TYPE_SCHED_CLS ||
	       type == BPF_PROG_TYPE_SCHED_ACT || type == BPF_PROG_TYPE_XDP ||
	       type == BPF_PROG_TYPE_CGROUP_SKB || type == BPF_PROG_TYPE_LWT_IN ||
	       type == BPF_PROG_TYPE_LWT_OUT || type == BPF_PROG_TYPE_LWT_XMIT;
}

void test_run(struct side sides[SIDES], const struct plan *plan, const struct caller *caller, int number)
{
	const struct call *call = &plan->calls[number];
	const struct argument *first = &call->arguments[0];

	for (int i = 0; i < SIDES; i++) {
		struct bpf_program *program = program_of(&sides[i], call->program);
		LIBBPF_OPTS(bpf_test_run_opts, options);
		unsigned long long arguments[ARGUMENTS];
		unsigned char out[CONTEXT_MAX];
		int error;

		if (!program)
			fail("%s: no program %s is loaded", sides[i].label, call->program);
		for (int j = 0; j < ARGUMENTS; j++)
			arguments[j] = caller_value(caller, &call->arguments[j]);
		if (first->blob >= 0 && takes_packet(bpf_program__type(program))) {
			options.data_in = plan->blobs[first->blob].bytes;
			options.data_size_in = plan->blobs[first->blob].size;
			options.data_out = out;
			options.data_size_out = sizeof(out);
		} else if (first->blob >= 0) {
			options.ctx_in = plan->blobs[first->blob].bytes;
			options.ctx_size_in = plan->blobs[first->blob].size;
		} else {
			options.ctx_in = arguments;
			options.ctx_size_in = sizeof(arguments);
		}
		error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
		if (error)
			fail("%s: can't run %s: %s", sides[i].label, call->program, strerror(-error));
		printf("%s result %d %x ", sides[i].label, number, options.retval);
		print_hex(out, options.data_out ? options.data_size_out : 0);
		putchar('\n');
	}
}
