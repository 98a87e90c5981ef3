use std::fs;

use tempfile::TempDir;

use super::*;
use crate::diag::Severity;

/// A folder with the files of a program; the first is the main one.
struct Program {
    folder: TempDir,
    options: Options,
    arch: Arch,
    main: PathBuf,
}

impl Program {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self {
            main: folder.path().join(files[0].0),
            folder,
            options: Options::default(),
            arch: Arch::X86_64,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self) -> (Option<Unit>, Vec<Diagnostic>, SourceMap) {
        let mut files = SourceMap::default();
        let cache = Cache::default();
        let (unit, diagnostics) = read(&self.main, &self.options, self.arch, &cache, &mut files);
        (unit, diagnostics, files)
    }

    #[track_caller]
    fn unit(&self) -> (Unit, SourceMap) {
        let (unit, diagnostics, files) = self.read();
        assert_eq!(diagnostics, []);
        (unit.unwrap(), files)
    }

    /// Whether its text may be another one on another architecture.
    fn asks(&self) -> bool {
        asks::for_architecture(&self.unit().1)
    }

    fn text(&self) -> String {
        let text = self.unit().0.text;
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The text of a program of one file, in which blanks are one space each.
fn text(main: &str) -> String {
    Program::new(&[("main.bpf.c", main)]).text()
}

#[track_caller]
fn check(main: &str, expected: &str) {
    assert_eq!(text(main), expected);
}

#[track_caller]
fn check_has(main: &str, expected: &str) {
    let text = text(main);
    assert!(text.contains(expected), "{text}");
}

#[track_caller]
fn check_error(files: &[(&str, &str)], code: crate::diag::Code, line_column: (u32, u32)) {
    let (unit, diagnostics, files) = Program::new(files).read();
    assert!(unit.is_none());
    let errors: Vec<_> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .collect();
    assert_eq!(errors.len(), 1, "{diagnostics:?}");
    assert_eq!(errors[0].code, code, "{diagnostics:?}");
    let place = errors[0].span.and_then(|span| files.line_column(span));
    assert_eq!(place.unwrap_or((0, 0)), line_column, "{diagnostics:?}");
}

#[test]
fn plain_c_stays_as_it_is() {
    check(
        "int a = 1 - -1;\nchar b[] = \"x\";\n",
        "int a = 1 - -1; char b[] = \"x\";",
    );
    check("", "");
}

#[test]
fn macros_are_expanded() {
    check("#define N -1\nint a = -N;\n", "int a = - -1;");
    check(
        "#define F(x...) g(0, ##x)\nint a = F(), b = F(1);\n",
        "int a = g(0), b = g(0,1);",
    );
    check(
        "#if __TARGET_ARCH_x86 && __bpf__ && __clang_major__ > 16\nyes\n#endif\n",
        "yes",
    );
    check(
        "#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__\nyes\n#endif\n",
        "yes",
    );
    check("int a = __BYTE_ORDER__;\n", "int a = 1234;");
    check("int a = __LINE__;\n", "int a = 1;");
}

#[test]
fn architectures_have_their_macros() {
    let main =
        "#include <bpf/bpf_tracing.h>\n#ifdef bpf_target_s390\nint a = __BYTE_ORDER__;\n#endif\n";
    let mut program = Program::new(&[("main.c", main)]);
    assert!(!program.text().contains("4321"));
    program.arch = Arch::S390x;
    assert!(program.text().ends_with("int a = 4321;"));
}

#[test]
fn constants_are_those_of_the_architecture() {
    let main = "#include <fcntl.h>\n#include <errno.h>\nint a = O_DIRECTORY + EALREADY;\n";
    let mut program = Program::new(&[("main.c", main)]);
    assert!(program.text().ends_with("int a = 0x10000 + 114;"));
    assert!(program.asks());
    program.arch = Arch::Aarch64;
    assert!(program.text().ends_with("int a = 0x4000 + 114;"));
    program.arch = Arch::Mips;
    assert!(program.text().ends_with("int a = 0x10000 + 149;"));

    let alike = "#include <fcntl.h>\nint a = O_WRONLY;\n#define EALREADY 1\n";
    let registers = "#include <linux/bpf_perf_event.h>\nlong f(struct bpf_perf_event_data *e) { return e->addr; }";
    assert!(Program::new(&[("main.c", registers)]).asks());
    assert!(!Program::new(&[("main.c", alike)]).asks());
}

#[test]
fn the_compiler_has_what_clang_has() {
    check(
        "#if __has_attribute(btf_type_tag) && __has_attribute(__bpf_fastcall__)\nyes\n#endif\n",
        "yes",
    );
    check(
        "#if !__has_attribute(no_such) && __has_builtin(__builtin_preserve_enum_value)\nyes\n#endif\n",
        "yes",
    );
    check(
        "#if defined(__has_builtin) && !__has_builtin(__builtin_no_such) && !__has_feature(objc_arc)\nyes\n#endif\n",
        "yes",
    );
}

#[test]
fn options_define_and_include() {
    let mut program = Program::new(&[("main.c", "A B C D\n"), ("forced.h", "#define D 4\n")]);
    program.options.defines = vec!["A".into(), "B=2".into(), "C=3".into()];
    program.options.undefines = vec!["C".into()];
    program.options.forced = vec![program.path("forced.h")];
    assert_eq!(program.text(), "1 2 C 4");
}

#[test]
fn includes_are_found_as_clang_finds_them() {
    let files = [
        ("main.c", "#include \"a.h\"\n#include <b.h>\n"),
        ("a.h", "here\n"),
        ("i/a.h", "not\n"),
        ("i/b.h", "first\n"),
        ("s/b.h", "second\n"),
    ];
    let mut program = Program::new(&files);
    program.options.includes = vec![program.path("i")];
    program.options.system_includes = vec![program.path("s")];
    assert_eq!(program.text(), "here first");
}

#[test]
fn libbpf_headers_are_ours_even_where_there_is_a_copy() {
    let files = [
        ("main.c", "#include \"bpf_helpers.h\"\nint a SEC(\"x\");\n"),
        ("bpf_helpers.h", "#define SEC(x) wrong\n"),
    ];
    assert!(Program::new(&files).text().contains("section(\"x\")"));
}

#[test]
fn libbpf_macros_become_markers() {
    let with = |body: &str| {
        format!(
            "#include <bpf/bpf_helpers.h>\n#include <bpf/bpf_tracing.h>\n#include <bpf/bpf_core_read.h>\n#include <bpf/bpf_endian.h>\n{body}\n"
        )
    };
    let check_marker = |body: &str, expected: &str| check_has(&with(body), expected);
    check_marker(
        "int BPF_KSYSCALL(f, int a, char *b) { }",
        "int __attribute__((c2aya_ksyscall)) f(struct pt_regs *ctx,int a, char *b) { }",
    );
    check_marker(
        "int BPF_KPROBE_SYSCALL(f)",
        "c2aya_ksyscall)) f(struct pt_regs *ctx)",
    );
    check_marker(
        "int BPF_PROG(f, int a)",
        "c2aya_prog)) f(unsigned long long *ctx,int a)",
    );
    check_marker(
        "int BPF_PROG2(f)",
        "c2aya_prog2)) f(unsigned long long *ctx )",
    );
    check_marker(
        "int BPF_PROG2(f, int, a, char *, b)",
        "*ctx , int a, char * b)",
    );
    check_marker(
        "int BPF_PROG2(f, u8, a, u8, b, u8, c, u8, d, u8, e, u8, g, u8, h)",
        ", u8 g, u8 h)",
    );
    check_marker("BPF_CORE_READ(a, b)", "__c2aya_core_read((&*(a))->b)");
    check_marker(
        "BPF_CORE_READ(a, b, c.d, e[0])",
        "__c2aya_core_read((&*(a))->b->c.d->e[0])",
    );
    check_marker(
        "BPF_CORE_READ_STR_INTO(&x, a, b)",
        "__c2aya_core_read_str_into(&x, (&*(a))->b)",
    );
    check_marker(
        "bpf_core_field_exists(a->b)",
        "__c2aya_core_field_exists(a->b)",
    );
    check_marker(
        "bpf_core_field_exists(struct s, b)",
        "__c2aya_core_field_exists(((typeof(struct s) *)0)->b)",
    );
    check_marker("bpf_printk(\"x\")", "__c2aya_printk(\"x\")");
    check_marker("bpf_printk(\"x %d\", 1)", "__c2aya_printk(\"x %d\",1)");
    check_marker(
        "PT_REGS_PARM4_CORE_SYSCALL(r)",
        "__c2aya_pt_regs(r, \"PARM4_CORE_SYSCALL\")",
    );
    check_marker("PT_REGS_RC(r)", "__c2aya_pt_regs(r, \"RC\")");
    check_marker("bpf_htons(1)", "__c2aya_htons(1)");
    check_marker("__uint(type, 3)", "int (*type)[3]");
    check_marker(
        "__ulong(map_extra, 3);",
        "enum { __unique_value0 = 3 } map_extra;",
    );
    check_marker(
        "bpf_for(i, 0, 4) x();",
        "for (int __c2aya_turn = (0); __c2aya_for(__c2aya_turn, (4)) && ((i) = __c2aya_turn, 1); __c2aya_turn++) x();",
    );
}

#[test]
fn helpers_are_declared_as_needed() {
    let main = "#include <bpf/bpf_helpers.h>\nlong f(void) { return bpf_ktime_get_ns(); }\n";
    let text = text(main);
    assert!(text.starts_with(
        "extern unsigned long long bpf_ktime_get_ns(void) __attribute__((c2aya_helper(5)));"
    ));
    assert!(!text.contains("c2aya_helper(6)"));
}

#[test]
fn kernel_types_are_pulled_in_as_needed() {
    let vmlinux = "#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\ntypedef unsigned int u32;\nstruct b { u32 x; };\nstruct a { struct b b; struct c *c; struct d *d; };\nstruct c { u32 y; };\nstruct d { u32 z; };\nstruct e { u32 w; };\nenum { ONE = 1 };\n#pragma clang attribute pop\n#endif\n";
    let main = "#include \"vmlinux.h\"\nint f(struct a *a, struct e *e) { return a->c->y + a->b.x + ONE; }\n";
    let program = Program::new(&[("main.c", main), ("vmlinux.h", vmlinux)]);
    let (unit, files) = program.unit();
    let has = |text: &str| unit.text.contains(text);
    assert!(has("struct b {") && has("struct a {") && has("struct c {") && has("ONE = 1"));
    assert!(!has("struct d {") && !has("struct e {"));
    assert!(unit.text.find("struct b {") < unit.text.find("struct a {"));
    assert!(has("__attribute__((preserve_access_index))"));
    let at = unit.text.find("struct b {").unwrap();
    let span = unit.map.span(at, at + 8).unwrap();
    assert_eq!(files.text(span), "struct b");
    assert_eq!(files.get(span.file).unwrap().kind, FileKind::Vmlinux);

    let more = unit.complete(&["e"]).unwrap();
    assert!(more.text.contains("struct e {"));
    assert!(more.complete(&["e"]).is_none() && unit.complete(&["nothing"]).is_none());
}

#[test]
fn functions_of_the_kernel_yield_to_those_of_the_file() {
    let vmlinux = "#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n#ifndef __ksym\n#define __ksym __attribute__((section(\".ksyms\")))\n#endif\n#ifndef BPF_NO_KFUNC_PROTOTYPES\nextern int f(int) __ksym;\nextern int g(int) __ksym;\n#endif\n#endif\n";
    let main = "#include \"vmlinux.h\"\nextern int f(void);\nint h(void) { return f() + g(1); }\n";
    let program = Program::new(&[("main.c", main), ("vmlinux.h", vmlinux)]);
    let (unit, _) = program.unit();
    let has = |text: &str| unit.text.contains(text);
    assert!(has(
        "extern int g(int) __attribute__((section(\".ksyms\")))"
    ));
    assert!(has("extern int f(void)") && !has("extern int f(int)"));
}

#[test]
fn a_struct_of_the_file_itself_is_not_pulled_in() {
    check_has(
        "#include \"vmlinux.h\"\nstruct path { u32 mine; };\nstruct path p;\n",
        "mine",
    );
    let text = text("#include \"vmlinux.h\"\nstruct path { u32 mine; };\nstruct path p;\n");
    assert!(!text.contains("dentry"));
}

#[test]
fn places_are_those_of_the_file() {
    let main = "#define SUM(x) (x + N)\n#define N 8\nint a = SUM(b);\n";
    let (unit, files) = Program::new(&[("main.c", main)]).unit();
    let place = |text: &str| {
        let at = unit.text.find(text).unwrap();
        files
            .line_column(unit.map.span(at, at + text.len()).unwrap())
            .unwrap()
    };
    assert_eq!(place("int"), (3, 1));
    assert_eq!(place("b"), (3, 9));
    assert_eq!(place("8"), (3, 9));
    assert_eq!(place(";"), (3, 15));
}

#[test]
fn macro_uses_are_known() {
    let main = "#define A 8\n#define B A\n#define C (A + 1)\n#define D 9\n#define F(x) g(x, D)\nint a[A], b[B], c[C], d = F(B), e = F(C);\n";
    let (unit, files) = Program::new(&[("main.c", main)]).unit();
    let name = |text: &str, inside: std::ops::Range<usize>| {
        let at = unit.text.find(text).unwrap();
        let found = unit
            .macro_uses
            .object_like(&unit.text, at + inside.start..at + inside.end);
        found.map(|used| (used.name.as_str(), files.text(used.span).to_owned()))
    };
    let own = |name: &'static str| Some((name, name.to_owned()));
    assert_eq!(name("a[8]", 2..3), own("A"));
    assert_eq!(name("b[8]", 2..3), own("B"));
    assert_eq!(name("c[(8 + 1)]", 2..9), own("C"));
    assert_eq!(name("c[(8 + 1)]", 3..8), own("C"));
    assert_eq!(name("g(8, 9)", 2..3), own("B"));
    assert_eq!(name("g(8, 9)", 5..6), Some(("D", "F".into())));
    assert_eq!(name("g((8 + 1), 9)", 2..9), own("C"));
    assert_eq!(name("int", 0..3), None);
    let at = unit.text.find("g(8, 9)").unwrap();
    let found = unit
        .macro_uses
        .function_like(&unit.text, at..at + 7)
        .unwrap();
    assert_eq!(found.name, "F");
}

#[test]
fn defines_come_with_their_comments() {
    let main = "/* How many. */\n#define N 8\n#define M (N * 2) // twice\n#define G\n#undef G\n#define F(x) x\n";
    let (unit, _) = Program::new(&[("main.c", main)]).unit();
    let found: Vec<_> = unit
        .defines
        .iter()
        .map(|d| {
            (
                d.name.as_str(),
                d.body.as_str(),
                d.expanded.as_str(),
                d.doc.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("N", "8", "8", Some("How many.")),
            ("M", "(N * 2)", "(8 * 2)", Some("twice")),
        ]
    );
}

#[test]
fn every_embedded_header_can_be_included() {
    for arch in Arch::ALL {
        for (name, _) in standins::all() {
            let main = format!("#include <{name}>\n#include <{name}>\n");
            let mut program = Program::new(&[("main.c", &main)]);
            program.arch = arch;
            program.unit();
        }
    }
}

#[test]
fn dependencies_are_the_files_read() {
    let files = [
        ("main.c", "#include \"a.h\"\n#include <linux/types.h>\n"),
        ("a.h", ""),
    ];
    let program = Program::new(&files);
    assert_eq!(
        program.unit().0.deps,
        [program.path("a.h"), program.path("main.c")]
    );
}

#[test]
fn bad_input_gets_one_error() {
    check_error(
        &[("m.c", "int a;\n#include <no/such.h>\n")],
        codes::MISSING_HEADER,
        (2, 1),
    );
    check_error(
        &[("m.c", "\n#error \"x\"\n")],
        codes::ERROR_DIRECTIVE,
        (2, 8),
    );
    check_error(&[("m.c", "#if 1\nint a;\n")], codes::PREPROCESSOR, (1, 1));
    check_error(
        &[("m.c", "#include \"m.c\"\n")],
        codes::NESTING_TOO_DEEP,
        (1, 1),
    );
    let twice = "#include \"m.c\"\n#include \"m.c\"\n";
    check_error(&[("m.c", twice)], codes::NESTING_TOO_DEEP, (0, 0));
    let deep = format!("int a = {}1{};\n", "(".repeat(10_000), ")".repeat(10_000));
    check_error(&[("m.c", &deep)], codes::NESTING_TOO_DEEP, (1, 521));
    let bomb: String = (1..60)
        .map(|n| format!("#define A{n} A{m} A{m}\n", m = n - 1))
        .collect();
    check_error(
        &[("m.c", &format!("{bomb}A59\n"))],
        codes::EXPANSION_TOO_LARGE,
        (0, 0),
    );
    let files = [("m.c", "#include \"b.h\"\nA59\n"), ("b.h", &bomb)];
    check_error(&files, codes::EXPANSION_TOO_LARGE, (0, 0));
}

#[test]
fn unreadable_files_get_one_error() {
    let codes_of = |program: &Program| {
        let (unit, diagnostics, _) = program.read();
        assert!(unit.is_none());
        diagnostics.iter().map(|d| d.code).collect::<Vec<_>>()
    };
    let mut program = Program::new(&[("m.c", "")]);
    fs::write(&program.main, b"int a;\n/* \xff */\n").unwrap();
    assert_eq!(codes_of(&program), [codes::INVALID_UTF8]);
    fs::write(&program.main, vec![b' '; 40 << 20]).unwrap();
    assert_eq!(codes_of(&program), [codes::FILE_TOO_LARGE]);
    program.main = program.folder.path().to_owned();
    assert_eq!(codes_of(&program), [codes::UNREADABLE_FILE]);
    program.main = program.path("none.c");
    assert_eq!(codes_of(&program), [codes::UNREADABLE_FILE]);
    program.main = program.path("m.c");
    fs::write(&program.main, "#include \"vmlinux.h\"\n").unwrap();
    fs::write(program.path("btf"), "no").unwrap();
    program.options.vmlinux = Some(VmlinuxSource::Btf(program.path("btf")));
    assert_eq!(codes_of(&program), [codes::INVALID_BTF]);
}

#[test]
fn an_outside_preprocessor_that_fails_is_reported() {
    let mut program = Program::new(&[("m.c", "int a;\n")]);
    program.options.cpp = Some("false".into());
    let (unit, diagnostics, _) = program.read();
    assert!(unit.is_none());
    assert_eq!(diagnostics[0].code, codes::OUTSIDE_PREPROCESSOR);
    program.options.cpp = Some("no-such-preprocessor -E".into());
    assert_eq!(program.read().1[0].code, codes::OUTSIDE_PREPROCESSOR);
}

#[test]
fn architectures_are_called_many_names() {
    let check = |define: &str, arch, expected| {
        let mut program = Program::new(&[("main.c", &format!("{define}\n"))]);
        program.arch = arch;
        program.options.defines = vec![define.into()];
        assert_eq!(program.text(), expected);
    };
    check("__TARGET_ARCH_x86_64", Arch::X86_64, "1");
    check("__TARGET_ARCH_amd64", Arch::X86_64, "1");
    check("__TARGET_ARCH_aarch64", Arch::Aarch64, "1");
    check(
        "__TARGET_ARCH_x86_64",
        Arch::Aarch64,
        "__TARGET_ARCH_x86_64",
    );
    check("__TARGET_ARCH_arm", Arch::Aarch64, "__TARGET_ARCH_arm");
}

#[test]
fn headers_of_the_c_library_include_what_theirs_do() {
    let check = |header: &str, types: &str| {
        let text = format!("#include <{header}>\n{types} a;\n");
        let text = Program::new(&[("main.c", &text)]).text();
        let last = types.split(' ').next_back().unwrap();
        assert!(
            text.contains(&format!("{last};")) || text.contains(&format!("{types} {{")),
            "{header}: {types}"
        );
    };
    check("arpa/inet.h", "uint64_t");
    check("arpa/inet.h", "ssize_t");
    check("arpa/inet.h", "struct sockaddr_in6");
    check("stdlib.h", "int64_t");
    check("asm-generic/fcntl.h", "struct flock");
    check("linux/netfilter.h", "union nf_inet_addr");
    check(
        "linux/netfilter/nf_conntrack_common.h",
        "enum ip_conntrack_info",
    );
    check(
        "linux/netfilter/nf_conntrack_tuple_common.h",
        "enum ip_conntrack_dir",
    );
    check("linux/pkt_sched.h", "struct tc_ratespec");
}
