use super::{check_errors, check_object};

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
        "extern int kfunc(int) __ksym;\nSEC(\"kprobe/f\") int f(void *ctx) { return kfunc(1); }\nSEC(\"kprobe/g\") int g(void *ctx) { return 0; }",
        &["E0307 `kfunc` is a function of the kernel, which Aya can't call"],
        1,
    );
    check_errors(
        "extern int kfunc(int) __ksym;\nstatic int h(void) { return kfunc(1); }\nSEC(\"kprobe/f\") int f(void *ctx) { return h(); }",
        &[
            "E0307 `kfunc` is a function of the kernel, which Aya can't call",
            "E0332 `f` is left out, because it needs `h`",
        ],
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
