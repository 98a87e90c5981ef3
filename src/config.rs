//! `c2aya.toml`: what a project says once for all of its files.
//!
//! It is searched for upward from each file. What the command line says goes before it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use schemars::{JsonSchema, Schema};
use serde::Deserialize;

use crate::{
    arch::Arch,
    c::suggest::closest,
    diag::Severity,
    lint::{Choice, Confidence, KernelVersion, Settings, settings::severities},
    migrate::config::Migrate,
    source::{Options, VmlinuxSource},
};

/// What the file is called.
pub const FILE_NAME: &str = "c2aya.toml";

/// The configuration of c2aya.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct Config {
    /// Where the programs are to run.
    pub target: Target,
    /// How the C is read, as a compiler is told.
    pub reading: Reading,
    /// What `c2aya lint` looks for.
    pub lint: Lint,
    /// What `c2aya migrate` does.
    pub migrate: Migrate,
    /// What is different for some files; all that fit count, the last one first.
    pub files: Vec<Files>,
    /// The folder that the file is in.
    #[serde(skip)]
    folder: PathBuf,
}

/// Where the programs are to run.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct Target {
    /// Architectures, in Aya's spelling (`x86_64`, `aarch64`, …); all that Aya has if it isn't said.
    pub arch: Option<Vec<String>>,
    /// The oldest version of Linux, such as `5.15`.
    pub min_kernel: Option<String>,
}

/// How the C is read, as a compiler is told; paths are relative to the configuration's folder.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct Reading {
    /// Folders with header files (`-I`).
    pub include: Vec<PathBuf>,
    /// Folders with header files of the system (`-isystem`).
    pub isystem: Vec<PathBuf>,
    /// Macros to define (`-D`): `NAME` or `NAME=VALUE`.
    pub define: Vec<String>,
    /// Macros to undefine (`-U`).
    pub undefine: Vec<String>,
    /// A `vmlinux.h`, for files that bring none.
    pub vmlinux: Option<PathBuf>,
}

/// What `c2aya lint` looks for: categories (`memory`), beginnings of codes (`L05`), codes, names.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct Lint {
    /// The rules to use; all if it isn't said.
    pub select: Option<Vec<String>>,
    /// Rules not to use.
    pub ignore: Vec<String>,
    /// How sure a rule has to be that isn't selected by its own name.
    pub confidence: Option<Confidence>,
    /// How bad findings are.
    pub severity: BTreeMap<String, Severity>,
}

/// What is different for some files.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct Files {
    /// Which, as in a `.gitignore` beside the configuration.
    pub paths: Vec<String>,
    /// Where the programs are to run.
    pub target: Target,
    /// How the C is read, beside what is said for all.
    pub reading: Reading,
    /// What `c2aya lint` looks for.
    pub lint: Lint,
}

impl Config {
    /// The configuration of a file: the nearest in its folder or one above.
    ///
    /// # Errors
    ///
    /// There is one, and it can't be read.
    pub fn of(file: &Path) -> Result<Option<Self>> {
        match Self::find(file) {
            Some(path) => Self::read(&path).map(Some),
            None => Ok(None),
        }
    }

    /// Where the configuration of a file is.
    pub fn find(file: &Path) -> Option<PathBuf> {
        let absolute = std::path::absolute(file).ok()?;
        let folders = absolute.ancestors().skip(1);
        let mut paths = folders.map(|folder| folder.join(FILE_NAME));
        paths.find(|path| path.is_file())
    }

    /// Reads a configuration.
    ///
    /// # Errors
    ///
    /// It can't be read, isn't TOML, has unknown keys or values that mean nothing.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("can't read {name}"))?;
        let mut config = Self::parse(&text).with_context(|| format!("in {name}"))?;
        config.folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(config)
    }

    /// Reads a configuration's text.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn parse(text: &str) -> Result<Self> {
        let mut unknown = Vec::new();
        let deserializer = toml::Deserializer::parse(text)?;
        let config: Self = serde_ignored::deserialize(deserializer, |path| {
            unknown.push(path.to_string());
        })?;
        if let Some(path) = unknown.first() {
            bail!(unknown_key(path, text));
        }
        // What can be wrong in it is wrong for every file.
        for part in std::iter::once(Part::of_all(&config)).chain(config.files.iter().map(Part::of))
        {
            part.apply(&mut Settings::default())?;
        }
        for files in &config.files {
            if files.paths.is_empty() {
                bail!("`[[files]]` without `paths` is about no file");
            }
            config.matcher(files)?;
        }
        Ok(config)
    }

    /// The settings and the options for reading a file.
    ///
    /// # Errors
    ///
    /// Patterns that can't be read.
    pub fn for_file(&self, file: &Path) -> Result<(Settings, Options)> {
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let mut settings = Settings::default();
        let mut options = Options::default();
        let mut parts = vec![Part::of_all(self)];
        for files in &self.files {
            let fits = self.matcher(files)?;
            let inside = absolute.starts_with(&self.folder);
            if inside
                && fits
                    .matched_path_or_any_parents(&absolute, false)
                    .is_ignore()
            {
                parts.push(Part::of(files));
            }
        }
        for part in parts {
            part.apply(&mut settings)?;
            self.add(part.reading, &mut options);
        }
        Ok((settings, options))
    }

    fn matcher(&self, files: &Files) -> Result<Gitignore> {
        let mut builder = GitignoreBuilder::new(&self.folder);
        for pattern in &files.paths {
            builder.add_line(None, pattern)?;
        }
        Ok(builder.build()?)
    }

    fn add(&self, reading: &Reading, options: &mut Options) {
        let own = |path: &PathBuf| self.folder.join(path);
        options.includes.extend(reading.include.iter().map(own));
        options
            .system_includes
            .extend(reading.isystem.iter().map(own));
        options.defines.extend(reading.define.iter().cloned());
        options.undefines.extend(reading.undefine.iter().cloned());
        if let Some(vmlinux) = &reading.vmlinux {
            options.vmlinux = Some(VmlinuxSource::File(own(vmlinux)));
        }
    }
}

/// What is said for all files, or for some.
struct Part<'a> {
    target: &'a Target,
    reading: &'a Reading,
    lint: &'a Lint,
}

impl<'a> Part<'a> {
    fn of_all(config: &'a Config) -> Self {
        Self {
            target: &config.target,
            reading: &config.reading,
            lint: &config.lint,
        }
    }

    fn of(files: &'a Files) -> Self {
        Self {
            target: &files.target,
            reading: &files.reading,
            lint: &files.lint,
        }
    }

    fn apply(&self, settings: &mut Settings) -> Result<()> {
        if let Some(archs) = &self.target.arch {
            settings.archs = archs.iter().map(|name| arch(name)).collect::<Result<_>>()?;
            settings.each_arch = true;
        }
        if let Some(version) = &self.target.min_kernel {
            let version: KernelVersion = version
                .parse()
                .map_err(|why| anyhow!("min-kernel: {why}"))?;
            settings.min_kernel = Some(version);
        }
        if let Some(select) = &self.lint.select {
            settings.select = choices(select)?;
        }
        settings.ignore.extend(choices(&self.lint.ignore)?);
        if let Some(confidence) = self.lint.confidence {
            settings.confidence = confidence;
        }
        for said in severities(&self.lint.severity) {
            settings.severities.push(said.map_err(anyhow::Error::msg)?);
        }
        Ok(())
    }
}

/// The architecture of that name.
///
/// # Errors
///
/// There is none.
pub fn arch(name: &str) -> Result<Arch> {
    let names = || Arch::ALL.iter().map(|arch| arch.name());
    Arch::parse(name).ok_or_else(|| match closest(name, names()) {
        Some(near) => anyhow!("there is no architecture `{name}`; is it `{near}`?"),
        None => {
            let known: Vec<_> = names().collect();
            anyhow!(
                "there is no architecture `{name}`; there are {}",
                known.join(", ")
            )
        }
    })
}

fn choices(names: &[String]) -> Result<Vec<Choice>> {
    let parsed = names.iter().map(|name| name.parse());
    parsed.collect::<Result<_, _>>().map_err(anyhow::Error::msg)
}

/// The JSON schema of the file.
pub fn schema() -> Schema {
    schemars::schema_for!(Config)
}

/// What is wrong with a key, by its path (`lint.selct`, `files.0.path`).
fn unknown_key(path: &str, text: &str) -> String {
    let (table, key) = path.rsplit_once('.').unwrap_or(("", path));
    let line = line_of(key, text).map_or_else(String::new, |line| format!("line {line}: "));
    let known = keys_of(table);
    let near = closest(key, known.iter().map(String::as_str));
    let place = match table {
        "" => String::new(),
        table => format!(" in `{}`", table.split('.').next().unwrap_or(table)),
    };
    match near {
        Some(near) => format!("{line}unknown key `{key}`{place}; is it `{near}`?"),
        None => format!(
            "{line}unknown key `{key}`{place}; there are {}",
            known.join(", ")
        ),
    }
}

/// The line on which a key stands, if it can only be one.
fn line_of(key: &str, text: &str) -> Option<usize> {
    let is_key = |line: &str| {
        let line = line.trim_start().trim_start_matches('[');
        let first = line.split(['=', ']']).next().unwrap_or_default();
        first
            .split('.')
            .any(|part| part.trim().trim_matches('"') == key)
    };
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| is_key(line));
    let (number, _) = lines.next()?;
    lines.next().is_none().then_some(number)
}

/// The keys of a table, as the schema has them.
fn keys_of(table: &str) -> Vec<String> {
    let schema = schema().to_value();
    let resolve = |value: &serde_json::Value| -> Option<serde_json::Value> {
        match value.get("$ref").and_then(|reference| reference.as_str()) {
            Some(reference) => schema.pointer(reference.strip_prefix('#')?).cloned(),
            None => Some(value.clone()),
        }
    };
    let mut at = Some(schema.clone());
    for part in table.split('.').filter(|part| !part.is_empty()) {
        at = at.and_then(|value| {
            let below = match part.parse::<usize>() {
                Ok(_) => value.get("items"),
                Err(_) => value.get("properties").and_then(|keys| keys.get(part)),
            };
            resolve(below?)
        });
    }
    let at = at.unwrap_or_default();
    let keys = at.get("properties").and_then(|keys| keys.as_object());
    let mut keys: Vec<_> = keys
        .into_iter()
        .flatten()
        .map(|(key, _)| key.clone())
        .collect();
    keys.sort_unstable();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_error(text: &str, expected: &str) {
        let error = Config::parse(text).unwrap_err();
        assert_eq!(format!("{error:#}").trim(), expected);
    }

    #[test]
    fn unknown_keys_are_errors() {
        check_error(
            "[lint]\nselct = []\n",
            "line 2: unknown key `selct` in `lint`; is it `select`?",
        );
        check_error(
            "[[files]]\npath = [\"a\"]\n",
            "line 2: unknown key `path` in `files`; is it `paths`?",
        );
        check_error("[lnt]\n", "line 1: unknown key `lnt`; is it `lint`?");
        check_error(
            "x = 1\n",
            "line 1: unknown key `x`; there are files, lint, migrate, reading, target",
        );
    }

    #[test]
    fn values_are_checked() {
        check_error(
            "[target]\narch = [\"arm64\"]\n",
            "there is no architecture `arm64`; there are x86_64, aarch64, s390x, riscv64, arm, powerpc64, mips, mips64, loongarch64",
        );
        check_error(
            "[target]\nmin-kernel = \"5\"\n",
            "min-kernel: `5` is no version of Linux, such as 5.15",
        );
        check_error(
            "[lint]\nignore = [\"memry\"]\n",
            "no rule and no category is called `memry`; is it `memory`?",
        );
        check_error(
            "[[files]]\n",
            "`[[files]]` without `paths` is about no file",
        );
    }

    #[test]
    fn some_files_differ() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let text = "[target]\nmin-kernel = \"5.15\"\n[reading]\ninclude = [\"all\"]\n\
                    [[files]]\npaths = [\"old/**\"]\ntarget.min-kernel = \"5.4\"\nreading.include = [\"more\"]\n";
        std::fs::write(&path, text).unwrap();
        let config = Config::of(&folder.path().join("old/a.bpf.c"))
            .unwrap()
            .unwrap();
        let of = |name: &str| {
            let (settings, options) = config.for_file(&folder.path().join(name)).unwrap();
            (settings.min_kernel.unwrap().minor, options.includes.len())
        };
        assert_eq!(of("a.bpf.c"), (15, 1));
        assert_eq!(of("old/a.bpf.c"), (4, 2));
        assert!(Config::find(folder.path()).is_none());
    }
}
