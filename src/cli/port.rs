//! `c2aya port`: C files to an Aya workspace, or one file to standard output.

use std::{
    collections::BTreeMap,
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use clap::ValueEnum;

use super::Outcome;
use crate::{
    arch::Arch,
    diag::{self, Diagnostic},
    emit::workspace,
    output::{human, ir_json, write},
    port::{self, Port},
    quirks::Quirks,
    source::{
        self, VmlinuxSource,
        compile_commands::CompileCommands,
        span::{FileKind, SourceMap},
    },
};

/// Port C files to an Aya workspace, or one file to standard output
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The C files, each of which becomes an object
    #[arg(required = true, value_name = "FILE.c")]
    files: Vec<PathBuf>,

    /// The folder of the workspace; without it, one file goes to standard output
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// What to make
    #[arg(long, value_enum, default_value_t = Emit::Rust)]
    emit: Emit,

    /// What the workspace is called [default: the name of DIR]
    #[arg(long)]
    name: Option<String>,

    /// Port what can be ported where something can't
    #[arg(long)]
    keep_going: bool,

    /// Overwrite generated files that were edited since
    #[arg(long)]
    force: bool,

    /// What becomes of system calls that libbpf leaves to the user: mmap, clone, socket calls, and
    /// those of 32-bit programs
    #[arg(long, value_enum, default_value_t)]
    quirks: Quirks,

    /// How to read the C
    #[command(flatten)]
    pub reading: Reading,
}

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// The port
    Rust,
    /// The intermediate representation as JSON (docs/ir-schema.md)
    Ir,
}

/// How to read C files, as a C compiler is told.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Reading {
    /// All that repositories have in common too
    #[command(flatten)]
    pub common: CommonReading,

    /// A file to read before the others
    #[arg(long = "include", value_name = "FILE", help_heading = "Reading C")]
    forced: Vec<PathBuf>,
}

/// How to read C files, one or all of a repository.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CommonReading {
    /// A folder with header files
    #[arg(short = 'I', value_name = "DIR", help_heading = "Reading C")]
    include: Vec<PathBuf>,

    /// A folder with header files of the system
    #[arg(long = "isystem", value_name = "DIR", help_heading = "Reading C")]
    isystem: Vec<PathBuf>,

    /// Define a macro
    #[arg(short = 'D', value_name = "NAME[=VALUE]", help_heading = "Reading C")]
    define: Vec<String>,

    /// Undefine a macro
    #[arg(short = 'U', value_name = "NAME", help_heading = "Reading C")]
    undefine: Vec<String>,

    /// A compilation database, or the folder with compile_commands.json
    #[arg(long, value_name = "FILE", help_heading = "Reading C")]
    pub compile_commands: Option<PathBuf>,

    /// A preprocessor to run instead of the built-in one
    #[arg(long, value_name = "COMMAND", help_heading = "Reading C")]
    cpp: Option<String>,

    /// A vmlinux.h, for files that bring none
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "btf",
        help_heading = "Reading C"
    )]
    vmlinux: Option<PathBuf>,

    /// Raw BTF to make vmlinux.h from; `system` is the running kernel's
    #[arg(long, value_name = "FILE", help_heading = "Reading C")]
    btf: Option<PathBuf>,

    /// Architectures to port for, separated by commas [default: all that Aya has]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        help_heading = "Reading C"
    )]
    pub target_arch: Vec<String>,
}

impl Reading {
    /// As the reading stage wants it.
    pub fn options(&self) -> source::Options {
        source::Options {
            forced: self.forced.clone(),
            ..self.common.options()
        }
    }
}

impl CommonReading {
    /// As the reading stage wants it.
    pub fn options(&self) -> source::Options {
        let vmlinux = match (&self.vmlinux, &self.btf) {
            (Some(file), _) => Some(VmlinuxSource::File(file.clone())),
            (None, Some(btf)) if btf.as_os_str() == "system" => {
                Some(VmlinuxSource::Btf(PathBuf::from("/sys/kernel/btf/vmlinux")))
            }
            (None, Some(btf)) => Some(VmlinuxSource::Btf(btf.clone())),
            (None, None) => None,
        };
        source::Options {
            includes: self.include.clone(),
            system_includes: self.isystem.clone(),
            defines: self.define.clone(),
            undefines: self.undefine.clone(),
            forced: Vec::new(),
            cpp: self.cpp.clone(),
            vmlinux,
        }
    }

    /// The architectures as they are named, none for all.
    pub fn target_arch(&self) -> &[String] {
        &self.target_arch
    }

    /// The compilation database, if one is named.
    pub fn commands(&self) -> anyhow::Result<Option<CompileCommands>> {
        let path = self.compile_commands.as_deref();
        path.map(CompileCommands::read).transpose()
    }

    /// The architectures; an error says which there are.
    pub fn archs(&self) -> anyhow::Result<Vec<Arch>> {
        parse_archs(&self.target_arch)
    }
}

/// The architectures that a user named; all where none is named.
pub fn parse_archs(names: &[String]) -> anyhow::Result<Vec<Arch>> {
    if names.is_empty() {
        return Ok(Arch::ALL.to_vec());
    }
    let parse = |name: &String| {
        Arch::parse(name).ok_or_else(|| {
            let known: Vec<_> = Arch::ALL.iter().map(|arch| arch.name()).collect();
            anyhow::anyhow!(
                "--target-arch: no architecture {name}; there are {}",
                known.join(", ")
            )
        })
    };
    names.iter().map(parse).collect()
}

impl Args {
    /// Does it.
    pub fn run(&self) -> Outcome {
        match self.try_run() {
            Ok(outcome) => outcome,
            Err(error) => {
                eprintln!("c2aya: {error:#}");
                Outcome::Failed
            }
        }
    }

    fn try_run(&self) -> anyhow::Result<Outcome> {
        let archs = self.reading.common.archs()?;
        let options = self.reading.options();
        let commands = self.reading.common.commands()?;
        let cache = source::Cache::default();
        let mut ports = Vec::new();
        for file in &self.files {
            let options = match &commands {
                Some(commands) => commands.add(file, &options)?,
                None => options.clone(),
            };
            let mut port = port::lower_file(file, &options, &archs, &cache);
            if self.emit == Emit::Rust {
                port::add_quirks(&mut port, &archs, self.quirks);
            }
            ports.push(port);
        }
        let mut incomplete = false;
        for port in &ports {
            report(&port.diagnostics, &port.files);
            incomplete |= diag::has_errors(&port.diagnostics);
        }
        // A file that was never opened is no file that can't be ported.
        if ports.iter().any(|port| port.files.iter().next().is_none()) {
            return Ok(Outcome::Failed);
        }
        if incomplete && !self.keep_going {
            return Ok(Outcome::Incomplete);
        }
        match (&self.output, self.emit) {
            (_, Emit::Ir) => self.ir(&ports, &archs, incomplete),
            (None, Emit::Rust) => Self::to_stdout(&ports, incomplete),
            (Some(folder), Emit::Rust) => self.to_folder(folder, &ports, incomplete),
        }
    }

    /// Prints the IR as JSON, or writes a file for each object.
    fn ir(&self, ports: &[Port], archs: &[Arch], incomplete: bool) -> anyhow::Result<Outcome> {
        let mut files = BTreeMap::new();
        for port in ports {
            let Some(object) = &port.object else { continue };
            let text = ir_json::to_json(object, &port.files, archs)?;
            if self.output.is_none() {
                super::print(text.as_bytes())?;
            }
            files.insert(PathBuf::from(format!("{}.json", object.name)), text);
        }
        if let Some(folder) = &self.output {
            return Ok(self.write(folder, &files, ports, incomplete));
        }
        Ok(outcome(incomplete))
    }

    /// One file on standard output, with the runtime's modules at its end.
    fn to_stdout(ports: &[Port], incomplete: bool) -> anyhow::Result<Outcome> {
        let [port] = ports else {
            anyhow::bail!("several files need a folder: -o DIR");
        };
        let Some(object) = &port.object else {
            return Ok(Outcome::Incomplete);
        };
        let (emitted, diagnostics) = port::emit_object(object, None);
        report(&diagnostics, &port.files);
        super::print(workspace::single_file(&emitted).as_bytes())?;
        Ok(outcome(incomplete || diag::has_errors(&diagnostics)))
    }

    fn to_folder(
        &self,
        folder: &Path,
        ports: &[Port],
        incomplete: bool,
    ) -> anyhow::Result<Outcome> {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => folder_name(folder),
        };
        let objects: Vec<_> = ports
            .iter()
            .filter_map(|port| port.object.as_ref().map(|object| (port, object)))
            .collect();
        if let Some(twice) = objects.iter().enumerate().find_map(|(at, (_, object))| {
            objects
                .iter()
                .take(at)
                .any(|(_, other)| other.name == object.name)
                .then_some(&object.name)
        }) {
            anyhow::bail!("two files would both become the object {twice}; rename one of them");
        }
        let several = objects.len() > 1;
        let mut emitted = Vec::new();
        let mut failed = incomplete;
        for (port, object) in &objects {
            let common = workspace::common_path(&name, &object.name, several);
            let (one, diagnostics) = port::emit_object(object, Some(common));
            report(&diagnostics, &port.files);
            failed |= diag::has_errors(&diagnostics);
            emitted.push(one);
        }
        let ported: Vec<_> = objects
            .iter()
            .zip(&emitted)
            .map(|((_, ir), emitted)| workspace::PortedObject { ir, emitted })
            .collect();
        let workspace = workspace::workspace(&name, &ported);
        report(&workspace.diagnostics, &SourceMap::default());
        Ok(self.write(folder, &workspace.files, ports, failed))
    }

    fn write(
        &self,
        folder: &Path,
        files: &BTreeMap<PathBuf, String>,
        ports: &[Port],
        failed: bool,
    ) -> Outcome {
        let mut inputs = BTreeMap::new();
        for port in ports {
            for (_, file) in port
                .files
                .iter()
                .filter(|(_, file)| file.kind != FileKind::StandIn)
            {
                inputs.insert(input_name(&file.path), write::hash(file.text.as_bytes()));
            }
        }
        let request = write::Request {
            folder,
            files,
            inputs,
            options: self.options(),
            own: &BTreeMap::new(),
            merge: false,
            force: self.force,
        };
        match write::write(&request) {
            Ok(written) => {
                report(&written.diagnostics, &SourceMap::default());
                outcome(failed)
            }
            Err(error) => {
                report(&[*error], &SourceMap::default());
                Outcome::Failed
            }
        }
    }

    /// What the user asked for, as far as it decides about the output.
    fn options(&self) -> Vec<String> {
        let mut options = Vec::new();
        let mut add = |name: &str, values: &mut dyn Iterator<Item = String>| {
            options.extend(values.map(|value| format!("{name} {value}")));
        };
        let reading = &self.reading.common;
        add("--name", &mut self.name.iter().cloned());
        add("-D", &mut reading.define.iter().cloned());
        add("-U", &mut reading.undefine.iter().cloned());
        add("--cpp", &mut reading.cpp.iter().cloned());
        add("--target-arch", &mut reading.target_arch.iter().cloned());
        if self.keep_going {
            options.push("--keep-going".to_owned());
        }
        options
    }
}

fn outcome(incomplete: bool) -> Outcome {
    if incomplete {
        Outcome::Incomplete
    } else {
        Outcome::Done
    }
}

/// What a folder is called, be it `.`.
pub(super) fn folder_name(folder: &Path) -> String {
    let named = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    named
        .or_else(|| {
            let folder = folder.canonicalize().ok()?;
            Some(folder.file_name()?.to_string_lossy().into_owned())
        })
        .unwrap_or_else(|| "probes".to_owned())
}

/// An input's name in the manifest: the same on every machine.
fn input_name(path: &Path) -> String {
    let name = if path.is_absolute() {
        path.file_name().map(Path::new)
    } else {
        Some(path)
    };
    name.unwrap_or(path).to_string_lossy().replace('\\', "/")
}

pub(super) fn report(diagnostics: &[Diagnostic], files: &SourceMap) {
    let color = std::io::stderr().is_terminal();
    for diagnostic in diagnostics {
        eprintln!("{}\n", human::render(diagnostic, files, color));
    }
}
