//! The workspace of a repository with many objects: one package of programs, one of what both sides
//! know, in which what headers define stands once, and one of loaders.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use super::{
    build_script::{self, Asks},
    ebpf_manifest, ended, license, loader_manifest, manifest, module_name, package_name,
    program_files, top_manifest,
};
use crate::{
    emit::{
        self, Emitted, SharedItem,
        loader::{self, Loader, Needs},
    },
    ir::Object,
};

/// What the workspace's own files must know of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// What it is called.
    pub object: String,
    /// The C file, as people know it.
    pub source: String,
    /// Its licence.
    pub spdx: Option<String>,
    /// What is to stand in the common crate.
    pub shared: Vec<Shared>,
    /// What its loader needs.
    pub needs: Needs,
    /// Whether its loader reads the kernel's configuration.
    pub unpacks: bool,
    /// Whether its loader writes JSON.
    pub json: bool,
    /// What it needs of LLVM.
    #[serde(default)]
    pub asks: Asks,
}

/// An item of the common crate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// The header that defines it; none where the object's own source does.
    pub header: Option<String>,
    /// What it is.
    #[serde(flatten)]
    pub item: SharedItem,
}

/// The loaders of a workspace.
#[derive(Clone, Copy, Debug)]
pub enum Loaders<'a> {
    /// One for each object.
    Each,
    /// One for all.
    One(&'a Loader),
    /// None.
    None,
}

/// The files that belong to one object, from the workspace's folder.
pub fn object_files(
    workspace: &str,
    name: &str,
    emitted: &Emitted,
    loader: Option<&loader::Program>,
) -> BTreeMap<PathBuf, String> {
    let package = package_name(workspace);
    let programs = program_files(emitted).into_iter();
    let programs = programs.map(|(file, text)| (format!("{package}-ebpf/src/{name}/{file}"), text));
    let loader = loader.iter().flat_map(|loader| &loader.files);
    let loader =
        loader.map(|(file, text)| (format!("{package}/src/bin/{name}/{file}"), text.clone()));
    programs
        .chain(loader)
        .map(|(path, text)| (PathBuf::from(path), text))
        .collect()
}

/// The loader of an object of several.
pub fn object_loader(workspace: &str, name: &str, object: &Object) -> loader::Program {
    loader::program(&package_name(workspace).replace('-', "_"), name, object)
}

/// The files around the objects. `headers` are the names of the headers' modules.
pub fn frame(
    workspace: &str,
    members: &[Member],
    loaders: Loaders<'_>,
    headers: &BTreeMap<PathBuf, String>,
) -> (BTreeMap<PathBuf, String>, Vec<Different>) {
    let name = package_name(workspace);
    let mut files = BTreeMap::new();
    let mut add = |path: String, text: String| {
        files.insert(PathBuf::from(path), text);
    };
    let fill = |template: &str| template.replace("NAME", &name);
    let license = license(members.iter().map(|member| member.spdx.as_deref()));
    let licensed = license.is_some();
    let loads = !matches!(loaders, Loaders::None);
    add(
        "Cargo.toml".to_owned(),
        top_manifest(&name, license.as_deref(), loads),
    );
    add(
        ".gitignore".to_owned(),
        include_str!("../../../templates/workspace/gitignore").to_owned(),
    );
    add(".cargo/config.toml".to_owned(), config(&name));
    add("README.md".to_owned(), readme(&name, members, loaders));

    let mut loader_files = BTreeMap::new();
    match loaders {
        Loaders::None => {}
        Loaders::One(loader) => loader_files.clone_from(&loader.files),
        Loaders::Each => {
            let mut needs = Needs::new();
            for member in members {
                for (module, items) in &member.needs {
                    needs
                        .entry(module.clone())
                        .or_default()
                        .extend(items.iter().cloned());
                }
            }
            loader_files = loader::library(&needs);
        }
    }
    if loads {
        let unpacks = match loaders {
            Loaders::One(loader) => loader.unpacks,
            _ => members.iter().any(|member| member.unpacks),
        };
        let mut all = loader_files.clone();
        if members.iter().any(|member| member.json) {
            all.insert(String::new(), "serde_json::".to_owned());
        }
        add(
            format!("{name}/Cargo.toml"),
            loader_manifest(&name, licensed, &all, unpacks),
        );
        add(
            format!("{name}/build.rs"),
            fill(include_str!("../../../templates/workspace/build.rs")),
        );
    }
    for (path, text) in loader_files {
        add(format!("{name}/src/{path}"), text);
    }

    let mut common_manifest = manifest(&format!("{name}-common"), licensed);
    let mut shared = members.iter().flat_map(|member| &member.shared);
    if shared.any(|shared| shared.item.text.contains("bpf_target_arch")) {
        common_manifest.push_str("\n[build-dependencies]\naya-build.workspace = true\n");
        add(
            format!("{name}-common/build.rs"),
            include_str!("../../../templates/workspace/common_build.rs").to_owned(),
        );
    }
    add(format!("{name}-common/Cargo.toml"), common_manifest);
    let (common, different) = common(members, headers);
    for (path, text) in common {
        add(format!("{name}-common/src/{path}"), text);
    }

    let binaries: Vec<String> = members.iter().map(|member| member.object.clone()).collect();
    add(
        format!("{name}-ebpf/Cargo.toml"),
        ebpf_manifest(&name, licensed, &binaries, true),
    );
    add(
        format!("{name}-ebpf/build.rs"),
        build_script::text(
            members
                .iter()
                .map(|member| (member.object.as_str(), member.asks)),
        ),
    );
    add(
        format!("{name}-ebpf/src/lib.rs"),
        "//! Empty: it lets the loaders' build script depend on this package, whose programs are binaries.\n\n#![no_std]\n".to_owned(),
    );
    (files, different)
}

/// Cargo's configuration: how the objects are built by themselves.
fn config(name: &str) -> String {
    let flags = "rustflags = [\"-Cdebuginfo=2\", \"-Clink-arg=--btf\"]";
    format!(
        "[alias]\nobjects = \"build --release --package {name}-ebpf --bins --target bpfel-unknown-none -Z build-std=core\"\n\n[target.bpfel-unknown-none]\n{flags}\n\n[target.bpfeb-unknown-none]\n{flags}\n"
    )
}

fn readme(name: &str, members: &[Member], loaders: Loaders<'_>) -> String {
    let loader = match loaders {
        Loaders::None => String::new(),
        Loaders::One(_) => format!("{name}/          the loader of all objects\n"),
        Loaders::Each => format!("{name}/          the loaders, a program for each object\n"),
    };
    let mut objects = String::new();
    for member in members {
        let _ = writeln!(objects, "| {} | `{}` |", member.object, member.source);
    }
    // An object's name may contain the placeholder's.
    include_str!("../../../templates/workspace/MIGRATED.md")
        .replace("EBPF_TOOLCHAIN=NAME", "EBPF_TOOLCHAIN=OTHER")
        .replace("NAME", name)
        .replace("EBPF_TOOLCHAIN=OTHER", "EBPF_TOOLCHAIN=NAME")
        .replace("LOADER", &loader)
        .replace("OBJECTS", &objects)
}

/// A definition of a header that isn't the same for all objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Different {
    /// The header.
    pub header: String,
    /// What it defines.
    pub name: String,
    /// The objects that have it.
    pub objects: Vec<String>,
}

/// A header and the first name of an item.
type Key = (String, String);

/// The common crate: a module for each header, and one for each object.
fn common(
    members: &[Member],
    headers: &BTreeMap<PathBuf, String>,
) -> (BTreeMap<String, String>, Vec<Different>) {
    let key = |shared: &Shared| -> Option<Key> {
        Some((shared.header.clone()?, shared.item.names.first()?.clone()))
    };
    // What the objects make of each item of a header.
    let mut seen: BTreeMap<Key, Vec<(&Member, &SharedItem)>> = BTreeMap::new();
    for member in members {
        for shared in &member.shared {
            if let Some(key) = key(shared) {
                seen.entry(key).or_default().push((member, &shared.item));
            }
        }
    }
    let different: BTreeSet<Key> = seen
        .iter()
        .filter(|(_, all)| {
            all.windows(2)
                .any(|two| matches!(two, [a, b] if a.1 != b.1))
        })
        .map(|(key, _)| key.clone())
        .collect();
    let told: Vec<Different> = different
        .iter()
        .map(|key| Different {
            header: key.0.clone(),
            name: key.1.clone(),
            objects: seen
                .get(key)
                .into_iter()
                .flatten()
                .map(|(member, _)| member.object.clone())
                .collect(),
        })
        .collect();
    // An item stays with its object where it mentions one that does.
    let mut apart = different;
    loop {
        let before = apart.len();
        for member in members {
            let own: BTreeSet<&str> = member
                .shared
                .iter()
                .filter(|shared| key(shared).is_none_or(|key| apart.contains(&key)))
                .flat_map(|shared| shared.item.names.iter().map(String::as_str))
                .collect();
            for shared in &member.shared {
                if shared
                    .item
                    .mentions
                    .iter()
                    .any(|name| own.contains(name.as_str()))
                    && let Some(key) = key(shared)
                {
                    apart.insert(key);
                }
            }
        }
        if apart.len() == before {
            break;
        }
    }

    let module = |header: &str| {
        headers
            .get(&PathBuf::from(header))
            .cloned()
            .unwrap_or_default()
    };
    let mut modules: BTreeMap<String, (String, Module)> = BTreeMap::new();
    let mut written: BTreeSet<Key> = BTreeSet::new();
    let mut files = BTreeMap::new();
    let mut objects: Vec<String> = Vec::new();
    for member in members {
        let mut own = Module::default();
        // Where each name of this object is defined.
        let mut homes: BTreeMap<&str, String> = BTreeMap::new();
        for shared in &member.shared {
            match key(shared).filter(|key| !apart.contains(key)) {
                Some((header, _)) => {
                    let module = module(&header);
                    for name in &shared.item.names {
                        homes.insert(name, module.clone());
                        own.reexport(&module, name);
                    }
                }
                None => own.add(&shared.item),
            }
        }
        for shared in &member.shared {
            let Some(key) = key(shared).filter(|key| !apart.contains(key)) else {
                continue;
            };
            if !written.insert(key.clone()) {
                continue;
            }
            let name = module(&key.0);
            let (_, module) = modules
                .entry(name.clone())
                .or_insert((key.0, Module::default()));
            module.add(&shared.item);
            for mention in &shared.item.mentions {
                if let Some(home) = homes.get(mention.as_str()).filter(|home| **home != name) {
                    module.uses.insert((home.clone(), mention.clone()));
                }
            }
        }
        if !member.shared.is_empty() {
            let name = module_name(&member.object);
            let head = format!("//! What `{}` and its loader both know.", member.object);
            files.insert(format!("{name}.rs"), own.text(&head, "crate::headers"));
            objects.push(name);
        }
    }
    let mut index = String::new();
    for (name, (header, module)) in &modules {
        let head = format!("//! What `{header}` defines.");
        files.insert(format!("headers/{name}.rs"), module.text(&head, "super"));
        let _ = writeln!(index, "pub mod {name};");
    }
    if !index.is_empty() {
        let text = format!("//! One module for each header.\n\n{index}");
        files.insert("headers.rs".to_owned(), text);
        objects.push("headers".to_owned());
    }
    objects.sort();
    let mut text =
        "//! What the programs in the kernel and the loaders both know.\n\n#![no_std]\n\n"
            .to_owned();
    for name in objects {
        let _ = writeln!(text, "pub mod {name};");
    }
    files.insert("lib.rs".to_owned(), ended(&text));
    (files, told)
}

/// A module of the common crate.
#[derive(Default)]
struct Module {
    imports: BTreeSet<(String, String)>,
    /// Headers' modules, and what is used of them.
    uses: BTreeSet<(String, String)>,
    /// Headers' modules, and what is passed on from them.
    reexports: BTreeSet<(String, String)>,
    items: Vec<String>,
    bits: bool,
    /// Some of nine bytes.
    wide_bits: bool,
}

impl Module {
    fn add(&mut self, item: &SharedItem) {
        self.imports.extend(item.imports.iter().cloned());
        self.items.push(item.text.clone());
        self.bits |= item.bits;
        self.wide_bits |= item.mentions.contains("set_wide");
    }

    fn reexport(&mut self, module: &str, name: &str) {
        self.reexports.insert((module.to_owned(), name.to_owned()));
    }

    fn text(&self, head: &str, headers: &str) -> String {
        let mut text = format!("{head}\n");
        let imports = emit::imports(&self.imports);
        if !imports.is_empty() {
            let _ = write!(text, "\n{imports}");
        }
        for (visibility, list) in [("", &self.uses), ("pub ", &self.reexports)] {
            let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (module, name) in list {
                modules.entry(module).or_default().push(name);
            }
            if !modules.is_empty() {
                text.push('\n');
            }
            for (module, names) in modules {
                let names = match names[..] {
                    [one] => one.to_owned(),
                    _ => format!("{{{}}}", names.join(", ")),
                };
                let line = format!("{visibility}use {headers}::{module}::{names};");
                let line = emit::runtime::select::format_use(&line);
                let _ = writeln!(text, "{}", line.trim_end());
            }
        }
        let single = |text: &str| text.lines().count() == 1;
        let mut previous: Option<&str> = None;
        let bits = self.bits.then(|| emit::bits_module(self.wide_bits));
        for item in self.items.iter().chain(&bits) {
            if !previous.is_some_and(|previous| single(previous) && single(item)) {
                text.push('\n');
            }
            text.push_str(item);
            previous = Some(item);
        }
        ended(&text)
    }
}

#[cfg(test)]
mod tests;
