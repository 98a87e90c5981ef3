/*
 * The witness as a virtual machine's first and only program: runs every plan that it finds, with
 * the console for its output, and switches the machine off.
 */
#define _GNU_SOURCE
#include "witness.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PLANS "/plans"

static void mount_on(const char *type, const char *folder)
{
	mkdir(folder, 0755);
	if (mount(type, folder, type, 0, NULL))
		printf("@@ no %s\n", type);
}

static void take_console(void)
{
	int console = open("/dev/console", O_RDWR);
	struct termios mode;

	if (console < 0)
		return;
	/* Lines as they are, not ended by two characters. */
	if (!tcgetattr(console, &mode)) {
		mode.c_oflag &= ~OPOST;
		tcsetattr(console, TCSADRAIN, &mode);
	}
	dup2(console, STDIN_FILENO);
	dup2(console, STDOUT_FILENO);
	dup2(console, STDERR_FILENO);
}

static int is_plan(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void run_plan(const char *name)
{
	char path[512];
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), PLANS "/%s", name);
	printf("@@ plan %s\n", name);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		execl("/init", "witness", path, NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	printf("@@ done %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	fflush(stdout);
}

void be_guest(void)
{
	struct dirent **plans;
	struct utsname machine;
	int count;

	mount_on("devtmpfs", "/dev");
	take_console();
	mount_on("proc", "/proc");
	mount_on("sysfs", "/sys");
	mount_on("tracefs", "/sys/kernel/tracing");
	uname(&machine);
	printf("@@ kernel %s %s\n", machine.release, machine.machine);
	count = scandir(PLANS, &plans, is_plan, alphasort);
	for (int i = 0; i < count; i++)
		run_plan(plans[i]->d_name);
	printf("@@ end\n");
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
