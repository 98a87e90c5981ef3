//! The scripts and the witness, which do the work.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context as _, Result, ensure};

use crate::machine::Machine;

pub struct Tools {
    scripts: PathBuf,
    witness: PathBuf,
    /// What this run writes, gone when it ends.
    folder: tempfile::TempDir,
    /// Held while a witness is copied and started.
    starting: Mutex<()>,
}

impl Tools {
    pub fn new() -> Result<Self> {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../scripts")
            .canonicalize()?;
        let folder = tempfile::Builder::new().prefix("c2aya-bench-").tempdir()?;
        let witness = run(&mut Command::new(scripts.join("build-witness")))?
            .trim()
            .into();
        Ok(Self {
            scripts,
            witness,
            folder,
            starting: Mutex::new(()),
        })
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Builds the objects of an emitted workspace: name and path of each. None may panic. What is for
    /// other machines says so to the compiler, and is left out.
    pub fn build_ported(
        &self,
        workspace: &Path,
        machine: Machine,
    ) -> Result<BTreeMap<String, PathBuf>> {
        let mut command = Command::new(self.scripts.join("build-ported"));
        command.args(["--check-panics", "--keep-going", "--arch", machine.in_aya()]);
        objects(&run(command.arg(workspace))?)
    }

    /// The same with a workspace that may not build: then `None`.
    pub fn try_build_ported(&self, workspace: &Path) -> Result<Option<BTreeMap<String, PathBuf>>> {
        let output = Command::new(self.scripts.join("build-ported"))
            .arg(workspace)
            .output()?;
        (output.status.success())
            .then(|| objects(&texts(&output).0))
            .transpose()
    }

    /// Builds the loader of an emitted workspace, to be run in a machine.
    pub fn build_loader(&self, workspace: &Path, machine: Machine) -> Result<PathBuf> {
        let mut command = Command::new(self.scripts.join("build-loader"));
        command.args(["--static", "--shared", "--arch", machine.name()]);
        Ok(run(command.arg(workspace))?.trim().into())
    }

    /// Describes the registers to libbpf, for kernels that don't.
    pub fn registers_btf(&self, machine: Machine) -> Result<PathBuf> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("witness/registers.bpf.c");
        let object = self
            .folder()
            .join(format!("witness-registers.{}.o", machine.name()));
        self.build_c(&source, &object, machine)?;
        Ok(object)
    }

    pub fn build_c(&self, source: &Path, object: &Path, machine: Machine) -> Result<()> {
        let mut command = Command::new(self.scripts.join("build-c"));
        command.args(["--arch", machine.in_libbpf()]);
        run(command.arg(source).arg("-o").arg(object))?;
        Ok(())
    }

    /// How many CO-RE relocations each function of an object has, where it has any.
    pub fn core_relocations(&self, object: &Path) -> Result<BTreeMap<String, u32>> {
        let printed = run(Command::new(self.scripts.join("core-relocations")).arg(object))?;
        printed
            .lines()
            .map(|line| {
                let (name, count) = line.split_once(' ').context("a line without a count")?;
                Ok((name.to_owned(), count.parse()?))
            })
            .collect()
    }

    /// The image of a kernel, as scripts/fetch-kernel calls it.
    pub fn kernel(&self, name: &str) -> Result<PathBuf> {
        let printed = run(Command::new(self.scripts.join("fetch-kernel")).arg(name))?;
        Ok(printed.trim().into())
    }

    /// The witness for a machine that is emulated.
    pub fn witness_for(&self, machine: Machine) -> Result<PathBuf> {
        let printed = run(Command::new(self.scripts.join("build-witness")).arg(machine.name()))?;
        Ok(printed.trim().into())
    }

    /// What the witness printed, and what it said about it. Fails where it could give no verdict.
    pub fn witness(&self, plan: &str) -> Result<(String, String)> {
        let folder = tempfile::tempdir_in(self.folder())?;
        let path = folder.path().join("plan");
        // A copy: probes are put on its file, and the calls of another run are none of this one's.
        let witness = folder.path().join("witness");
        fs::write(&path, plan)?;
        let started = {
            // Nobody may start a process while the copy is open for writing: it would inherit that,
            // and the copy could not be run.
            let _alone = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
            fs::copy(&self.witness, &witness)?;
            Command::new(&witness)
                .arg(&path)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()?
        };
        let output = started.wait_with_output()?;
        let (printed, said) = texts(&output);
        ensure!(
            matches!(output.status.code(), Some(0 | 3)),
            "the witness failed ({}): {said}\nafter {printed}\nwith the plan\n{plan}",
            output.status
        );
        Ok((printed, said))
    }
}

/// The paths that scripts/build-ported printed.
fn objects(printed: &str) -> Result<BTreeMap<String, PathBuf>> {
    (printed.lines())
        .map(|line| {
            let path = PathBuf::from(line);
            let name = path.file_stem().context("an object without a name")?;
            Ok((name.to_string_lossy().into_owned(), path))
        })
        .collect()
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// What a command prints; what it says on standard error goes to ours.
fn run(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("can't run {command:?}"))?;
    ensure!(output.status.success(), "{command:?} failed");
    Ok(texts(&output).0)
}
