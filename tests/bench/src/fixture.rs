//! A fixture and its two objects.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{calls::Calls, machine::Machine, tools::Tools};

pub struct Fixture {
    pub name: String,
    pub source: PathBuf,
    pub calls: Calls,
}

/// The same probe, compiled and ported.
#[derive(Clone)]
pub struct Pair {
    pub c: PathBuf,
    pub rust: PathBuf,
}

impl Fixture {
    /// `NAME.bpf.c`, and `NAME.calls.toml` beside it.
    pub fn open(source: &Path) -> Result<Self> {
        let file = source.file_name().unwrap_or_default().to_string_lossy();
        let name = file.strip_suffix(".c").unwrap_or(&file);
        let name = name.strip_suffix(".bpf").unwrap_or(name).to_owned();
        let calls = Calls::read(&source.with_file_name(format!("{name}.calls.toml")))?;
        Ok(Self {
            name,
            source: source.to_owned(),
            calls,
        })
    }

    /// Compiles the C where that wasn't done yet, and finds the port among `objects`. Not to be
    /// called for one fixture by several threads at once.
    pub fn pair(
        &self,
        tools: &Tools,
        machine: Machine,
        objects: &BTreeMap<String, PathBuf>,
    ) -> Result<Pair> {
        let rust = objects
            .get(&self.name)
            .with_context(|| format!("the workspace has no program {}", self.name))?;
        let c = tools
            .folder()
            .join(format!("{}.{}.o", self.name, machine.name()));
        if !c.exists() {
            tools.build_c(&self.source, &c, machine)?;
        }
        Ok(Pair {
            c,
            rust: rust.clone(),
        })
    }
}
