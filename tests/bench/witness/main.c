#include "witness.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define OUTPUT_MAX (16 << 20)
#define MEMORY (64 << 20)

/* Exit codes. The third one is a verdict, the second is none. */
enum { DONE = 0, FAILED = 2, REFUSED = 3 };

#ifdef FINDER
__asm__(".section .rodata\n"
	".p2align 3\n"
	".globl finder_start, finder_end\n"
	"finder_start: .incbin \"" FINDER "\"\n"
	"finder_end:\n"
	".text\n");
#else
const char finder_start[1], finder_end[1];
#endif

void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "witness: ");
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
	va_end(arguments);
	close_trace();
	_exit(FAILED);
}

void *allocate(size_t size)
{
	void *memory = calloc(1, size ?: 1);

	if (!memory)
		fail("out of memory");
	return memory;
}

static const struct plan *current_plan;

/*
 * libbpf finds out by a kprobe whether the kernel wraps its system calls. Where nothing is attached
 * to the kernel, the plan says it: linked with --wrap=probe_kern_syscall_wrapper.
 */
int __real_probe_kern_syscall_wrapper(int token);
int __wrap_probe_kern_syscall_wrapper(int token);
int __wrap_probe_kern_syscall_wrapper(int token)
{
	return current_plan->kernel ? __real_probe_kern_syscall_wrapper(token) : current_plan->wrapper;
}

char first_warning[256];

static int print_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
	va_list again;

	if (level != LIBBPF_WARN)
		return 0;
	if (!first_warning[0]) {
		va_copy(again, arguments);
		vsnprintf(first_warning, sizeof(first_warning), format, again);
		va_end(again);
		first_warning[strcspn(first_warning, "\n")] = '\0';
	}
	return vfprintf(stderr, format, arguments);
}

static void run(struct side sides[SIDES], const struct plan *plan)
{
	struct caller *caller = start_caller(plan);
	/* The others are somebody else's. */
	int ours = plan->loader ? 1 : SIDES;
	int *site_of = allocate((plan->call_count + 1) * sizeof(*site_of));

	for (int i = 0; i < ours; i++)
		remember_variables(&sides[i]);
	if (plan->loader)
		start_loader(&sides[0], &sides[1], plan);
	if (plan->kernel)
		attach_to_kernel(&sides[0], plan->loader ? NULL : &sides[1]);
	else
		attach_sides(sides, plan, caller, site_of);
	open_trace(caller_thread(caller));
	for (int i = 0; i < ours; i++)
		open_records(&sides[i], plan);
	if (plan->loader)
		reset_loaded(&sides[0]);
	if (plan->kernel)
		reset_sides(sides, ours);
	for (int i = 0; i < ours; i++)
		dump_variables(&sides[i], "initial");
	if (plan->loader)
		dump_loaded_variables(&sides[1], "initial");
	for (int i = 0; i < plan->call_count; i++) {
		if (plan->calls[i].kind == CALL_TEST_RUN)
			test_run(sides, plan, caller, i);
		else
			make_call(caller, i, site_of[i]);
		print_records(i);
		print_trace(i);
	}
	stop_caller(caller);
	keep_variables();
	for (int i = 0; i < ours; i++)
		dump_side(&sides[i], plan);
	if (plan->loader)
		dump_loaded(&sides[0], &sides[1], plan);
	close_trace();
}

int main(int count, char **words)
{
	static const char *const labels[SIDES] = { "c", "rust" };
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct side sides[SIDES] = {};
	struct plan plan = {};
	bool loaded = true;

	if (getpid() == 1)
		be_guest();
	if (count != 2)
		fail("usage: witness PLAN");
	read_plan(&plan, words[1]);
	current_plan = &plan;
	libbpf_set_print(print_message);
	/* Memory that is asked for later is there already: brk() is a system call that probes may look for. */
	mallopt(M_TOP_PAD, MEMORY);
	free(allocate(1));
	if (plan.kernel) {
		for (int i = 0; i < plan.call_count; i++)
			if (syscall_number(plan.calls[i].program) < 0) {
				printf("c nocall %s\n", plan.calls[i].program);
				loaded = false;
			}
		if (!loaded) {
			fflush(stdout);
			return REFUSED;
		}
		/* What we print is a system call too: not before both sides are dumped. */
		setvbuf(stdout, NULL, _IOFBF, OUTPUT_MAX);
		plan.wrapper = __real_probe_kern_syscall_wrapper(-1) == 1;
		printf("wrapper %d\n", plan.wrapper);
	}
	/* Before 5.11 the memory of maps counts as locked. */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0)
		fail("can't count runs (is this root?): %m");
	for (int i = 0; i < SIDES; i++) {
		sides[i] = (struct side){ .number = i, .label = labels[i], .path = plan.paths[i] };
		if (i && plan.loader)
			read_symbols(&sides[i].symbols, sides[i].path);
		else if (sides[i].path)
			loaded &= load_side(&sides[i], &plan, i ? &sides[0] : NULL);
	}
	if (!loaded) {
		fflush(stdout);
		return REFUSED;
	}
	if (!plan.load_only) {
		mask_by(sides[0].object);
		run(sides, &plan);
	}
	fflush(stdout);
	return DONE;
}
