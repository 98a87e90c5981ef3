//! `compile_commands.json`: how each file is compiled (clang's JSON compilation database).

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::source::Options;

/// One file's command.
#[derive(Clone, Debug, Deserialize)]
struct Entry {
    directory: PathBuf,
    file: PathBuf,
    arguments: Option<Vec<String>>,
    command: Option<String>,
}

/// The commands of a database.
#[derive(Debug)]
pub struct CompileCommands {
    /// By the file's real path, where it has one. The first of a file's counts.
    entries: HashMap<PathBuf, Entry>,
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
        let list: Vec<Entry> = serde_json::from_str(&text)
            .with_context(|| format!("{} is no compilation database", path.display()))?;
        let mut entries = HashMap::new();
        for entry in list {
            let own = entry.directory.join(&entry.file);
            entries.entry(real(&own)).or_insert(entry);
        }
        Ok(Self { entries })
    }

    /// Whether the database has a command for `file`.
    pub fn has(&self, file: &Path) -> bool {
        self.entries.contains_key(&real(file))
    }

    /// The options with which `file` is compiled, behind those of `options`.
    ///
    /// # Errors
    ///
    /// Its command has unbalanced quotes.
    pub fn add(&self, file: &Path, options: &Options) -> Result<Options> {
        let mut options = options.clone();
        let Some(entry) = self.entries.get(&real(file)) else {
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
        take(&arguments, &entry.directory, &mut options);
        Ok(options)
    }
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Takes over the options of a compiler's command in `directory` that decide about what the C is.
pub fn take(arguments: &[String], directory: &Path, options: &mut Options) {
    const FLAGS: [(&str, bool); 7] = [
        ("-isystem", false),
        ("-idirafter", false),
        ("-iquote", false),
        ("-include", false),
        ("-I", true),
        ("-D", true),
        ("-U", true),
    ];
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        for (flag, joined) in FLAGS {
            let value = if argument == flag {
                rest.next().map(str::to_owned)
            } else if joined {
                argument.strip_prefix(flag).map(str::to_owned)
            } else {
                None
            };
            let Some(value) = value else { continue };
            let path = || directory.join(&value);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_from_the_command() {
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
        take(&words.map(str::to_owned), Path::new("/src"), &mut options);
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
