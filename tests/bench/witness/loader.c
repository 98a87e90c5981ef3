/*
 * The port loaded by its own loader, as a user would: a process of its own, whose maps and programs
 * are found by their names among what is new in the kernel. It reads the buffers itself, so that of
 * records only how many it showed is known.
 */
#define _GNU_SOURCE
#include "witness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT "/tmp/loader.out"
#define PATIENCE_S 30

static pid_t loader;
static unsigned int last_map, last_program;

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

/* The loader's map of a name, or -1. */
static int find_map(const char *name)
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

static int find_program(const char *name, struct bpf_prog_info *info)
{
	for (unsigned int id = last_program; !bpf_prog_get_next_id(id, &id);) {
		unsigned int size = sizeof(*info);
		int fd = bpf_prog_get_fd_by_id(id);

		memset(info, 0, sizeof(*info));
		if (fd >= 0 && !bpf_prog_get_info_by_fd(fd, info, &size) && kernel_calls_it(info->name, name))
			return fd;
		close(fd);
	}
	return -1;
}

static void pause_ms(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* Asleep for half a second on end: everything is attached. */
static bool is_waiting(void)
{
	for (int i = 0; i < 10; i++) {
		char path[64], state[512] = "";
		const char *after;
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/stat", loader);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, state, sizeof(state) - 1) < 0)
			fail("the loader is gone");
		close(fd);
		after = strrchr(state, ')');
		if (after && after[2] == 'Z')
			fail("the loader ended, see above");
		if (!after || after[2] != 'S')
			return false;
		pause_ms(50);
	}
	return true;
}

void start_loader(const struct side *model, const struct plan *plan)
{
	struct bpf_program *program;
	struct bpf_prog_info info;

	last_map = last_id(bpf_map_get_next_id);
	last_program = last_id(bpf_prog_get_next_id);
	fflush(stdout);
	loader = fork();
	if (!loader) {
		int out = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(out, STDOUT_FILENO);
		execl(plan->loader, plan->loader, "--json", NULL);
		fail("can't run %s: %m", plan->loader);
	}
	bpf_object__for_each_program(program, model->object)
		for (int i = 0; find_program(bpf_program__name(program), &info) < 0; i++) {
			if (i == PATIENCE_S * 20)
				fail("the loader doesn't load %s", bpf_program__name(program));
			pause_ms(50);
		}
	for (int i = 0; !is_waiting(); i++)
		if (i == PATIENCE_S)
			fail("the loader doesn't come to rest");
	fprintf(stderr, "the loader has attached\n");
}

static void print_shown(void)
{
	FILE *file = fopen(OUTPUT, "r");
	char *line = NULL;
	size_t room = 0;
	int count = 0;

	while (file && getline(&line, &room, file) > 0) {
		fprintf(stderr, "loader: %s", line);
		count += line[0] == '{';
	}
	printf("rust showed %d\n", count);
}

void dump_loaded_variables(const struct side *side, const char *moment)
{
	for (int i = 0; i < side->symbols.count; i++) {
		const struct symbol *symbol = &side->symbols.list[i];

		if (symbol->section[0] == '.' && strcmp(symbol->section, ".maps"))
			dump_variable(side, symbol, find_map(symbol->section), moment);
	}
}

static void end_loader(void)
{
	fprintf(stderr, "ending the loader\n");
	kill(loader, SIGINT);
	for (int i = 0; waitpid(loader, NULL, WNOHANG) != loader; i++) {
		if (i == PATIENCE_S * 20)
			fail("the loader doesn't end on SIGINT");
		pause_ms(50);
	}
}

/* The port's side of what dump_side() prints. */
void dump_loaded(const struct side *model, const struct side *side, const struct plan *plan)
{
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_map(map, model->object)
		if (!bpf_map__is_internal(map))
			dump_map(side, plan, bpf_map__name(map), find_map(bpf_map__name(map)));
	dump_loaded_variables(side, "variable");
	bpf_object__for_each_program(program, model->object) {
		const char *name = bpf_program__name(program);
		struct bpf_prog_info info;

		if (find_program(name, &info) < 0)
			continue;
		printf("rust program %s section - walked 0 xlated %u jited %u\n", name, info.xlated_prog_len,
		       info.jited_prog_len);
		printf("rust ran %s %llu in %llu ns\n", name, info.run_cnt, info.run_time_ns);
	}
	end_loader();
	print_shown();
}
