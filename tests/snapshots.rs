//! What every fixture becomes, and what bad input is answered with, as recorded in `snapshots/`.
//!
//! After a change that is meant: `INSTA_UPDATE=always cargo test --test snapshots`, and read the
//! difference as you would read a patch.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use c2aya::{
    arch::Arch,
    emit::workspace::{self, PortedObject},
    ir::dump,
    output::human,
    port, source,
};

/// A fixture, and what became of it.
struct Ported {
    name: String,
    ir: String,
    rust: String,
    diagnostics: String,
}

#[test]
fn ir() {
    for port in fixtures() {
        check(&port.name, "ir", &port.ir);
    }
}

#[test]
fn rust() {
    for port in fixtures() {
        check(&port.name, "rs", &port.rust);
    }
}

#[test]
fn diagnostics() {
    for port in fixtures() {
        check(&port.name, "diagnostics", &port.diagnostics);
    }
}

#[test]
fn every_snapshot_belongs_to_a_fixture() {
    let names: BTreeSet<_> = fixtures().iter().map(|port| port.name.as_str()).collect();
    for snapshot in files("snapshots", ".snap") {
        let file = snapshot.file_name().unwrap().to_string_lossy().into_owned();
        let name = file.split('.').next().unwrap();
        assert!(
            names.contains(name) || file.starts_with("bad_"),
            "{file} belongs to no fixture"
        );
    }
}

#[test]
fn a_missing_header() {
    check_bad("missing_header", "#include \"nowhere.h\"\n");
}

#[test]
fn a_missing_system_header() {
    check_bad("missing_system_header", "#include <linux/nowhere.h>\n");
}

#[test]
fn a_syntax_error() {
    check_bad(
        "syntax_error",
        "#include \"vmlinux.h\"\nint f(void)\n{\n\treturn 1 +;\n}\n",
    );
}

#[test]
fn an_unknown_type() {
    check_bad("unknown_type", &program("size_tt lost = 1;"));
}

#[test]
fn an_unknown_name() {
    check_bad("unknown_name", &program("count += first;"));
}

#[test]
fn an_error_directive() {
    check_bad(
        "error_directive",
        "#ifndef VERSION\n#error \"define VERSION\"\n#endif\n",
    );
}

#[test]
fn an_unknown_section() {
    check_bad(
        "unknown_section",
        "#include <bpf/bpf_helpers.h>\n\nSEC(\"nowhere/close\")\nint closed(void *ctx)\n{\n\treturn 0;\n}\n",
    );
}

#[test]
fn a_call_through_a_pointer() {
    check_bad(
        "indirect_call",
        &program("void (*called)(int) = (void *)ctx; called(1);"),
    );
}

#[test]
fn inline_assembly() {
    check_bad(
        "assembly",
        &program("asm volatile(\"r0 = %0\" : : \"m\"(count));"),
    );
}

#[test]
fn a_floating_point_number() {
    check_bad("float", &program("double half = 0.5; count = half * fd;"));
}

#[test]
fn an_unterminated_comment() {
    check_bad("unterminated_comment", "int a;\n/* no end\n");
}

#[test]
fn no_file() {
    let folder = tempfile::tempdir().unwrap();
    check_port("no_file", &folder.path().join("nowhere.bpf.c"));
}

#[test]
fn a_folder_for_a_file() {
    let folder = tempfile::tempdir().unwrap();
    check_port("folder", folder.path());
}

#[test]
fn invalid_utf8() {
    check_bad_bytes("invalid_utf8", b"int a;\nint \xff\xfe;\n");
}

fn fixtures() -> &'static [Ported] {
    static PORTS: OnceLock<Vec<Ported>> = OnceLock::new();
    PORTS.get_or_init(|| {
        files("fixtures", ".bpf.c")
            .iter()
            .map(|path| port_fixture(path))
            .collect()
    })
}

fn port_fixture(path: &Path) -> Ported {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A path that is the same on every machine: tests run in the package's folder.
    let path = path.strip_prefix(root).unwrap();
    let port = port::lower_file(
        path,
        &source::Options::default(),
        &Arch::ALL,
        &source::Cache::default(),
    );
    let mut diagnostics = port.diagnostics;
    let object = port
        .object
        .unwrap_or_else(|| panic!("{} wasn't read", path.display()));
    let common = workspace::common_path("probe", &object.name, false);
    let (emitted, more) = port::emit_object(&object, Some(common));
    diagnostics.extend(more);
    let workspace = workspace::workspace(
        "probe",
        &[PortedObject {
            ir: &object,
            emitted: &emitted,
        }],
    );
    diagnostics.extend(workspace.diagnostics);
    let rust = ["probe-common/src/lib.rs", "probe-ebpf/src/main.rs"]
        .into_iter()
        .filter_map(|path| Some((path, workspace.files.get(Path::new(path))?)))
        .map(|(path, text)| format!("// {path}\n\n{text}"))
        .collect::<Vec<_>>();
    let diagnostics: Vec<_> = diagnostics
        .iter()
        .map(|diagnostic| human::render(diagnostic, &port.files, false))
        .collect();
    Ported {
        name: object.name.clone(),
        ir: dump::object(&object),
        rust: rust.join("\n"),
        diagnostics: diagnostics.join("\n\n"),
    }
}

/// A whole probe with these statements in its only program.
fn program(statements: &str) -> String {
    format!(
        "#include \"vmlinux.h\"\n\
         #include <bpf/bpf_helpers.h>\n\
         #include <bpf/bpf_tracing.h>\n\
         \n\
         u64 count;\n\
         \n\
         SEC(\"ksyscall/close\")\n\
         int BPF_KSYSCALL(close_enter, int fd)\n\
         {{\n\
         \t{statements}\n\
         \treturn 0;\n\
         }}\n\
         \n\
         char LICENSE[] SEC(\"license\") = \"GPL\";\n"
    )
}

fn check(name: &str, what: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("{name}.{what}"), text));
}

fn check_bad(name: &str, text: &str) {
    check_bad_bytes(name, text.as_bytes());
}

fn check_bad_bytes(name: &str, text: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.bpf.c");
    fs::write(&path, text).unwrap();
    check_port(name, &path);
}

/// Runs the program itself: what it prints, how it ends, and that nothing is left behind.
fn check_port(name: &str, path: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let output = Command::new(env!("CARGO_BIN_EXE_c2aya"))
        .arg("port")
        .arg(path)
        .arg("-o")
        .arg(&out)
        .output()
        .unwrap();
    assert!(!out.exists(), "{name} left something behind");
    assert!(output.stdout.is_empty(), "{name} wrote to standard output");
    let place = path.parent().unwrap().display().to_string();
    let said = String::from_utf8(output.stderr)
        .unwrap()
        .replace(&place, "DIR");
    let said = match path.file_name() {
        Some(file) if path.is_dir() => said.replace(&*file.to_string_lossy(), "FOLDER"),
        _ => said,
    };
    let code = output.status.code().unwrap();
    check(
        &format!("bad_{name}"),
        "txt",
        &format!("{said}exit code {code}"),
    );
}

/// The files of a folder of this repository whose names end so, in order.
fn files(folder: &str, suffix: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(suffix))
        .collect();
    files.sort();
    files
}

/// Wherever a comment of a fixture stands, it stands in its port.
#[test]
fn comments_are_kept() {
    for port in fixtures() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(format!("{}.bpf.c", port.name));
        let rust = words_of(
            &port
                .rust
                .replace("//!", " ")
                .replace("///", " ")
                .replace("//", " "),
        );
        for comment in comments(&fs::read_to_string(source).unwrap()) {
            let words = words_of(&comment);
            // The licence stands in Cargo.toml; what is said to the linter isn't about the Rust.
            let other = words.starts_with("SPDX") || words.starts_with("c2aya:");
            let kept = other || rust.contains(&words);
            assert!(kept, "{}: {comment}", port.name);
        }
    }
}

/// The comments of a C file, without what marks them.
fn comments(c: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = c;
    while let Some(at) = rest.find(['"', '/']) {
        let (_, from) = rest.split_at(at);
        let end = |text: &str, mark: &str| text.find(mark).map_or(text.len(), |at| at + mark.len());
        let len = if let Some(text) = from.strip_prefix("/*") {
            2 + end(text, "*/")
        } else if from.starts_with("//") {
            end(from, "\n")
        } else if let Some(text) = from.strip_prefix('"') {
            // No fixture has an escaped quotation mark.
            1 + end(text, "\"")
        } else {
            1
        };
        let (token, behind) = from.split_at(len);
        if token.starts_with("/*") || token.starts_with("//") {
            let text = token.trim_start_matches("/*").trim_end_matches("*/");
            let lines = text
                .lines()
                .map(|line| line.trim().trim_start_matches(['*', '/']));
            found.push(lines.collect::<Vec<_>>().join(" "));
        }
        rest = behind;
    }
    found
}

fn words_of(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
