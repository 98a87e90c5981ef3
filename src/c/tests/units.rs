//! Files as users write them, through the source stage.

use super::function;
use crate::{
    arch::Arch,
    c::{
        analyze, dump,
        tree::{ConstantValue, Tree},
    },
    diag::Diagnostic,
    source::{self, Cache, Options, span::SourceMap},
};

fn read_file(text: &str) -> (Tree, Vec<Diagnostic>, SourceMap) {
    let folder = tempfile::tempdir().expect("no temporary folder");
    let file = folder.path().join("probe.bpf.c");
    std::fs::write(&file, text).expect("can't write");
    let mut files = SourceMap::default();
    let (unit, mut diagnostics) = source::read(
        &file,
        &Options::default(),
        Arch::X86_64,
        &Cache::default(),
        &mut files,
    );
    let (tree, more) = analyze(&unit.expect("nothing was read"), &files);
    diagnostics.extend(more);
    (tree, diagnostics, files)
}

/// Checks the macros that are constants, as `NAME=value`.
#[track_caller]
fn check_constants(text: &str, expected: &str) {
    let (tree, diagnostics, _) = read_file(text);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    let shown: Vec<String> = tree
        .constants
        .iter()
        .map(|constant| {
            let ty = dump::ty(&tree, &constant.ty);
            match &constant.value {
                ConstantValue::Int(value) => format!("{}={value}: {ty}", constant.name),
                ConstantValue::Str(text) => {
                    format!("{}=\"{}\"", constant.name, text.escape_ascii())
                }
            }
        })
        .collect();
    assert_eq!(shown.join(" "), expected);
}

#[test]
fn object_like_macros_are_constants() {
    check_constants("#define A 3\n", "A=3: int");
    check_constants("#define A 3\n#define B (A << 2)\n", "A=3: int B=12: int");
    check_constants("#define NAME \"x\" \"y\"\n", "NAME=\"xy\"");
    check_constants(
        "#define A 1UL\n#define F(x) x\n#define E\n",
        "A=1: unsigned long",
    );
    check_constants("#define CALL f()\n#define T int x;\n#define O +\n", "");
    check_constants(
        "struct s { int a[3]; };\n#define N sizeof(struct s)\n",
        "N=12: unsigned long",
    );
    check_constants("enum { X = 4 };\n#define N (X + 1)\n", "N=5: int");
    check_constants("#define A 1\n#undef A\n#define A 2\n", "A=2: int");
    check_constants("#define A 1\nint a = A;\n#undef A\n#define A 2\n", "");
}

#[test]
fn an_expression_knows_the_macro_that_it_is() {
    let text =
        "#define MAX (1 << 3)\nint f(int a) { return a < MAX ? a + MAX - 1 : sizeof(int[MAX]); }\n";
    let (tree, diagnostics, _) = read_file(text);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    assert_eq!(
        dump::body(&tree, function(&tree, "f")),
        "{ return <int>((a < MAX=(1 << 3):int) ? <unsigned long>((a + MAX=(1 << 3):int):int - 1):int \
         : sizeof(int[8])=32); }"
    );
}

/// Checks diagnostics as `code line:column message`.
#[track_caller]
fn check_places(text: &str, expected: &[&str]) {
    let (_, diagnostics, files) = read_file(text);
    let shown: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| {
            let place = diagnostic.span.and_then(|span| files.line_column(span));
            let (line, column) = place.unwrap_or_default();
            format!(
                "{} {line}:{column} {}",
                diagnostic.code.id, diagnostic.message
            )
        })
        .collect();
    assert_eq!(shown, expected);
}

#[test]
fn what_a_missing_header_defines_is_said_once() {
    let main = "#include <vmlinux.h>\n#include <bpf/bpf_helpers.h>\nint f(struct task_struct *t)\n{\n\treturn BPF_CORE_READ(t, real_parent, tgid);\n}\n";
    check_places(
        main,
        &["E0201 5:9 name `BPF_CORE_READ` is declared nowhere"],
    );
}

#[test]
fn programs_without_a_name() {
    for argument in ["char *f", "int f"] {
        let main = format!(
            "#include <vmlinux.h>\n#include <bpf/bpf_tracing.h>\nint BPF_KSYSCALL({argument}, int flags) {{ return 0; }}\n"
        );
        let message = "E0209 3:1 this program has no name: `BPF_KSYSCALL` takes it first";
        check_places(&main, &[message]);
    }
}

#[test]
fn pasted_names_stand_where_the_macro_is_used() {
    let (tree, _, files) = read_file(
        "#define P(x) int do_##x##_entered(int a) { return a; }\n#define Q(x) P(x)\nP(one)\nQ(two)\n",
    );
    let lines = tree.functions.iter().map(|function| {
        let place = files.line_column(function.name_span);
        place.unwrap_or_default().0
    });
    assert_eq!(lines.collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn diagnostics_point_at_the_file_of_the_user() {
    check_places(
        "#include <vmlinux.h>\n#include <bpf/bpf_helpers.h>\n\nint f(u32 a)\n{\n\treturn b;\n}\n",
        &["E0201 6:9 name `b` is declared nowhere"],
    );
    check_places(
        "#define BAD 1 +\nint f(void)\n{\n\treturn BAD;\n}\nint g(void) { return 0; }\n",
        &["E0101 4:12 unexpected `;`, expected an expression"],
    );
    check_places(
        "#include <vmlinux.h>\nint f(struct task_struct *t) { return t->pidd; }\n",
        &["E0202 2:42 `struct task_struct` has no member `pidd`"],
    );
}

#[test]
fn a_bad_function_leaves_the_others_alone() {
    let text = "int bad(void) { return nothing; }\nint worse(void) { return 1 + ; }\nint good(void) { return 1; }\n";
    let (tree, diagnostics, _) = read_file(text);
    assert_eq!(diagnostics.len(), 2, "{diagnostics:#?}");
    assert!(function(&tree, "bad").broken && function(&tree, "bad").body.is_none());
    assert!(function(&tree, "worse").broken && function(&tree, "worse").body.is_none());
    assert!(!function(&tree, "good").broken && function(&tree, "good").body.is_some());
}

#[test]
fn programs_keep_their_attributes_and_places() {
    let text = "#include <vmlinux.h>\n#include <bpf/bpf_helpers.h>\n#include <bpf/bpf_tracing.h>\n\
                SEC(\"ksyscall/write\")\nint BPF_KSYSCALL(write_entry, int fd, const char *buf)\n\
                {\n\tbpf_printk(\"%d\", fd);\n\treturn 0;\n}\nchar LICENSE[] SEC(\"license\") = \"GPL\";\n";
    let (tree, diagnostics, files) = read_file(text);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    let program = function(&tree, "write_entry");
    let has = |name: &str| {
        program
            .attributes
            .iter()
            .find(|attribute| &*attribute.name == name)
            .map(|attribute| attribute.args.join(","))
    };
    assert_eq!(has("section").as_deref(), Some("ksyscall/write"));
    assert!(has("c2aya_ksyscall").is_some());
    assert_eq!(files.text(program.name_span), "write_entry");
    let names: Vec<&str> = program
        .params
        .iter()
        .filter_map(|id| program.locals[id.0 as usize].name.as_deref())
        .collect();
    assert_eq!(names, ["ctx", "fd", "buf"]);
}
