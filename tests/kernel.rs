//! Every fixture, ported and put before this machine's kernel beside its C original.
//!
//! They need root, Debian's BPF toolchain (scripts/toolchain) and a kernel with BPF and uprobes, and
//! fail without. `C2AYA_SKIP_KERNEL=REASON` in the environment skips them, and says so.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
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
/// ports are loaded by the loaders that they come with (scripts/bench-all: all).
#[test]
fn ports_do_the_same_on_other_kernels() {
    let Some(workspace) = ported("booted") else {
        return;
    };
    let own = tempfile::tempdir().unwrap();
    for name in ["execve_args", "kill_log"] {
        let source = fixtures()
            .into_iter()
            .find(|path| path.ends_with(format!("{name}.bpf.c")));
        port(&[source.unwrap()], &own.path().join(name), &[]);
    }
    let kernels = ["--kernel", "x86_64-6.12", "--kernel", "s390x-6.12"];
    let loaders = ["--loaders", own.path().to_str().unwrap()];
    bench("boot", &workspace, &[kernels.as_slice(), &loaders].concat());
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

/// All fixtures as programs of one package; `None` if these tests are skipped.
fn ported(name: &str) -> Option<PathBuf> {
    if skipped() {
        return None;
    }
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if workspace.exists() {
        std::fs::remove_dir_all(&workspace).unwrap();
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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut sources: Vec<_> = std::fs::read_dir(&folder)
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
