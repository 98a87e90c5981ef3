//! A fixture and its two objects.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use regex::Regex;

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

    /// Whether there is anything of it to be run on a kernel of such a machine.
    pub fn is_for(&self, machine: Machine) -> bool {
        let mut scenarios = self.calls.kernel.iter();
        scenarios.any(|scenario| scenario.is_for(machine))
    }

    /// An object that describes all structures of the C: its own doesn't, of those that only functions
    /// use.
    pub fn types(&self, tools: &Tools, machine: Machine) -> Result<PathBuf> {
        let object = (tools.folder()).join(format!("{}.{}.types.o", self.name, machine.name()));
        if object.exists() {
            return Ok(object);
        }
        let text = fs::read_to_string(&self.source)?;
        let mut wrapper = format!("#include \"{}\"\n", self.source.canonicalize()?.display());
        for structure in Regex::new(r"(?m)^struct (\w+) \{")?.captures_iter(&text) {
            let name = &structure[1];
            wrapper.push_str(&format!("struct {name} bench_{name};\n"));
        }
        let source = object.with_extension("c");
        fs::write(&source, wrapper)?;
        tools.build_c(&source, &object, machine)?;
        Ok(object)
    }

    /// Compiles the C where that wasn't done yet, and finds the port among `objects`; without those
    /// the C stands in for it. Not to be called for one fixture by several threads at once.
    pub fn pair(
        &self,
        tools: &Tools,
        machine: Machine,
        objects: Option<&BTreeMap<String, PathBuf>>,
    ) -> Result<Pair> {
        let object = format!("{}.{}.o", self.name, machine.name());
        let c = tools.folder().join(object);
        if !c.exists() {
            tools.build_c(&self.source, &c, machine)?;
        }
        let rust = match objects {
            None => c.clone(),
            Some(objects) => (objects.get(&self.name).cloned())
                .with_context(|| format!("the workspace has no program {}", self.name))?,
        };
        Ok(Pair { c, rust })
    }
}
