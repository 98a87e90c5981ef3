/*
 * The witness: loads a C object and its port, lets both see the same calls, and tells what each
 * left behind. It judges nothing; that is for the bench, which reads what it prints.
 *
 * plan.c     what to do, as the bench wrote it down
 * side.c     one object: constants set, loaded, what the verifier said
 * symbols.c  where an object's global variables lie
 * core.c     what the port's loader would fill in: offsets of the running kernel's fields
 * sites.c    functions to put probes on, and their registers
 * caller.c   the process that makes the calls
 * kernel.c   attaches to the kernel's own functions, on a kernel with kprobes
 * loader.c   the port loaded by its own loader there
 * reset.c    empties maps after that, keeps variables, counts runs
 * guest.c    the witness as a virtual machine's only program
 * attach.c   puts the programs of both sides where those calls come by
 * records.c  what ring buffers and perf buffers received
 * mask.c     which bytes aren't compared
 * dump.c     what maps and variables hold
 * trace.c    what bpf_printk wrote
 */
#ifndef WITNESS_H
#define WITNESS_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#define ARGUMENTS 6
#define SIDES 2

/* Ends the program: the bench itself failed, and no verdict can be given. */
void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...);
void *allocate(size_t size);
void print_hex(const void *bytes, size_t size);

/* How a program meets a call; see enum in attach.c for which program type takes which. */
enum call_kind {
	CALL_SYSCALL,	/* the registers of a system call's entry */
	CALL_FUNCTION,	/* those of a function's entry */
	CALL_RETURN,	/* the function's return; the value is the first argument */
	CALL_TEST_RUN,	/* BPF_PROG_TEST_RUN */
	CALL_KERNEL,	/* a real system call; `program` is its name */
};

struct argument {
	int blob;	/* -1: `value` is the number, else an offset into that blob */
	unsigned long long value;
};

struct call {
	char *program;
	enum call_kind kind;
	struct argument arguments[ARGUMENTS];
	int sleep_ms;	/* afterwards */
};

/* Memory of the caller that arguments point to. */
struct blob {
	unsigned char *bytes;
	size_t size;
	bool edge;	/* ends where the next page can't be read */
	struct pointer {
		size_t at;
		int to;	/* a blob */
	} *pointers;
	int pointer_count;
};

/* A constant that the loader sets before loading. */
struct setting {
	char *symbol;
	bool is_number;	/* as wide as the constant is; else bytes, and zeros behind them */
	unsigned long long number;
	unsigned char *bytes;
	size_t size;
	int side;	/* or -1 for both */
};

/* Bytes that differ from run to run: not compared. */
struct mask {
	char *map;
	char *type;	/* of the record, or NULL for the type of the map's values */
	char *field;
};

struct plan {
	bool load_only;
	bool kernel;	/* attach to the kernel's functions, make real system calls */
	bool wrapper;
	unsigned int uid, gid;
	char *loader;	/* that loads the port, or NULL: the witness does */
	char **options;	/* of the loader */
	int option_count;
	char *btf;	/* of the kernel; NULL for its own */
	char *paths[SIDES];
	struct call *calls;
	int call_count;
	struct blob *blobs;
	int blob_count;
	struct setting *settings;
	int setting_count;
	struct mask *masks;
	int mask_count;
};

void read_plan(struct plan *plan, const char *path);

struct symbol {
	const char *name, *section;
	size_t offset, size;
};

struct symbols {
	struct symbol *list;
	int count;
};

void read_symbols(struct symbols *symbols, const char *path);
const struct symbol *find_symbol(const struct symbols *symbols, const char *name);
/* The map that holds the section in which a symbol lies. */
struct bpf_map *map_of_symbol(const struct bpf_object *object, const struct symbol *symbol);

struct side {
	int number;
	const char *label;	/* "c" or "rust" */
	const char *path;
	struct symbols symbols;
	struct bpf_object *object;
};

/* Opens an object, C or Rust, for the kernel at hand. */
struct bpf_object *open_object(const char *path, const struct plan *plan);

/* Opens, sets the constants, and loads what the kernel takes; false if nothing can be attached. */
/* What libbpf complained of first since this was emptied. */
extern char first_warning[256];

bool load_side(struct side *side, const struct plan *plan, const struct side *model);

/* Sets the port's `core…` constants; false (with a message) if the object hasn't got one. */
bool fill_core_constants(struct side *side, const struct plan *plan);
/* Write the value of a constant before the object is loaded. */
bool set_constant(struct side *side, const char *name, const void *bytes, size_t size);
bool set_number(struct side *side, const char *name, unsigned long long number);

struct caller;
struct caller *start_caller(const struct plan *plan);
pid_t caller_process(const struct caller *caller);
pid_t caller_thread(const struct caller *caller);
/* Address of the memory of an argument, as the caller sees it. */
unsigned long long caller_value(const struct caller *caller, const struct argument *argument);
void make_call(struct caller *caller, int number, int site);
void stop_caller(struct caller *caller);

int syscall_number(const char *name);
/* The call that a 32-bit program is to make; NULL: it is to be made as usual. */
const char *compat_name(const char *name);
/* `port` is NULL if it is attached already. */
void attach_to_kernel(const struct side *c, const struct side *port);
void remember_variables(const struct side *side);
void keep_variables(void);
/* The values of the variables that a map holds, at the moment when they were kept; or NULL. */
const void *kept_variables(const struct bpf_map *map);
void remember_runs(const char *side, const char *name, int fd);
void print_runs(const char *side, const char *name, int fd);
unsigned int helper_calls(int fd, const char *name);
void reset_map(const struct bpf_map *map, int fd);
/* `count` is how many of them the witness loaded. */
void reset_sides(struct side sides[SIDES], int count);
void __attribute__((noreturn)) be_guest(void);

#define SITES 64
/* The offset of a site in this program's file. */
size_t site_offset(int site);
/* Enters a site with the registers of a system call's entry, or those of a function's. */
unsigned long enter_site(int site, const unsigned long long arguments[ARGUMENTS], bool syscall);

/* The site of each call's program, by attaching both sides to it. */
void attach_sides(struct side sides[SIDES], const struct plan *plan, const struct caller *caller, int *sites);
void test_run(struct side sides[SIDES], const struct plan *plan, const struct caller *caller, int number);

void open_records(struct side *side, const struct plan *plan);
void print_records(int call);
void drop_records(void);
void dump_map(const struct side *side, const struct plan *plan, const char *name, int fd);
void dump_variable(const struct side *side, const struct symbol *symbol, int fd, const void *kept,
		   const char *moment);
/* Each variable's value as "LABEL initial|variable NAME BYTES". */
void dump_variables(const struct side *side, const char *moment);
void dump_side(const struct side *side, const struct plan *plan);

/* Starts the plan's loader, and waits until it has attached everything. */
void start_loader(const struct side *model, const struct side *port, const struct plan *plan);
void reset_loaded(const struct side *model);
void dump_loaded_variables(const struct side *side, const char *moment);
/* Ends the loader after that. */
void dump_loaded(const struct side *model, const struct side *side, const struct plan *plan);

/* The object whose types say where masked fields are. */
void mask_by(const struct bpf_object *object);
/* A record or value of `map`, masked. */
void print_masked(const struct plan *plan, const char *map, const void *bytes, size_t size);

void open_trace(pid_t thread);
void print_trace(int call);
void close_trace(void);

#endif
