/*
 * The plan is lines of words. Numbers are hexadecimal without a prefix, so are bytes.
 *
 *	load				only load
 *	kernel				attach to the kernel's functions; else to sites
 *	loader PATH			what loads the port there, instead of the witness
 *	option BYTES			on its command line
 *	wrapper 0|1			LINUX_HAS_SYSCALL_WRAPPER
 *	ids UID GID			of the caller
 *	btf PATH			of the kernel's types
 *	side 0|1 PATH			the C object, the port
 *	set 0|1|* SYMBOL BYTES		a constant; zeros follow
 *	number 0|1|* SYMBOL NUMBER	a constant, as wide as it is
 *	mask MAP TYPE|- FIELD		differs from run to run
 *	blob plain|edge BYTES|-		memory; the first is number 0
 *	point BLOB OFFSET BLOB		a pointer in it
 *	call KIND PROGRAM A B C D E F	arguments: a number, or @BLOB
 *	sleep MS			after the call
 */
#include "witness.h"

#include <stdlib.h>
#include <string.h>

#define WORDS 16

static size_t read_hex(const char *text, unsigned char **bytes)
{
	size_t size = strcmp(text, "-") ? strlen(text) / 2 : 0;

	*bytes = allocate(size + 1);
	for (size_t i = 0; i < size; i++) {
		unsigned int byte;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			fail("plan: %s isn't hexadecimal", text);
		(*bytes)[i] = byte;
	}
	return size;
}

static void *grow(void *list, int count, size_t size)
{
	list = realloc(list, (count + 1) * size);
	if (!list)
		fail("out of memory");
	memset((char *)list + count * size, 0, size);
	return list;
}

static void add_blob(struct plan *plan, char **words)
{
	struct blob *blob;

	plan->blobs = grow(plan->blobs, plan->blob_count, sizeof(*plan->blobs));
	blob = &plan->blobs[plan->blob_count++];
	blob->edge = !strcmp(words[1], "edge");
	blob->size = read_hex(words[2], &blob->bytes);
}

static void add_setting(struct plan *plan, char **words)
{
	struct setting *setting;

	plan->settings = grow(plan->settings, plan->setting_count, sizeof(*plan->settings));
	setting = &plan->settings[plan->setting_count++];
	setting->side = words[1][0] == '*' ? -1 : words[1][0] - '0';
	setting->symbol = strdup(words[2]);
	setting->is_number = !strcmp(words[0], "number");
	if (setting->is_number)
		setting->number = strtoull(words[3], NULL, 16);
	else
		setting->size = read_hex(words[3], &setting->bytes);
}

static struct blob *blob_at(struct plan *plan, const char *word)
{
	int number = strtol(word, NULL, 16);

	if (number < 0 || number >= plan->blob_count)
		fail("plan: no blob %s", word);
	return &plan->blobs[number];
}

static void add_call(struct plan *plan, char **words, int count)
{
	static const char *const kinds[] = { "syscall", "function", "return", "run", "kernel" };
	struct call *call;

	if (count != 3 + ARGUMENTS)
		fail("plan: a call has %d arguments", count - 3);
	plan->calls = grow(plan->calls, plan->call_count, sizeof(*plan->calls));
	call = &plan->calls[plan->call_count++];
	for (call->kind = 0; strcmp(kinds[call->kind], words[1]); call->kind++)
		if (call->kind == CALL_KERNEL)
			fail("plan: unknown kind of call %s", words[1]);
	call->program = strdup(words[2]);
	for (int i = 0; i < ARGUMENTS; i++) {
		const char *word = words[3 + i];
		bool blob = word[0] == '@';

		call->arguments[i].blob = blob ? blob_at(plan, word + 1) - plan->blobs : -1;
		call->arguments[i].value = blob ? 0 : strtoull(word, NULL, 16);
	}
}

static void add_option(struct plan *plan, const char *hex)
{
	unsigned char *bytes;
	size_t size = read_hex(hex, &bytes);

	plan->options = grow(plan->options, plan->option_count, sizeof(*plan->options));
	plan->options[plan->option_count++] = strndup((char *)bytes, size);
}

static void read_line(struct plan *plan, char **words, int count)
{
	const char *what = words[0];

	if (!strcmp(what, "load")) {
		plan->load_only = true;
	} else if (!strcmp(what, "kernel")) {
		plan->kernel = true;
	} else if (!strcmp(what, "loader") && count == 2) {
		plan->loader = strdup(words[1]);
	} else if (!strcmp(what, "option") && count == 2) {
		add_option(plan, words[1]);
	} else if (!strcmp(what, "wrapper") && count == 2) {
		plan->wrapper = words[1][0] == '1';
	} else if (!strcmp(what, "ids") && count == 3) {
		plan->uid = strtoul(words[1], NULL, 16);
		plan->gid = strtoul(words[2], NULL, 16);
	} else if (!strcmp(what, "btf") && count == 2) {
		plan->btf = strdup(words[1]);
	} else if (!strcmp(what, "side") && count == 3) {
		plan->paths[words[1][0] == '1'] = strdup(words[2]);
	} else if ((!strcmp(what, "set") || !strcmp(what, "number")) && count == 4) {
		add_setting(plan, words);
	} else if (!strcmp(what, "mask") && count == 4) {
		struct mask *mask;

		plan->masks = grow(plan->masks, plan->mask_count, sizeof(*plan->masks));
		mask = &plan->masks[plan->mask_count++];
		mask->map = strdup(words[1]);
		mask->type = strcmp(words[2], "-") ? strdup(words[2]) : NULL;
		mask->field = strdup(words[3]);
	} else if (!strcmp(what, "blob") && count == 3) {
		add_blob(plan, words);
	} else if (!strcmp(what, "point") && count == 4) {
		struct blob *blob = blob_at(plan, words[1]);
		struct pointer *pointer;

		blob->pointers = grow(blob->pointers, blob->pointer_count, sizeof(*blob->pointers));
		pointer = &blob->pointers[blob->pointer_count++];
		pointer->at = strtoul(words[2], NULL, 16);
		pointer->to = blob_at(plan, words[3]) - plan->blobs;
		if (pointer->at + sizeof(void *) > blob->size)
			fail("plan: blob %s is too short for a pointer at %s", words[1], words[2]);
	} else if (!strcmp(what, "call")) {
		add_call(plan, words, count);
	} else if (!strcmp(what, "sleep") && count == 2 && plan->call_count) {
		plan->calls[plan->call_count - 1].sleep_ms = strtol(words[1], NULL, 16);
	} else {
		fail("plan: unknown line %s", what);
	}
}

void read_plan(struct plan *plan, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		fail("can't read %s: %m", path);
	while (getline(&line, &room, file) >= 0) {
		char *words[WORDS], *word, *rest = line;
		int count = 0;

		while ((word = strsep(&rest, " \n")) && count < WORDS)
			if (*word)
				words[count++] = word;
		if (count)
			read_line(plan, words, count);
	}
	free(line);
	fclose(file);
	if (!plan->paths[0])
		fail("plan: no object");
}
