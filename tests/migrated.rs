//! The workspace that `c2aya migrate` writes, built whole and put before this machine's kernel, and
//! loaded by the libraries of other languages on a kernel of its own.
//!
//! They need what tests/kernel.rs needs, and are skipped as those are: by `C2AYA_SKIP_KERNEL=REASON`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Where loaders share what they are made of.
const TARGET: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/loaders");

/// One command makes a workspace of 36 sources that builds, all of which the verifier takes, and which
/// other languages can load.
#[test]
fn a_repository_builds_loads_and_is_loaded_by_other_languages() {
    let Some(folder) = repository() else {
        return;
    };
    let output = folder.join("out");
    // Three sources can't be ported.
    migrate(&folder, &output, "per-object", 1);
    let loaders = lines(
        script("build-loader")
            .arg(&output)
            .args(["--target-dir", TARGET]),
    );
    assert_eq!(loaders.len(), 33, "{loaders:?}");
    let objects = lines(script("build-ported").arg(&output).arg("--check-panics"));
    assert_eq!(objects.len(), 33, "{objects:?}");
    for object in &objects {
        // With the flag of the system calls' wrapper both ways.
        let accepted = lines(script("verify-load").arg(object)).join("\n");
        for wrapper in ["wrapper 0", "wrapper 1"] {
            assert!(accepted.contains(wrapper), "{object}: {accepted}");
        }
    }

    let watch = objects.iter().find(|object| object.ends_with("/watch.o"));
    let said = lines(script("user-space").arg(&output).arg(watch.unwrap()));
    let version = version(&said);
    for language in ["c", "go", "rust"] {
        let start = said
            .iter()
            .position(|line| *line == format!("@@ {language}"));
        let start = start.unwrap_or_else(|| panic!("{language} wasn't run: {said:#?}"));
        let seen = &said[start + 1..];
        let parent = seen.iter().find_map(|line| line.strip_prefix("parent "));
        let parent = parent.unwrap_or_else(|| panic!("{language}: {said:#?}"));
        // The arguments; the parent, a bit-field and whether a field is there by CO-RE; the kernel's
        // configuration and version; what the call gave back.
        let expected = ["-7", "11", "13", parent, "1", "1", "250", &version, "-9"];
        assert_eq!(seen[..9], expected, "{language}: {said:#?}");
        assert_eq!(seen[10], "@@ ended 0", "{language}");
    }
}

#[test]
fn loaders_of_all_kinds_build() {
    let Some(folder) = repository() else {
        return;
    };
    for (loader, binaries) in [("single", 1), ("none", 0)] {
        let output = folder.join(loader);
        migrate(&folder, &output, loader, 1);
        if binaries > 0 {
            let mut build = script("build-loader");
            let built = lines(build.arg(&output).args(["--target-dir", TARGET]));
            assert_eq!(built.len(), binaries, "{built:?}");
        } else {
            assert_eq!(lines(script("build-ported").arg(&output)).len(), 33);
        }
    }
}

/// The repository of tests/migrate with one source more; `None` if these tests are skipped.
fn repository() -> Option<PathBuf> {
    if let Ok(reason) = env::var("C2AYA_SKIP_KERNEL") {
        eprintln!("skipped, no migrated workspace was built: {reason}");
        return None;
    }
    let name = std::thread::current().name().unwrap_or("test").to_owned();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let repository = folder.join("repo");
    let mut make = Command::new("bash");
    lines(
        make.arg(sources.join("migrate/make-repository"))
            .arg(&repository),
    );
    let watch = sources.join("user_space/watch.bpf.c");
    fs::copy(watch, repository.join("proc/watch.bpf.c")).unwrap();
    Some(folder)
}

fn migrate(folder: &Path, output: &Path, loader: &str, code: i32) {
    let mut migrate = Command::new(env!("CARGO_BIN_EXE_c2aya"));
    let migrate = migrate.arg("migrate").arg(folder.join("repo"));
    let ran = migrate.arg("-o").arg(output).args(["--loader", loader]);
    assert_eq!(ran.status().unwrap().code(), Some(code));
}

/// `KERNEL_VERSION` of the kernel that was booted, a Debian one.
fn version(said: &[String]) -> String {
    let line = said
        .iter()
        .find(|line| line.contains("@@ kernel "))
        .unwrap();
    let (_, version) = line.split_once("Debian ").unwrap();
    let numbers: Vec<u32> = version
        .split(|char: char| !char.is_ascii_digit())
        .take(3)
        .map(|number| number.parse().unwrap())
        .collect();
    (numbers[0] << 16 | numbers[1] << 8 | numbers[2].min(255)).to_string()
}

fn script(name: &str) -> Command {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    Command::new(scripts.join(name))
}

/// What a command prints, which must go well.
fn lines(command: &mut Command) -> Vec<String> {
    let ran = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{command:?}: {}: {said}", ran.status);
    said.lines().map(str::to_owned).collect()
}
