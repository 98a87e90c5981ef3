//! Made-up C functions, ported, and run beside what clang makes of them.
//!
//! `C2AYA_FIDELITY_FUNCTIONS`, `_SEED` and `_ARCH` in the environment say how many, which ones, and
//! for which architecture (`x86_64` or `s390x`); `scripts/fidelity` sets them.

mod expr;
mod file;
mod function;
mod random;
mod types;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    str::FromStr,
    thread,
};

use c2aya::{
    arch::Arch,
    verify::{Options, Report, Verdict, verify},
};

/// Functions in one file.
const IN_FILE: usize = 25;

/// Worlds that each function is run in.
const WORLDS: u64 = 200;

#[test]
fn made_up_functions_do_what_their_c_does() {
    let Some(arch) = arch() else {
        return;
    };
    let seed: u64 = setting("SEED").unwrap_or(1);
    let files = setting("FUNCTIONS").unwrap_or(300_usize).div_ceil(IN_FILE);
    let folder = folder("functions");
    let sources: Vec<PathBuf> = (0..files)
        .map(|number| {
            let path = folder.join(format!("s{seed}_{number}.bpf.c"));
            let seed = (seed << 32) + number as u64;
            fs::write(&path, file::file(seed, IN_FILE)).unwrap();
            path
        })
        .collect();
    let workspace = folder.join("ported");
    let mut port = Command::new(env!("CARGO_BIN_EXE_c2aya"));
    run(port.arg("port").args(&sources).arg("-o").arg(&workspace));
    let mut build = Command::new(script("build-ported"));
    run(build
        .arg(&workspace)
        .args(["--check-panics", "--arch", arch.name()]));

    let objects = workspace.join(format!("target/bpf-{}", arch.name()));
    let failed = in_parallel(&sources, |source| {
        let c = fs::read(compiled(source, arch)).unwrap();
        let name = stem(source);
        let object = match files {
            1 => fs::read_dir(&objects)
                .unwrap()
                .next()
                .unwrap()
                .unwrap()
                .path(),
            _ => objects.join(format!("{name}.o")),
        };
        let report = compared(&c, &fs::read(object).unwrap(), arch);
        report
            .programs
            .iter()
            .filter(|program| program.verdict != Verdict::Equal)
            .map(|program| format!("{}: {program}\n", source.display()))
            .collect::<String>()
    });
    let total = files * IN_FILE;
    let lines: String = failed.concat();
    assert!(
        lines.is_empty(),
        "seed {seed}, of {total} functions:\n{lines}"
    );
    println!(
        "{total} made-up functions (seed {seed}, {}) are equal",
        arch.name()
    );
}

/// The check can fail: C with another number in it differs from the C that it was.
#[test]
fn another_number_is_noticed() {
    let Some(arch) = arch() else {
        return;
    };
    let folder = folder("changed");
    let (one, other) = (folder.join("one.bpf.c"), folder.join("other.bpf.c"));
    let text = file::file(1, IN_FILE);
    fs::write(&one, &text).unwrap();
    fs::write(&other, text.replace("#define LIMIT 40", "#define LIMIT 41")).unwrap();
    let object = |source| fs::read(compiled(source, arch)).unwrap();
    let report = compared(&object(&one), &object(&other), arch);
    let different = |report: &Report| {
        let verdicts = report.programs.iter().map(|program| program.verdict);
        verdicts
            .filter(|verdict| *verdict == Verdict::Different)
            .count()
    };
    assert!(different(&report) >= 3, "{report}");
    let same = compared(&object(&one), &object(&one), arch);
    assert_eq!(different(&same), 0, "{same}");
}

fn compared(c: &[u8], rust: &[u8], arch: Arch) -> Report {
    let options = Options {
        arch,
        worlds: WORLDS,
        ..Options::default()
    };
    verify(c, rust, &options).unwrap()
}

/// The object of a file: numbers wrap, and memory may be looked at as any type.
fn compiled(source: &Path, arch: Arch) -> PathBuf {
    let object = source.with_extension("o");
    let kernel = match arch {
        Arch::S390x => "s390",
        _ => "x86",
    };
    let mut build = Command::new(script("build-c"));
    build
        .arg(source)
        .arg("-o")
        .arg(&object)
        .args(["--arch", kernel]);
    run(build.args(["-fwrapv", "-fno-strict-aliasing", "-w"]));
    object
}

fn in_parallel<T: Send>(sources: &[PathBuf], work: impl Fn(&Path) -> T + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = sources.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = sources
            .chunks(share)
            .map(|share| {
                let work = &work;
                scope.spawn(move || share.iter().map(|one| work(one)).collect::<Vec<T>>())
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    })
}

fn setting<T: FromStr>(name: &str) -> Option<T> {
    let name = format!("C2AYA_FIDELITY_{name}");
    let text = env::var(&name).ok()?;
    let number = text.parse().ok();
    assert!(number.is_some(), "{name}={text} can't be read");
    number
}

/// For which architecture; none where nothing is to be compared.
fn arch() -> Option<Arch> {
    if let Ok(reason) = env::var("C2AYA_SKIP_KERNEL") {
        eprintln!("skipped, no made-up function was compared: {reason}");
        return None;
    }
    let name: String = setting("ARCH").unwrap_or("x86_64".to_owned());
    let arch = Arch::parse(&name).filter(|arch| matches!(arch, Arch::X86_64 | Arch::S390x));
    assert!(
        arch.is_some(),
        "C2AYA_FIDELITY_ARCH={name}: x86_64 or s390x"
    );
    arch
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fidelity-{name}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn stem(source: &Path) -> String {
    let name = source.file_name().unwrap().to_string_lossy().into_owned();
    name.split('.').next().unwrap().to_owned()
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scripts")
        .join(name)
}

fn run(command: &mut Command) {
    let status = command
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
