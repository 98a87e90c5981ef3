/*
 * The process that makes the calls: not root, and from a thread that isn't its first, so that no two
 * of uid, gid, tgid and tid are alike. It stays on one CPU, where both sides then count.
 *
 * Where the kernel wraps its system calls, a probe gets the address of the saved registers. Those
 * must be real ones: another thread enters pause() with the arguments in its registers and waits
 * there, so that the kernel keeps them for as long as the call takes.
 */
#define _GNU_SOURCE
#include "witness.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define NAME "caller"
#define PATIENCE_MS 2000

struct caller {
	const struct plan *plan;
	unsigned long long *blobs;	/* addresses; the same in the parent, which never looks there */
	volatile unsigned int *awaited_thread;
	volatile unsigned long long *saved_regs;
	pid_t process, thread;
	int requests[2], replies[2];
};

struct request {
	int call, site;
};

static void sleep_us(long us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&time, NULL);
}

static unsigned long long place(const struct blob *blob)
{
	size_t pages = blob->size / PAGE + 1;
	/* The page behind is never readable. */
	char *start = mmap(NULL, (pages + 1) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at;

	if (start == MAP_FAILED || mprotect(start, pages * PAGE, PROT_READ | PROT_WRITE))
		fail("no memory for the calls: %m");
	at = blob->edge ? start + pages * PAGE - blob->size : start;
	memset(start, 0, pages * PAGE);
	memcpy(at, blob->bytes, blob->size);
	return (unsigned long long)at;
}

static void place_all(struct caller *caller)
{
	const struct plan *plan = caller->plan;

	caller->blobs = allocate((plan->blob_count + 1) * sizeof(*caller->blobs));
	for (int i = 0; i < plan->blob_count; i++)
		caller->blobs[i] = place(&plan->blobs[i]);
	for (int i = 0; i < plan->blob_count; i++)
		for (int j = 0; j < plan->blobs[i].pointer_count; j++) {
			const struct pointer *pointer = &plan->blobs[i].pointers[j];
			void *to = (void *)caller->blobs[pointer->to];

			memcpy((char *)caller->blobs[i] + pointer->at, &to, sizeof(to));
		}
}

unsigned long long caller_value(const struct caller *caller, const struct argument *argument)
{
	return argument->blob < 0 ? argument->value : caller->blobs[argument->blob] + argument->value;
}

/* Loads the program that tells where a thread's registers are, and maps its variables. */
static void load_finder(struct caller *caller)
{
	extern const char finder_start[], finder_end[];
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "finder");
	struct bpf_object *object = bpf_object__open_mem(finder_start, finder_end - finder_start, &options);
	struct bpf_program *program = object ? bpf_object__next_program(object, NULL) : NULL;
	const struct btf_type *section;
	const struct btf *btf;
	struct bpf_map *map;
	char *variables;
	size_t size;

	if (!program || bpf_object__load(object) || !bpf_program__attach(program))
		fail("can't find out where the kernel saves registers: %m");
	map = bpf_object__next_map(object, NULL);
	variables = bpf_map__initial_value(map, &size);
	btf = bpf_object__btf(object);
	section = btf__type_by_id(btf, btf__find_by_name_kind(btf, ".bss", BTF_KIND_DATASEC));
	for (int i = 0; i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *variable = &btf_var_secinfos(section)[i];
		const char *name = btf__name_by_offset(btf, btf__type_by_id(btf, variable->type)->name_off);
		void *at = variables + variable->offset;

		if (!strcmp(name, "saved_regs"))
			caller->saved_regs = at;
		else
			caller->awaited_thread = at;
	}
}

static void on_signal(int signal)
{
	(void)signal;
}

struct pause {
	struct caller *caller;
	unsigned long long arguments[ARGUMENTS];
	volatile pid_t thread;
};

#ifdef __x86_64__
/* Waits in pause() with six arguments that it doesn't have. */
static void *pause_with(void *data)
{
	struct pause *pause = data;
	register unsigned long long r10 __asm__("r10") = pause->arguments[3];
	register unsigned long long r8 __asm__("r8") = pause->arguments[4];
	register unsigned long long r9 __asm__("r9") = pause->arguments[5];
	long result = SYS_pause;

	pause->thread = syscall(SYS_gettid);
	*pause->caller->awaited_thread = pause->thread;
	r10 = pause->arguments[3];
	r8 = pause->arguments[4];
	r9 = pause->arguments[5];
	__asm__ volatile("syscall"
			 : "+a"(result)
			 : "D"(pause->arguments[0]), "S"(pause->arguments[1]), "d"(pause->arguments[2]),
			   "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return NULL;
}

static void enter_wrapped(struct caller *caller, int site, const unsigned long long arguments[ARGUMENTS])
{
	struct pause pause = { .caller = caller };
	unsigned long long wrapped[ARGUMENTS];
	pthread_t thread;

	memcpy(pause.arguments, arguments, sizeof(pause.arguments));
	*caller->saved_regs = 0;
	if (pthread_create(&thread, NULL, pause_with, &pause))
		fail("can't start a thread");
	for (int i = 0; !*caller->saved_regs; i++) {
		if (i == PATIENCE_MS * 20)
			fail("no thread came to pause()");
		sleep_us(50);
	}
	/* What the wrapper's other registers hold means nothing. */
	for (int i = 0; i < ARGUMENTS; i++)
		wrapped[i] = 0x1111111111111111 * (i + 1);
	wrapped[0] = *caller->saved_regs;
	enter_site(site, wrapped, false);
	*caller->awaited_thread = 0;
	/* It may still be on its way to sleep, where the signal would be lost. */
	do {
		syscall(SYS_tgkill, getpid(), pause.thread, SIGUSR1);
		sleep_us(50);
	} while (pthread_tryjoin_np(thread, NULL) == EBUSY);
}
#else
static void enter_wrapped(struct caller *caller, int site, const unsigned long long arguments[ARGUMENTS])
{
	(void)caller, (void)site, (void)arguments;
	fail("sites are for x86_64");
}
#endif

/*
 * A probe can't wait for a page. After fork() all are there, but some machines (s390x) let none be read
 * before a fault has marked it as young.
 */
static void touch_all(const struct caller *caller)
{
	for (int i = 0; i < caller->plan->blob_count; i++) {
		volatile const char *at = (const char *)caller->blobs[i];

		for (size_t j = 0; j < caller->plan->blobs[i].size; j++)
			(void)at[j];
	}
}

/* Makes a system call as a 32-bit program does, with up to five arguments. */
static void call_compat(int number, const long *words)
{
#ifdef __x86_64__
	long result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(number), "b"(words[0]), "c"(words[1]), "d"(words[2]), "S"(words[3]), "D"(words[4])
		     : "memory", "r8", "r9", "r10", "r11");
#else
	(void)number, (void)words;
	fail("this machine has no such calls");
#endif
}

static void serve(struct caller *caller, const struct request *request)
{
	const struct call *call = &caller->plan->calls[request->call];
	unsigned long long arguments[ARGUMENTS];
	long words[ARGUMENTS];

	touch_all(caller);
	for (int i = 0; i < ARGUMENTS; i++)
		words[i] = arguments[i] = caller_value(caller, &call->arguments[i]);
	if (call->kind == CALL_KERNEL && compat_name(call->program))
		call_compat(syscall_number(call->program), words);
	else if (call->kind == CALL_KERNEL)
		syscall(syscall_number(call->program), words[0], words[1], words[2], words[3], words[4], words[5]);
	else if (call->kind == CALL_SYSCALL && caller->plan->wrapper)
		enter_wrapped(caller, request->site, arguments);
	else
		enter_site(request->site, arguments, call->kind == CALL_SYSCALL);
	if (call->sleep_ms)
		sleep_us(call->sleep_ms * 1000L);
}

static void *serve_all(void *data)
{
	struct caller *caller = data;
	struct request request;
	pid_t thread = syscall(SYS_gettid);

	prctl(PR_SET_NAME, NAME);
	if (write(caller->replies[1], &thread, sizeof(thread)) != sizeof(thread))
		_exit(2);
	while (read(caller->requests[0], &request, sizeof(request)) == sizeof(request)) {
		serve(caller, &request);
		if (write(caller->replies[1], &thread, sizeof(thread)) != sizeof(thread))
			_exit(2);
	}
	return NULL;
}

static void __attribute__((noreturn)) become_caller(struct caller *caller)
{
	struct sigaction action = { .sa_handler = on_signal };
	const struct plan *plan = caller->plan;
	pthread_t thread;
	cpu_set_t cpus;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGUSR1, &action, NULL);
	CPU_ZERO(&cpus);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &cpus);
	close(caller->requests[1]);
	close(caller->replies[0]);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) || setgroups(0, NULL) ||
	    setresgid(plan->gid, plan->gid, plan->gid) || setresuid(plan->uid, plan->uid, plan->uid))
		fail("can't become uid %u, gid %u: %m", plan->uid, plan->gid);
	if (pthread_create(&thread, NULL, serve_all, caller))
		fail("can't start a thread");
	pthread_join(thread, NULL);
	_exit(0);
}

static pid_t await_reply(struct caller *caller)
{
	pid_t thread;

	if (read(caller->replies[0], &thread, sizeof(thread)) != sizeof(thread))
		fail("the caller died");
	return thread;
}

struct caller *start_caller(const struct plan *plan)
{
	struct caller *caller = allocate(sizeof(*caller));

	caller->plan = plan;
	place_all(caller);
	if (plan->wrapper && !plan->kernel)
		load_finder(caller);
	/* Not for others that are started: the caller ends when nobody can write any more. */
	if (pipe2(caller->requests, O_CLOEXEC) || pipe2(caller->replies, O_CLOEXEC))
		fail("no pipes: %m");
	fflush(stdout);
	caller->process = fork();
	if (caller->process < 0)
		fail("can't fork: %m");
	if (!caller->process)
		become_caller(caller);
	close(caller->requests[0]);
	close(caller->replies[1]);
	caller->thread = await_reply(caller);
	return caller;
}

pid_t caller_process(const struct caller *caller)
{
	return caller->process;
}

pid_t caller_thread(const struct caller *caller)
{
	return caller->thread;
}

void make_call(struct caller *caller, int number, int site)
{
	struct request request = { number, site };

	if (write(caller->requests[1], &request, sizeof(request)) != sizeof(request))
		fail("the caller died");
	await_reply(caller);
}

void stop_caller(struct caller *caller)
{
	close(caller->requests[1]);
	waitpid(caller->process, NULL, 0);
}
