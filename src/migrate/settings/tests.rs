use std::path::Path;

use super::*;

fn beside(path: &str, kind: Kind, text: &str) -> Beside {
    Beside {
        path: path.into(),
        kind,
        text: text.to_owned(),
    }
}

/// What a build file says of `net/a.bpf.c`: options as clang has them, in the order of c2aya's.
fn check(file: Beside, expected: &str) {
    let found = Found {
        beside: vec![file],
        ..Found::default()
    };
    let (settings, diagnostics) = Settings::read(Path::new("/r"), &found, None);
    assert!(diagnostics.is_empty());
    let source = Path::new("net/a.bpf.c");
    let (options, _) = settings.of(Path::new("/r"), source, &source::Options::default());
    let mut words = Vec::new();
    for (flag, list) in [
        ("-I", &options.includes),
        ("-isystem ", &options.system_includes),
    ] {
        words.extend(list.iter().map(|path| format!("{flag}{}", path.display())));
    }
    for (flag, list) in [("-D", &options.defines), ("-U", &options.undefines)] {
        words.extend(list.iter().map(|text| format!("{flag}{text}")));
    }
    assert_eq!(words.join(" "), expected);
}

fn make(path: &str, text: &str) -> Beside {
    beside(path, Kind::Make, text)
}

#[test]
fn a_makefile_says_it_for_its_folder_and_below() {
    let text = "CFLAGS := -I../include\n%.o: %.bpf.c\n\t$(CLANG) -g -target bpf $(CFLAGS) -DX=1 -c $< -o $@\n";
    check(make("net/Makefile", text), "-I/r/include -DX=1");
    check(make("fs/Makefile", text), "");
    check(make("Makefile", text), "-I/include -DX=1");
}

#[test]
fn the_nearest_makefile_counts() {
    let rule = |flags: &str| format!("%.o: %.c\n\tclang --target=bpf {flags} -c $<\n");
    let found = Found {
        beside: vec![
            make("Makefile", &rule("-DFAR")),
            make("net/Makefile", &rule("-DNEAR")),
        ],
        ..Found::default()
    };
    let (settings, _) = Settings::read(Path::new("/r"), &found, None);
    let (options, from) = settings.of(
        Path::new("/r"),
        Path::new("net/a.bpf.c"),
        &source::Options::default(),
    );
    assert_eq!(
        (options.defines, from),
        (vec!["NEAR".to_owned()], vec!["net/Makefile:2".to_owned()])
    );
}

#[test]
fn make_variables_are_filled_in() {
    let rule = "a.o: net/a.bpf.c\n\t@clang \\\n\t\t-target bpf $(FLAGS) -c $< -o $@\n";
    check(
        make(
            "Makefile",
            &format!("FLAGS = -D$(WHAT)\nWHAT ?= B\nFLAGS += -DC\n{rule}"),
        ),
        "-DB -DC",
    );
    check(
        make(
            "Makefile",
            &format!("FLAGS = $(addprefix -I,inc ${{MORE}})\nMORE = sys\n{rule}"),
        ),
        "-I/r/inc -I/r/sys",
    );
}

#[test]
fn what_isnt_known_is_dropped() {
    let rule = "a.o: net/a.bpf.c\n\tclang -target bpf -D__TARGET_ARCH_$(ARCH) -I $(OUT) -I$(shell x y) -DA '-DS=\"b c\"' -c $<\n";
    check(make("Makefile", rule), "-DA -DS=\"b c\"");
    check(
        make(
            "Makefile",
            &format!("ARCH = $(ARCH)\nOUT = $(OUT)$(OUT)\n{rule}"),
        ),
        "-DA -DS=\"b c\"",
    );
}

#[test]
fn a_line_for_another_file_is_not_for_this_one() {
    check(
        make(
            "Makefile",
            "b.o: net/b.bpf.c\n\tclang -target bpf -DB -c $<\n",
        ),
        "",
    );
    check(make("Makefile", "user: user.c\n\tcc -DUSER user.c\n"), "");
}

#[test]
fn cmake_commands_are_read() {
    let text = "set(BPF_FLAGS -g -DX) # a (comment)\nlist(APPEND BPF_FLAGS -I${CMAKE_SOURCE_DIR}/include)\nadd_custom_command(\n  OUTPUT a.o\n  COMMAND ${CLANG} -target bpf ${BPF_FLAGS} -I${CMAKE_BINARY_DIR}\n    \"-DS=a b\" -c ${CMAKE_CURRENT_SOURCE_DIR}/a.bpf.c -o a.o\n  DEPENDS a.bpf.c)\n";
    check(
        beside("net/CMakeLists.txt", Kind::CMake, text),
        "-I/r/include -DX -DS=a b",
    );
}

#[test]
fn meson_targets_are_read() {
    let text = "flags = ['-target', 'bpf', '-I' + meson.current_source_dir() / 'inc']\nflags += ['-DX']\ncustom_target('a',\n  input: 'a.bpf.c', output: 'a.o',\n  command: [clang, flags, '-I@0@'.format(meson.project_source_root()), '-c', '@INPUT@'])\n";
    check(
        beside("net/meson.build", Kind::Meson, text),
        "-I/r/net/inc -I/r -DX",
    );
}

#[test]
fn go_generate_lines_are_read() {
    let line = "package x\n\n//go:generate go run github.com/cilium/ebpf/cmd/bpf2go -cc clang -cflags \"-DA -DB=1\" -type event probe a.bpf.c -- -I../headers $MORE\n";
    check(
        beside("net/main.go", Kind::Go, line),
        "-I/r/headers -DA -DB=1",
    );
    check(beside("main.go", Kind::Go, line), "");
    let calls = go::bpf2go(line);
    assert_eq!((calls[0].line, calls[0].ident.as_str()), (3, "probe"));
}

#[test]
fn build_scripts_are_read() {
    let text = "use libbpf_cargo::SkeletonBuilder;\nconst SRC: &str = \"net/a.bpf.c\";\nfn main() {\n    let out = PathBuf::from(env::var_os(\"OUT_DIR\").unwrap()).join(\"a.skel.rs\");\n    SkeletonBuilder::new()\n        .source(SRC)\n        .clang_args([\"-Iinclude\", \"-DX\"])\n        .build_and_generate(&out)\n        .unwrap();\n}\n";
    check(beside("build.rs", Kind::Rust, text), "-I/r/include -DX");
    let joined = text.replace(
        "SRC)",
        "PathBuf::from(env::var(\"CARGO_MANIFEST_DIR\").unwrap()).join(\"net\").join(\"a.bpf.c\"))",
    );
    check(beside("build.rs", Kind::Rust, &joined), "-I/r/include -DX");
}

#[test]
fn a_broken_database_is_a_warning_and_the_rest_counts() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("compile_commands.json"), "[{").unwrap();
    let found = Found {
        beside: vec![
            beside("compile_commands.json", Kind::Database, ""),
            make("Makefile", "%.o: %.c\n\tclang -target bpf -DX -c $<\n"),
        ],
        ..Found::default()
    };
    let (settings, diagnostics) = Settings::read(folder.path(), &found, None);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, codes::BAD_DATABASE);
    let (options, _) = settings.of(
        folder.path(),
        Path::new("a.bpf.c"),
        &source::Options::default(),
    );
    assert_eq!(options.defines, ["X"]);
}
