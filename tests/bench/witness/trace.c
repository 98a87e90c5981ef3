/*
 * What bpf_printk wrote, in an instance of the trace that is ours alone and takes nothing but this,
 * from nobody but the caller and the witness. A call's lines are those of both sides, one after the other.
 */
#define _GNU_SOURCE
#include "witness.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACEFS "/sys/kernel/tracing"
#define EVENT "bpf_trace_printk: "

static char instance[128];
static int pipe_fd = -1;

static void write_file(const char *name, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", instance, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail("can't write %s: %m", path);
	close(fd);
}

void open_trace(pid_t thread)
{
	char threads[32], path[256];

	/* A mount of our own, which ends with us. */
	if (access(TRACEFS "/instances", F_OK) &&
	    (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	     mount("tracefs", TRACEFS, "tracefs", 0, NULL)))
		fail("can't mount tracefs: %m");
	snprintf(instance, sizeof(instance), TRACEFS "/instances/c2aya-%d", getpid());
	if (mkdir(instance, 0700) && errno != EEXIST)
		fail("can't make %s: %m", instance);
	/* Test runs are ours. */
	snprintf(threads, sizeof(threads), "%d %d", thread, getpid());
	write_file("set_event_pid", threads);
	write_file("events/bpf_trace/bpf_trace_printk/enable", "1");
	snprintf(path, sizeof(path), "%s/trace_pipe", instance);
	pipe_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (pipe_fd < 0)
		fail("can't read %s: %m", path);
}

void print_trace(int call)
{
	static char text[1 << 16];
	size_t length = 0;
	ssize_t count;
	char *rest = text, *line;

	while (length < sizeof(text) - 1 && (count = read(pipe_fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += count;
	text[length] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		const char *said = strstr(line, EVENT);

		if (said)
			printf("line %d %s\n", call, said + strlen(EVENT));
		else if (*line)
			/* Of a text with line ends in it. */
			printf("line %d %s\n", call, line);
	}
}

void close_trace(void)
{
	if (pipe_fd < 0)
		return;
	close(pipe_fd);
	rmdir(instance);
}
