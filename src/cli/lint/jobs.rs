//! Which files to lint, and how each is read.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;

use super::{Reading, Selection};
use crate::{
    config::{self, Config},
    lint::Job,
    source::Options,
};

/// The files that paths name, with their settings.
pub fn find(paths: &[PathBuf], reading: &Reading, choice: &Selection) -> Result<Vec<Job>> {
    let commands = reading.common.commands()?;
    let own = reading.options();
    let archs = match reading.common.target_arch() {
        [] => None,
        names => {
            let archs = names.iter().map(|name| config::arch(name));
            Some(archs.collect::<Result<Vec<_>>>()?)
        }
    };
    let mut configs = Configs::new(choice)?;
    let mut jobs = Vec::new();
    for path in files_of(paths)? {
        let (mut settings, options) = match configs.of(&path)? {
            Some(config) => config.for_file(&path)?,
            None => Default::default(),
        };
        if let Some(archs) = &archs {
            settings.archs.clone_from(archs);
            settings.each_arch = true;
        }
        settings.min_kernel = choice.min_kernel.or(settings.min_kernel);
        settings.confidence = choice.confidence.unwrap_or(settings.confidence);
        if !choice.select.is_empty() {
            settings.select.clone_from(&choice.select);
        }
        settings.ignore.extend(choice.ignore.iter().cloned());
        let options = join(&own, options);
        let options = match &commands {
            Some(commands) => commands.add(&path, &options)?,
            None => options,
        };
        jobs.push(Job {
            path,
            options,
            settings: Arc::new(settings),
        });
    }
    Ok(jobs)
}

/// The command line's options, and those of the configuration behind them.
fn join(own: &Options, config: Options) -> Options {
    let mut options = own.clone();
    options.includes.extend(config.includes);
    options.system_includes.extend(config.system_includes);
    options.defines.splice(0..0, config.defines);
    options.undefines.extend(config.undefines);
    options.vmlinux = options.vmlinux.or(config.vmlinux);
    options
}

/// The configurations of files, each read once.
struct Configs {
    /// The one for all files.
    fixed: Option<Arc<Config>>,
    search: bool,
    known: HashMap<PathBuf, Arc<Config>>,
}

impl Configs {
    fn new(choice: &Selection) -> Result<Self> {
        let fixed = choice.config.as_deref().map(Config::read).transpose()?;
        Ok(Self {
            search: fixed.is_none() && !choice.no_config,
            fixed: fixed.map(Arc::new),
            known: HashMap::new(),
        })
    }

    fn of(&mut self, file: &Path) -> Result<Option<Arc<Config>>> {
        if !self.search {
            return Ok(self.fixed.clone());
        }
        let Some(path) = Config::find(file) else {
            return Ok(None);
        };
        if let Some(known) = self.known.get(&path) {
            return Ok(Some(Arc::clone(known)));
        }
        let config = Arc::new(Config::read(&path)?);
        self.known.insert(path, Arc::clone(&config));
        Ok(Some(config))
    }
}

/// The files that paths name; of a folder those in it that look like BPF programs, in order.
fn files_of(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let walk = ignore::WalkBuilder::new(path)
            .sort_by_file_path(Path::cmp)
            .build();
        for entry in walk {
            let entry = entry?;
            let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
            if is_file && is_program(entry.path()) {
                files.push(entry.into_path());
            }
        }
    }
    Ok(files)
}

/// Whether a file is the source of BPF programs, by its name or what it includes.
fn is_program(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with(".bpf.c")
        || name.ends_with(".c")
            && std::fs::read(path).is_ok_and(|text| {
                memchr::memmem::find(&text, b"bpf_helpers.h\"").is_some()
                    || memchr::memmem::find(&text, b"bpf_helpers.h>").is_some()
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_command_line_go_first() {
        let own = Options {
            includes: vec!["own".into()],
            defines: vec!["A=1".into()],
            ..Options::default()
        };
        let config = Options {
            includes: vec!["config".into()],
            defines: vec!["A=2".into()],
            ..Options::default()
        };
        let joined = join(&own, config);
        assert_eq!(joined.includes, [Path::new("own"), Path::new("config")]);
        assert_eq!(joined.defines, ["A=2", "A=1"]);
    }

    #[test]
    fn folders_hold_programs() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("a.bpf.c", "");
        write("b.c", "#include <bpf/bpf_helpers.h>\n");
        write("c.c", "int main(void) { return 0; }\n");
        let found = files_of(&[folder.path().to_owned()]).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap()).collect();
        assert_eq!(names, ["a.bpf.c", "b.c"]);
    }
}
