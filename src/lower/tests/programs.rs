use super::{check_errors, check_object, port, port_well};

#[test]
fn arguments_of_system_calls() {
    check_object(
        "SEC(\"ksyscall/kill\") int BPF_KSYSCALL(f, pid_t pid, int sig) { return sig; }",
        "program f Ksyscall { call: Some(\"kill\") } Ksyscall (pid: i32 = Syscall(0) `pid_t` unused, sig: i32 = Syscall(1) `int`) -> i32 {\nreturn sig\n}",
    );
}

#[test]
fn programs_that_cannot_be_ported_are_named() {
    check_errors(
        "SEC(\"usdt/x:y:z\") int f(struct pt_regs *ctx) { return 0; }",
        &["E0303 `f` is a USDT probe, which Aya can't attach"],
        0,
    );
    check_errors(
        "SEC(\"nothing\") int f(void *ctx) { return 0; }",
        &["E0301 the section `nothing` of `f` names no program type"],
        0,
    );
    check_errors(
        "static int h(int n) { return n ? h(n - 1) : 0; }\nSEC(\"kprobe/f\") int f(void *ctx) { return h(3); }",
        &[
            "E0306 `h` ends up calling itself, which the verifier refuses",
            "E0332 `f` is left out, because it needs `h`",
        ],
        0,
    );
}

#[test]
fn a_callback_that_sets_itself_again_is_no_recursion() {
    check_errors(
        "struct elem { struct bpf_timer t; };\n\
         static int tick(void *map, int *key, struct elem *e) {\n\
           return bpf_timer_set_callback(&e->t, tick);\n}\n\
         struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int);\n\
           __type(value, struct elem); } timers SEC(\".maps\");\n\
         SEC(\"tc\") int f(void *ctx) {\n\
           int key = 0; struct elem *e = bpf_map_lookup_elem(&timers, &key);\n\
           return e ? bpf_timer_set_callback(&e->t, tick) : 0;\n}",
        &[],
        1,
    );
}

#[test]
fn constants_start_with_what_other_constants_hold() {
    check_object(
        "static const int scale = 41;\nconst u64 cube = (1ull << 20) / (scale * 10);\n\
         struct pair { int a; long b; } pair = { scale, -scale };\n\
         SEC(\"kprobe/f\") int f(void *ctx) { return cube + pair.a + pair.b; }",
        "global scale: i32 = 41 Constant\nglobal cube: u64 = 2557 Constant\n\
         struct pair shared: 16 {\n0: a: i32,\n8: b: i64,\n}\n\
         global pair: pair = {.0 = 41, .1 = -41} Mutable\n\
         program f Kprobe { function: Some(\"f\"), offset: 0 } None () -> i32 {\n\
         return ((cube as i32) + pair.a) + (pair.b as i32)\n}",
    );
}

#[test]
fn a_program_without_a_macro_has_its_context_only() {
    check_errors(
        "int x; SEC(\"ksyscall/kill\") int f(pid_t pid, int sig) { return 0; }",
        &[],
        1,
    );
    check_errors(
        "int x; SEC(\"ksyscall/kill\") int f(pid_t pid, int sig) { x = sig; return 0; }",
        &["E0304 `f` is given its context only: `sig` isn't there"],
        0,
    );
    check_errors(
        "int x; SEC(\"kprobe/f\") int f(pid_t pid) { x = pid; return 0; }",
        &["E0304 `pid` is no argument, but half of the context's address"],
        0,
    );
}

#[test]
fn kernel_functions_are_called() {
    check_object(
        "extern int kfunc(int n) __ksym;\nSEC(\"kprobe/f\") int f(void *ctx) { return kfunc(1); }",
        "kernel fn kfunc(n: i32) -> i32\nprogram f Kprobe { function: Some(\"f\"), offset: 0 } None () -> i32 {\nreturn kfunc(1)\n}",
    );
    check_object(
        "extern void kfunc(int) __ksym __weak;\nSEC(\"kprobe/f\") int f(void *ctx) { if (kfunc) kfunc(1); return 0; }",
        "global kfunc: u64 = {} Ksym\nweak kernel fn kfunc(arg0: i32) -> ()\nprogram f Kprobe { function: Some(\"f\"), offset: 0 } None () -> i32 {\nif kfunc != 0 {\nkfunc(1)\n}\nreturn 0\n}",
    );
}

#[test]
fn variables_of_the_kernel_are_read() {
    let check = |declaration: &str, value: &str, lowered: &str| {
        check_object(
            &format!(
                "extern {declaration};\nSEC(\"kprobe/f\") u64 f(void *ctx) {{ return {value}; }}"
            ),
            &format!("{lowered}\n}}"),
        );
    };
    let program = "program f Kprobe { function: Some(\"f\"), offset: 0 } None () -> u64 {\nreturn";
    check(
        "const u64 n __ksym",
        "n",
        &format!("global n: u64 = {{}} Kernel\n{program} n"),
    );
    check(
        "const u64 n __ksym __weak",
        "bpf_ksym_exists(&n)",
        &format!("global n: u64 = {{}} Kernel\n{program} ((&n) != null) as u64"),
    );
    check(
        "const void n __ksym",
        "(u64)&n",
        &format!("global n: u64 = {{}} Ksym\n{program} n"),
    );
}

#[test]
fn registers_are_read_where_there_are_some() {
    check_errors(
        "SEC(\"nowhere/x\") int BPF_PROG(f, int fd) { return fd; }",
        &["E0301 the section `nowhere/x` of `f` names no program type"],
        0,
    );
    for (section, code) in [("nowhere/x", "W0336"), ("tracepoint/a/b", "W0337")] {
        let (object, said) = port(&format!(
            "#include \"vmlinux.h\"\n#include <bpf/bpf_helpers.h>\n#include <bpf/bpf_tracing.h>\nSEC(\"{section}\") int BPF_KSYSCALL(f, int fd) {{ return fd; }}\n",
        ));
        assert_eq!(object.programs.len(), 1);
        assert_eq!(said.iter().map(|it| it.code.id).collect::<Vec<_>>(), [code]);
    }
}

#[test]
fn sections_that_only_begin_like_a_type() {
    let (object, said) = port(
        "#include \"vmlinux.h\"\n#include <bpf/bpf_helpers.h>\nSEC(\"xdp_acl\") int f(struct xdp_md *ctx) { return 2; }\n",
    );
    assert_eq!(object.programs.len(), 1);
    let [said] = &said[..] else {
        panic!("{said:?}")
    };
    assert_eq!(said.code.id, "W0345");
    assert!(said.message.contains("`xdp_acl` of `f` is taken for `xdp`"));
}

#[test]
fn programs_with_errors_of_their_own_are_named() {
    check_errors(
        "SEC(\"kprobe/f\") int f(void *ctx) { return nothing; }\nSEC(\"kprobe/g\") int g(void *ctx) { return 0; }",
        &[
            "E0201 name `nothing` is declared nowhere",
            "E0332 `f` is left out, because of an error in it or in what it uses",
        ],
        1,
    );
}

#[test]
fn the_wrapper_flag_is_the_loaders() {
    check_object(
        "_Bool LINUX_HAS_SYSCALL_WRAPPER = 1;",
        "global LINUX_HAS_SYSCALL_WRAPPER: bool = true Kconfig",
    );
}

/// As `llvm-nm` lists what clang 22 makes of it.
#[test]
fn static_locals_are_called_as_clang_calls_them() {
    let object = port_well(
        "#include \"vmlinux.h\"\n#include <bpf/bpf_helpers.h>\n#include <bpf/bpf_tracing.h>\n\
         static __attribute__((noinline)) int plain(int a) { static int n; { static int n = 5; n += a; } \
         { static const volatile int n = 7; a += n; } return n += a; }\n\
         static __always_inline int inl(int a) { static u64 z; return z += a; }\n\
         SEC(\"kprobe/f\") int BPF_KPROBE(prog, int x) { static u32 seen; { static u32 seen; seen += 2; } \
         return seen += plain(x) + inl(x); }\n\
         SEC(\"ksyscall/close\") int BPF_KSYSCALL(sys, int x) { static u32 seen; return seen += plain(x) + inl(x); }\n\
         SEC(\"kprobe/f\") int bare(struct pt_regs *ctx) { static u32 seen; return seen += 2; }\n",
    );
    let mut names: Vec<_> = object.globals.iter().map(|it| it.name.as_str()).collect();
    names.retain(|name| name.contains('.'));
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "____prog.seen",
            "____prog.seen.1",
            "____sys.seen",
            "bare.seen",
            "inl.z",
            "plain.n",
            "plain.n.2",
            "plain.n.3",
        ]
    );
}

#[test]
fn the_context_is_a_variable_where_it_is_assigned() {
    check_object(
        "SEC(\"kprobe/f\") int f(struct pt_regs *ctx) { ctx = (struct pt_regs *)PT_REGS_PARM1(ctx); return PT_REGS_PARM2(ctx); }",
        "program f Kprobe { function: Some(\"f\"), offset: 0 } None (ctx; ) -> i32 {\nlet ctx: *pt_regs = ctx\nctx = Direct Parameter(0) of ctx as *pt_regs\nreturn Direct Parameter(1) of ctx as i32\n}",
    );
}

#[test]
fn what_is_given_the_context_is_static() {
    let object = super::port_well(&format!(
        "{}__noinline int h(void *any, int n) {{ return n; }}\n\
         __noinline int g(struct xdp_md *xdp) {{ return h(xdp, 1); }}\n\
         __noinline int other(int n) {{ return n; }}\n\
         SEC(\"xdp\") int p(struct xdp_md *ctx) {{ return g(ctx) + other(2); }}\n\
         SEC(\"xdp\") int q(struct xdp_md *ctx) {{ return p(ctx); }}",
        super::HEAD
    ));
    let global = |name: &str| {
        let mut functions = object.functions.iter();
        functions.find(|one| one.name == name).unwrap().global
    };
    assert_eq!(
        ["g", "h", "other", "p"].map(global),
        [false, false, true, false]
    );
}

#[test]
fn a_program_macro_puts_its_body_in_a_function_of_its_own() {
    super::check(
        "bpf_printk(\"%s\", __func__);",
        "printk(\"%s\", \"____probe\")",
    );
}

#[test]
fn the_first_licence_counts() {
    let licences =
        "char a[] SEC(\"license\") = \"Dual BSD/GPL\";\nchar b[] SEC(\"license\") = \"MIT\";\n";
    let port = crate::port::lower_text(licences, &[crate::arch::Arch::X86_64]);
    let licence = port.object.unwrap().license.unwrap();
    assert_eq!((&*licence.variable, &*licence.text), ("a", "Dual BSD/GPL"));
}
