use crate::{
    arch::Arch,
    diag::Diagnostic,
    ir::{Object, dump},
    port::{emit_object, lower_text},
};

fn port_for(text: &str, archs: &[Arch]) -> (Object, Vec<Diagnostic>) {
    let port = lower_text(text, archs);
    (port.object.unwrap_or_default(), port.diagnostics)
}

/// The items of which there are variants: where they are, and their first lines.
fn variants(object: &Object) -> Vec<String> {
    let text = dump::object(object);
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(archs) = line.strip_prefix("only on ") {
            let mut item = lines.by_ref().filter(|line| !line.is_empty());
            found.push(format!("{archs} {}", item.next().unwrap_or_default()));
        }
    }
    found
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let (object, diagnostics) = port_for(text, &[Arch::X86_64, Arch::Aarch64, Arch::S390x]);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    assert_eq!(variants(&object), expected, "{}", dump::object(&object));
}

#[track_caller]
fn check_rust(text: &str, present: &[&str], absent: &[&str]) {
    let (object, _) = port_for(text, &[Arch::X86_64, Arch::Aarch64, Arch::S390x]);
    let (emitted, diagnostics) = emit_object(&object, None);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    for wanted in present {
        assert!(emitted.main.contains(wanted), "{wanted}\n{}", emitted.main);
    }
    for unwanted in absent {
        let main = &emitted.main;
        assert!(!main.contains(unwanted), "{unwanted}\n{main}");
    }
}

const COUNTS: &str =
    "u64 count;\nSEC(\"kprobe/f\") int p(struct pt_regs *ctx) { count += VALUE; return 0; }\n";

#[test]
fn what_asks_and_gets_one_answer_is_one() {
    check(
        &format!(
            "#if defined(bpf_target_x86) || 1\n#define VALUE PT_REGS_PARM1(ctx)\n#endif\n{COUNTS}"
        ),
        &[],
    );
}

#[test]
fn registers_are_no_difference() {
    check(
        "#ifndef __TARGET_ARCH_x86\n#endif\n\
         u64 a;\nSEC(\"kprobe/f\") int p(struct pt_regs *ctx) { a = PT_REGS_IP(ctx); return 0; }\n\
         SEC(\"ksyscall/close\") int BPF_KSYSCALL(q, int fd) { a = fd; return 0; }\n",
        &[],
    );
}

const CONSTANT: &str =
    "#ifdef __TARGET_ARCH_x86\n#define VALUE 3\n#else\n#define VALUE 4\n#endif\n";

#[test]
fn a_constant_and_what_it_means() {
    check(
        &format!("{CONSTANT}{COUNTS}"),
        &[
            "x86_64: const VALUE: i32 = 3",
            "aarch64, s390x: const VALUE: i32 = 4",
            "x86_64: program p Kprobe { function: Some(\"f\"), offset: 0 } None () -> i32 {",
            "aarch64, s390x: program p Kprobe { function: Some(\"f\"), offset: 0 } None () -> i32 {",
        ],
    );
}

#[test]
fn a_function_that_names_a_differing_constant_is_written_once() {
    check_rust(
        &format!("{CONSTANT}{COUNTS}"),
        &[
            "#[cfg(bpf_target_arch = \"x86_64\")]\nconst VALUE: u64 = 3;",
            "#[cfg(not(bpf_target_arch = \"x86_64\"))]\nconst VALUE: u64 = 4;",
            "/// `kprobe/f`\n#[kprobe(function = \"f\")]\npub fn p(",
        ],
        &[],
    );
}

#[test]
fn a_section() {
    check(
        "#ifdef bpf_target_arm64\n#define PREFIX \"__arm64_\"\n#else\n#define PREFIX \"__x64_\"\n#endif\n\
         SEC(\"kprobe/\" PREFIX \"sys_read\") int p(void *ctx) { return 0; }\n",
        &[
            "x86_64, s390x: const PREFIX: *const void = \"__x64_\" unused",
            "aarch64: const PREFIX: *const void = \"__arm64_\" unused",
            "x86_64, s390x: program p Kprobe { function: Some(\"__x64_sys_read\"), offset: 0 } None () -> i32 {",
            "aarch64: program p Kprobe { function: Some(\"__arm64_sys_read\"), offset: 0 } None () -> i32 {",
        ],
    );
}

const RECORD: &str = "struct r { u32 a;\n#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__\nu64 b;\n#endif\n};\n\
     struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, struct r); } m SEC(\".maps\");\n\
     SEC(\"kprobe/f\") int p(void *ctx) { u32 k = 0; struct r *r = bpf_map_lookup_elem(&m, &k); if (r) r->a = 1; return 0; }\n";

#[test]
fn a_record_and_the_map_that_holds_it() {
    check(
        RECORD,
        &[
            "x86_64, aarch64: struct r shared: 4 {",
            "s390x: struct r shared: 16 {",
            "x86_64, aarch64: map m type 2 key u32 value r max 1",
            "s390x: map m type 2 key u32 value r max 1",
            "x86_64, aarch64: program p Kprobe { function: Some(\"f\"), offset: 0 } None () -> i32 {",
            "s390x: program p Kprobe { function: Some(\"f\"), offset: 0 } None () -> i32 {",
        ],
    );
    check_rust(
        RECORD,
        &[
            "#[cfg(not(bpf_target_arch = \"s390x\"))]\n#[repr(C)]\n#[derive(Clone, Copy)]\npub struct R {",
            "#[cfg(bpf_target_arch = \"s390x\")]\n#[repr(C)]\n#[derive(Clone, Copy)]\npub struct R {",
        ],
        &["cfg(bpf_target_arch = \"s390x\")]\n#[btf_map", "R2"],
    );
}

#[test]
fn a_function() {
    check_rust(
        "static u64 f(u64 a) {\n#ifdef __TARGET_ARCH_s390\nreturn a + 1;\n#else\nreturn a + 2;\n#endif\n}\n\
         u64 n;\nSEC(\"kprobe/f\") int p(void *ctx) { n = f(n); return 0; }\n",
        &[
            "#[cfg(bpf_target_arch = \"s390x\")]\n#[inline(always)]\nfn f(a: u64) -> u64 {\n    a + 1",
            "#[cfg(not(bpf_target_arch = \"s390x\"))]\n#[inline(always)]\nfn f(a: u64) -> u64 {\n    a + 2",
            "/// `kprobe/f`\n#[kprobe",
        ],
        &["f_2"],
    );
}

#[test]
fn a_comment_stays_with_what_it_is_about() {
    check_rust(
        "#ifdef __TARGET_ARCH_x86\n/* Of x86. */\nu64 a;\n#endif\nu64 n;\n\
         SEC(\"kprobe/f\") int p(void *ctx) { n++; return 0; }\n",
        &["/// Of x86.\n#[cfg(bpf_target_arch = \"x86_64\")]\n"],
        &["/// Of x86.\n#[unsafe(export_name = \"n\")]"],
    );
}

#[test]
fn a_program_that_is_missing() {
    check(
        "#ifdef __TARGET_ARCH_x86\nSEC(\"ksyscall/open\") int BPF_KSYSCALL(p) { return 0; }\n#endif\n\
         SEC(\"ksyscall/openat\") int BPF_KSYSCALL(q) { return 0; }\n",
        &["x86_64: program p Ksyscall { call: Some(\"open\") } Ksyscall () -> i32 {"],
    );
}

const REFUSES: &str = "#ifdef __TARGET_ARCH_s390\n#error no\n#endif\nSEC(\"ksyscall/open\") int BPF_KSYSCALL(p) { return 0; }\n";

#[test]
fn an_architecture_that_the_file_refuses() {
    let (object, diagnostics) = port_for(REFUSES, &Arch::ALL);
    let said: Vec<_> = diagnostics
        .iter()
        .map(|it| (it.code.id, it.message.as_str()))
        .collect();
    assert_eq!(said, [("W0502", "not ported for s390x: #error no")]);
    assert_eq!(object.programs.len(), 1);
    let (emitted, _) = emit_object(&object, None);
    let guard = "#[cfg(bpf_target_arch = \"s390x\")]\ncompile_error!(\"not for this architecture: #error no\");";
    assert!(emitted.main.starts_with(guard), "{}", emitted.main);
}

#[test]
fn an_architecture_that_the_file_has_no_types_for() {
    let text = "#ifndef __TARGET_ARCH_s390\ntypedef int mine;\n#endif\n\
                mine n; SEC(\"kprobe/f\") int p(void *ctx) { n++; return 0; }\n\
                SEC(\"kprobe/f\") int q(void *ctx) { return nowhere; }\n";
    let (object, diagnostics) = port_for(text, &Arch::ALL);
    let said: Vec<_> = diagnostics.iter().map(|it| &*it.message).collect();
    assert_eq!(
        said,
        [
            "not ported for s390x: unknown type name `mine`",
            "name `nowhere` is declared nowhere",
            "`q` is left out, because of an error in it or in what it uses"
        ]
    );
    assert_eq!(object.programs.len(), 1);
}

#[test]
fn one_that_was_asked_for_by_name_is_an_error() {
    let (_, diagnostics) = port_for(REFUSES, &[Arch::X86_64, Arch::S390x]);
    assert_eq!(
        diagnostics.iter().map(|it| it.code.id).collect::<Vec<_>>(),
        ["E0502"]
    );
    // Where none is left, its own error is all there is to say.
    let (_, diagnostics) = port_for(REFUSES, &[Arch::S390x]);
    assert_eq!(
        diagnostics.iter().map(|it| it.code.id).collect::<Vec<_>>(),
        ["E0006"]
    );
}

#[test]
fn an_error_on_one_architecture_says_where() {
    let (_, diagnostics) = port_for(
        "void unknown(void);\n\
         SEC(\"kprobe/f\") int p(void *ctx) {\n#ifdef __TARGET_ARCH_s390\nunknown();\n#endif\nreturn 0; }\n",
        &[Arch::X86_64, Arch::S390x],
    );
    let notes: Vec<_> = diagnostics
        .iter()
        .flat_map(|it| &it.notes)
        .map(|it| it.message.as_str())
        .collect();
    assert!(notes.contains(&"only on s390x"), "{diagnostics:#?}");
}

#[test]
fn other_architectures_than_those_asked_for_are_told() {
    let (object, _) = port_for(&format!("{CONSTANT}{COUNTS}"), &[Arch::X86_64]);
    let (emitted, _) = emit_object(&object, None);
    let guard = "#[cfg(not(bpf_target_arch = \"x86_64\"))]\ncompile_error!(";
    assert!(emitted.main.starts_with(guard), "{}", emitted.main);
}
