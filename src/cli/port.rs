//! `c2aya port`: C files to an Aya workspace, or one file to standard output.

use std::{
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
};

use clap::ValueEnum;

use super::Outcome;
use crate::{
    arch::Arch,
    diag::{self, Diagnostic},
    emit::workspace,
    output::{human, ir_json},
    port::{self, Port},
    source::{self, VmlinuxSource, span::SourceMap},
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

    /// A file to read before the others
    #[arg(long = "include", value_name = "FILE", help_heading = "Reading C")]
    forced: Vec<PathBuf>,

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
    target_arch: Vec<String>,
}

impl Reading {
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
            forced: self.forced.clone(),
            cpp: self.cpp.clone(),
            vmlinux,
        }
    }

    /// The architectures, or the first name that is none.
    pub fn archs(&self) -> Result<Vec<Arch>, String> {
        if self.target_arch.is_empty() {
            return Ok(Arch::ALL.to_vec());
        }
        self.target_arch
            .iter()
            .map(|name| Arch::parse(name).ok_or_else(|| name.clone()))
            .collect()
    }
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
        let archs = self.reading.archs().map_err(|name| {
            let known: Vec<_> = Arch::ALL.iter().map(|arch| arch.name()).collect();
            anyhow::anyhow!(
                "--target-arch: no architecture {name}; there are {}",
                known.join(", ")
            )
        })?;
        let options = self.reading.options();
        let cache = source::Cache::default();
        let mut ports = Vec::new();
        for file in &self.files {
            ports.push(port::lower_file(file, &options, &archs, &cache));
        }
        let mut incomplete = false;
        for port in &ports {
            report(&port.diagnostics, &port.files);
            incomplete |= diag::has_errors(&port.diagnostics);
        }
        if self.output.is_none() {
            return self.to_stdout(&ports, incomplete);
        }
        self.to_folder(&ports, incomplete)
    }

    fn to_folder(&self, ports: &[Port], incomplete: bool) -> anyhow::Result<Outcome> {
        let Some(dir) = &self.output else {
            return Ok(Outcome::Failed);
        };
        if incomplete && !self.keep_going {
            return Ok(Outcome::Incomplete);
        }
        let name = match &self.name {
            Some(name) => name.clone(),
            None => dir.file_name().map_or_else(
                || "probes".into(),
                |name| name.to_string_lossy().into_owned(),
            ),
        };
        let objects: Vec<_> = ports
            .iter()
            .filter_map(|port| port.object.as_ref().map(|object| (port, object)))
            .collect();
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
        for (path, text) in &workspace.files {
            let path = dir.join(path);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(path, text)?;
        }
        Ok(if failed {
            Outcome::Incomplete
        } else {
            Outcome::Done
        })
    }

    fn to_stdout(&self, ports: &[Port], incomplete: bool) -> anyhow::Result<Outcome> {
        let [port] = ports else {
            anyhow::bail!("several files need a folder: -o DIR");
        };
        let Some(object) = &port.object else {
            return Ok(Outcome::Failed);
        };
        if incomplete && !self.keep_going {
            return Ok(Outcome::Incomplete);
        }
        if self.emit == Emit::Ir {
            let archs = self.reading.archs().unwrap_or_default();
            let json = ir_json::to_json(object, &port.files, &archs)?;
            std::io::stdout().write_all(json.as_bytes())?;
            return Ok(if incomplete {
                Outcome::Incomplete
            } else {
                Outcome::Done
            });
        }
        let (emitted, diagnostics) = port::emit_object(object, None);
        report(&diagnostics, &port.files);
        let mut text = String::new();
        text.push_str(&emitted.doc);
        text.push_str(&emitted.imports);
        text.push('\n');
        text.push_str(&emitted.main);
        text.push_str(&emitted.runtime.inline());
        std::io::stdout().write_all(text.as_bytes())?;
        Ok(if incomplete || diag::has_errors(&diagnostics) {
            Outcome::Incomplete
        } else {
            Outcome::Done
        })
    }
}

fn report(diagnostics: &[Diagnostic], files: &SourceMap) {
    let color = std::io::stderr().is_terminal();
    for diagnostic in diagnostics {
        eprintln!("{}\n", human::render(diagnostic, files, color));
    }
}
