//! `c2aya migrate` and `c2aya check` on repositories that are made for it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

const C2AYA: &str = env!("CARGO_BIN_EXE_c2aya");

const PROBE: &str = "#include \"vmlinux.h\"\n#include <bpf/bpf_helpers.h>\n#include <bpf/bpf_tracing.h>\n\nint seen = 0;\n\nSEC(\"ksyscall/read\")\nint BPF_KSYSCALL(read_enter, int fd)\n{\n\tif (fd > 2)\n\t\tseen = fd;\n\treturn 0;\n}\n\nchar LICENSE[] SEC(\"license\") = \"GPL\";\n";

/// A repository and the folder of its workspace.
struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    fn new(files: &[(&str, &str)]) -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(sandbox.repository()).unwrap();
        for (path, text) in files {
            sandbox.put(path, text);
        }
        sandbox
    }

    /// The repository that `make-repository` writes.
    fn large() -> Self {
        let sandbox = Self::new(&[]);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migrate/make-repository");
        let made = Command::new("bash")
            .arg(script)
            .arg(sandbox.repository())
            .status();
        assert!(made.unwrap().success());
        sandbox
    }

    fn repository(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn output(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.repository().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let path = self.folder.path().join(path);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{}: {text}", path.display());
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap_or_default()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(C2AYA);
        command
            .arg("migrate")
            .arg(self.repository())
            .arg("-o")
            .arg(self.output());
        command
    }

    fn migrate(&self, options: &[&str]) -> Ran {
        Ran::new(self.command().args(options).output().unwrap())
    }

    fn check(&self, options: &[&str]) -> Ran {
        let mut command = Command::new(C2AYA);
        Ran::new(
            command
                .arg("check")
                .arg(self.output())
                .args(options)
                .output()
                .unwrap(),
        )
    }
}

/// How a command ended, and what it said.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    said: String,
}

impl Ran {
    fn new(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code(),
            said: text(output.stdout) + &text(output.stderr),
        }
    }

    #[track_caller]
    fn is(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.said);
        for word in words {
            assert!(self.said.contains(word), "{word:?} isn't in {}", self.said);
        }
        assert!(!self.said.contains("panicked"), "{}", self.said);
    }
}

/// Every file and what it holds.
fn all(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path().strip_prefix(folder).unwrap().to_owned();
                found.insert(path, fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_repository_becomes_a_workspace_and_the_report_names_what_is_left() {
    let sandbox = Sandbox::large();
    sandbox.migrate(&[]).is(
        1,
        &[
            "35 sources: 32 ported, 3 refused",
            "proc/exit.bpf.c is refused: proc/exit.bpf.c:11: unexpected `return`",
            "proc/kill.bpf.c is refused: proc/kill.bpf.c:10: this is a number in the object's own BTF",
            "proc/malloc.bpf.c is refused: proc/malloc.bpf.c:10: `allocated` is a USDT probe",
            "`fs/open.bpf.c` becomes `fs_open`, `net/open.bpf.c` becomes `net_open`",
        ],
    );
    let report: serde_json::Value =
        serde_json::from_str(&sandbox.text("out/migration.json")).unwrap();
    assert_eq!(report["totals"]["sources"]["refused"], 3);
    for refused in ["exit", "kill", "malloc"] {
        let path = format!("proc/{refused}.bpf.c");
        let markdown = sandbox.text("out/MIGRATION.md");
        assert!(
            markdown.contains(&format!("### `{path}`: refused")),
            "{markdown}"
        );
        let sources = report["sources"].as_array().unwrap();
        let source = sources
            .iter()
            .find(|source| source["path"] == path.as_str())
            .unwrap();
        assert!(source["reason"].is_string() && source["findings"][0]["line"].is_number());
    }
    // What headers define stands once, and objects share it.
    let event = sandbox.text("out/out-common/src/headers/event.rs");
    assert!(event.contains("pub struct Event {"), "{event}");
    for object in ["listen", "fsync", "nice"] {
        let module = sandbox.text(&format!("out/out-common/src/{object}.rs"));
        assert!(
            module.contains("pub use crate::headers::event::"),
            "{module}"
        );
        assert!(!module.contains("struct Event"), "{module}");
        let main = sandbox.text(&format!("out/out-ebpf/src/{object}/main.rs"));
        assert!(!main.contains("struct Outcome"), "{main}");
    }
    assert!(event.contains("pub struct Outcome"), "{event}");
    let count = sandbox.text("out/out-common/src/headers/count.rs");
    assert!(count.contains("pub const MAX_KEYS: "), "{count}");
    // The Makefile's option reached the C.
    assert!(
        sandbox
            .text("out/out-common/src/headers/paths.rs")
            .contains("[u8; 64]")
    );
}

#[test]
fn a_second_run_does_nothing() {
    let sandbox = Sandbox::large();
    sandbox.migrate(&[]).is(1, &["35 ported anew"]);
    let before = all(&sandbox.output());
    sandbox.migrate(&[]).is(1, &["nothing has changed"]);
    assert!(all(&sandbox.output()) == before);
    // The machine may be busy with something else.
    let again = || {
        let begun = Instant::now();
        sandbox.migrate(&[]);
        begun.elapsed()
    };
    let took = (0..5).map(|_| again()).min().unwrap();
    assert!(took < Duration::from_millis(200), "{took:?}");
}

/// What is asked for a variable that isn't there can't be answered: libraries refuse that.
#[test]
fn user_space_is_asked_only_for_variables_that_are_there() {
    let sandbox = Sandbox::new(&[
        ("watch.bpf.c", include_str!("user_space/watch.bpf.c")),
        ("user.c", "#include \"watch.skel.h\"\n"),
        ("main.go", "//go:generate bpf2go watch watch.bpf.c\n"),
        ("build.rs", "use libbpf_cargo::SkeletonBuilder;\n"),
    ]);
    sandbox.migrate(&[]).is(0, &[]);
    let main = sandbox.text("out/out-ebpf/src/watch/main.rs");
    for file in ["c/c2aya.h", "go/c2aya.go", "rust/c2aya.rs"] {
        let text = sandbox.text(&format!("out/user/{file}"));
        let asked: Vec<&str> = text
            .split('"')
            .filter(|word| word.starts_with("core_"))
            .collect();
        assert_eq!(asked.len(), 5, "{file}: {asked:?}");
        for name in asked {
            let there = main.contains(&format!("export_name = \"{name}\""));
            assert!(there, "{file} asks for {name}: {main}");
        }
    }
}

#[test]
fn only_what_changed_is_done_again() {
    let sandbox = Sandbox::large();
    sandbox.migrate(&[]);
    sandbox.edit(
        "repo/fs/fsync.bpf.c",
        "event->value = value;",
        "event->value = value + 1;",
    );
    sandbox.migrate(&[]).is(1, &["1 ported anew"]);
    assert!(
        sandbox
            .text("out/out-ebpf/src/fsync/main.rs")
            .contains("+ 1")
    );
    // A header reaches all that include it; one that is found before another is a change too.
    sandbox.edit("repo/fs/paths.h", "int flags;", "int flags;\n\tint more;");
    sandbox.migrate(&[]).is(1, &["2 ported anew"]);
    sandbox.put(
        "net/count.h",
        &sandbox
            .text("repo/include/count.h")
            .replace("Who calls", "Who"),
    );
    sandbox.migrate(&[]).is(1, &["4 ported anew"]);
    sandbox.edit("repo/Makefile", "-DPATH_LEN=64", "-DPATH_LEN=32");
    sandbox.migrate(&[]).is(1, &["33 ported anew"]);
    // What was done bit by bit is what is done at once.
    let fresh = sandbox.folder.path().join("fresh");
    let mut command = Command::new(C2AYA);
    command
        .arg("migrate")
        .arg(sandbox.repository())
        .args(["--name", "out", "-o"]);
    command.arg(&fresh).output().unwrap();
    let generated = |folder: &Path| {
        let mut files = all(folder);
        files.remove(Path::new(".c2aya/migrate.json"));
        files
    };
    assert!(generated(&sandbox.output()) == generated(&fresh));
}

#[test]
fn what_is_the_same_for_any_number_of_threads() {
    let sandbox = Sandbox::large();
    sandbox.migrate(&["--jobs", "1"]);
    let one = all(&sandbox.output());
    fs::remove_dir_all(sandbox.output()).unwrap();
    sandbox.migrate(&["--jobs", "7"]);
    assert!(all(&sandbox.output()) == one);
}

#[test]
fn edits_are_kept_and_new_versions_are_merged_into_them() {
    let sandbox = Sandbox::new(&[("a.bpf.c", PROBE)]);
    sandbox.migrate(&[]).is(0, &[]);
    let main = "out/out-ebpf/src/a/main.rs";
    sandbox.edit(main, "#[kprobe]", "// edited\n#[kprobe]");
    sandbox.edit("repo/a.bpf.c", "fd > 2", "fd > 3");
    sandbox.migrate(&[]).is(0, &["1 merged"]);
    let text = sandbox.text(main);
    assert!(text.contains("// edited") && text.contains("> 3"), "{text}");
    // The same line.
    sandbox.edit(main, "> 3", "> 30");
    sandbox.edit("repo/a.bpf.c", "fd > 3", "fd > 4");
    sandbox.migrate(&[]).is(1, &["W0512", "1 in conflict"]);
    assert!(sandbox.text(main).contains("> 30"));
    assert!(sandbox.text(&format!("{main}.new")).contains("> 4"));
    sandbox.check(&[]).is(1, &["wait to be put together"]);
    sandbox.edit(main, "> 30", "> 40");
    fs::remove_file(sandbox.folder.path().join(format!("{main}.new"))).unwrap();
    sandbox.migrate(&[]).is(0, &[]);
    assert!(sandbox.text(main).contains("> 40"));
    sandbox.check(&[]).is(0, &[]);
}

#[test]
fn loaders_are_one_for_each_one_for_all_or_none() {
    let sandbox = Sandbox::new(&[("a.bpf.c", PROBE), ("b.bpf.c", PROBE)]);
    for (loader, there, absent) in [
        ("per-object", "out/src/bin/a/main.rs", "out/src/objects.rs"),
        ("single", "out/src/objects.rs", "out/src/bin/a/main.rs"),
        ("none", "out-ebpf/Cargo.toml", "out/Cargo.toml"),
    ] {
        sandbox.migrate(&["--loader", loader]).is(0, &[]);
        assert!(sandbox.output().join(there).is_file(), "{loader}");
        assert!(!sandbox.output().join(absent).exists(), "{loader}");
        sandbox
            .migrate(&["--loader", loader])
            .is(0, &["nothing has changed"]);
        sandbox
            .check(&[])
            .is(0, &["2 sources: all is made from the C as it is"]);
    }
}

#[test]
fn check_names_the_change_and_never_an_edit() {
    let sandbox = Sandbox::large();
    sandbox.migrate(&[]);
    sandbox
        .check(&[])
        .is(0, &["35 sources: all is made from the C as it is"]);
    sandbox.edit(
        "out/out-ebpf/src/listen/main.rs",
        "#[kprobe]",
        "// edited\n#[kprobe]",
    );
    sandbox.check(&[]).is(0, &[]);
    sandbox.edit(
        "repo/net/listen.bpf.c",
        "event->value = value;",
        "event->value = -value;",
    );
    let before = all(&sandbox.output());
    let c = sandbox.text("repo/net/listen.bpf.c");
    let at = c.lines().position(|line| line.contains("-value;")).unwrap() + 1;
    let ran = sandbox.check(&[]);
    ran.is(
        1,
        &[
            "net/listen.bpf.c is out of date:",
            &format!("net/listen.bpf.c:{at} is new: event->value = -value;"),
            "+++ b/out-ebpf/src/listen/main.rs",
        ],
    );
    assert!(!ran.said.contains("edited"), "{}", ran.said);
    assert!(all(&sandbox.output()) == before, "a check writes nothing");
    sandbox
        .check(&["--update"])
        .is(1, &["1 ported anew", "1 merged"]);
    sandbox.check(&[]).is(0, &[]);
    assert!(
        sandbox
            .text("out/out-ebpf/src/listen/main.rs")
            .contains("// edited")
    );
    fs::remove_file(sandbox.output().join("out-ebpf/src/fsync/main.rs")).unwrap();
    sandbox
        .check(&[])
        .is(1, &["`out-ebpf/src/fsync/main.rs` is missing"]);
    sandbox.check(&["--update"]).is(1, &[]);
    sandbox.check(&[]).is(0, &[]);
    let nothing = tempfile::tempdir().unwrap();
    let check = Command::new(C2AYA)
        .arg("check")
        .arg(nothing.path())
        .output()
        .unwrap();
    Ran::new(check).is(2, &["isn't a folder that `c2aya migrate` wrote"]);
}

#[test]
fn a_dry_run_lists_what_it_would_do_and_writes_nothing() {
    let sandbox = Sandbox::large();
    sandbox.migrate(&["--dry-run"]).is(
        0,
        &[
            "net/listen.bpf.c → listen",
            "its name ends in .bpf.c",
            "-DPATH_LEN=64",
            "from cmd/watch/main.go:9",
            "from Makefile:10",
            "35 to port",
        ],
    );
    assert!(!sandbox.output().exists());
}

/// The choice is remembered: `check` finds the workspace as it should be.
#[test]
fn quirks_are_handled_where_they_are_asked_for() {
    let socket = "SEC(\"ksyscall/connect\")\nint BPF_KSYSCALL(connect_enter, int fd)\n{\n\tif (fd > 2)\n\t\tseen = fd;\n\treturn 0;\n}\n";
    let sandbox = Sandbox::new(&[("net.bpf.c", &format!("{PROBE}\n{socket}"))]);
    let main = sandbox.output().join("out-ebpf/src/net/main.rs");
    let programs = || {
        fs::read_to_string(&main)
            .unwrap()
            .matches("#[kprobe]")
            .count()
    };
    sandbox.migrate(&[]).is(0, &[]);
    assert_eq!(programs(), 2);
    sandbox.migrate(&["--quirks", "handle"]).is(0, &[]);
    assert!(programs() > 2);
    sandbox.check(&[]).is(0, &[]);
}

#[test]
fn fail_fast_writes_nothing() {
    let sandbox = Sandbox::large();
    sandbox
        .migrate(&["--fail-fast"])
        .is(1, &["stopped; nothing was written"]);
    assert!(!sandbox.output().exists());
}

/// A pipe gets plain lines, as the other tests see.
#[test]
fn a_terminal_gets_a_bar() {
    let sandbox = Sandbox::large();
    let run = format!(
        "'{C2AYA}' migrate '{}' -o '{}'",
        sandbox.repository().display(),
        sandbox.output().display()
    );
    let mut command = Command::new("script");
    let terminal = command
        .args(["-qec", &run, "/dev/null"])
        .env("TERM", "xterm");
    let seen = terminal.stdin(Stdio::null()).output();
    let seen = seen.expect("`script` of util-linux, which makes a terminal, runs");
    Ran::new(seen).is(1, &["\u{2588}", " of 35", "35 ported anew"]);
}

/// Kills a run after a while; whether it had ended before.
fn kill(mut command: Command, after: Duration) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = quiet.spawn().unwrap();
    thread::sleep(after);
    let ended = running.try_wait().unwrap().is_some();
    let _ = running.kill();
    running.wait().unwrap();
    ended
}

#[test]
fn a_run_that_is_killed_is_finished_by_the_next() {
    let kills = std::env::var("C2AYA_KILLS").ok();
    let kills: u32 = kills.and_then(|kills| kills.parse().ok()).unwrap_or(4);
    let sandbox = Sandbox::large();
    sandbox.migrate(&[]);
    let main = "out/out-ebpf/src/fsync/main.rs";
    let (mut edits, mut took) = (0, Duration::from_millis(300));
    for round in 0..kills {
        // An edit and new C, in every round.
        sandbox.edit(main, "#[kprobe]", &format!("// edit {round}\n#[kprobe]"));
        edits += 1;
        sandbox.edit("repo/include/event.h", "What", &format!("{round}: What"));
        let before = all(&sandbox.output());
        // Spread over the time that a run takes.
        let after = took * (round * 37 % 100) / 100;
        kill(sandbox.command(), after);
        let between = all(&sandbox.output());
        let begun = Instant::now();
        sandbox.migrate(&[]).is(1, &[]);
        took = begun.elapsed().max(Duration::from_millis(50));
        let whole = all(&sandbox.output());
        // Every file was that of before or the one that it became, never a part of it.
        for (path, text) in &between {
            let own = path.starts_with(".c2aya/new") || path == Path::new(".c2aya/journal.json");
            let known = [&before, &whole]
                .into_iter()
                .any(|all| all.get(path) == Some(text));
            assert!(own || known, "{round}: {} is half", path.display());
        }
        assert!(!sandbox.output().join(".c2aya/journal.json").exists());
        let text = sandbox.text(main);
        for edit in 0..edits {
            assert!(
                text.contains(&format!("// edit {edit}\n")),
                "edit {edit} is lost in round {round}"
            );
        }
        sandbox.check(&["--quiet"]).is(0, &[]);
    }
}

/// Repositories that aren't as they should be.
mod bad {
    use super::*;

    #[test]
    fn no_bpf() {
        let sandbox = Sandbox::new(&[("main.c", "int main(void) { return 0; }\n")]);
        sandbox
            .migrate(&[])
            .is(2, &["E0521", "there are no BPF sources"]);
        assert!(!sandbox.output().exists());
    }

    #[test]
    fn no_repository() {
        let sandbox = Sandbox::new(&[]);
        let ran = Command::new(C2AYA)
            .args(["migrate", "/nowhere/at/all", "-o"])
            .arg(sandbox.output())
            .output();
        Ran::new(ran.unwrap()).is(2, &["E0520", "`/nowhere/at/all` is no folder"]);
    }

    #[test]
    fn a_source_that_isnt_text() {
        let sandbox = Sandbox::new(&[("a.bpf.c", PROBE)]);
        fs::write(sandbox.repository().join("b.bpf.c"), b"int \xff;\n").unwrap();
        fs::create_dir(sandbox.repository().join("c.bpf.c")).unwrap();
        sandbox.migrate(&[]).is(
            1,
            &[
                "2 sources: 1 ported, 1 refused",
                "b.bpf.c is refused: b.bpf.c:1:",
            ],
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_nowhere_and_in_circles() {
        use std::os::unix::fs::symlink;
        let sandbox = Sandbox::new(&[("x/a.bpf.c", PROBE)]);
        symlink("nowhere", sandbox.repository().join("b.bpf.c")).unwrap();
        symlink("..", sandbox.repository().join("x/up")).unwrap();
        sandbox.migrate(&[]).is(
            0,
            &[
                "W0520",
                "b.bpf.c",
                "W0521",
                "leads back to",
                "1 sources: 1 ported",
            ],
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_may_not_be_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let sandbox = Sandbox::new(&[("a.bpf.c", PROBE), ("b.bpf.c", PROBE), ("x/c.bpf.c", PROBE)]);
        for path in ["b.bpf.c", "x"] {
            let path = sandbox.repository().join(path);
            fs::set_permissions(path, fs::Permissions::from_mode(0o0)).unwrap();
        }
        // Who may read everything reads that too.
        let may = fs::read(sandbox.repository().join("b.bpf.c")).is_ok();
        let ran = if may {
            // As nobody, if that can be done.
            let mut command = Command::new("setpriv");
            command.args([
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                C2AYA,
                "migrate",
            ]);
            let output = sandbox.folder.path().join("free");
            fs::create_dir(&output).unwrap();
            for folder in [sandbox.folder.path(), &output] {
                fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
            }
            match command
                .arg(sandbox.repository())
                .arg("-o")
                .arg(&output)
                .output()
            {
                Ok(ran) if ran.status.code().is_some_and(|code| code < 3) => Ran::new(ran),
                _ => {
                    eprintln!("not tried: setpriv can't start the program as another user");
                    return;
                }
            }
        } else {
            sandbox.migrate(&[])
        };
        ran.is(
            1,
            &[
                "b.bpf.c is refused: cannot read b.bpf.c: permission denied",
                "W0520",
                "1 ported, 1 refused",
            ],
        );
    }

    #[test]
    fn a_broken_database() {
        let sandbox = Sandbox::new(&[("a.bpf.c", PROBE), ("compile_commands.json", "[{")]);
        sandbox
            .migrate(&[])
            .is(0, &["W0522", "is no compilation database", "1 ported"]);
    }

    #[test]
    fn a_broken_configuration() {
        let sandbox = Sandbox::new(&[
            ("a.bpf.c", PROBE),
            ("c2aya.toml", "[migrate]\nloader = 3\n"),
        ]);
        sandbox
            .migrate(&[])
            .is(2, &["E0522", "can't read `c2aya.toml`"]);
    }

    #[test]
    fn two_sources_of_one_name() {
        let sandbox = Sandbox::new(&[("a/x.bpf.c", PROBE), ("b/x.bpf.c", PROBE)]);
        sandbox.migrate(&[]).is(
            0,
            &[
                "W0523",
                "`a/x.bpf.c` becomes `a_x`, `b/x.bpf.c` becomes `b_x`",
            ],
        );
        for object in ["a_x", "b_x"] {
            assert!(
                !sandbox
                    .text(&format!("out/out-ebpf/src/{object}/main.rs"))
                    .is_empty()
            );
        }
    }

    #[test]
    fn a_target_in_the_source_tree() {
        let sandbox = Sandbox::new(&[("a.bpf.c", PROBE)]);
        let inside = sandbox.repository().join("aya");
        let run = || {
            let mut command = Command::new(C2AYA);
            Ran::new(
                command
                    .arg("migrate")
                    .arg(sandbox.repository())
                    .arg("-o")
                    .arg(&inside)
                    .output()
                    .unwrap(),
            )
        };
        run().is(0, &["1 sources: 1 ported"]);
        run().is(0, &["nothing has changed"]);
        let check = Command::new(C2AYA)
            .arg("check")
            .current_dir(&inside)
            .output()
            .unwrap();
        Ran::new(check).is(0, &[]);
        // The repository itself is somebody else's folder.
        let mut command = Command::new(C2AYA);
        let own = command
            .arg("migrate")
            .arg(sandbox.repository())
            .arg("-o")
            .arg(sandbox.repository());
        Ran::new(own.output().unwrap()).is(2, &["E0510", "is not empty"]);
        assert_eq!(sandbox.text("repo/a.bpf.c"), PROBE);
    }

    #[test]
    fn a_target_on_another_file_system() {
        let Ok(folder) = tempfile::tempdir_in("/dev/shm") else {
            eprintln!("not tried: there is no /dev/shm to write to");
            return;
        };
        let sandbox = Sandbox::new(&[("a.bpf.c", PROBE)]);
        let output = folder.path().join("out");
        for words in ["1 ported anew", "nothing has changed"] {
            let mut command = Command::new(C2AYA);
            let ran = command
                .arg("migrate")
                .arg(sandbox.repository())
                .arg("-o")
                .arg(&output)
                .output();
            Ran::new(ran.unwrap()).is(0, &[words]);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_space_left() {
        let sandbox = Sandbox::large();
        let output = sandbox.output();
        fs::create_dir(&output).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
            .arg(&output)
            .output();
        if !mount.is_ok_and(|mount| mount.status.success()) {
            eprintln!("not tried: mounting a small file system takes root");
            return;
        }
        let ran = sandbox.migrate(&[]);
        let left = all(&output);
        Command::new("umount").arg(&output).status().unwrap();
        ran.is(2, &["E0511", "No space left on device"]);
        assert!(left.is_empty(), "{:?}", left.keys());
        sandbox.migrate(&[]).is(1, &[]);
    }

    #[test]
    fn a_file_that_changes_while_it_is_read() {
        let sandbox = Sandbox::large();
        let path = sandbox.repository().join("fs/fsync.bpf.c");
        let text = fs::read_to_string(&path).unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                for round in 0.. {
                    if done.load(std::sync::atomic::Ordering::Relaxed) {
                        break;
                    }
                    fs::write(&path, format!("{text}/* {round} */\n")).unwrap();
                }
            });
            for _ in 0..2 {
                let ran = sandbox.migrate(&[]);
                assert!(!ran.said.contains("panicked"), "{}", ran.said);
                assert_eq!(ran.code, Some(1), "{}", ran.said);
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        fs::write(&path, &text).unwrap();
        sandbox.migrate(&[]).is(1, &["32 ported, 3 refused"]);
        sandbox.check(&[]).is(0, &[]);
    }

    #[test]
    fn a_folder_in_use() {
        let sandbox = Sandbox::new(&[("a.bpf.c", PROBE)]);
        sandbox.migrate(&[]).is(0, &[]);
        sandbox.edit("repo/a.bpf.c", "fd > 2", "fd > 3");
        let folder = fs::File::open(sandbox.output()).unwrap();
        folder.lock().unwrap();
        sandbox
            .migrate(&[])
            .is(2, &["E0514", "another run of c2aya"]);
        drop(folder);
        sandbox.migrate(&[]).is(0, &[]);
    }

    #[test]
    #[ignore = "writes 100,000 files; scripts/test runs it"]
    fn a_hundred_thousand_files() {
        let sandbox = Sandbox::new(&[("a.bpf.c", PROBE)]);
        for folder in 0..100 {
            let folder = sandbox.repository().join(format!("f{folder}"));
            fs::create_dir(&folder).unwrap();
            for file in 0..1_000 {
                fs::write(folder.join(format!("x{file}.c")), "int x;\n").unwrap();
            }
        }
        let begun = Instant::now();
        sandbox.migrate(&[]).is(0, &["1 sources: 1 ported"]);
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{:?}",
            begun.elapsed()
        );
    }
}
