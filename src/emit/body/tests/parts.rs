//! Parts of options, records without names, values that are lent, and what lookups find.

use super::{check, check_behind};

/// A structure that the loader may set isn't read whole for one of its fields.
#[test]
fn fields_of_an_option() {
    let head = "int BPF_PROG(f) { return 0; }\n\
                const volatile struct { u32 burst; bool on; struct { u16 ports[2]; } net; } cfg = { .burst = 3 };\n\
                SEC(\"fentry/g\") int BPF_PROG(g, u32 i) {";
    check(
        &format!("{head} if (cfg.on) sum = cfg.burst; return 0; }}"),
        "if memory::field(&CFG, |cfg| &cfg.on) {\n        unsafe { SUM = memory::field(&CFG, |cfg| &cfg.burst) };",
    );
    check(
        &format!("{head} sum = cfg.net.ports[1]; return 0; }}"),
        "memory::field(&CFG, |cfg| &cfg.net.ports[1])",
    );
    check(
        &format!("{head} for (int n = 0; n < 2; n++) sum += cfg.net.ports[n]; return 0; }}"),
        "memory::field(&CFG, |cfg| &cfg.net.ports[n])",
    );
}

/// Records that C gives no name have one by what they are there for.
#[test]
fn records_without_names() {
    check(
        "int BPF_PROG(f) { return 0; }\n\
         struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); \
         __type(key, struct { u32 pid; u32 kind; }); __type(value, u64); } seen SEC(\".maps\");\n\
         SEC(\"fentry/g\") int BPF_PROG(g, u32 i) { struct { u32 pid; u32 kind; } key = { i, 2 }; \
         bpf_map_delete_elem(&seen, &key); return 0; }",
        "let key = SeenKey { pid: i, kind: 2 };\n    let _ = SEEN.remove(&key);",
    );
    check(
        "int BPF_PROG(f) { return 0; }\n\
         static const struct { u32 a, b; } pairs[] = { { 1, 2 }, { 3, 4 } };\n\
         SEC(\"fentry/g\") int BPF_PROG(g, u32 i) { if (i < 2) sum = pairs[i].b; return 0; }",
        "static PAIRS: [Pair; 2] = [Pair { a: 1, b: 2 }, Pair { a: 3, b: 4 }];",
    );
}

/// Of a variable that a compound literal holds it is a copy whose address is taken.
#[test]
fn lent_literals() {
    let head = "int BPF_PROG(f) { return 0; }\n\
                static __noinline int put(void *p) { *(u32 *)p = 1; return p != 0; }\n\
                SEC(\"fentry/g\") int BPF_PROG(g, int a) {";
    check(
        &format!("{head} put(&(int){{ a }}); return a; }}"),
        "ptr::from_mut(&mut { a })",
    );
    check(
        &format!("{head} put(&(u32){{ a }}); return a; }}"),
        "ptr::from_mut(&mut (a as u32))",
    );
}

/// Whether the kernel has something is a truth in Rust.
#[test]
fn existence() {
    let head = "int BPF_PROG(f) { return 0; }\n#include <bpf/bpf_core_read.h>\n\
                SEC(\"fentry/g\") int BPF_PROG(g, struct task_struct *t) {";
    check(
        &format!("{head} if (bpf_core_field_exists(t->pid)) sum = 1; return 0; }}"),
        "if HAS_PID.get() {",
    );
    check(
        &format!("{head} if (!bpf_core_field_exists(t->pid)) sum = 1; return 0; }}"),
        "if !HAS_PID.get() {",
    );
}

/// A value that comes before its place doesn't need a block in a block.
#[test]
fn bit_fields_behind_pointers() {
    check(
        "int BPF_PROG(f) { return 0; }\n\
         struct bits { u32 a : 3; u32 n; };\n\
         static __noinline u32 look(struct bits *b) { return b ? b->n : 0; }\n\
         static __noinline int put(struct bits *b) { if (!b) return 0; b->a = look(b); return 1; }\n\
         SEC(\"fentry/g\") int BPF_PROG(g) { struct bits b = {}; put(&b); sum = b.a; return 0; }",
        "unsafe {\n        let value = look(b);\n        (*b).set_a(value)\n    };",
    );
}

/// A counter with a sign that is an index: rustc has to see that it stays in the array.
#[test]
fn counters_that_index() {
    check(
        "int BPF_PROG(f) { return 0; }\n\
         SEC(\"fentry/g\") int BPF_PROG(g, u32 a, u32 b) { u32 want[2] = { a, b }; \
         for (int i = 0; i < 2; i++) { if (want[i] == 7) continue; sum |= 1 << i; sum += i; } return 0; }",
        "for i in 0..2 {\n        if want[i] == 7 {\n            continue;\n        }\n        \
         unsafe { SUM |= 1 << i };\n        unsafe { SUM += i as u32 };",
    );
    check(
        "int BPF_PROG(f) { return 0; }\n\
         SEC(\"fentry/g\") int BPF_PROG(g, char *p) { \
         for (int i = 0; i < 2; i++) { if (p + i == 0) break; sum += i; } return 0; }",
        "for i in 0..2 {",
    );
}

/// What the condition of a `do` does first stands before its test.
#[test]
fn steps_in_a_condition() {
    check(
        "int BPF_PROG(f, u32 a) { int i = 0; do { if (a >> i & 1) break; sum += i; } while (++i < 9); return i; }",
        "        i += 1;\n        if i >= 9 {\n            break;\n        }",
    );
}

/// LLVM may make one of two constants that are alike; the loader changes one of them.
#[test]
fn options_are_used() {
    check(
        "int BPF_PROG(f) { return 0; }\nconst volatile u8 on = 1;\n\
         SEC(\"fentry/g\") int BPF_PROG(g) { sum = on; return 0; }",
        "#[used]\n#[unsafe(export_name = \"on\")]\nstatic ON: Global<u8> = Global::new(1);",
    );
}

/// Constants that only another is made of: unused ones, if that were a number.
#[test]
fn parts_of_constants() {
    check(
        "int BPF_PROG(f) { return 0; }\n#define ONE 0x10\n#define TWO 0x20\n#define BOTH (ONE | TWO)\n\
         SEC(\"fentry/g\") int BPF_PROG(g, unsigned long a) { sum = (a & BOTH) != 0; return 0; }",
        "const ONE: u64 = 0x10;\nconst TWO: u64 = 0x20;\nconst BOTH: u64 = ONE | TWO;",
    );
    check(
        "int BPF_PROG(f) { return 0; }\n#define ONE 0x10\n#define TWO 0x20\n#define BOTH (ONE | TWO)\n\
         SEC(\"fentry/g\") int BPF_PROG(g, unsigned long a, u32 b) { \
         sum = (a & BOTH) != 0; if (b == ONE || b == TWO) sum = 3; return 0; }",
        "const BOTH: u64 = (ONE | TWO) as u64;",
    );
}

/// What is said in a condition is said before its statement.
#[test]
fn comments_in_conditions() {
    check(
        "int BPF_PROG(f, int a) {\n\tif (a == 4 /* EINTR */)\n\t\tsum = 1;\n\treturn 0;\n}",
        "    // EINTR\n    if a == 4 {\n        unsafe { SUM = 1 };\n    }",
    );
}

/// A blank line before what a macro writes is the item's.
#[test]
fn blank_lines_before_macros() {
    check(
        "int BPF_PROG(f) { return 0; }\n\
         #define PROBE(name) SEC(\"fentry/\" #name) int BPF_PROG(name, u32 a) { a += 2; sum = a; return 0; }\n\
         \nPROBE(one)\n\nPROBE(two)\n",
        "pub fn two(ctx: FEntryContext) -> i32 {\n    let mut a: u32 = ctx.arg(0);\n    a += 2;\n    unsafe",
    );
}

/// A loop that counts down doesn't say that its counter stays below where it begins.
#[test]
fn counters_that_count_down() {
    check(
        "int BPF_PROG(f) { return 0; }\n#define N 2\n\
         SEC(\"fentry/g\") int BPF_PROG(g, u32 a, u32 b) { u32 want[N] = { a, b }; \
         for (int i = N - 1; i >= 0; i--) { if (want[i] == 7) continue; sum += i; } return 0; }",
        "for i in (0..N).rev() {\n        if unsafe { *want.get_unchecked(i as usize) } == 7 {",
    );
}

/// What the last part of a condition assigns has a value where the condition isn't met.
#[test]
fn assignments_in_conditions() {
    check(
        "int BPF_PROG(f) { return 0; }\nstatic __noinline int look(u32 a) { return a > 3; }\n\
         SEC(\"fentry/g\") int BPF_PROG(g, u32 a) { int r; \
         if (a > 7 || !(r = look(a))) return 0; sum = r; return 0; }",
        "let r: i32;\n",
    );
}

/// A macro that exchanges two variables.
#[test]
fn swaps() {
    check(
        "int BPF_PROG(f) { return 0; }\n\
         #define swap(a, b) do { typeof(a) __t = (a); (a) = (b); (b) = __t; } while (0)\n\
         SEC(\"fentry/g\") int BPF_PROG(g, u32 a, u32 b) { if (a > b) swap(a, b); sum = b - a; return 0; }",
        "if a > b {\n        mem::swap(&mut a, &mut b);\n    }",
    );
}

const LOOKUPS: &str = "struct hit { u64 n; };\n\
     struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 9); __type(key, u32);\n\
     __type(value, struct hit); } hits SEC(\".maps\");\n\
     struct { __uint(type, BPF_MAP_TYPE_LPM_TRIE); __uint(max_entries, 9); __uint(map_flags, 1);\n\
     __uint(key_size, 8); __type(value, struct hit); } nets SEC(\".maps\");\n";

/// What a function finds without a method of Aya's map may be null.
#[test]
fn a_lookup_by_the_helper_itself() {
    let get = "static __always_inline struct hit *get(void) { u64 key = 1; return bpf_map_lookup_elem(&nets, &key); }";
    let user =
        "int BPF_PROG(f) { struct hit *hit = get(); if (!hit) return 0; hit->n++; return 0; }";
    check_behind(&format!("{LOOKUPS}{get}\n"), user, ".map(NonNull::as_ptr)");
}

/// BPF gives back one register: an `Option` of a plain pointer takes two, unless it is inlined.
#[test]
fn a_subprogram_gives_a_pointer() {
    let get = "struct hit *get(void) { u32 key = 1; return bpf_map_lookup_elem(&hits, &key); }";
    let user =
        "int BPF_PROG(f) { struct hit *hit = get(); if (!hit) return 0; hit->n++; return 0; }";
    for (kind, expected) in [
        ("static __noinline", "fn get() -> Option<NonNull<Hit>>"),
        ("static __always_inline", "fn get() -> Option<*mut Hit>"),
    ] {
        check_behind(&format!("{LOOKUPS}{kind} {get}\n"), user, expected);
    }
}

/// A callback may set itself again: whoever looks through functions comes to an end.
#[test]
fn a_callback_that_sets_itself() {
    let timers = "struct elem { struct bpf_timer t; u64 n; };\n\
         struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32);\n\
         __type(value, struct elem); } timers SEC(\".maps\");\n\
         static int tick(void *map, int *key, struct elem *e) { bpf_timer_set_callback(&e->t, tick); return 0; }\n\
         static __always_inline void begin(struct elem *e) { e->n = 1; bpf_timer_set_callback(&e->t, tick); }";
    let user = "int BPF_PROG(f) { u32 key = 0; struct elem *e = bpf_map_lookup_elem(&timers, &key); if (e) begin(e); return 0; }";
    check_behind(timers, user, "begin(");
}

/// What is constant, for a parameter through which the kernel could write.
#[test]
fn a_constant_for_a_parameter_that_is_not() {
    let declarations = "static const char reno[] = \"reno\"; static const int one = 1;\n";
    for (given, expected) in [
        ("&one", "(&raw const ONE).cast_mut().cast()"),
        ("&reno", "(&raw const RENO).cast_mut().cast()"),
        ("reno", "RENO.as_ptr().cast_mut().cast()"),
    ] {
        let user = format!(
            "int BPF_PROG(f, struct sock *sk) {{ return bpf_setsockopt(sk, 6, 13, (void *){given}, 4); }}"
        );
        check_behind(declarations, &user, expected);
    }
}

/// Aya's bindings take another pointer there.
#[test]
fn a_context_for_a_helper_of_its_own_type() {
    check(
        "int BPF_PROG(f) { return 0; }\nSEC(\"perf_event\") int p(void *ctx) { sum = bpf_read_branch_records(ctx, 0, 0, 1); return 0; }",
        "bpf_read_branch_records(ctx.as_ptr().cast(),",
    );
}

/// Contexts of tracepoints lie otherwise in other kernels, but for those of system calls.
#[test]
fn fields_of_a_tracepoint_context() {
    let check = |context: &str, body: &str, expected| {
        let program =
            format!("SEC(\"tracepoint/a/b\") int p(struct trace_event_raw_{context} *ctx)");
        check(
            &format!("int BPF_PROG(f) {{ return 0; }}\n{program} {{ {body} return 0; }}"),
            expected,
        );
    };
    check(
        "sched_process_fork",
        "sum = ctx->child_pid;",
        "CHILD_PID.of_context(ctx, 20)",
    );
    check(
        "sched_switch",
        "bpf_probe_read_kernel(&sum, 4, ctx->next_comm);",
        "NEXT_COMM.address(ctx.as_ptr().cast())",
    );
    check("sys_enter", "sum = ctx->args[1];", "(*ctx).args[1]");
}

/// An enumeration is as wide as the type that it names.
#[test]
fn an_enumeration_of_a_named_type() {
    check_behind(
        "enum small : u8 { ONE };\nstruct k { u32 a; enum small s; u8 pad[3]; } k;\n",
        "int BPF_PROG(f) { k.s = ONE; return k.s - 1 < 0; }",
        "size_of::<K>() == 8",
    );
}

/// A copy is made by the alignment of what is copied, where that is aligned.
#[test]
fn what_is_copied_says_its_alignment() {
    let head = "int BPF_PROG(f) { return 0; }\n\
                struct addr { u32 words[4]; };\n\
                struct entry { u32 n; struct addr from; };\n\
                struct tight { u8 n; struct addr from; } __attribute__((packed));\n\
                struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); \
                __type(key, u32); __type(value, struct entry); } entries SEC(\".maps\");\n\
                struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); \
                __type(key, u32); __type(value, struct tight); } tights SEC(\".maps\");\n\
                SEC(\"fentry/g\") int BPF_PROG(g) { u32 zero = 0; u8 text[16]; ";
    let copied = |kind: &str, map: &str| {
        format!(
            "{head} struct {kind} *e = bpf_map_lookup_elem(&{map}, &zero); if (!e) return 0; \
             __builtin_memcpy(text, &e->from, 16); sum = text[3]; return 0; }}"
        )
    };
    check(
        &copied("entry", "entries"),
        "memory::copy::<16>(text.as_mut_ptr(), &raw const (*e).from)",
    );
    check(
        &copied("tight", "tights"),
        "memory::copy::<16>(text.as_mut_ptr(), (&raw const (*e).from).cast::<u8>())",
    );
}

/// One thing handed on twice, be it only to a helper, is borrowed by neither.
#[test]
fn a_record_and_a_part_of_it_as_arguments() {
    check_behind(
        &format!(
            "{LOOKUPS}static __noinline long put(struct hit *hit, void *to) {{ hit->n++; \
             return bpf_probe_read_kernel(to, 8, &sum); }}\n"
        ),
        "int BPF_PROG(f) { u32 key = 1; struct hit *hit = bpf_map_lookup_elem(&hits, &key); if (hit) put(hit, &hit->n); return 0; }",
        "fn put(hit: *mut Hit, to: *mut c_void) -> i64",
    );
}

/// What is behind a field that ends between two words is cleared in whole words all the same.
#[test]
fn records_with_much_behind_half_a_word() {
    let of = |length: u32, expected: &str| {
        check_behind(
            &format!("struct record {{ u64 time; u32 id; char text[{length}]; }};\n"),
            "int BPF_PROG(f) {\n\tstruct record r = {};\n\tr.time = 7;\n\tr.id = 8;\n\
             \tbpf_get_current_comm(&r.text, 16);\n\tsum = r.text[0];\n\treturn 0;\n}",
            expected,
        );
    };
    of(64, "let mut r = unsafe { mem::zeroed::<Record>() };");
    of(
        20,
        "let mut r = Record {\n        time: 0,\n        id: 0,\n        text: [0; 20],\n    };",
    );
}
