//! The same comparison on other kernels, in virtual machines: there both objects are attached to real
//! system calls.
//!
//! A machine gets one kernel and an initramfs that holds the witness (as /init), the objects and a
//! plan for each scenario; its console is what comes back. Where a fixture's own loader is to be had,
//! that loads the port, and what it prints is compared too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    archive::Archive,
    calls::Scenario,
    fixture::{Fixture, Pair},
    machine::Machine,
    observation::Observations,
    plan,
    shown::{self, Form},
    tools::Tools,
    types::Types,
    verdict::{Counts, Verdict},
};

/// How long a machine may take, which emulates its processor.
const PATIENCE: Duration = Duration::from_secs(900);

/// One scenario of a fixture, as it goes into a machine.
struct Job<'a> {
    fixture: &'a Fixture,
    scenario: &'a Scenario,
    /// How the port's own loader prints, if that loads it.
    own: Option<Form>,
    name: String,
}

/// Loaders that load the port in place of the witness, by the fixture's name.
pub type Loaders = BTreeMap<String, PathBuf>;

/// Boots a kernel and runs the `[[kernel]]` scenarios of every fixture on it that it is for, in
/// `pairs`: a verdict for each fixture.
pub fn boot(
    tools: &Tools,
    kernel: &str,
    fixtures: &[Fixture],
    pairs: &[(&Fixture, Pair)],
    loaders: &Loaders,
) -> Result<Vec<Verdict>> {
    let machine = Machine::of_kernel(kernel)?;
    let image = tools.kernel(kernel)?;
    let folder = tempfile::tempdir_in(tools.folder())?;
    let (mut archive, jobs) = pack(tools, machine, pairs, loaders)?;
    // Programs may ask how the kernel was configured.
    archive.folder("boot");
    for file in fs::read_dir(image.with_file_name("../boot"))? {
        let file = file?;
        let name = format!("boot/{}", file.file_name().display());
        archive.file(&name, &fs::read(file.path())?, 0o644);
    }
    let initramfs = folder.path().join("initramfs");
    fs::write(&initramfs, archive.finish())?;
    let start = Instant::now();
    let console = run(machine, &image, &initramfs, &folder.path().join("console"))?;
    let took = start.elapsed().as_secs();
    // The firmware may have left the first line half written.
    let release = (console.lines())
        .find_map(|line| Some(line.split_once("@@ kernel ")?.1))
        .with_context(|| format!("{kernel} did not come up:\n{}", tail(&console)))?;
    ensure!(
        console.contains("@@ end"),
        "{kernel} did not come to an end:\n{}",
        tail(&console)
    );
    eprintln!("{kernel}: {release}, up and down in {took} s");

    let mut verdicts = Vec::new();
    for fixture in fixtures {
        let mut verdict = Verdict::new(fixture, kernel, machine);
        let elsewhere = (fixture.calls.kernel.iter()).filter(|scenario| !scenario.is_for(machine));
        verdict.not_run = elsewhere
            .map(|scenario| format!("{:?} (for {})", scenario.name, scenario.machines.join(", ")))
            .collect();
        if fixture.calls.kernel.is_empty() {
            verdict.mistakes.push("no [[kernel]] scenario".into());
        }
        for job in jobs.iter().filter(|job| job.fixture.name == fixture.name) {
            let judged = section(&console, &job.name)
                .and_then(|said| judge(tools, job, said, machine, &mut verdict));
            if let Err(error) = judged {
                verdict.mistakes.push(format!("{}: {error:#}", job.name));
            }
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

fn pack<'a>(
    tools: &Tools,
    machine: Machine,
    pairs: &'a [(&'a Fixture, Pair)],
    loaders: &Loaders,
) -> Result<(Archive, Vec<Job<'a>>)> {
    let mut archive = Archive::default();
    let mut jobs = Vec::new();
    for folder in ["dev", "proc", "sys", "plans", "objects", "loaders", "tmp"] {
        archive.folder(folder);
    }
    archive.file("init", &fs::read(tools.witness_for(machine)?)?, 0o755);
    let btf = if machine.describes_its_types() {
        None
    } else {
        let object = fs::read(tools.registers_btf(machine)?)?;
        archive.file("objects/registers.o", &object, 0o644);
        Some("/objects/registers.o")
    };
    for (fixture, pair) in pairs {
        let names = ["c", "rust"].map(|side| format!("objects/{}.{side}.o", fixture.name));
        for (name, path) in names.iter().zip([&pair.c, &pair.rust]) {
            archive.file(name, &fs::read(path)?, 0o644);
        }
        let loader = format!("loaders/{}", fixture.name);
        if let Some(path) = loaders.get(&fixture.name) {
            let bytes = fs::read(path).with_context(|| path.display().to_string())?;
            archive.file(&loader, &bytes, 0o755);
        }
        let here = |scenario: &&Scenario| scenario.is_for(machine);
        for (number, scenario) in fixture.calls.kernel.iter().filter(here).enumerate() {
            let has_loader = loaders.contains_key(&fixture.name) && scenario.no_loader.is_none();
            // Once in each form of output.
            let forms: &[_] = match (has_loader, number) {
                (false, _) => &[None],
                (true, 0) => &[Some(Form::Json), Some(Form::Text)],
                (true, _) => &[Some(Form::Json)],
            };
            for own in forms {
                let form = own.map_or(String::new(), |form| format!("-{form:?}"));
                let name = format!("{}-{number}{form}", fixture.name);
                let [c, rust] = (names.each_ref()).map(|name| PathBuf::from(format!("/{name}")));
                let path = format!("/{loader}");
                let loader = own.map(|form| (path.as_str(), form));
                let plan =
                    plan::on_kernel([&c, &rust], machine, &fixture.calls, scenario, btf, loader);
                archive.file(&format!("plans/{name}"), plan.as_bytes(), 0o644);
                jobs.push(Job {
                    fixture,
                    scenario,
                    own: *own,
                    name,
                });
            }
        }
    }
    Ok((archive, jobs))
}

/// What the console said while a plan ran, and whether the witness came to the plan's end.
fn section<'a>(console: &'a str, name: &str) -> Result<(&'a str, bool)> {
    let start = format!("@@ plan {name}\n");
    let (_, rest) = console
        .split_once(&start)
        .with_context(|| format!("{name} wasn't run"))?;
    let (said, rest) = rest
        .split_once("@@ done ")
        .with_context(|| format!("{name} hung"))?;
    Ok((said, rest.starts_with("0\n") || rest.starts_with("3\n")))
}

/// `ENOTSUPP` as a loader prints it: what the kernel says where a machine has no trampolines for
/// programs (arm64 before 6.4).
const NO_TRAMPOLINES: &str = "(os error 524)";

fn judge(
    tools: &Tools,
    job: &Job<'_>,
    (said, ended): (&str, bool),
    machine: Machine,
    verdict: &mut Verdict,
) -> Result<()> {
    let mut both = Observations::parse_console(said)?;
    let name = &job.scenario.name;
    if !both.c.missing_calls.is_empty() {
        let calls = both.c.missing_calls.join(", ");
        let why = format!("{name:?} (this machine hasn't got {calls})");
        if !verdict.not_run.contains(&why) {
            verdict.not_run.push(why);
        }
        return Ok(());
    }
    if let Some((program, why)) = both.c.refused.iter().next() {
        let why = format!("{name:?} (this kernel refuses the C of {program}: {why})");
        verdict.c_refused = true;
        if !verdict.not_run.contains(&why) {
            verdict.not_run.push(why);
        }
        return Ok(());
    }
    if !ended && said.contains(NO_TRAMPOLINES) {
        let why = format!("{name:?} (this kernel has no trampolines)");
        if !verdict.not_run.contains(&why) {
            verdict.not_run.push(why);
        }
        return Ok(());
    }
    // A loader of its own ends where this kernel refuses the port; that is right where it refuses the C.
    ensure!(ended, "the witness failed at {}:\n{}", job.name, tail(said));
    let unattached = (both.c.unattached.iter())
        .map(|(name, section)| format!("{name} (this kernel hasn't got {section})"));
    for program in unattached {
        if !verdict.not_run.contains(&program) {
            verdict.not_run.push(program);
        }
    }
    let programs = both.c.programs.keys();
    ensure!(
        programs.len() > 0,
        "no program of the C was loaded:\n{}",
        tail(said)
    );
    if programs
        .into_iter()
        .all(|program| both.c.unattached.contains_key(program))
    {
        return Ok(());
    }
    for (name, bytes) in &both.rust.constants {
        if name.starts_with("core_") && bytes.len() <= 16 {
            let number = u64::from_str_radix(bytes, 16)?;
            let unused = 64 - 4 * bytes.len() as u32;
            let number = if machine.is_big_endian() {
                number
            } else {
                (number << unused).swap_bytes()
            };
            verdict.layout.insert(name.clone(), number);
        }
    }
    let noisy = job.scenario.noisy.is_some();
    if job.own.is_some() {
        for program in both.c.unattached.keys() {
            let named = format!("{program} isn't attached: ");
            if !both.rust.said.iter().any(|line| line.starts_with(&named)) {
                let difference = format!("{name}: the loader doesn't say that {named}…");
                verdict.differences.push(difference);
            }
        }
    }
    if let Some(form) = job.own {
        let types = Types::read(&job.fixture.types(tools, machine)?, machine)?;
        let summed = job.fixture.calls.summed.iter();
        let skipped: BTreeSet<_> = summed.map(|summed| summed.map.as_str()).collect();
        let shown = shown::differences(&both, &types, form, &skipped, noisy)?;
        let shown = shown
            .into_iter()
            .map(|line| format!("{name} as {form:?}: {line}"));
        verdict.differences.extend(shown);
        verdict.shown += both.rust.shown.len();
        // The loader reads the records itself: they were compared by what it printed.
        both.rust.records = both.c.records.clone();
    }
    if noisy {
        both.c.runs.clear();
        both.rust.runs.clear();
    } else if both.c.runs.values().sum::<u64>() == 0 {
        verdict.mistakes.push(format!("{name}: no program was run"));
    }
    // A program without a target in its section is attached nowhere, and the fixture knows that.
    let lacks_a_function = both.c.unattached.values().any(|to| to.contains('/'));
    let counts = match (noisy, lacks_a_function) {
        (true, _) => Counts::AtLeast,
        (false, true) => Counts::AtMost,
        (false, false) => Counts::Exact,
    };
    verdict.add(job.fixture, job.scenario, both, said, counts)
}

/// Runs a machine until it switches itself off: what its console said.
fn run(machine: Machine, image: &Path, initramfs: &Path, console: &Path) -> Result<String> {
    let mut started = Command::new(machine.emulator())
        .args(machine.options())
        // Where KVM is not to be relied on, this always works.
        .args([
            "-accel",
            "tcg",
            "-m",
            "1536",
            "-nographic",
            "-no-reboot",
            "-net",
            "none",
            "-kernel",
        ])
        .arg(image)
        .arg("-initrd")
        .arg(initramfs)
        .args([
            "-append",
            // Programs on the hooks of security modules run only if that is asked for.
            &format!(
                "console={} panic=-1 quiet loglevel=0 lsm=capability,bpf",
                machine.console()
            ),
        ])
        .stdin(Stdio::null())
        .stdout(File::create(console)?)
        .stderr(Stdio::inherit())
        .spawn()
        .with_context(|| {
            format!(
                "can't run {} (scripts/toolchain --kernels)",
                machine.emulator()
            )
        })?;
    let start = Instant::now();
    while started.try_wait()?.is_none() {
        if start.elapsed() > PATIENCE {
            started.kill()?;
            started.wait()?;
            bail!("no end after {PATIENCE:?}:\n{}", tail(&read(console)?));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    read(console)
}

fn read(console: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(console)?).replace('\r', ""))
}

fn tail(console: &str) -> String {
    let lines: Vec<_> = console.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
