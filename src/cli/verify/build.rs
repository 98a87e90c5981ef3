//! The objects to compare, where the user doesn't bring them.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    arch::{Arch, Endian},
    cli::port::Reading,
    diag,
    emit::workspace,
    port,
    source::{Cache, VmlinuxSource},
};

/// What clang is called, the likeliest first.
const CLANGS: [&str; 2] = ["clang-22", "clang"];

/// Options of clang by which numbers and pointers wrap around, pointers may be NULL, memory is no
/// more than bytes, and a variable without a value is zero, as in a port.
const DEFINED: &str = include_str!("defined.flags");

/// What becomes of code whose behaviour C leaves undefined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// What clang makes of it by itself.
    AsClangLikes,
    /// What the machine does.
    Defined,
}

/// Compiles a C file as its author would, but for what is `undefined`.
pub fn c_object(
    file: &Path,
    arch: Arch,
    clang: Option<&str>,
    reading: &Reading,
    undefined: Undefined,
) -> Result<Vec<u8>> {
    let clang = match clang {
        Some(clang) => clang,
        None => CLANGS
            .into_iter()
            .find(|clang| Command::new(clang).arg("--version").output().is_ok())
            .context("no clang is installed: bring the C object with --c, or clang with --clang")?,
    };
    let folder = tempfile::tempdir()?;
    let object = folder.path().join("c.o");
    let options = reading.options();
    let mut command = Command::new(clang);
    command
        .args([
            "-g",
            "-O2",
            "-Wno-missing-declarations",
            "-target",
            target(arch),
        ])
        .arg(format!("-D{}", arch.target_macro()));
    if undefined == Undefined::Defined {
        command.args(DEFINED.lines());
    }
    for define in &options.defines {
        command.arg(format!("-D{define}"));
    }
    for name in &options.undefines {
        command.arg(format!("-U{name}"));
    }
    for include in &options.includes {
        command.arg("-I").arg(include);
    }
    for include in &options.system_includes {
        command.arg("-isystem").arg(include);
    }
    for forced in &options.forced {
        command.arg("-include").arg(forced);
    }
    if let Some(VmlinuxSource::File(header)) = &options.vmlinux
        && let Some(folder) = header.parent()
    {
        command.arg("-I").arg(folder);
    }
    command.arg("-c").arg(file).arg("-o").arg(&object);
    run(&mut command)?;
    Ok(fs::read(object)?)
}

/// Ports a C file into a folder that is gone afterwards, and builds that.
pub fn ported_object(file: &Path, arch: Arch, reading: &Reading) -> Result<Vec<u8>> {
    let port = port::lower_file(file, &reading.options(), &[arch], &Cache::default());
    let Some(object) = port.object.filter(|_| !diag::has_errors(&port.diagnostics)) else {
        bail!(
            "{} can't be ported whole; c2aya port says why",
            file.display()
        );
    };
    let name = "probes";
    let common = workspace::common_path(name, &object.name, false);
    let (emitted, diagnostics) = port::emit_object(&object, Some(common));
    ensure!(
        !diag::has_errors(&diagnostics),
        "{} can't be ported whole; c2aya port says why",
        file.display()
    );
    let ported = workspace::PortedObject {
        ir: &object,
        emitted: &emitted,
    };
    let folder = tempfile::tempdir()?;
    for (path, text) in &workspace::workspace(name, &[ported]).files {
        let path = folder.path().join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    workspace_object(folder.path(), file, arch)
}

/// Builds the programs of a workspace, and reads the object of the C file.
///
/// Cargo compiles what changed, so a workspace that is built already costs a second.
pub fn workspace_object(folder: &Path, file: &Path, arch: Arch) -> Result<Vec<u8>> {
    let packages = fs::read_dir(folder)
        .with_context(|| format!("can't read {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(OsStr::to_str);
            name.is_some_and(|name| name.ends_with("-ebpf")) && path.join("Cargo.toml").exists()
        });
    let packages: Vec<PathBuf> = packages.collect();
    let [package] = packages.as_slice() else {
        bail!("{} has no package NAME-ebpf, or several", folder.display());
    };
    let objects = compile(package, arch)?;
    let stem = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let stem = stem.split('.').next().unwrap_or_default();
    let named = |path: &&PathBuf| path.file_stem().and_then(OsStr::to_str) == Some(stem);
    let object = match objects.as_slice() {
        [only] => only,
        several => several
            .iter()
            .find(named)
            .with_context(|| format!("{} has no object {stem}", folder.display()))?,
    };
    fs::read(object).with_context(|| format!("can't read {}", object.display()))
}

/// Compiles a package of eBPF programs, as aya-build does it, with BTF and the standard library's
/// core: a nightly toolchain with rust-src, or another that `RUSTC` and `RUSTC_BOOTSTRAP` name.
fn compile(package: &Path, arch: Arch) -> Result<Vec<PathBuf>> {
    let mut command = if env::var_os("RUSTC_BOOTSTRAP").is_some() {
        let mut command = Command::new("cargo");
        command.arg("build");
        command
    } else {
        let mut command = Command::new("rustup");
        command.args(["run", "nightly", "cargo", "build"]);
        command
    };
    command
        .current_dir(package)
        .args(["--quiet", "--release", "--bins", "--ignore-rust-version"])
        .args([
            "-Z",
            "build-std=core",
            "--message-format=json-render-diagnostics",
        ])
        .arg(format!("--target={}-unknown-none", target(arch)))
        .env("AYA_BPF_TARGET_ARCH", arch.name())
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            "-Cdebuginfo=2\x1f-Clink-arg=--btf",
        )
        .stderr(Stdio::inherit());
    let output = command
        .output()
        .with_context(|| format!("can't run {:?}", command.get_program()))?;
    ensure!(
        output.status.success(),
        "the programs in {} don't build; bring an object with --rust",
        package.display()
    );
    let built = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)))
        .collect();
    Ok(built)
}

fn target(arch: Arch) -> &'static str {
    match arch.endian() {
        Endian::Little => "bpfel",
        Endian::Big => "bpfeb",
    }
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("can't run {:?}", command.get_program()))?;
    ensure!(status.success(), "{:?} failed", command.get_program());
    Ok(())
}
