/*
 * The port loaded by its own loader, as a user would: a process of its own, whose maps and programs
 * are found by their names among what is new in the kernel. It reads the buffers itself, so that what
 * records hold is known by what it prints.
 *
 * From the reset on nothing here opens, closes, reads or writes a file: probes may look for that.
 */
#define _GNU_SOURCE
#include "witness.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT "/tmp/loader.out"
#define MESSAGES "/tmp/loader.err"
/* What the loader says when everything is attached. */
#define READY "Ctrl-C"
#define PATIENCE_MS 60000
#define STEP_MS 20
#define FOUND 128

static pid_t loader;
static unsigned int last_map, last_program;
/* Of the loader's process, and what it prints. */
static int state_fd, output_fd;
/* How much it had printed when the calls began. */
static off_t before;

/* What was found by its name: `fd` is -1 if it isn't there. */
static struct found {
	char name[64];
	bool program;
	int fd;
} found[FOUND];
static int found_count;

/* The port's object, for what its variables hold at first. */
static struct bpf_object *opened;

static unsigned int last_id(int (*next)(unsigned int, unsigned int *))
{
	unsigned int id = 0;

	while (!next(id, &id))
		;
	return id;
}

static bool kernel_calls_it(const char *kernel_name, const char *name)
{
	/* The kernel keeps 15 characters. */
	return !strncmp(kernel_name, name, BPF_OBJ_NAME_LEN - 1);
}

static int search_map(const char *name)
{
	for (unsigned int id = last_map; !bpf_map_get_next_id(id, &id);) {
		struct bpf_map_info info = {};
		unsigned int size = sizeof(info);
		int fd = bpf_map_get_fd_by_id(id);

		if (fd >= 0 && !bpf_map_get_info_by_fd(fd, &info, &size) && kernel_calls_it(info.name, name))
			return fd;
		close(fd);
	}
	return -1;
}

static int search_program(const char *name)
{
	for (unsigned int id = last_program; !bpf_prog_get_next_id(id, &id);) {
		struct bpf_prog_info info = {};
		unsigned int size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd >= 0 && !bpf_prog_get_info_by_fd(fd, &info, &size) && kernel_calls_it(info.name, name))
			return fd;
		close(fd);
	}
	return -1;
}

/* The loader's map or program of a name, or -1. Each is looked for once. */
static int find(const char *name, bool program)
{
	struct found *new = &found[found_count];

	for (int i = 0; i < found_count; i++)
		if (found[i].program == program && !strcmp(found[i].name, name))
			return found[i].fd;
	if (++found_count > FOUND)
		fail("more than %d maps and programs", FOUND);
	snprintf(new->name, sizeof(new->name), "%s", name);
	new->program = program;
	new->fd = program ? search_program(name) : search_map(name);
	return new->fd;
}

static void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

static bool has_ended(void)
{
	return waitpid(loader, NULL, WNOHANG) == loader;
}

/* Prints a file's lines from some place on, each after "rust WORD ". */
static void print_lines(const char *path, const char *word, off_t from)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	if (!file || fseeko(file, from, SEEK_SET))
		fail("can't read %s: %m", path);
	while (getline(&line, &room, file) > 0)
		printf("rust %s %.*s\n", word, (int)strcspn(line, "\n"), line);
	free(line);
	fclose(file);
}

static bool is_ready(void)
{
	char text[4096];
	int fd = open(MESSAGES, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[length > 0 ? length : 0] = '\0';
	return strstr(text, READY);
}

static void become_loader(const struct plan *plan)
{
	int out = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int errors = open(MESSAGES, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char **words = allocate((plan->option_count + 2) * sizeof(*words));

	words[0] = plan->loader;
	memcpy(words + 1, plan->options, plan->option_count * sizeof(*words));
	dup2(out, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	execv(plan->loader, words);
	fail("can't run %s: %m", plan->loader);
}

void start_loader(const struct side *model, const struct side *port, const struct plan *plan)
{
	struct bpf_program *program;
	struct bpf_map *map;
	char path[64];

	last_map = last_id(bpf_map_get_next_id);
	last_program = last_id(bpf_prog_get_next_id);
	unlink(MESSAGES);
	fflush(stdout);
	loader = fork();
	if (!loader)
		become_loader(plan);
	for (int i = 0; !is_ready(); i++) {
		if (has_ended()) {
			print_lines(MESSAGES, "said", 0);
			fflush(stdout);
			fail("the loader ended, see above");
		}
		if (i == PATIENCE_MS / STEP_MS)
			fail("the loader doesn't attach");
		pause_ms(STEP_MS);
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", loader);
	state_fd = open(path, O_RDONLY | O_CLOEXEC);
	output_fd = open(OUTPUT, O_RDONLY | O_CLOEXEC);
	opened = open_object(port->path, plan);
	bpf_object__for_each_program(program, model->object)
		find(bpf_program__name(program), true);
	bpf_object__for_each_map(map, model->object)
		if (!bpf_map__is_internal(map))
			find(bpf_map__name(map), false);
	for (int i = 0; i < port->symbols.count; i++)
		if (port->symbols.list[i].section[0] == '.')
			find(port->symbols.list[i].section, false);
}

/* Waits until it has nothing to do: asleep several times on end. */
static void await_rest(void)
{
	for (int i = 0, asleep = 0; asleep < 5; i++) {
		char state[512] = "";
		const char *after;

		if (i == PATIENCE_MS / STEP_MS)
			fail("the loader doesn't come to rest");
		if (pread(state_fd, state, sizeof(state) - 1, 0) < 0)
			fail("the loader is gone: %m");
		after = strrchr(state, ')');
		asleep = after && after[2] == 'S' ? asleep + 1 : 0;
		pause_ms(STEP_MS);
	}
}

/* To what the object says, which was opened, but isn't loaded. */
static void reset_variables(void)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, opened) {
		const char *section = strchr(bpf_map__name(map), '.');
		unsigned int zero = 0;
		size_t size;
		void *values = bpf_map__initial_value(map, &size);
		int fd = bpf_map__is_internal(map) && section ? find(section, false) : -1;

		if (fd >= 0 && strncmp(section, ".rodata", strlen(".rodata")) &&
		    bpf_map_update_elem(fd, &zero, values, BPF_ANY))
			fail("can't reset %s: %m", section);
	}
}

/* What was seen while the witness attached its own side doesn't count. */
void reset_loaded(const struct side *model)
{
	struct stat printed;
	struct bpf_map *map;

	await_rest();
	if (fstat(output_fd, &printed))
		fail("no output of the loader: %m");
	before = printed.st_size;
	bpf_object__for_each_map(map, model->object)
		if (!bpf_map__is_internal(map))
			reset_map(map, find(bpf_map__name(map), false));
	reset_variables();
	for (int i = 0; i < found_count; i++)
		if (found[i].program)
			remember_runs("rust", found[i].name, found[i].fd);
}

void dump_loaded_variables(const struct side *side, const char *moment)
{
	for (int i = 0; i < side->symbols.count; i++) {
		const struct symbol *symbol = &side->symbols.list[i];

		if (symbol->section[0] == '.' && strcmp(symbol->section, ".maps"))
			dump_variable(side, symbol, find(symbol->section, false), NULL, moment);
	}
}

static void end_loader(void)
{
	/* Not by kill(), for which a probe may look. */
	int process = syscall(SYS_pidfd_open, loader, 0);

	if (process < 0 || syscall(SYS_pidfd_send_signal, process, SIGINT, NULL, 0))
		fail("can't end the loader: %m");
	for (int i = 0; !has_ended(); i++) {
		if (i == PATIENCE_MS / STEP_MS)
			fail("the loader doesn't end on SIGINT");
		pause_ms(STEP_MS);
	}
}

/* The port's side of what dump_side() prints. */
void dump_loaded(const struct side *model, const struct side *side, const struct plan *plan)
{
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_map(map, model->object)
		if (!bpf_map__is_internal(map))
			dump_map(side, plan, bpf_map__name(map), find(bpf_map__name(map), false));
	dump_loaded_variables(side, "variable");
	bpf_object__for_each_program(program, model->object) {
		const char *name = bpf_program__name(program);
		struct bpf_prog_info info = {};
		unsigned int size = sizeof(info);
		int fd = find(name, true);

		if (fd < 0 || bpf_prog_get_info_by_fd(fd, &info, &size))
			continue;
		printf("rust program %s section - walked 0 xlated %u jited %u calls %u\n", name,
		       info.xlated_prog_len, info.jited_prog_len, helper_calls(fd, name));
		print_runs("rust", name, fd);
	}
	await_rest();
	end_loader();
	print_lines(OUTPUT, "shown", before);
	print_lines(MESSAGES, "said", 0);
}
