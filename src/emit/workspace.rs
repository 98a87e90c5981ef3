//! The workspace around emitted programs, laid out as aya-template's: `NAME` (the loader),
//! `NAME-common` (what both sides know) and `NAME-ebpf` (the programs).

pub mod build_script;
pub mod many;

use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf};

use super::{Emitted, loader::loader};
use crate::{diag::Diagnostic, ir::Object};

/// An object and the Rust that it became.
#[derive(Clone, Copy, Debug)]
pub struct PortedObject<'a> {
    /// What the object is.
    pub ir: &'a Object,
    /// Its Rust, with the [common path](common_path) of this object.
    pub emitted: &'a Emitted,
}

/// A workspace, ready to be written.
#[derive(Debug, Default)]
pub struct Workspace {
    /// Paths from the workspace's folder, sorted, and texts.
    pub files: BTreeMap<PathBuf, String>,
    /// What the loader can't do.
    pub diagnostics: Vec<Diagnostic>,
}

/// A name that cargo accepts for a package: letters, digits, `-` and `_`, no digit at its start.
/// Everything else becomes `_`.
pub fn package_name(name: &str) -> String {
    let mut clean: String = name
        .chars()
        .map(|char| match char {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => char,
            _ => '_',
        })
        .collect();
    let reserved = syn::parse_str::<syn::Ident>(&clean.replace('-', "_")).is_err();
    if reserved
        || matches!(
            clean.as_str(),
            "test" | "core" | "std" | "alloc" | "proc_macro"
        )
    {
        clean.insert_str(0, "probe_");
    }
    clean
}

/// Where the programs of `object` find what they share with the loader: the common crate, or the
/// object's module in it where there are `several`.
pub fn common_path(workspace: &str, object: &str, several: bool) -> String {
    let common = format!("{}_common", package_name(workspace).replace('-', "_"));
    if several {
        format!("{common}::{}", module_name(object))
    } else {
        common
    }
}

/// The workspace called `name` of `objects`, whose names differ.
pub fn workspace(name: &str, objects: &[PortedObject<'_>]) -> Workspace {
    let name = package_name(name);
    let several = objects.len() > 1;
    let mut files = BTreeMap::new();
    let mut add = |path: String, text: String| {
        files.insert(PathBuf::from(path), text);
    };

    let fill = |template: &str| template.replace("NAME", &name);
    let license = license(objects.iter().map(|each| each.ir.spdx.as_deref()));
    add(
        "Cargo.toml".to_owned(),
        top_manifest(&name, license.as_deref(), true),
    );
    add(
        ".gitignore".to_owned(),
        include_str!("../../templates/workspace/gitignore").to_owned(),
    );
    let readme = fill(include_str!("../../templates/workspace/README.md"));
    add(
        "README.md".to_owned(),
        readme.replace("ABOUT", &about(objects)),
    );

    let binaries: Vec<String> = objects
        .iter()
        .map(|each| package_name(&each.ir.name))
        .collect();
    let inputs: Vec<(&str, &Object)> = binaries
        .iter()
        .map(String::as_str)
        .zip(objects.iter().map(|each| each.ir))
        .collect();
    let loader = loader(&inputs);
    add(
        format!("{name}/Cargo.toml"),
        loader_manifest(&name, license.is_some(), &loader.files, loader.unpacks),
    );
    add(
        format!("{name}/build.rs"),
        fill(include_str!("../../templates/workspace/build.rs")),
    );
    for (path, text) in loader.files {
        add(format!("{name}/src/{path}"), text);
    }

    let mut common_manifest = manifest(&format!("{name}-common"), license.is_some());
    if objects.iter().any(|each| each.emitted.common_asks) {
        common_manifest.push_str("\n[build-dependencies]\naya-build.workspace = true\n");
        add(
            format!("{name}-common/build.rs"),
            include_str!("../../templates/workspace/common_build.rs").to_owned(),
        );
    }
    add(format!("{name}-common/Cargo.toml"), common_manifest);
    add(format!("{name}-common/src/lib.rs"), common(objects));
    if several {
        for each in objects {
            let module = module_name(&each.ir.name);
            let text = format!(
                "//! What `{}` and the loader both know.\n\n{}",
                each.ir.name, each.emitted.common
            );
            add(format!("{name}-common/src/{module}.rs"), ended(&text));
        }
    }

    add(
        format!("{name}-ebpf/Cargo.toml"),
        ebpf_manifest(&name, license.is_some(), &binaries, several),
    );
    add(
        format!("{name}-ebpf/build.rs"),
        build_script::text(
            binaries
                .iter()
                .zip(objects)
                .map(|(binary, each)| (binary.as_str(), build_script::Asks::of(each.ir))),
        ),
    );
    add(
        format!("{name}-ebpf/.cargo/config.toml"),
        include_str!("../../templates/workspace/cargo_config.toml").to_owned(),
    );
    add(
        format!("{name}-ebpf/src/lib.rs"),
        "//! Empty: it lets the loader's build script depend on this package, whose programs are binaries.\n\n#![no_std]\n".to_owned(),
    );
    for (each, binary) in objects.iter().zip(&binaries) {
        let folder = if several {
            format!("{name}-ebpf/src/{binary}")
        } else {
            format!("{name}-ebpf/src")
        };
        for (file, text) in program_files(each.emitted) {
            add(format!("{folder}/{file}"), text);
        }
    }
    Workspace {
        files,
        diagnostics: loader.diagnostics,
    }
}

/// One self-contained file: the programs, with the runtime modules at its end.
pub fn single_file(emitted: &Emitted) -> String {
    let mut text = head(emitted);
    text.push_str(&body(emitted));
    text.push_str(&emitted.runtime.inline());
    ended(&text)
}

/// The files of an object's binary, from its folder.
fn program_files(emitted: &Emitted) -> BTreeMap<String, String> {
    let runtime = &emitted.runtime;
    let modules = runtime.modules().into_iter();
    let modules = modules.map(|module| (format!("{}.rs", module.name()), runtime.text(module)));
    std::iter::once(("main.rs".to_owned(), programs(emitted)))
        .chain(modules)
        .collect()
}

/// `main.rs` of an object's binary, with its runtime modules in files beside it.
fn programs(emitted: &Emitted) -> String {
    let mut text = head(emitted);
    for module in emitted.runtime.modules() {
        let attribute = emitted.runtime.attribute(module);
        let _ = writeln!(text, "{attribute}mod {};", module.name());
    }
    if !emitted.runtime.is_empty() {
        text.push('\n');
    }
    text.push_str(&body(emitted));
    ended(&text)
}

/// Documentation and attributes.
fn head(emitted: &Emitted) -> String {
    let mut text = String::new();
    let doc = emitted.doc.trim_end();
    if !doc.is_empty() {
        let _ = writeln!(text, "{doc}\n");
    }
    let asm = emitted.runtime.needs_asm() || emitted.main.contains("asm!(");
    let aligns = emitted.main.contains("#[rustc_align_static(");
    let features: Vec<&str> = [
        (asm, "asm_experimental_arch"),
        (true, "cfg_overflow_checks"),
        (aligns, "static_align"),
    ]
    .into_iter()
    .filter_map(|(needed, feature)| needed.then_some(feature))
    .collect();
    let features = features.join(", ");
    let _ = writeln!(text, "#![no_std]\n#![no_main]\n#![feature({features})]");
    if emitted.wraps {
        text.push_str("#![allow(arithmetic_overflow, reason = \"it wraps, as in C\")]\n");
    }
    text.push('\n');
    text
}

/// Imports and items.
fn body(emitted: &Emitted) -> String {
    let imports = emitted.imports.trim();
    let main = emitted.main.trim();
    let space = if imports.is_empty() { "" } else { "\n\n" };
    format!("{imports}{space}{GUARD}\n{main}\n\n{PANIC}")
}

const GUARD: &str = "\
#[cfg(overflow_checks)]
compile_error!(\"a program in the kernel can't panic: set overflow-checks = false in the profile\");
";

const PANIC: &str = "\
#[cfg(not(test))]
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo) -> ! {
    loop {}
}
";

fn common(objects: &[PortedObject<'_>]) -> String {
    const HEAD: &str =
        "//! What the programs in the kernel and the loader both know.\n\n#![no_std]\n";
    match objects {
        [only] => ended(&format!("{HEAD}\n{}", only.emitted.common.trim_start())),
        many => {
            let modules: String = many
                .iter()
                .map(|each| format!("pub mod {};\n", module_name(&each.ir.name)))
                .collect();
            format!("{HEAD}\n{modules}")
        }
    }
}

fn module_name(object: &str) -> String {
    package_name(object).replace('-', "_")
}

/// One line feed at the end.
fn ended(text: &str) -> String {
    format!("{}\n", text.trim_end())
}

/// What the objects are, in the words of their authors.
fn about(objects: &[PortedObject<'_>]) -> String {
    let docs: Vec<String> = objects
        .iter()
        .flat_map(|each| &each.ir.doc)
        .map(|comment| comment.lines.join("\n"))
        .collect();
    if docs.is_empty() {
        "BPF programs and their loader.".to_owned()
    } else {
        docs.join("\n\n")
    }
}

/// The licence of all objects, as SPDX has it; none where an object doesn't tell.
fn license<'a>(objects: impl Iterator<Item = Option<&'a str>>) -> Option<String> {
    let mut all: Vec<&str> = Vec::new();
    for spdx in objects {
        let spdx = spdx?.trim();
        if !all.contains(&spdx) {
            all.push(spdx);
        }
    }
    match all[..] {
        [] => None,
        [one] => Some(one.to_owned()),
        _ => Some(
            all.iter()
                .map(|each| {
                    if each.contains(' ') {
                        format!("({each})")
                    } else {
                        (*each).to_owned()
                    }
                })
                .collect::<Vec<_>>()
                .join(" AND "),
        ),
    }
}

fn top_manifest(name: &str, license: Option<&str>, loads: bool) -> String {
    let license = license
        .map(|license| format!("license = {}\n", toml_string(license)))
        .unwrap_or_default();
    let loader = if loads {
        format!("\"{name}\", ")
    } else {
        String::new()
    };
    format!(
        r#"[workspace]
resolver = "3"
members = [{loader}"{name}-common", "{name}-ebpf"]
default-members = [{loader}"{name}-common"]

[workspace.package]
version = "0.1.0"
edition = "2024"
{license}
[workspace.dependencies]
{name}-common = {{ path = "{name}-common" }}
{name}-ebpf = {{ path = "{name}-ebpf" }}

anyhow = "1"
aya = {{ version = "0.16", default-features = false }}
aya-build = "0.2"
aya-ebpf = "0.3"
clap = {{ version = "4.5", features = ["derive"] }}
flate2 = "1"
# The one that aya has.
object = {{ version = "0.40", default-features = false, features = ["elf", "read_core"] }}
serde_json = {{ version = "1", features = ["preserve_order"] }}
tokio = {{ version = "1.53.3", features = ["macros", "net", "rt", "signal"] }}

[profile.dev]
panic = "abort"

[profile.dev.package.{name}-ebpf]
overflow-checks = false

[profile.release]
panic = "abort"

[profile.release.package.{name}-ebpf]
debug = 2
codegen-units = 1
# As clang compiles the C: 3 unrolls loops, which can double a program.
opt-level = 2
overflow-checks = false
"#
    )
}

fn toml_string(text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|char| !char.is_control())
        .flat_map(|char| {
            let escape = matches!(char, '"' | '\\').then_some('\\');
            escape.into_iter().chain([char])
        })
        .collect();
    format!("\"{text}\"")
}

fn manifest(package: &str, licensed: bool) -> String {
    let license = if licensed {
        "license.workspace = true\n"
    } else {
        ""
    };
    format!(
        "[package]\nname = \"{package}\"\nversion.workspace = true\nedition.workspace = true\n{license}"
    )
}

fn loader_manifest(
    name: &str,
    licensed: bool,
    files: &BTreeMap<String, String>,
    unpacks: bool,
) -> String {
    let uses = |crate_: &str| files.values().any(|text| text.contains(crate_));
    let mut text = manifest(name, licensed);
    text.push_str(
        "\n[dependencies]\nanyhow.workspace = true\naya.workspace = true\nclap.workspace = true\n",
    );
    if unpacks {
        text.push_str("flate2.workspace = true\n");
    }
    if uses("object::") {
        text.push_str("object.workspace = true\n");
    }
    if uses("serde_json::") {
        text.push_str("serde_json.workspace = true\n");
    }
    let _ = write!(
        text,
        "tokio.workspace = true\n\n[build-dependencies]\naya-build.workspace = true\n# Not used: it makes cargo rebuild the programs when they or what they depend on change.\n{name}-ebpf.workspace = true\n"
    );
    text
}

fn ebpf_manifest(name: &str, licensed: bool, binaries: &[String], several: bool) -> String {
    let mut text = manifest(&format!("{name}-ebpf"), licensed);
    let _ = write!(
        text,
        "\n[dependencies]\n{name}-common.workspace = true\n\naya-ebpf.workspace = true\n\n[build-dependencies]\naya-build.workspace = true\n"
    );
    for binary in binaries {
        let path = if several {
            format!("src/{binary}/main.rs")
        } else {
            "src/main.rs".to_owned()
        };
        let _ = write!(
            text,
            "\n[[bin]]\nname = \"{binary}\"\npath = \"{path}\"\ntest = false\nbench = false\n"
        );
    }
    text
}

#[cfg(test)]
mod tests;
