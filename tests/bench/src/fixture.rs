//! A fixture and its two objects.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::{Context as _, Result, anyhow};

use crate::{calls::Calls, tools::Tools};

pub struct Fixture {
    pub name: String,
    pub source: PathBuf,
    pub calls: Calls,
    /// The C object, compiled when it is first needed.
    c: OnceLock<Result<PathBuf>>,
}

/// The same probe, compiled and ported.
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
            c: OnceLock::new(),
        })
    }

    /// Compiles the C where that wasn't done yet, and finds the port among `objects`.
    pub fn pair(&self, tools: &Tools, objects: &BTreeMap<String, PathBuf>) -> Result<Pair> {
        let rust = objects
            .get(&self.name)
            .with_context(|| format!("the workspace has no program {}", self.name))?;
        let c = self.c.get_or_init(|| {
            let object = tools.folder().join(format!("{}.c.o", self.name));
            tools.build_c(&self.source, &object).map(|()| object)
        });
        let c = c.as_ref().map_err(|error| anyhow!("{error:#}"))?;
        Ok(Pair {
            c: c.clone(),
            rust: rust.clone(),
        })
    }
}
