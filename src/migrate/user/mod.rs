//! User space in other languages that loads the objects: what is to be changed there, and a file for
//! each language that does what a loader must do for an object of Aya's.

mod emit;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use super::{
    Request,
    discover::{Beside, Kind},
    plan::Plan,
    settings::{bpf2go, is_build_script, skeletons},
    unit::Made,
};
use crate::source::normal;

/// A place in user space that has to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// From the repository's folder.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// What it is written in: `go`, `c` or `rust`.
    pub language: String,
    /// What to do.
    pub what: String,
}

/// Where `cargo objects` puts the objects.
const BUILT: &str = "target/bpfel-unknown-none/release";

/// All places.
pub fn changes(_request: &Request, plan: &Plan, made: &[Made]) -> Vec<Change> {
    let objects = Objects::of(plan, made);
    let mut changes = Vec::new();
    for beside in &plan.beside {
        let (language, found) = match beside.kind {
            Kind::Go => ("go", go(beside, &objects)),
            Kind::C => ("c", c(beside, &objects)),
            Kind::Rust => ("rust", rust(beside, &objects)),
            _ => continue,
        };
        changes.extend(found.into_iter().map(|(line, what)| Change {
            file: beside.path.to_string_lossy().into_owned(),
            line,
            language: language.to_owned(),
            what,
        }));
    }
    changes
}

/// The files for the languages that load objects, from the workspace's folder.
pub fn files(plan: &Plan, made: &[Made]) -> BTreeMap<PathBuf, String> {
    let languages: BTreeSet<Kind> = plan.beside.iter().map(|beside| beside.kind).collect();
    let objects: Vec<_> = made
        .iter()
        .filter_map(|made| Some((made.unit.member.as_ref()?.object.as_str(), &made.unit.fill)))
        .collect();
    let mut files = BTreeMap::new();
    if objects.is_empty() {
        return files;
    }
    for language in languages {
        let (path, text) = match language {
            Kind::Go => ("user/go/c2aya.go", emit::go(&objects)),
            Kind::C => ("user/c/c2aya.h", emit::c(&objects)),
            Kind::Rust => ("user/rust/c2aya.rs", emit::rust(&objects)),
            _ => continue,
        };
        files.insert(PathBuf::from(path), text);
    }
    files
}

/// The objects by source and by what generated code calls them.
struct Objects<'a> {
    sources: BTreeMap<PathBuf, (&'a str, bool)>,
    stems: BTreeMap<String, (&'a str, bool)>,
}

impl<'a> Objects<'a> {
    fn of(plan: &'a Plan, made: &[Made]) -> Self {
        let mut objects = Self {
            sources: BTreeMap::new(),
            stems: BTreeMap::new(),
        };
        for (task, made) in plan.tasks.iter().zip(made) {
            let object = (task.object.as_str(), made.unit.member.is_some());
            objects.sources.insert(task.source.clone(), object);
            let name = task
                .source
                .file_name()
                .unwrap_or_default()
                .to_string_lossy();
            let stem = name.split('.').next().unwrap_or_default();
            objects.stems.entry(stem.to_owned()).or_insert(object);
        }
        objects
    }

    fn stem(&self, stem: &str) -> Option<(&'a str, bool)> {
        let plain = stem.strip_suffix("_bpf").unwrap_or(stem);
        self.stems
            .get(stem)
            .or_else(|| self.stems.get(plain))
            .copied()
    }
}

/// What isn't ported is loaded as it was.
fn unported(object: &str) -> String {
    format!("`{object}` isn't ported yet: leave this as it is")
}

fn go(file: &Beside, objects: &Objects<'_>) -> Vec<(usize, String)> {
    let folder = file.path.parent().map(PathBuf::from).unwrap_or_default();
    let mut found = Vec::new();
    let calls = bpf2go(&file.text);
    let mut idents = Vec::new();
    for call in &calls {
        let Some(&(object, ported)) = objects.sources.get(&normal(&folder.join(&call.source)))
        else {
            continue;
        };
        if !ported {
            found.push((call.line, unported(object)));
            continue;
        }
        idents.push((call.ident.to_lowercase(), object));
        found.push((
            call.line,
            format!(
                "bpf2go compiles the C: remove the line once the object is built by `cargo +nightly objects`, and embed {BUILT}/{object} with `//go:embed`; the generated types stay right"
            ),
        ));
    }
    for (line, text) in (1..).zip(file.text.lines()) {
        if text.trim_start().starts_with("//") {
            continue;
        }
        let lower = text.to_lowercase();
        for (ident, object) in &idents {
            if lower.contains(&format!("load{ident}objects(")) {
                found.push((line, format!("load the specification by ebpf.LoadCollectionSpecFromReader, then spec.LoadAndAssign with the options that c2aya.Fill(spec, \"{object}\") of user/go/c2aya.go gives")));
            }
        }
        if text.contains("link.Kprobe(") && text.contains("sys_")
            || text.contains("link.Kretprobe(") && text.contains("sys_")
        {
            found.push((line, "c2aya.Attach attaches by the name of the system call, whatever the kernel calls its function".to_owned()));
        }
        if text.contains("LoadCollectionSpec(\"") {
            let stem = quoted(text)
                .and_then(|path| path.rsplit('/').next())
                .and_then(|name| name.split('.').next());
            if let Some((object, true)) = stem.and_then(|stem| objects.stem(stem)) {
                found.push((line, format!("read {BUILT}/{object}, and load it with the options that c2aya.Fill(spec, \"{object}\") of user/go/c2aya.go gives")));
            }
        }
    }
    found.sort();
    found
}

fn c(file: &Beside, objects: &Objects<'_>) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut skeletons = Vec::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        let trimmed = text.trim_start();
        if trimmed.starts_with("#include")
            && let Some(name) = quoted(text)
            && let Some(stem) = name
                .rsplit('/')
                .next()
                .and_then(|name| name.strip_suffix(".skel.h"))
            && let Some((object, ported)) = objects.stem(stem.split('.').next().unwrap_or(stem))
        {
            if !ported {
                found.push((line, unported(object)));
                continue;
            }
            skeletons.push((stem.split('.').next().unwrap_or(stem).to_owned(), object));
            found.push((
                line,
                format!("bpftool makes no skeleton of a ported object that has options: include user/c/c2aya.h, and open {BUILT}/{object} by bpf_object__open_file; programs and maps are found by the same names"),
            ));
        }
        for (stem, object) in &skeletons {
            let call = |what: &str| {
                [format!("{stem}__{what}("), format!("{stem}_bpf__{what}(")]
                    .iter()
                    .any(|call| text.contains(call.as_str()))
            };
            if call("open_and_load") || call("load") {
                found.push((line, format!("call c2aya_fill(object, \"{object}\") between bpf_object__open_file and bpf_object__load")));
            } else if call("open") || call("open_opts") {
                found.push((line, format!("bpf_object__open_file(\"{BUILT}/{object}\", NULL); c2aya_set sets options by name")));
            } else if call("attach") {
                found.push((line, format!("c2aya_attach(object, \"{object}\", links, room) attaches by the names of system calls")));
            }
        }
        if text.contains("bpf_object__open")
            && let Some(path) = quoted(text)
            && let Some(stem) = path
                .rsplit('/')
                .next()
                .and_then(|name| name.split('.').next())
            && let Some((object, true)) = objects.stem(stem)
        {
            found.push((line, format!("open {BUILT}/{object}, call c2aya_fill(object, \"{object}\") of user/c/c2aya.h before it is loaded, and c2aya_attach behind it")));
        }
    }
    found
}

fn rust(file: &Beside, objects: &Objects<'_>) -> Vec<(usize, String)> {
    let folder = file.path.parent().map(PathBuf::from).unwrap_or_default();
    let mut found = Vec::new();
    if is_build_script(&file.path) {
        for skeleton in skeletons(&file.text) {
            let source = skeleton.source.map(|source| normal(&folder.join(source)));
            let object = source.and_then(|source| objects.sources.get(&source));
            match object {
                Some(&(object, true)) => found.push((
                    skeleton.line,
                    format!("libbpf-cargo compiles the C: remove this once the object is built by `cargo +nightly objects`, which puts it into {BUILT}/{object}"),
                )),
                Some(&(object, false)) => found.push((skeleton.line, unported(object))),
                None => {}
            }
        }
        return found;
    }
    for (line, text) in (1..).zip(file.text.lines()) {
        if text.trim_start().starts_with("//") {
            continue;
        }
        let stem = quoted(text)
            .filter(|path| path.ends_with(".skel.rs"))
            .and_then(|path| path.rsplit('/').next())
            .and_then(|name| name.split('.').next());
        if let Some((object, true)) = stem.and_then(|stem| objects.stem(stem)) {
            found.push((line, format!("open {BUILT}/{object} by libbpf_rs::ObjectBuilder instead of the skeleton; programs and maps are found by the same names")));
        } else if text.contains("SkelBuilder::default()") {
            found.push((
                line,
                "call c2aya::fill of user/rust/c2aya.rs before the object is loaded".to_owned(),
            ));
        } else if text.contains("skel.attach()") {
            found.push((
                line,
                "c2aya::attach attaches by the names of system calls".to_owned(),
            ));
        }
    }
    found
}

/// What stands between the first quotes of a line.
fn quoted(line: &str) -> Option<&str> {
    line.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects() -> Objects<'static> {
        Objects {
            sources: [("bpf/a.bpf.c", ("a", true)), ("bpf/b.bpf.c", ("b", false))]
                .map(|(path, object)| (PathBuf::from(path), object))
                .into(),
            stems: [("a", ("a", true)), ("b", ("b", false))]
                .map(|(stem, object)| (stem.to_owned(), object))
                .into(),
        }
    }

    /// The lines that are to change, and a word of what is said about each.
    fn check(kind: Kind, path: &str, text: &str, expected: &[(usize, &str)]) {
        let file = Beside {
            path: path.into(),
            kind,
            text: text.to_owned(),
        };
        let found = match kind {
            Kind::Go => go(&file, &objects()),
            Kind::C => c(&file, &objects()),
            _ => rust(&file, &objects()),
        };
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for ((line, what), (at, word)) in found.iter().zip(expected) {
            assert!(line == at && what.contains(word), "{line}: {what}");
        }
    }

    #[test]
    fn go_that_is_generated_is_named() {
        let text = "package x\n//go:generate bpf2go probe ../bpf/a.bpf.c\n//go:generate bpf2go other ../bpf/b.bpf.c\n\nfunc f() {\n\tloadProbeObjects(&o, nil)\n\tlink.Kprobe(\"__x64_sys_read\", o.P, nil)\n}\n";
        check(
            Kind::Go,
            "cmd/main.go",
            text,
            &[
                (2, "remove the line"),
                (3, "isn't ported"),
                (6, "c2aya.Fill(spec, \"a\")"),
                (7, "c2aya.Attach"),
            ],
        );
    }

    #[test]
    fn c_with_skeletons_is_named() {
        let text = "#include \"a.skel.h\"\n#include \"b.skel.h\"\nint f(void)\n{\n\ts = a_bpf__open();\n\ta_bpf__load(s);\n\ta_bpf__attach(s);\n\tb_bpf__load(t);\n}\n";
        check(
            Kind::C,
            "user.c",
            text,
            &[
                (1, "bpf_object__open_file"),
                (2, "isn't ported"),
                (5, "c2aya_set"),
                (6, "c2aya_fill"),
                (7, "c2aya_attach"),
            ],
        );
        check(
            Kind::C,
            "user.c",
            "o = bpf_object__open_file(\"x/a.bpf.o\", NULL);\n",
            &[(1, "c2aya_fill")],
        );
    }

    #[test]
    fn rust_with_libbpf_is_named() {
        let script = "fn main() {\n    SkeletonBuilder::new()\n        .source(\"bpf/a.bpf.c\")\n        .build_and_generate(\"x\");\n}\n";
        check(
            Kind::Rust,
            "build.rs",
            script,
            &[(3, "cargo +nightly objects")],
        );
        let text = "include!(concat!(env!(\"OUT_DIR\"), \"/a.skel.rs\"));\nlet b = ASkelBuilder::default();\nskel.attach()?;\n";
        check(
            Kind::Rust,
            "src/main.rs",
            text,
            &[(2, "c2aya::fill"), (3, "c2aya::attach")],
        );
    }
}
