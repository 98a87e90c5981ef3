//! The same comparison on other kernels, in virtual machines: there both objects are attached to real
//! system calls.
//!
//! A machine gets one kernel and an initramfs that holds the witness (as /init), the objects and a
//! plan for each scenario; its console is what comes back.

use std::{
    collections::BTreeMap,
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
    tools::Tools,
    verdict::{Counts, Verdict},
};

/// How long a machine may take, which emulates its processor.
const PATIENCE: Duration = Duration::from_secs(300);

/// One scenario of a fixture, as it goes into a machine.
struct Job<'a> {
    fixture: &'a Fixture,
    scenario: &'a Scenario,
    name: String,
}

/// Loaders that load the port in place of the witness, by the fixture's name.
pub type Loaders = BTreeMap<String, PathBuf>;

/// Boots a kernel and runs every fixture's `[[kernel]]` scenarios on it: a verdict for each fixture.
pub fn boot(
    tools: &Tools,
    kernel: &str,
    pairs: &[(&Fixture, Pair)],
    loaders: &Loaders,
) -> Result<Vec<Verdict>> {
    let machine = Machine::of_kernel(kernel)?;
    let image = tools.kernel(kernel)?;
    let folder = tempfile::tempdir_in(tools.folder())?;
    let (archive, jobs) = pack(tools, machine, pairs, loaders)?;
    let initramfs = folder.path().join("initramfs");
    fs::write(&initramfs, archive.finish())?;
    let console = run(machine, &image, &initramfs, &folder.path().join("console"))?;
    // The firmware may have left the first line half written.
    let release = (console.lines())
        .find_map(|line| Some(line.split_once("@@ kernel ")?.1))
        .with_context(|| format!("{kernel} did not come up:\n{}", tail(&console)))?;
    ensure!(
        console.contains("@@ end"),
        "{kernel} did not come to an end:\n{}",
        tail(&console)
    );

    let mut verdicts = Vec::new();
    for (fixture, _) in pairs {
        let by = if loaders.contains_key(&fixture.name) {
            ", own loader"
        } else {
            ""
        };
        let place = format!("{kernel} ({release}{by})");
        let mut verdict = Verdict::new(fixture, &place, machine);
        for job in jobs.iter().filter(|job| job.fixture.name == fixture.name) {
            let said = section(&console, &job.name)?;
            judge(job, said, &mut verdict).with_context(|| format!("{} on {kernel}", job.name))?;
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

fn pack<'a>(
    tools: &Tools,
    machine: Machine,
    pairs: &[(&'a Fixture, Pair)],
    loaders: &Loaders,
) -> Result<(Archive, Vec<Job<'a>>)> {
    let mut archive = Archive::default();
    let mut jobs = Vec::new();
    for folder in ["dev", "proc", "sys", "plans", "objects", "loaders", "tmp"] {
        archive.folder(folder);
    }
    archive.file("init", &fs::read(tools.witness_for(machine)?)?, 0o755);
    for (fixture, pair) in pairs {
        let names = ["c", "rust"].map(|side| format!("objects/{}.{side}.o", fixture.name));
        for (name, path) in names.iter().zip([&pair.c, &pair.rust]) {
            archive.file(name, &fs::read(path)?, 0o644);
        }
        if let Some(path) = loaders.get(&fixture.name) {
            let loader = fs::read(path).with_context(|| path.display().to_string())?;
            archive.file(&format!("loaders/{}", fixture.name), &loader, 0o755);
        }
        for (number, scenario) in fixture.calls.kernel.iter().enumerate() {
            let name = format!("{}-{number}", fixture.name);
            let [c, rust] = names
                .each_ref()
                .map(|name| PathBuf::from(format!("/{name}")));
            let mut plan = plan::on_kernel([&c, &rust], machine, &fixture.calls, scenario);
            if loaders.contains_key(&fixture.name) {
                plan.push_str(&format!("loader /loaders/{}\n", fixture.name));
            }
            archive.file(&format!("plans/{name}"), plan.as_bytes(), 0o644);
            jobs.push(Job {
                fixture,
                scenario,
                name,
            });
        }
    }
    Ok((archive, jobs))
}

/// What the console said while a plan ran.
fn section<'a>(console: &'a str, name: &str) -> Result<&'a str> {
    let start = format!("@@ plan {name}\n");
    let (_, rest) = console
        .split_once(&start)
        .with_context(|| format!("{name} wasn't run"))?;
    let (said, rest) = rest
        .split_once("@@ done ")
        .with_context(|| format!("{name} hung"))?;
    ensure!(
        rest.starts_with("0\n"),
        "the witness failed:\n{}",
        tail(said)
    );
    Ok(said)
}

fn judge(job: &Job<'_>, said: &str, verdict: &mut Verdict) -> Result<()> {
    let mut both = Observations::parse_console(said)?;
    if let Some(shown) = both.rust.showed {
        // The loader reads the records itself, and shows each in a line.
        let there = both.c.record_count();
        if there > 0 && there != shown {
            let name = &job.scenario.name;
            verdict.differences.push(format!(
                "{name}: {there} records, of which the loader showed {shown}"
            ));
        }
        both.rust.records = both.c.records.clone();
    }
    // The witness makes calls too, while only one side is attached.
    both.c.runs.clear();
    both.rust.runs.clear();
    if let Some(name) = both.c.refused.keys().next() {
        let scenario = &job.scenario.name;
        verdict
            .not_run
            .push(format!("{scenario:?} (this kernel refuses {name})"));
        return Ok(());
    }
    for (name, section) in &both.c.unattached {
        verdict
            .not_run
            .push(format!("{name} (this kernel hasn't got {section})"));
    }
    verdict.add(job.fixture, job.scenario, both, said, Counts::AtLeast)
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
            "768",
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
            &format!("console={} panic=-1 quiet loglevel=0", machine.console()),
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
