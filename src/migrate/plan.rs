//! What is to be done: which sources become which objects, and how each is read.

use std::path::PathBuf;

use super::{
    Request, codes,
    config::Config,
    discover::{Beside, Search, Source, discover},
    names,
    settings::Settings,
};
use crate::{diag::Diagnostic, source};

/// Names that modules of the emitted packages have.
const TAKEN: [&str; 3] = ["headers", "lib", "main"];

/// One source.
#[derive(Clone, Debug)]
pub struct Task {
    /// From the repository's folder.
    pub source: PathBuf,
    /// What the object is called.
    pub object: String,
    /// Why it is a BPF source.
    pub why: String,
    /// How it is read.
    pub options: source::Options,
    /// The files that say so.
    pub from: Vec<String>,
}

/// All that is to be done, and what was found on the way.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// By source.
    pub tasks: Vec<Task>,
    /// BPF sources that aren't taken.
    pub left_out: Vec<Source>,
    /// Build files and user space.
    pub beside: Vec<Beside>,
    /// What could not be read, or had to be told apart.
    pub diagnostics: Vec<Diagnostic>,
}

/// Looks at the repository.
///
/// # Errors
///
/// It is no folder, its configuration is wrong, or there is nothing to do.
pub fn plan(request: &Request, config: &Config) -> Result<Plan, Box<Diagnostic>> {
    let mut found = discover(&Search {
        repository: &request.repository,
        output: Some(&request.output),
        include: &request.include,
        exclude: &request.exclude,
        all_bpf: request.all_bpf,
        jobs: request.jobs,
    })?;
    let mut diagnostics = std::mem::take(&mut found.diagnostics);
    let (settings, more) = Settings::read(&request.repository, &found, request.database.as_deref());
    diagnostics.extend(more);
    // A build file that compiles a file for BPF knows better than its name.
    for (path, at) in settings.named() {
        let left_out = found.left_out.iter().position(|source| source.path == path);
        let known = found.sources.iter().any(|source| source.path == path);
        let by_glob = |at: usize| {
            found
                .left_out
                .get(at)
                .is_some_and(|source| source.why.starts_with("left out"))
        };
        if known || left_out.is_some_and(by_glob) || !request.repository.join(path).is_file() {
            continue;
        }
        // Without a program in it there is nothing to port.
        if let Some(left_out) = left_out {
            found.left_out.remove(left_out);
            found.sources.push(Source {
                path: path.to_owned(),
                why: format!("{at} compiles it for BPF"),
            });
        }
    }
    found.sources.sort_by(|a, b| a.path.cmp(&b.path));
    if found.sources.is_empty() {
        let mut nothing = Diagnostic::error(
            codes::NOTHING_FOUND,
            None,
            format!(
                "there are no BPF sources in `{}`",
                request.repository.display()
            ),
        );
        for source in found.left_out.iter().take(3) {
            nothing = nothing.note(None, format!("`{}`: {}", source.path.display(), source.why));
        }
        let help = if found.left_out.is_empty() {
            "sources are files called .bpf.c or _kern.c, and C files with SEC programs and BPF_KSYSCALL"
        } else {
            "--all-bpf takes BPF sources without system call probes too"
        };
        return Err(Box::new(nothing.help(help)));
    }
    let paths: Vec<PathBuf> = found
        .sources
        .iter()
        .map(|source| source.path.clone())
        .collect();
    let names = names::distinct(&paths, &TAKEN);
    diagnostics.extend(told_apart(&paths, &names));
    let tasks = found
        .sources
        .into_iter()
        .map(|Source { path, why }| {
            let mut options = request.options.clone();
            let configured = config.add(&request.repository, &path, &mut options);
            let (options, mut from) = settings.of(&request.repository, &path, &options);
            if configured {
                from.insert(0, "c2aya.toml".to_owned());
            }
            Task {
                object: names.get(&path).cloned().unwrap_or_default(),
                source: path,
                why,
                options,
                from,
            }
        })
        .collect();
    Ok(Plan {
        tasks,
        left_out: found.left_out,
        beside: found.beside,
        diagnostics,
    })
}

/// A line for each file whose object isn't called as the file.
fn told_apart(
    paths: &[PathBuf],
    names: &std::collections::BTreeMap<PathBuf, String>,
) -> Vec<Diagnostic> {
    let plain = |path: &PathBuf| {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let stem = name
            .strip_suffix(".bpf.c")
            .or_else(|| name.strip_suffix(".c"));
        stem.unwrap_or(&name).to_owned()
    };
    let mut same: std::collections::BTreeMap<String, Vec<&PathBuf>> = Default::default();
    for path in paths {
        same.entry(plain(path)).or_default().push(path);
    }
    same.into_iter()
        .filter(|(_, paths)| paths.len() > 1)
        .map(|(plain, paths)| {
            let each: Vec<String> = paths
                .iter()
                .map(|path| {
                    let name = names.get(*path).map(String::as_str).unwrap_or_default();
                    format!("`{}` becomes `{name}`", path.display())
                })
                .collect();
            Diagnostic::warning(
                codes::SAME_NAME,
                None,
                format!(
                    "several sources would become the object `{plain}`: {}",
                    each.join(", ")
                ),
            )
        })
        .collect()
}
