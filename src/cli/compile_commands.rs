//! `compile_commands.json`: how each file is compiled (clang's JSON compilation database).

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::source::Options;

/// One file's command.
#[derive(Debug, Deserialize)]
struct Entry {
    directory: PathBuf,
    file: PathBuf,
    arguments: Option<Vec<String>>,
    command: Option<String>,
}

/// The commands of a database.
#[derive(Debug)]
pub struct CompileCommands {
    entries: Vec<Entry>,
}

impl CompileCommands {
    /// Reads `path`, the file or the folder that it is in.
    ///
    /// # Errors
    ///
    /// It can't be read, or isn't a compilation database.
    pub fn read(path: &Path) -> Result<Self> {
        let path = if path.is_dir() {
            path.join("compile_commands.json")
        } else {
            path.to_owned()
        };
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("can't read {}", path.display()))?;
        let entries = serde_json::from_str(&text)
            .with_context(|| format!("{} is no compilation database", path.display()))?;
        Ok(Self { entries })
    }

    /// The options with which `file` is compiled, behind those of `options`.
    ///
    /// # Errors
    ///
    /// Its command has unbalanced quotes.
    pub fn add(&self, file: &Path, options: &Options) -> Result<Options> {
        let mut options = options.clone();
        let Some(entry) = self.entries.iter().find(|entry| entry.is_of(file)) else {
            return Ok(options);
        };
        let arguments = match (&entry.arguments, &entry.command) {
            (Some(arguments), _) => arguments.clone(),
            (None, Some(command)) => match shlex::split(command) {
                Some(arguments) => arguments,
                None => bail!("the command of {} has unbalanced quotes", file.display()),
            },
            (None, None) => Vec::new(),
        };
        entry.take(&arguments, &mut options);
        Ok(options)
    }
}

impl Entry {
    fn is_of(&self, file: &Path) -> bool {
        let own = self.directory.join(&self.file);
        match (own.canonicalize(), file.canonicalize()) {
            (Ok(own), Ok(file)) => own == file,
            _ => own == file,
        }
    }

    /// Takes over the options that decide about what the C is.
    fn take(&self, arguments: &[String], options: &mut Options) {
        let mut rest = arguments.iter().map(String::as_str);
        while let Some(argument) = rest.next() {
            for (flag, joined) in [
                ("-isystem", false),
                ("-idirafter", false),
                ("-iquote", false),
                ("-include", false),
                ("-I", true),
                ("-D", true),
                ("-U", true),
            ] {
                let value = if argument == flag {
                    rest.next().map(str::to_owned)
                } else if joined {
                    argument.strip_prefix(flag).map(str::to_owned)
                } else {
                    None
                };
                let Some(value) = value else { continue };
                let path = || self.directory.join(&value);
                match flag {
                    "-I" | "-iquote" => options.includes.push(path()),
                    "-isystem" | "-idirafter" => options.system_includes.push(path()),
                    "-include" => options.forced.push(path()),
                    "-D" => options.defines.push(value),
                    _ => options.undefines.push(value),
                }
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_from_the_command() {
        let entry = Entry {
            directory: "/src".into(),
            file: "a.bpf.c".into(),
            arguments: None,
            command: None,
        };
        let mut options = Options::default();
        let words = [
            "clang",
            "-Iinclude",
            "-I",
            "more",
            "-isystem",
            "sys",
            "-DX=1",
            "-U",
            "Y",
            "-O2",
        ];
        entry.take(&words.map(str::to_owned), &mut options);
        assert_eq!(
            options.includes,
            [PathBuf::from("/src/include"), "/src/more".into()]
        );
        assert_eq!(options.system_includes, [PathBuf::from("/src/sys")]);
        assert_eq!(options.defines, ["X=1"]);
        assert_eq!(options.undefines, ["Y"]);
    }

    #[test]
    fn a_database_is_read_whole_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compile_commands.json");
        std::fs::write(&path, "[{]").unwrap();
        assert!(CompileCommands::read(folder.path()).is_err());
        std::fs::write(folder.path().join("a.c"), "").unwrap();
        let text = format!(
            r#"[{{"directory": {:?}, "file": "a.c", "command": "clang -D'A=\"x y\"' -c a.c"}}]"#,
            folder.path()
        );
        std::fs::write(&path, text).unwrap();
        let commands = CompileCommands::read(folder.path()).unwrap();
        let options = commands
            .add(&folder.path().join("a.c"), &Options::default())
            .unwrap();
        assert_eq!(options.defines, ["A=\"x y\""]);
    }
}
