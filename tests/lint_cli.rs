//! `c2aya lint` as a command: exit codes, forms of output, what it writes.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

/// A program with a note (L0703) and a warning (L0503), both of which can be fixed.
const BAD: &str = "\
#include \"vmlinux.h\"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char last[16];

SEC(\"ksyscall/unlink\")
int BPF_KPROBE_SYSCALL(unlink_enter, const char *path)
{
\tbpf_probe_read_str(last, sizeof(last), path);
\treturn 0;
}

char LICENSE[] SEC(\"license\") = \"GPL\";
";

/// What it is after `--fix`.
fn good() -> String {
    BAD.replace("BPF_KPROBE_SYSCALL", "BPF_KSYSCALL")
        .replace("bpf_probe_read_str", "bpf_probe_read_user_str")
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn run(&self, command: &str, arguments: &[&str]) -> Output {
        Command::new(command)
            .args(arguments)
            .current_dir(self.path())
            .output()
            .unwrap()
    }

    fn lint(&self, arguments: &[&str]) -> Output {
        let mut all = vec!["lint"];
        // Whatever other rules there are.
        if !arguments.contains(&"--select") {
            all.extend(["--select", "lint,L0503,L0703"]);
        }
        all.extend(arguments);
        self.run(env!("CARGO_BIN_EXE_c2aya"), &all)
    }

    /// The lines that `--format concise` prints, without severity and message.
    #[track_caller]
    fn check(&self, arguments: &[&str], expected: &[&str], code: i32) {
        let mut all = vec!["--format", "concise"];
        all.extend(arguments);
        let output = self.lint(&all);
        let stdout = text(&output.stdout);
        let found: Vec<_> = stdout
            .lines()
            .map(|line| line.split(']').next().unwrap())
            .collect();
        assert_eq!(found, expected, "{}", text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    }

    /// That it fails with this on standard error.
    #[track_caller]
    fn check_failure(&self, arguments: &[&str], expected: &str) {
        let output = self.lint(arguments);
        let said = text(&output.stderr);
        assert!(said.contains(expected), "{said}");
        assert_eq!(output.status.code(), Some(2));
    }

    fn json(&self, format: &str, arguments: &[&str]) -> Value {
        let mut all = vec!["--format", format];
        all.extend(arguments);
        serde_json::from_slice(&self.lint(&all).stdout).unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const FOUND: [&str; 2] = ["a.bpf.c:8:5: note[L0703", "a.bpf.c:10:2: warning[L0503"];

#[test]
fn exit_codes() {
    let folder = Folder::new(&[("a.bpf.c", BAD), ("b.bpf.c", &good())]);
    folder.check(&["."], &FOUND, 1);
    folder.check(&["b.bpf.c"], &[], 0);
    folder.check(&["a.bpf.c", "--fail-on", "error"], &FOUND, 0);
    folder.check(&["a.bpf.c", "--fail-on", "never"], &FOUND, 0);
    folder.check(&["a.bpf.c", "--ignore", "memory"], &FOUND[..1], 0);
    folder.check(
        &["a.bpf.c", "--ignore", "memory", "--fail-on", "note"],
        &FOUND[..1],
        1,
    );
    fs::create_dir(folder.path().join("empty")).unwrap();
    folder.check(&["empty"], &[], 3);
    folder.check_failure(&["a.bpf.c", "--select", "memry"], "is it `memory`?");
    folder.check_failure(&[], "FILE|DIR");
}

#[test]
fn a_file_that_cant_be_read_is_a_finding() {
    let folder = Folder::new(&[
        ("a.bpf.c", BAD),
        ("b.bpf.c", "int f(void)\n{\n\treturn 1 +;\n}\n"),
    ]);
    let expected = [FOUND[0], FOUND[1], "b.bpf.c:3:12: error[E0101"];
    folder.check(&["a.bpf.c", "b.bpf.c"], &expected, 1);
    folder.check(&["b.bpf.c", "--select", "memory"], &expected[2..], 1);
    folder.check(&["nowhere.bpf.c"], &["nowhere.bpf.c:1:1: error[E0001"], 1);
}

#[test]
fn selection() {
    let folder = Folder::new(&[("a.bpf.c", BAD)]);
    folder.check(&["a.bpf.c", "--select", "L05"], &FOUND[1..], 1);
    folder.check(&["a.bpf.c", "--select", "state"], &FOUND[..1], 0);
    folder.check(
        &["a.bpf.c", "--select", "deprecated-probe-read"],
        &FOUND[1..],
        1,
    );
    folder.check(&["a.bpf.c", "--ignore", "all"], &[], 0);
}

#[test]
fn fixes_are_written() {
    let folder = Folder::new(&[("a.bpf.c", BAD)]);
    let output = folder.lint(&["--diff", "a.bpf.c"]);
    let diff = text(&output.stdout);
    assert!(
        diff.contains("-int BPF_KPROBE_SYSCALL(unlink_enter, const char *path)\n"),
        "{diff}"
    );
    assert!(
        diff.contains("+int BPF_KSYSCALL(unlink_enter, const char *path)\n"),
        "{diff}"
    );
    assert_eq!(folder.read("a.bpf.c"), BAD);
    folder.check(&["--fix", "a.bpf.c"], &[], 0);
    assert_eq!(folder.read("a.bpf.c"), good());
    folder.check(&["--fix", "a.bpf.c"], &[], 0);
    assert_eq!(folder.read("a.bpf.c"), good());
}

#[test]
fn unsafe_fixes_are_asked_for() {
    let kernel = BAD.replace("path);", "(void *)bpf_get_current_task());");
    let folder = Folder::new(&[("a.bpf.c", &kernel)]);
    folder.check(&["--fix", "a.bpf.c"], &FOUND[1..], 1);
    folder.check(&["--unsafe-fixes", "a.bpf.c"], &[], 0);
    assert!(
        folder
            .read("a.bpf.c")
            .contains("bpf_probe_read_kernel_str(")
    );
}

#[test]
fn windows_line_ends_and_permissions_are_kept() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new(&[("a.bpf.c", &BAD.replace('\n', "\r\n"))]);
    let path = folder.path().join("a.bpf.c");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    folder.check(&["--fix", "a.bpf.c"], &[], 0);
    assert_eq!(folder.read("a.bpf.c"), good().replace('\n', "\r\n"));
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o640
    );
}

#[test]
fn a_header_of_two_files_is_fixed_and_reported_once() {
    let (head, program) = BAD.split_at(BAD.find("SEC(\"ksys").unwrap());
    let (program, license) = program.split_at(program.find("char LICENSE").unwrap());
    let main = format!("{head}#include \"shared.h\"\n{license}");
    let folder = Folder::new(&[
        ("a.bpf.c", &main),
        ("b.bpf.c", &main),
        ("shared.h", program),
    ]);
    let expected = ["shared.h:2:5: note[L0703", "shared.h:4:2: warning[L0503"];
    folder.check(&["a.bpf.c", "b.bpf.c"], &expected, 1);
    folder.check(&["a.bpf.c", "b.bpf.c", "--fix"], &[], 0);
    assert!(folder.read("shared.h").contains("int BPF_KSYSCALL("));
    assert_eq!(folder.read("a.bpf.c"), main);
}

#[test]
fn a_comment_in_a_header_is_used_where_any_file_uses_it() {
    let (head, rest) = BAD.split_at(BAD.find("SEC(\"ksys").unwrap());
    let (program, license) = rest.split_at(rest.find("char LICENSE").unwrap());
    let header = format!(
        "// c2aya: allow(L0503, L0703, reason = \"x\")\n#define SIZE 8\n#ifdef PROGRAM\n{program}#endif\n"
    );
    let include = "#include \"shared.h\"\n";
    let folder = Folder::new(&[
        (
            "a.bpf.c",
            &format!("#define PROGRAM\n{head}{include}{license}"),
        ),
        ("b.bpf.c", &format!("{head}{include}{license}")),
        ("shared.h", &header),
    ]);
    folder.check(&["--ignore", "portability", "."], &[], 0);
    // L0703 is about what is written, in branches that are left out too.
    let unused = ["shared.h:1:17: warning[L0001"];
    folder.check(&["--ignore", "portability", "b.bpf.c"], &unused, 1);
}

#[test]
fn comments_that_allow_are_added() {
    let folder = Folder::new(&[("a.bpf.c", BAD)]);
    folder.check(&["a.bpf.c", "--add-allow=was \"so\""], &[], 2);
    folder.check(&["a.bpf.c", "--add-allow=older libbpf"], &[], 0);
    let now = folder.read("a.bpf.c");
    assert!(
        now.contains(
            "\n\t// c2aya: allow(deprecated-probe-read, reason = \"older libbpf\")\n\tbpf_probe"
        ),
        "{now}"
    );
    folder.check(&["a.bpf.c", "--confidence", "low"], &[], 0);
}

#[test]
fn a_baseline_hides_what_was_there() {
    let folder = Folder::new(&[("a.bpf.c", BAD)]);
    folder.check(
        &["a.bpf.c", "--baseline", "old.json", "--write-baseline"],
        &[],
        0,
    );
    folder.check(&["a.bpf.c", "--baseline", "old.json"], &[], 0);
    // Other lines may come and go.
    let line = "\tbpf_probe_read_str(last, 8, path);\n\treturn 0;";
    folder.write(
        "a.bpf.c",
        &format!("\n{}", BAD.replace("\treturn 0;", line)),
    );
    folder.check(
        &["a.bpf.c", "--baseline", "old.json"],
        &["a.bpf.c:12:2: warning[L0503"],
        1,
    );
    folder.check_failure(
        &["a.bpf.c", "--baseline", "none.json"],
        "can't read none.json",
    );
    folder.write("old.json", "{\"version\": 9, \"findings\": []}");
    folder.check_failure(&["a.bpf.c", "--baseline", "old.json"], "its version is 9");
}

#[test]
fn only_changed_lines_count() {
    let folder = Folder::new(&[("a.bpf.c", BAD)]);
    let git = |arguments: &[&str]| {
        let mut all = vec!["-c", "user.name=a", "-c", "user.email=a@b"];
        all.extend(arguments);
        let output = folder.run("git", &all);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "a"]);
    folder.check(&["a.bpf.c", "--since", "HEAD"], &[], 0);
    let line = "\tbpf_probe_read_str(last, 8, path);\n\treturn 0;";
    folder.write("a.bpf.c", &BAD.replace("\treturn 0;", line));
    let changed = ["a.bpf.c:11:2: warning[L0503"];
    folder.check(&["a.bpf.c", "--since", "HEAD"], &changed, 1);
    folder.check(&["a.bpf.c", "--diff=HEAD"], &changed, 1);
    folder.write("b.bpf.c", BAD);
    let new = ["b.bpf.c:8:5: note[L0703", "b.bpf.c:10:2: warning[L0503"];
    folder.check(&["b.bpf.c", "--since", "HEAD"], &new, 1);
    folder.check_failure(
        &["a.bpf.c", "--since", "nowhere"],
        "can't tell what changed since nowhere",
    );
    folder.check_failure(
        &["a.bpf.c", "--since=--output=x"],
        "can't tell what changed",
    );
    assert!(!folder.path().join("x").exists());
}

#[test]
fn a_configuration_is_found_upward() {
    let folder = Folder::new(&[
        ("src/a.bpf.c", BAD),
        ("c2aya.toml", "lint.ignore = [\"memory\"]\n"),
    ]);
    folder.check(&["src"], &["src/a.bpf.c:8:5: note[L0703"], 0);
    folder.check(
        &["src", "--no-config", "--select", "L05"],
        &["src/a.bpf.c:10:2: warning[L0503"],
        1,
    );
    folder.write(
        "c2aya.toml",
        "[lint]\nseverity = { L0503 = \"note\", state = \"error\" }\n",
    );
    let changed = [
        "src/a.bpf.c:8:5: error[L0703",
        "src/a.bpf.c:10:2: note[L0503",
    ];
    folder.check(&["src"], &changed, 1);
    folder.write("c2aya.toml", "[lint]\nseveritty = {}\n");
    folder.check_failure(
        &["src"],
        "line 2: unknown key `severitty` in `lint`; is it `severity`?",
    );
}

#[test]
fn a_file_is_read_for_each_architecture_that_is_named() {
    let only_arm = BAD.replace("SEC(\"ksys", "#ifdef __TARGET_ARCH_arm64\nSEC(\"ksys");
    let only_arm = only_arm.replace("char LICENSE", "#endif\nchar LICENSE");
    let folder = Folder::new(&[("a.bpf.c", &only_arm)]);
    let select = ["a.bpf.c", "--select", "memory", "--target-arch"];
    folder.check(&[&select[..], &["x86_64"]].concat(), &[], 0);
    let found = ["a.bpf.c:11:2: warning[L0503"];
    folder.check(&[&select[..], &["x86_64,aarch64"]].concat(), &found, 1);
}

#[test]
fn json_has_all_there_is() {
    let folder = Folder::new(&[("a.bpf.c", BAD)]);
    let report = folder.json("json", &["a.bpf.c"]);
    assert_eq!(report["version"], 1);
    assert_eq!(report["files"], serde_json::json!(["a.bpf.c"]));
    let finding = &report["findings"][1];
    assert_eq!(finding["code"], "L0503");
    assert_eq!(finding["severity"], "warning");
    assert_eq!(finding["place"]["start"]["line"], 10);
    assert_eq!(finding["place"]["end"]["column"], 20);
    let edit = &finding["fix"]["edits"][0];
    assert_eq!(edit["text"], "bpf_probe_read_user_str");
    let offset = |at: &Value| usize::try_from(at["offset"].as_u64().unwrap()).unwrap();
    let place = &edit["place"];
    let range = offset(&place["start"])..offset(&place["end"]);
    assert_eq!(&BAD[range], "bpf_probe_read_str");
}

#[test]
fn sarif_lists_all_rules_and_keeps_its_fingerprints() {
    let folder = Folder::new(&[("a.bpf.c", BAD), ("b.bpf.c", &good())]);
    let clean = folder.json("sarif", &["b.bpf.c"]);
    let run = &clean["runs"][0];
    assert_eq!(run["results"], serde_json::json!([]));
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<_> = rules
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    assert!(ids.contains(&"L0503") && ids.contains(&"E0101"));

    let prints = |report: &Value| -> Vec<Value> {
        let results = report["runs"][0]["results"].as_array().unwrap().clone();
        results
            .iter()
            .map(|result| {
                let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
                assert_eq!(result["ruleId"], ids[index]);
                result["partialFingerprints"]["primaryLocationLineHash"].clone()
            })
            .collect()
    };
    let before = prints(&folder.json("sarif", &["a.bpf.c"]));
    assert_eq!(before.len(), 2);
    assert_ne!(before[0], before[1]);
    folder.write("a.bpf.c", &format!("/* more */\n\n{BAD}"));
    assert_eq!(prints(&folder.json("sarif", &["a.bpf.c"])), before);
}

#[test]
fn other_forms() {
    let folder = Folder::new(&[("a,b.bpf.c", BAD), ("c.bpf.c", &good())]);
    let run = |format: &str| text(&folder.lint(&["--format", format, "."]).stdout);
    let github = run("github");
    let expected = "::warning file=a%2Cb.bpf.c,line=10,endLine=10,col=2,endColumn=19,title=L0503 deprecated-probe-read::`bpf_probe_read_str` doesn't";
    assert!(github.contains(expected), "{github}");
    let gitlab = folder.json("gitlab", &["."]);
    assert_eq!(gitlab[1]["check_name"], "deprecated-probe-read");
    assert_eq!(gitlab[1]["location"]["lines"]["begin"], 10);
    let junit = run("junit");
    assert!(
        junit.contains("<testsuite name=\"c.bpf.c\" tests=\"1\" failures=\"0\">"),
        "{junit}"
    );
    assert!(
        junit.contains("<testsuite name=\"a,b.bpf.c\" tests=\"2\" failures=\"2\">"),
        "{junit}"
    );
    let human = run("human");
    assert!(
        human.contains("10 |     bpf_probe_read_str(last"),
        "{human}"
    );
    assert!(human.contains("^^^^^^^^^^^^^^^^^^"), "{human}");
    folder.lint(&["--format", "junit", "-o", "out.xml", "."]);
    assert_eq!(folder.read("out.xml"), junit);
}

#[test]
fn codes_are_explained() {
    let folder = Folder::new(&[]);
    let c2aya = env!("CARGO_BIN_EXE_c2aya");
    let explain = |code: &str| folder.run(c2aya, &["explain", code]);
    let page = text(&explain("deprecated-probe-read").stdout);
    assert!(
        page.starts_with("# L0503 deprecated-probe-read\n"),
        "{page}"
    );
    assert!(page.contains("## Why it matters"), "{page}");
    assert!(text(&explain("E0301").stdout).contains("A section that names no program type."));
    let unknown = explain("deprecated-probe-raed");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("is it `deprecated-probe-read`?"));
    let rules: Value =
        serde_json::from_slice(&folder.run(c2aya, &["rules", "--json"]).stdout).unwrap();
    let rules = rules.as_array().unwrap();
    assert!(
        rules
            .iter()
            .any(|rule| rule["code"] == "L0503" && rule["fix"] == "unsafe")
    );
}

#[test]
fn completions_and_manual_pages() {
    let folder = Folder::new(&[]);
    let c2aya = env!("CARGO_BIN_EXE_c2aya");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&folder.run(c2aya, &["completions", shell]).stdout);
        assert!(script.contains("unsafe-fixes"), "{shell}");
    }
    assert!(folder.run(c2aya, &["man", "man1"]).status.success());
    assert!(folder.read("man1/c2aya-lint.1").contains("unsafe"));
    assert!(folder.read("man1/c2aya.1").contains("c2aya"));
}

#[test]
fn nobody_has_to_read_what_is_said() {
    for arguments in [["explain", "E0309"], ["completions", "bash"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_c2aya"));
        let child = command.args(arguments).stdout(writer);
        let output = child.stderr(std::process::Stdio::piped()).spawn().unwrap();
        let output = output.wait_with_output().unwrap();
        assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    }
}
