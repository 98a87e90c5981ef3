//! Every fixture, ported and put before this machine's kernel beside its C original.
//!
//! They need root, Debian's BPF toolchain (scripts/toolchain) and a kernel with BPF and uprobes, and
//! fail without. `C2AYA_SKIP_KERNEL=REASON` in the environment skips them, and says so.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::process::parent_id,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// Where the workspaces that need a loader share what they are made of.
const LOADER_TARGET: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/loaders");

#[test]
fn ports_leave_behind_what_their_c_does() {
    let Some(workspace) = ported("equal") else {
        return;
    };
    bench("compare", &workspace, &[]);
}

/// On kernels of its own, with real system calls; the second one is big-endian. On the first some
/// ports are loaded by the loaders that they come with (scripts/bench-all: all). `C2AYA_KERNELS` names
/// others.
#[test]
fn ports_do_the_same_on_other_kernels() {
    let Some(workspace) = ported("booted") else {
        return;
    };
    let own = tempfile::tempdir().unwrap();
    for name in ["execve_args", "kill_log", "per_arch"] {
        let source = fixtures()
            .into_iter()
            .find(|path| path.ends_with(format!("{name}.bpf.c")));
        port(&[source.unwrap()], &own.path().join(name), &[]);
    }
    let kernels = env::var("C2AYA_KERNELS");
    let kernels = kernels.as_deref().unwrap_or("x86_64-6.12 s390x-6.12");
    let mut options = vec!["--loaders", own.path().to_str().unwrap()];
    options.extend((kernels.split_whitespace()).flat_map(|kernel| ["--kernel", kernel]));
    bench("boot", &workspace, &options);
}

/// `--quirks handle` makes of a plain probe what a fixture does by hand; 32-bit programs' calls are made
/// on x86_64, `socketcall` and another order of arguments are there on s390x.
#[test]
fn quirks_are_handled_as_by_hand() {
    if skipped() {
        return;
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let plain = [sources.join("tests/quirks/entries.bpf.c")];
    let (workspace, own) = (folder.path().join("port"), folder.path().join("own"));
    port(&plain, &workspace, &["--quirks", "handle"]);
    port(&plain, &own.join("entries"), &["--quirks", "handle"]);
    let by_hand = sources.join("fixtures/entries.bpf.c");
    for command in ["compare", "boot"] {
        let mut bench = Command::new(script("bench"));
        bench.arg(command).arg("--ported").arg(&workspace);
        if command == "boot" {
            bench.args(["--kernel", "x86_64-6.12", "--kernel", "s390x-6.12"]);
            bench.arg("--loaders").arg(&own);
        }
        run(bench.arg(&by_hand));
    }
}

/// Numbers that the kernel counts, addresses of its variables.
#[test]
fn what_no_fixture_shows_is_the_same_too() {
    if skipped() {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/beside");
    let workspace = tempfile::tempdir().unwrap();
    let workspace = workspace.path().join("port");
    let sources = sources(&folder);
    port(&sources, &workspace, &["--name", "beside"]);
    let mut bench = Command::new(script("bench"));
    bench.arg("compare").arg("--ported").arg(&workspace);
    run(bench.args(&sources));
}

#[test]
fn faults_put_into_ports_are_noticed() {
    let Some(workspace) = ported("faulty") else {
        return;
    };
    bench("faults", &workspace, &[]);
}

#[test]
fn emitted_crates_are_clean() {
    let Some(workspace) = ported("lint") else {
        return;
    };
    run(Command::new(script("lint-ported")).arg(&workspace));
}

/// As a user builds it: by cargo and the emitted build scripts, loader and all.
#[test]
fn whole_workspaces_build() {
    if skipped() {
        return;
    }
    for source in fixtures().iter().take(2) {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("workspace");
        port(std::slice::from_ref(source), &workspace, &[]);
        let mut build = Command::new(script("build-loader"));
        run(build.arg(&workspace).args(["--target-dir", LOADER_TARGET]));
    }
}

/// A loader as its user meets it: without privileges, with options, and ended by Ctrl-C. This kernel
/// may have no kprobes, but has raw tracepoints.
#[test]
fn loaders_print_until_they_are_interrupted() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (source, workspace) = (folder.path().join("seen.bpf.c"), folder.path().join("seen"));
    fs::write(&source, SEEN).unwrap();
    port(&[source], &workspace, &[]);
    let mut build = Command::new(script("build-loader"));
    build.arg(&workspace).args(["--target-dir", LOADER_TARGET]);
    let built = build.stderr(Stdio::inherit()).output().unwrap();
    assert!(built.status.success());
    let loader = String::from_utf8(built.stdout).unwrap();
    let loader = loader.trim();

    let mut without = Command::new("setpriv");
    without.args(["--bounding-set=-all", "--inh-caps=-all", loader]);
    let without = without.output().unwrap();
    let said = String::from_utf8(without.stderr).unwrap();
    assert!(said.contains("run this as root, or with CAP_BPF"), "{said}");
    assert_eq!(without.status.code(), Some(1));

    let me = std::process::id();
    let mut running = Command::new(loader)
        .args(["--json", "--of", &me.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    let mut said = BufReader::new(running.stderr.take().unwrap());
    said.read_line(&mut ready).unwrap();
    assert_eq!(ready, "attached; Ctrl-C ends this\n");
    let parent = parent_id();
    thread::sleep(Duration::from_millis(200));
    run(Command::new("kill").args(["-INT", &running.id().to_string()]));
    let ended = (0..200).find_map(|_| {
        thread::sleep(Duration::from_millis(50));
        running.try_wait().unwrap()
    });
    running.kill().unwrap();
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
    let mut printed = String::new();
    let mut output = running.stdout.take().unwrap();
    output.read_to_string(&mut printed).unwrap();
    assert_eq!(printed, format!("{{\"of\":{me},\"parent\":{parent}}}\n"));
}

/// Tells of every getppid() of a process.
const SEEN: &str = r#"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* The process. */
const volatile u32 of = 0;

struct seen {
	u32 of;
	u32 parent;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} calls SEC(".maps");

SEC("raw_tp/sys_exit")
int left(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];
	struct seen seen = { .of = bpf_get_current_pid_tgid() >> 32, .parent = ctx->args[1] };

	if (seen.of == of && BPF_CORE_READ(regs, orig_ax) == 110)
		bpf_ringbuf_output(&calls, &seen, sizeof(seen), 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
"#;

/// All fixtures as programs of one package; `None` if these tests are skipped.
fn ported(name: &str) -> Option<PathBuf> {
    if skipped() {
        return None;
    }
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if workspace.exists() {
        fs::remove_dir_all(&workspace).unwrap();
    }
    port(&fixtures(), &workspace, &["--name", "fixtures"]);
    Some(workspace)
}

fn port(sources: &[PathBuf], workspace: &Path, options: &[&str]) {
    let mut port = Command::new(env!("CARGO_BIN_EXE_c2aya"));
    run(port
        .arg("port")
        .args(sources)
        .arg("-o")
        .arg(workspace)
        .args(options));
}

fn bench(command: &str, workspace: &Path, options: &[&str]) {
    let mut bench = Command::new(script("bench"));
    bench
        .arg(command)
        .arg("--ported")
        .arg(workspace)
        .args(options);
    run(bench.args(fixtures()));
}

fn fixtures() -> Vec<PathBuf> {
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut sources: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".bpf.c"))
        .collect();
    sources.sort();
    assert!(!sources.is_empty(), "no fixtures in {}", folder.display());
    sources
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scripts")
        .join(name)
}

fn run(command: &mut Command) {
    let status = command
        .status()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}

fn skipped() -> bool {
    let reason = env::var("C2AYA_SKIP_KERNEL").ok();
    if let Some(reason) = &reason {
        eprintln!("skipped, no port was put before a kernel: {reason}");
    }
    reason.is_some()
}
