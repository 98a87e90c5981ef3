//! The table `[migrate]` of a repository's `c2aya.toml`, and what the rest of it means here.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Loader, codes};
use crate::{
    config::{self, FILE_NAME},
    diag::Diagnostic,
    quirks::Quirks,
    source::{self, VmlinuxSource},
};

/// What `c2aya migrate` does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct Migrate {
    /// What the workspace is called.
    pub name: Option<String>,
    /// How many loaders it has.
    pub loader: Option<Loader>,
    /// Takes BPF sources without system call probes too.
    pub all_bpf: bool,
    /// What becomes of system calls that libbpf leaves to the user.
    pub quirks: Option<Quirks>,
    /// Globs of the only sources that are taken.
    pub include: Vec<String>,
    /// Globs of sources that are left out.
    pub exclude: Vec<String>,
}

/// A repository's configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The table `[migrate]`.
    pub migrate: Migrate,
    /// Architectures, where they are named.
    pub archs: Option<Vec<String>>,
    whole: Option<config::Config>,
    /// The repository's folder, in full.
    folder: PathBuf,
}

impl Config {
    /// Reads it; the default where there is none.
    ///
    /// # Errors
    ///
    /// It can't be read, or isn't what it should be.
    pub fn read(repository: &Path) -> Result<Self, Box<Diagnostic>> {
        let folder = std::path::absolute(repository).unwrap_or_else(|_| repository.to_owned());
        let path = folder.join(FILE_NAME);
        if !path.exists() {
            return Ok(Self::default());
        }
        let whole = config::Config::read(&path).map_err(|error| {
            let why = format!("{:#}", error.root_cause());
            let message = format!("can't read `{FILE_NAME}`: {}", why.trim_end());
            Diagnostic::error(codes::BAD_CONFIG, None, message)
        })?;
        Ok(Self {
            migrate: whole.migrate.clone(),
            archs: whole.target.arch.clone(),
            whole: Some(whole),
            folder,
        })
    }

    /// Puts the options for a source in front of `options`; whether there are any.
    pub fn add(&self, repository: &Path, source: &Path, options: &mut source::Options) -> bool {
        let Some(whole) = &self.whole else {
            return false;
        };
        let Ok((_, own)) = whole.for_file(&self.folder.join(source)) else {
            return false;
        };
        if own == source::Options::default() {
            return false;
        }
        // As the repository was named, so that the same is said of it everywhere.
        let inside = |path: &PathBuf| match path.strip_prefix(&self.folder) {
            Ok(rest) => repository.join(rest),
            Err(_) => path.clone(),
        };
        options.includes.extend(own.includes.iter().map(inside));
        options
            .system_includes
            .extend(own.system_includes.iter().map(inside));
        options.defines.extend(own.defines);
        options.undefines.extend(own.undefines);
        if let (None, Some(VmlinuxSource::File(file))) = (&options.vmlinux, &own.vmlinux) {
            options.vmlinux = Some(VmlinuxSource::File(inside(file)));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE_NAME), text).unwrap();
        Config::read(folder.path()).map_err(|error| error.code.id.to_owned())
    }

    #[test]
    fn its_own_table_is_read_beside_others() {
        let config = read("[lint]\nignore = []\n[migrate]\nloader = \"none\"\nall-bpf = true\n");
        let migrate = config.unwrap().migrate;
        assert_eq!(
            (migrate.loader, migrate.all_bpf),
            (Some(Loader::None), true)
        );
    }

    #[test]
    fn a_word_that_means_nothing_is_an_error() {
        assert_eq!(read("[migrate]\nlouder = 1\n").unwrap_err(), "E0522");
        assert_eq!(read("[migrate\n").unwrap_err(), "E0522");
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(
            Config::read(empty.path()).unwrap().migrate,
            Migrate::default()
        );
    }

    #[test]
    fn options_go_to_the_sources_that_they_are_for() {
        let config = read(
            "[reading]\ndefine = [\"X=1\"]\n[[files]]\npaths = [\"net/\"]\nreading.include = [\"inc\"]\n",
        )
        .unwrap();
        for (source, includes) in [("net/a.bpf.c", vec!["r/inc"]), ("fs/a.bpf.c", vec![])] {
            let mut options = source::Options::default();
            assert!(config.add(Path::new("r"), Path::new(source), &mut options));
            let includes: Vec<PathBuf> = includes.into_iter().map(PathBuf::from).collect();
            assert_eq!(options.includes, includes);
            assert_eq!(options.defines, ["X=1"]);
        }
    }
}
