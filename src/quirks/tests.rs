use super::{Quirks, apply};
use crate::{
    arch::{Arch, Archs},
    ir::{Item, program::SyscallEntry},
    port::lower_text,
};

/// Programs behind the headers: what is said of them, and what becomes of them.
fn quirks(programs: &str, archs: &[Arch], quirks: Quirks) -> (Vec<String>, Vec<String>) {
    let text = format!("char LICENSE[] SEC(\"license\") = \"GPL\";\n{programs}\n");
    let port = lower_text(&text, archs);
    let mut object = port.object.unwrap();
    let archs: Archs = archs.iter().copied().collect();
    let said = apply(&mut object, archs, quirks);
    let said = said.iter().map(|diagnostic| {
        let (line, _) = port.files.line_column(diagnostic.span.unwrap()).unwrap();
        format!("{} {}", diagnostic.code.id, line - 4)
    });
    let programs = (0..).zip(&object.programs).map(|(at, program)| {
        let numbers: Vec<_> = super::handle::numbers(program).collect();
        let entry = match program.entry {
            SyscallEntry::Native if program.compat_too => "Native and Compat".to_owned(),
            entry => format!("{entry:?}"),
        };
        let only = object.only(Item::Program(at));
        let only = only.map_or(String::new(), |only| format!(" on {}", only.names()));
        format!("{} {entry} {numbers:?}{only}", program.function.name)
    });
    (said.collect(), programs.collect())
}

#[track_caller]
fn said(programs: &str, archs: &[Arch], expected: &[&str]) {
    assert_eq!(quirks(programs, archs, Quirks::Libbpf).0, expected);
}

#[track_caller]
fn handled(programs: &str, archs: &[Arch], left: &[&str], expected: &[&str]) {
    let (said, programs) = quirks(programs, archs, Quirks::Handle);
    assert_eq!(said, left);
    assert_eq!(programs, expected);
}

const X86: &[Arch] = &[Arch::X86_64];
const S390: &[Arch] = &[Arch::S390x];
const ARM: &[Arch] = &[Arch::Aarch64];

const KILL: &str =
    r#"SEC("ksyscall/kill") int BPF_KSYSCALL(k, int pid, int sig) { return pid + sig; }"#;

#[test]
fn every_quirk_is_named_once() {
    said(KILL, X86, &["W0343 1"]);
    said(
        &format!("{KILL}\n{}", KILL.replace("(k,", "(l,")),
        X86,
        &["W0343 1"],
    );
    said(KILL, &[Arch::Loongarch64], &[]);
    // Both enter the same function there.
    said(KILL, ARM, &[]);
    let mmap = r#"SEC("ksyscall/mmap") int BPF_KSYSCALL(m, long addr) { return addr; }"#;
    said(mmap, S390, &["W0340 1"]);
    let bind = r#"SEC("ksyscall/bind") int BPF_KSYSCALL(b, int fd) { return fd; }"#;
    said(bind, &[Arch::Mips], &["W0342 1"]);
    let socketcall = r#"SEC("ksyscall/socketcall") int BPF_KSYSCALL(s, int call) { return call; }"#;
    said(&format!("{bind}\n{socketcall}"), &[Arch::Mips], &[]);
}

#[test]
fn who_sees_32_bit_programs_by_hand_hears_nothing() {
    let by_hand =
        format!("{KILL}\nSEC(\"kprobe/__ia32_sys_kill\") int c(void *ctx) {{ return 0; }}");
    said(&by_hand, X86, &[]);
    handled(&by_hand, X86, &[], &["k Native [0, 1]", "c Native []"]);
}

#[test]
fn the_order_of_clone_is_what_names_say() {
    let clone = |args: &str, body: &str| {
        format!("SEC(\"ksyscall/clone\") int BPF_KSYSCALL(c, {args}) {{ return {body}; }}")
    };
    let common = "long flags, long stack, int *parent, int *child, long tls";
    said(&clone(common, "flags"), ARM, &[]);
    said(&clone(common, "tls"), ARM, &["W0341 1"]);
    said(&clone("long stack, long flags", "flags"), S390, &[]);
    let backwards = "long flags, long stack, int *parent, long tls, int *child";
    said(&clone(backwards, "tls"), ARM, &[]);
    handled(&clone(common, "tls"), ARM, &[], &["c Clone [4]"]);
    handled(&clone(backwards, "tls"), ARM, &[], &["c Clone [4]"]);
    handled(
        &clone("long stack, long flags", "flags"),
        S390,
        &[],
        &["c Clone [0]"],
    );
}

#[test]
fn another_entry_gets_a_program() {
    handled(
        KILL,
        X86,
        &[],
        &["k Native [0, 1]", "k_compat Compat [0, 1]"],
    );
    let back = r#"SEC("kretsyscall/kill") int BPF_KRETPROBE(r, int ret) { return ret; }"#;
    handled(back, X86, &[], &["r Native and Compat []"]);
    let bind = r#"SEC("ksyscall/bind") int BPF_KSYSCALL(b, int fd) { return fd; }"#;
    handled(
        bind,
        &[Arch::X86_64, Arch::Mips],
        &[],
        &[
            "b Native [0]",
            "b_compat Compat [0]",
            "b_socketcall Socketcall(2) [0] on mips",
        ],
    );
}

#[test]
fn what_would_misread_is_left_out() {
    let write = r#"SEC("ksyscall/pread64") int BPF_KSYSCALL(p, int fd, void *to, u64 n, s64 at) { return at; }"#;
    handled(write, X86, &["W0344 1"], &["p Native [3]"]);
    let argv =
        r#"SEC("ksyscall/execve") int BPF_KSYSCALL(e, char *f, char **argv) { return argv != 0; }"#;
    handled(argv, X86, &["W0344 1"], &["e Native [1]"]);
    let file = argv.replace("argv != 0", "f != 0");
    handled(&file, X86, &[], &["e Native [0]", "e_compat Compat [0]"]);
    let by_hand =
        r#"SEC("ksyscall/kill") int k(struct pt_regs *ctx) { return PT_REGS_PARM1(ctx); }"#;
    handled(by_hand, X86, &["W0344 1"], &["k Native []"]);
    let bind = r#"SEC("ksyscall/bind") int BPF_KSYSCALL(b, int fd) { return fd; }"#;
    let back = r#"SEC("kretsyscall/bind") int BPF_KRETPROBE(r, int ret) { return ret; }"#;
    handled(
        &format!("{bind}\n{back}"),
        &[Arch::Mips],
        &["W0344 1", "W0344 2"],
        &["b Native [0]", "r Native []"],
    );
}
