//! What a workspace remembers of its last migration, in `.c2aya/migrate.json`.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Loader, Request, codes, unit::Unit};
use crate::{
    arch::Arch,
    diag::Diagnostic,
    quirks::Quirks,
    source::{self, VmlinuxSource, normal},
};

/// Its name in `.c2aya/`.
pub const NAME: &str = "migrate.json";
/// The version of the format.
const VERSION: u32 = 1;

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Of the format.
    pub version: u32,
    /// `c2aya 0.1.0`
    pub generator: String,
    /// The repository's folder, from the workspace's.
    pub repository: PathBuf,
    /// What was wanted.
    pub wanted: Wanted,
    /// A hash of all that the workspace's own files were made from, beside the sources.
    pub around: String,
    /// By source.
    #[serde(default)]
    pub units: BTreeMap<String, Unit>,
}

/// What the user wanted, so that it can be done again. Paths are from the repository's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named as in `Request`")]
pub struct Wanted {
    pub name: String,
    pub loader: Loader,
    pub all_bpf: bool,
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    pub archs: Vec<String>,
    #[serde(default)]
    pub quirks: Quirks,
    pub includes: Vec<PathBuf>,
    pub system_includes: Vec<PathBuf>,
    pub defines: Vec<String>,
    pub undefines: Vec<String>,
    pub cpp: Option<String>,
    pub vmlinux: Option<PathBuf>,
    pub btf: Option<PathBuf>,
    pub database: Option<PathBuf>,
}

impl Wanted {
    /// What a request wants.
    pub fn of(request: &Request) -> Self {
        let options = &request.options;
        let root = real(&request.repository);
        let inside = |path: &Path| {
            let real = real(path);
            real.strip_prefix(&root)
                .map_or_else(|_| real.clone(), Path::to_owned)
        };
        let all = |paths: &[PathBuf]| paths.iter().map(|path| inside(path)).collect();
        let (vmlinux, btf) = match &options.vmlinux {
            Some(VmlinuxSource::File(file)) => (Some(inside(file)), None),
            Some(VmlinuxSource::Btf(file)) => (None, Some(inside(file))),
            None => (None, None),
        };
        Self {
            name: request.name.clone(),
            loader: request.loader,
            all_bpf: request.all_bpf,
            include: request.include.clone(),
            exclude: request.exclude.clone(),
            archs: request
                .archs
                .iter()
                .map(|arch| arch.name().to_owned())
                .collect(),
            quirks: request.quirks,
            includes: all(&options.includes),
            system_includes: all(&options.system_includes),
            defines: options.defines.clone(),
            undefines: options.undefines.clone(),
            cpp: options.cpp.clone(),
            vmlinux,
            btf,
            database: request.database.as_deref().map(inside),
        }
    }

    /// The same request again.
    pub fn request(&self, repository: PathBuf, output: PathBuf, jobs: usize) -> Request {
        let join = |path: &PathBuf| repository.join(path);
        let vmlinux = match (&self.vmlinux, &self.btf) {
            (Some(file), _) => Some(VmlinuxSource::File(join(file))),
            (None, Some(file)) => Some(VmlinuxSource::Btf(join(file))),
            (None, None) => None,
        };
        Request {
            output,
            name: self.name.clone(),
            loader: self.loader,
            all_bpf: self.all_bpf,
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            options: source::Options {
                includes: self.includes.iter().map(join).collect(),
                system_includes: self.system_includes.iter().map(join).collect(),
                defines: self.defines.clone(),
                undefines: self.undefines.clone(),
                forced: Vec::new(),
                cpp: self.cpp.clone(),
                vmlinux,
            },
            archs: self
                .archs
                .iter()
                .filter_map(|name| Arch::parse(name))
                .collect(),
            quirks: self.quirks,
            database: self.database.as_ref().map(join),
            jobs,
            fail_fast: false,
            force: false,
            repository,
        }
    }
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        normal(&full)
    })
}

/// The way from one folder to another, or the other's full path where there is none.
pub fn way(from: &Path, to: &Path) -> PathBuf {
    let (from, to) = (real(from), real(to));
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    if !from
        .components()
        .take(shared)
        .any(|part| matches!(part, Component::Normal(_)))
        && from.components().count() > 1
    {
        return to;
    }
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(shared)).collect();
    if way.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        way
    }
}

impl State {
    /// A state without sources.
    pub fn new(request: &Request, around: String) -> Self {
        Self {
            version: VERSION,
            generator: concat!("c2aya ", env!("CARGO_PKG_VERSION")).to_owned(),
            repository: way(&request.output, &request.repository),
            wanted: Wanted::of(request),
            around,
            units: BTreeMap::new(),
        }
    }

    /// Reads that of a folder; none where it has none.
    ///
    /// # Errors
    ///
    /// It can't be read, or is another version's.
    pub fn read(folder: &Path) -> Result<Option<Self>, Box<Diagnostic>> {
        let path = folder.join(".c2aya").join(NAME);
        let bad = |why: String| {
            let message = format!("can't read `{}`: {why}", path.display());
            Box::new(
                Diagnostic::error(codes::BAD_STATE, None, message)
                    .help("remove it, and `c2aya migrate` does everything anew"),
            )
        };
        match fs::read_to_string(&path) {
            Ok(text) => match serde_json::from_str::<Self>(&text) {
                Ok(state) if state.version == VERSION => Ok(Some(state)),
                Ok(state) => Err(bad(format!("its format is version {}", state.version))),
                Err(error) => Err(bad(error.to_string())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(bad(error.to_string())),
        }
    }

    /// Its text: a line for each source, so that changes can be read and merged.
    pub fn text(&self) -> String {
        let head = Self {
            units: BTreeMap::new(),
            ..self.clone()
        };
        let head = serde_json::to_string(&head).unwrap_or_default();
        let mut text = head.trim_end_matches("{}}").to_owned();
        text.push_str("{\n");
        for (at, (source, unit)) in self.units.iter().enumerate() {
            let source = serde_json::to_string(source).unwrap_or_default();
            let unit = serde_json::to_string(unit).unwrap_or_default();
            let comma = if at + 1 < self.units.len() { "," } else { "" };
            let _ = writeln!(text, "{source}: {unit}{comma}");
        }
        text.push_str("}}\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_folders() {
        let check = |from: &str, to: &str, expected: &str| {
            assert_eq!(way(Path::new(from), Path::new(to)), Path::new(expected));
        };
        check("/nowhere/a/out", "/nowhere/a", "..");
        check("/nowhere/out", "/nowhere/repo/x", "../repo/x");
        check("/nowhere/a", "/nowhere/a", ".");
        check("/nowhere/a", "/elsewhere/b", "/elsewhere/b");
    }
}
