/* One object: its constants set, loaded, and what the verifier said to each program. */
#include "witness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOG_SIZE (1 << 20)
#define LONG_LOG_SIZE (64 << 20)
#define LOG_STATS 4	/* a line on how much the verifier walked */
#define LOG_STEPS 1	/* what it saw on the way */
/* Of the verifier's words only the last say why it refused. */
#define LOG_TAIL 2000

bool set_constant(struct side *side, const char *name, const void *bytes, size_t size)
{
	const struct symbol *symbol = find_symbol(&side->symbols, name);
	struct bpf_map *map = symbol ? map_of_symbol(side->object, symbol) : NULL;
	size_t room = 0;
	char *values = map ? bpf_map__initial_value(map, &room) : NULL;

	if (!values || symbol->size < size || symbol->offset + symbol->size > room) {
		printf("%s unset %s\n", side->label, name);
		return false;
	}
	memset(values + symbol->offset, 0, symbol->size);
	memcpy(values + symbol->offset, bytes, size);
	return true;
}

bool set_number(struct side *side, const char *name, unsigned long long number)
{
	const struct symbol *symbol = find_symbol(&side->symbols, name);
	size_t size = symbol && symbol->size < sizeof(number) ? symbol->size : sizeof(number);
	const char *bytes = (const char *)&number;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bytes += sizeof(number) - size;
#endif
	return set_constant(side, name, bytes, size);
}

static bool set_constants(struct side *side, const struct plan *plan)
{
	/* libbpf has its own way for the C object, see __wrap_probe_kern_syscall_wrapper. */
	if (find_symbol(&side->symbols, "LINUX_HAS_SYSCALL_WRAPPER") &&
	    !set_number(side, "LINUX_HAS_SYSCALL_WRAPPER", plan->wrapper))
		return false;
	for (int i = 0; i < plan->setting_count; i++) {
		const struct setting *setting = &plan->settings[i];

		if (setting->side >= 0 && setting->side != side->number)
			continue;
		if (setting->is_number ? !set_number(side, setting->symbol, setting->number) :
		    !set_constant(side, setting->symbol, setting->bytes, setting->size))
			return false;
	}
	return fill_core_constants(side, plan);
}

static void open_side(struct side *side, const struct plan *plan, const struct side *model)
{
	struct bpf_program *program;
	struct bpf_map *map;

	side->object = open_object(side->path, plan);
	/* Nothing of this may outlive the witness, and the two sides must not share a map. */
	bpf_object__for_each_map(map, side->object)
		bpf_map__set_pin_path(map, NULL);
	/* Aya's section names don't always tell libbpf the type, and never the target. */
	bpf_object__for_each_program(program, side->object) {
		const struct bpf_program *same = model && model->object ?
			bpf_object__find_program_by_name(model->object, bpf_program__name(program)) : NULL;

		if (!same)
			continue;
		bpf_program__set_type(program, bpf_program__type(same));
		bpf_program__set_expected_attach_type(program, bpf_program__expected_attach_type(same));
		if (bpf_program__type(same) == BPF_PROG_TYPE_TRACING)
			bpf_program__set_attach_target(program, 0, strchr(bpf_program__section_name(same), '/') + 1);
	}
}

/* Loads the programs that `wanted` names, or all if it is NULL. */
static int try_load(struct side *side, const struct plan *plan, const struct side *model,
		    bool (*wanted)(const char *), int log_level, char *log, size_t size)
{
	struct bpf_program *program;

	open_side(side, plan, model);
	if (!set_constants(side, plan))
		return -EINVAL;
	bpf_object__for_each_program(program, side->object) {
		if (wanted)
			bpf_program__set_autoload(program, wanted(bpf_program__name(program)));
		bpf_program__set_log_level(program, log_level);
		/* Each has its own buffer while all goes well, else the last one's words count. */
		bpf_program__set_log_buf(program, log ?: allocate(LOG_SIZE), log ? size : LOG_SIZE);
	}
	return bpf_object__load(side->object);
}

/* How often helpers are called in what the verifier made of a program, as far as it left calls. */
unsigned int helper_calls(int fd, const char *name)
{
	struct bpf_prog_info info = {};
	unsigned int size = sizeof(info), calls = 0;
	struct bpf_insn *code;

	if (bpf_prog_get_info_by_fd(fd, &info, &size))
		fail("can't ask about %s: %m", name);
	code = allocate(info.xlated_prog_len);
	info = (struct bpf_prog_info){ .xlated_prog_len = info.xlated_prog_len,
				       .xlated_prog_insns = (unsigned long)code };
	if (bpf_prog_get_info_by_fd(fd, &info, &size))
		fail("can't read the code of %s: %m", name);
	for (unsigned int i = 0; i < info.xlated_prog_len / sizeof(*code); i++)
		calls += code[i].code == (BPF_JMP | BPF_CALL) && !code[i].src_reg;
	free(code);
	return calls;
}

static void print_program(const struct side *side, const struct bpf_program *program)
{
	struct bpf_prog_info info = {};
	unsigned int size = sizeof(info), walked = 0;
	size_t log_size;
	const char *log = bpf_program__log_buf(program, &log_size);
	const char *stats = log ? strstr(log, "processed ") : NULL;

	if (stats)
		sscanf(stats, "processed %u", &walked);
	if (bpf_prog_get_info_by_fd(bpf_program__fd(program), &info, &size))
		fail("can't ask about %s: %m", bpf_program__name(program));
	printf("%s program %s section %s walked %u xlated %u jited %u calls %u\n", side->label,
	       bpf_program__name(program), bpf_program__section_name(program), walked,
	       info.xlated_prog_len, info.jited_prog_len,
	       helper_calls(bpf_program__fd(program), bpf_program__name(program)));
}

static const char *refused[256];
static const char *only;
static int refused_count;

static bool is_only(const char *name)
{
	return !strcmp(name, only);
}

static bool is_accepted(const char *name)
{
	for (int i = 0; i < refused_count; i++)
		if (!strcmp(refused[i], name))
			return false;
	return true;
}

static void print_log(const char *log)
{
	size_t length = strlen(log);
	const char *tail = length > LOG_TAIL ? log + length - LOG_TAIL : log;

	fprintf(stderr, "%s\n", tail);
}

/* In one line: what the verifier said last, ahead of its statistics, or else libbpf. */
static const char *reason(const char *log, int error)
{
	static char line[256];
	const char *end = strstr(log, "processed ");

	end = end ?: log + strlen(log);
	while (end > log && end[-1] == '\n')
		end--;
	for (log = end > log + sizeof(line) - 1 ? end - sizeof(line) + 1 : log; memchr(log, '\n', end - log);)
		log = (const char *)memchr(log, '\n', end - log) + 1;
	snprintf(line, sizeof(line), "%.*s", (int)(end - log), log);
	return line[0] ? line : first_warning[0] ? first_warning : strerror(-error);
}

/* Which programs does the kernel refuse? Each is tried alone. */
static void find_refused(struct side *side, const struct plan *plan, const struct side *model)
{
	struct bpf_object *all = side->object;
	char *log = allocate(LONG_LOG_SIZE);
	struct bpf_program *program;

	refused_count = 0;
	bpf_object__for_each_program(program, all) {
		int error;

		only = bpf_program__name(program);
		log[0] = first_warning[0] = '\0';
		error = try_load(side, plan, model, is_only, LOG_STATS, NULL, 0);
		bpf_object__close(side->object);
		if (!error || refused_count == sizeof(refused) / sizeof(*refused))
			continue;
		/* Once more for the reason; older kernels refuse what they can't say all about. */
		try_load(side, plan, model, is_only, LOG_STEPS, log, LONG_LOG_SIZE);
		bpf_object__close(side->object);
		printf("%s refused %s %s\n", side->label, only, reason(log, error));
		fprintf(stderr, "%s: %s refused:\n", side->label, only);
		print_log(log);
		refused[refused_count++] = only;
	}
	free(log);
}

bool load_side(struct side *side, const struct plan *plan, const struct side *model)
{
	struct bpf_program *program;
	int error;

	read_symbols(&side->symbols, side->path);
	error = try_load(side, plan, model, NULL, LOG_STATS, NULL, 0);
	if (error) {
		struct bpf_object *all = side->object;

		find_refused(side, plan, model);
		first_warning[0] = '\0';
		error = try_load(side, plan, model, is_accepted, LOG_STATS, NULL, 0);
		if (error || !refused_count)
			printf("%s refused * %s\n", side->label, reason("", error));
		bpf_object__close(all);
		if (error)
			return false;
	}
	bpf_object__for_each_program(program, side->object)
		if (bpf_program__autoload(program))
			print_program(side, program);
	return true;
}
