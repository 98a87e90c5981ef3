use super::{HEAD, check_with, port_well};
use crate::ir::dump;

const MAPS: &str = "struct event { u32 pid; char comm[16]; };\n\
    struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 64); __type(key, u32); __type(value, struct event); } events SEC(\".maps\");\n\
    struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 256 * 1024); } rb SEC(\".maps\");\n\
    u64 dropped;\nconst volatile u32 target = 7;\n";

#[test]
fn helpers_that_a_program_declares_itself() {
    let text = r#"#include "vmlinux.h"
enum { PID = 14 };
static unsigned long long (*pid)(void) = (void *)PID;
static int (*cpu)(void) = (void *)8;
static int (*send)(int) = (void *)109;
static long (*const nobody)(int) = (void *)100000;
int n;
__attribute__((section("kprobe/f"), used)) int f(void *ctx)
{
	n = pid() >> 32;
	n = cpu() < 0;
	return (*send)(n);
}
"#;
    let object = port_well(text);
    let printed = dump::object(&object);
    for part in [
        "bpf_get_current_pid_tgid()",
        "bpf_get_smp_processor_id() as i32",
        "bpf_send_signal(n as u32) as i32",
    ] {
        assert!(printed.contains(part), "{printed}");
    }
}

#[test]
fn maps_are_given_to_helpers() {
    check_with(
        MAPS,
        "struct event *e = bpf_map_lookup_elem(&events, &b); if (!e) return 0; e->pid = 1;",
        "let e: *event = bpf_map_lookup_elem(events, (&b) as *const void) as *event\nif e == null {\nreturn 0\n}\ne->pid = 1",
    );
    check_with(
        MAPS,
        "bpf_map_delete_elem(&events, &b);",
        "bpf_map_delete_elem(events, (&b) as *const void)",
    );
    check_with(
        MAPS,
        "struct event *e = bpf_ringbuf_reserve(&rb, sizeof(*e), 0); if (e) bpf_ringbuf_submit(e, 0);",
        "let e: *event = bpf_ringbuf_reserve(rb, sizeof(event), 0) as *event\nif e != null {\nbpf_ringbuf_submit(e as *void, 0)\n}",
    );
}

#[test]
fn globals() {
    check_with(
        MAPS,
        "dropped++; if (target && b != target) return 0;",
        "dropped += 1\nif (target != 0) && (b != target) {\nreturn 0\n}",
    );
    check_with(
        MAPS,
        "__sync_fetch_and_add(&dropped, 1);",
        "atomic_add(&dropped, 1)",
    );
}

#[test]
fn output() {
    check_with(
        "",
        "bpf_printk(\"%d %s\", a, p);",
        "printk(\"%d %s\", a, p)",
    );
    check_with(
        "",
        "char fmt[] = \"x %d\"; bpf_trace_printk(fmt, sizeof(fmt), a);",
        "printk(\"x %d\", a)",
    );
    // What else is done with the variable keeps it.
    check_with(
        "",
        "char fmt[] = \"x %d\"; c = fmt[1]; bpf_trace_printk(fmt, sizeof(fmt), a);",
        "let fmt: [i8; 5] = \"x %d\"\nc = fmt[1] as i64\nprintk(\"x %d\", a)",
    );
    check_with(
        "static char fmt[] = \"x %d\"; const char name[] = \"n\";",
        "bpf_trace_printk(&fmt[0], sizeof(fmt), a); bpf_trace_printk((char *)name, sizeof(name)); bpf_printk(\"%s\", fmt);",
        "printk(\"x %d\", a)\nprintk(\"n\")\nprintk(\"%s\", fmt.ptr)",
    );
}

/// What is printed is what the variable holds then.
#[test]
fn formats_that_change() {
    let check = |changes: &str| {
        let text = format!(
            "static char fmt[] = \"x %d\"; SEC(\"xdp\") int f(struct xdp_md *ctx) {{ \
             {changes}; bpf_trace_printk(fmt, sizeof(fmt), 1); return 0; }}",
        );
        let expected = "E0327 the format isn't a string that is known when the file is read";
        super::check_errors(&text, &[expected], 0);
    };
    check("fmt[0] = 'y'");
    check("bpf_get_current_comm(fmt, sizeof(fmt))");
    check("bpf_get_current_comm(&fmt[1], 2)");
    check("__builtin_memset(&fmt, 'y', 1)");
    check("BPF_SNPRINTF(fmt, sizeof(fmt), \"y\")");
    check("char fmt[] = \"y\"; bpf_get_current_comm(fmt, sizeof(fmt))");
}

#[test]
fn registers() {
    check_with(
        "",
        "c = PT_REGS_PARM2(ctx);",
        "c = Direct Parameter(1) of ctx as i64",
    );
    check_with("", "c = PT_REGS_RC(ctx);", "c = Direct Rc of ctx as i64");
}

#[test]
fn memory() {
    check_with(
        MAPS,
        "struct event e; __builtin_memset(&e, 0, sizeof(e)); e.pid = b;",
        "let e: event\nMemset((&e) as *void, 0, sizeof(event))\ne.pid = b",
    );
    check_with(
        MAPS,
        "struct event e = {}; struct event f = { .pid = b };",
        "let e: event = {}\nlet f: event = {.0 = b}",
    );
}

#[test]
fn byte_order() {
    check_with("", "u16 x = bpf_htons(b);", "let x: u16 = ToBe(b as u16)");
}

#[test]
fn functions() {
    check_with(
        "static __always_inline int twice(u8 x) { return x * 2; }",
        "return twice(b);",
        "return twice(b as u8)",
    );
}

#[test]
fn definitions_of_maps_are_no_types() {
    super::check_object(
        "struct shape { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1 << 2); __type(key, u32); __type(value, u64); };\n\
         struct shape one SEC(\".maps\"), two SEC(\".maps\");\n\
         struct { __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __uint(max_entries, 2); __type(key, u64); __array(values, struct shape); } outer SEC(\".maps\") = { .values = { [1] = &one } };",
        "map one type 2 key u32 value u64 max 1 << 2\nmap two type 2 key u32 value u64 max 1 << 2\nmap outer type 13 key u64 value_size 4 max 2 inner (type 2 key u32 value u64 max 1 << 2) [1]=Map(MapId(0))",
    );
}

#[test]
fn maps_by_sizes_have_the_types_of_their_uses() {
    let map = |size: &str| {
        format!(
            "struct rec {{ u32 a; char b[8]; }};
             struct {{ __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4);
                       __uint(key_size, 4); __uint(value_size, {size}); }} m SEC(\".maps\");"
        )
    };
    let types = |size: &str, statements: &str| {
        let text = format!(
            "{HEAD}{}\nSEC(\"kprobe/f\") int BPF_KPROBE(f, int k) {{ {statements} return 0; }}",
            map(size)
        );
        let object = port_well(&text);
        let dump = dump::object(&object);
        let line = dump.lines().find(|line| line.starts_with("map m"));
        line.unwrap_or_default().to_owned()
    };
    let look_up = "struct rec *r = bpf_map_lookup_elem(&m, &k); if (r) r->a = 1;";
    assert_eq!(types("12", look_up), "map m type 1 key i32 value rec max 4");
    assert_eq!(
        types("sizeof(struct rec)", look_up),
        "map m type 1 key i32 value rec max 4"
    );
    // Another size, or bytes.
    assert_eq!(
        types("24", look_up),
        "map m type 1 key i32 value_size 24 max 4"
    );
    let bytes = "char *r = bpf_map_lookup_elem(&m, &k); if (r) *r = 1;";
    assert_eq!(
        types("12", bytes),
        "map m type 1 key i32 value_size 12 max 4"
    );
    // Uses that don't agree.
    let both = format!("{look_up} u32 u = 0; bpf_map_delete_elem(&m, &u);");
    assert_eq!(
        types("12", &both),
        "map m type 1 key_size 4 value rec max 4"
    );
}

#[test]
fn atomic_objects() {
    let object = "_Atomic u32 n; _Atomic(u64) wide;";
    check_with(object, "n++;", "atomic_add(&n, 1)");
    check_with(object, "wide -= a;", "atomic_sub(&wide, a as u64)");
    check_with(object, "c = --n;", "c = (atomic_sub(&n, 1) - 1) as i64");
    check_with(
        object,
        "u32 old = 1; if (__c11_atomic_compare_exchange_strong(&n, &old, 2, 5, 5)) c = old;",
        "let old: u32 = 1\nlet wanted: u32 = old\nlet found: u32 = atomic_compareexchange(&n, wanted, 2)\nold = found\nif found == wanted {\nc = old as i64\n}",
    );
    check_with(
        object,
        "u64 r = 1, was; __atomic_exchange(&wide, &r, &was, 5); c = was;",
        "let r: u64 = 1\nlet was: u64\nwas = atomic_exchange(&wide, r)\nc = was as i64",
    );
    let refused = |body: &str, why: &str| {
        let text =
            format!("{object} SEC(\"xdp\") int f(struct xdp_md *ctx) {{ {body} return 0; }}",);
        super::check_errors(&text, &[why], 0);
    };
    refused(
        "n = 1;",
        "E0333 BPF has no sequentially consistent loads and stores",
    );
    refused(
        "if (n) return 1;",
        "E0333 BPF has no sequentially consistent loads and stores",
    );
}

#[test]
fn helpers_are_their_numbers() {
    check_with("", "d = (unsigned long)bpf_probe_read_kernel;", "d = 113");
    check_with(
        "",
        "if (a && (void *)bpf_probe_read_kernel == (void *)bpf_probe_read_kernel) b = 1;",
        "if a != 0 {\nb = 1\n}",
    );
}

#[test]
fn a_pointer_that_stays_one_function_is_that_function() {
    let declared = "static int note(u64 n) { return n; }";
    check_with(
        declared,
        "int (*tell)(u64) = note; return tell(b);",
        "return note(b as u64)",
    );
    super::check_errors(
        &format!(
            "{declared}\nSEC(\"kprobe/f\") int f(void *ctx) {{ int (*tell)(u64) = note; tell = 0; return tell(1); }}"
        ),
        &["E0309 BPF programs can't call through a pointer"],
        0,
    );
}

const HANDED: &str = "static __always_inline int twice(int (*f)(int), int n) { return f(f(n)); }\n\
    static __always_inline int thrice(int (*f)(int), int n) { return (*f)(twice(f, n)); }\n\
    static int next(int n) { return n + 1; }\nstatic int half(long n) { return n / 2; }\n\
    static int (*const steps[])(int) = { 0, next };\n";

#[test]
fn functions_are_given_to_functions() {
    check_with(
        HANDED,
        "int (*mine)(int) = next; a = thrice(next, a) + twice(mine, a) + steps[1](a) + twice(steps[1], a);",
        "a = ((thrice(next, a) + twice(next, a)) + next(a)) + twice(next, a)",
    );
    let object = port_well(&format!(
        "{HEAD}{HANDED}SEC(\"kprobe/f\") int f(void *ctx) {{ return thrice(next, 1); }}"
    ));
    let printed = dump::object(&object);
    let thrice = "fn thrice(f: fn(i32) -> i32, n: i32) -> i32 {\n  return f(twice(f, n))\n";
    assert!(printed.contains(thrice), "{printed}");
    // Nobody looks into the table.
    assert!(!printed.contains("steps"), "{printed}");
}

#[test]
fn functions_that_are_not_known() {
    let unknown = "E0309 which function `twice` is given here isn't known";
    for (arg, said) in [
        ("0", unknown),
        ("ctx ? next : (void *)half", unknown),
        ("steps[0]", unknown),
        (
            "(void *)half",
            "E0309 `twice` takes a function of another type",
        ),
    ] {
        super::check_errors(
            &format!("{HANDED}SEC(\"kprobe/f\") int f(void *ctx) {{ return twice({arg}, 1); }}"),
            &[said],
            0,
        );
    }
    super::check_errors(
        "static int maybe(int (*f)(int)) { return f ? f(1) : 0; }\n\
         static int next(int n) { return n + 1; }\n\
         SEC(\"kprobe/f\") int f(void *ctx) { return maybe(next); }",
        &[
            "E0309 BPF programs can't call through a pointer",
            "E0332 `f` is left out, because it needs `maybe`",
        ],
        0,
    );
}

#[test]
fn helpers_that_no_kernel_has_are_named_so() {
    super::check_errors(
        "static long (*own)(void) = (void *)4000;\nSEC(\"kprobe/f\") int f(void *ctx) { return own(); }",
        &["E0308 the kernel has no helper 4000"],
        0,
    );
}
