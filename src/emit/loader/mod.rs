//! The loader of an emitted workspace: the program in user space that loads the objects, attaches
//! their programs and shows what they report.
//!
//! What is the same for every port stands in `templates/loader/`; what depends on the objects is
//! written here: options, tables, types and the order of things.

mod formats;
mod imports;
mod object;
mod options;
mod programs;
pub mod questions;
mod start;
mod text;
mod types;
mod unused;
mod variants;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use object::{ObjectLoader, READY};
use text::comment_lines;
use unused::without_unused;

use crate::{
    diag::Diagnostic,
    emit::runtime::select::select,
    ir::{Comment, Object},
};

/// The files of a loader's `src/`, and what else the workspace must have for them.
#[derive(Debug, Default)]
pub struct Loader {
    /// Paths from `src/`, and texts.
    pub files: BTreeMap<String, String>,
    /// Whether it reads the kernel's configuration, which takes a crate to unpack it.
    pub unpacks: bool,
    /// What the loader can't do.
    pub diagnostics: Vec<Diagnostic>,
}

/// What a loader of that object can't do.
pub fn said(object: &Object) -> Vec<Diagnostic> {
    options::settings(object).1
}

/// The loader of `objects`, each with the name of its file in the build's output folder.
pub fn loader(objects: &[(&str, &Object)]) -> Loader {
    let mut loader = Loader::default();
    let mut parts = Vec::new();
    for (binary, object) in objects {
        let (part, diagnostics) = ObjectLoader::new(binary, object);
        loader.diagnostics.extend(diagnostics);
        parts.push(part);
    }
    separate(&mut parts);
    loader.unpacks = parts.iter().any(|part| part.kconfig.is_some());

    let mut templates = Templates::default();
    for part in &parts {
        part.templates(&mut templates);
    }
    for (name, wanted) in &templates.0 {
        let text = select(template(name), wanted.iter().copied());
        loader.files.insert(format!("{name}.rs"), text);
    }
    let modules: Vec<&str> = templates.0.keys().copied().collect();
    match &mut parts[..] {
        [only] => {
            if let Some(types) = only.types.text() {
                loader.files.insert("types.rs".to_owned(), types);
            }
            let main = main_of_one(only, &modules);
            loader.files.insert("main.rs".to_owned(), main);
        }
        many => {
            for part in many.iter() {
                let path = format!("objects/{}", part.module);
                if let Some(types) = part.types.text() {
                    loader.files.insert(format!("{path}/types.rs"), types);
                }
                loader
                    .files
                    .insert(format!("{path}.rs"), part.module_text());
            }
            let names: BTreeSet<&str> = many.iter().map(|part| part.module.as_str()).collect();
            let index: String = names
                .iter()
                .map(|module| format!("pub mod {module};\n"))
                .collect();
            let index = format!("//! One module for each object.\n\n{index}");
            loader.files.insert("objects.rs".to_owned(), index);
            let main = main_of_many(many, &modules);
            loader.files.insert("main.rs".to_owned(), main);
        }
    }
    // Which types there are is known now.
    if let (Some(wanted), Some(_)) = (templates.0.get("decode"), loader.files.remove("decode.rs")) {
        let users = loader.files.values().map(String::as_str);
        let text = without_unused(template("decode"), "Type", &["Unsigned", "Signed"], users);
        let text = select(&text, wanted.iter().copied());
        loader.files.insert("decode.rs".to_owned(), text);
    }
    loader
}

/// The loader of one object of several, which is a program by itself.
#[derive(Debug, Default)]
pub struct Program {
    /// Its files, from its own folder.
    pub files: BTreeMap<String, String>,
    /// What it needs of the [`library`].
    pub needs: Needs,
    /// Whether it reads the kernel's configuration, which takes a crate to unpack it.
    pub unpacks: bool,
    /// What the loader can't do.
    pub diagnostics: Vec<Diagnostic>,
}

/// Modules that loaders have in common, and which of their items are needed.
pub type Needs = BTreeMap<String, BTreeSet<String>>;

/// The loader of `object`, which uses the crate `library`.
pub fn program(library: &str, binary: &str, object: &Object) -> Program {
    let (part, diagnostics) = ObjectLoader::new(binary, object);
    let mut templates = Templates::default();
    part.templates(&mut templates);
    let owned = |items: BTreeSet<&str>| items.into_iter().map(str::to_owned).collect();
    let mut files = BTreeMap::new();
    if let Some(types) = part.types.text() {
        let types = types.replace("use crate::", &format!("use {library}::"));
        files.insert("types.rs".to_owned(), types);
    }
    files.insert("main.rs".to_owned(), main_of_library(&part, library));
    Program {
        files,
        unpacks: part.kconfig.is_some(),
        needs: (templates.0.into_iter())
            .map(|(name, items)| (name.to_owned(), owned(items)))
            .collect(),
        diagnostics,
    }
}

/// The modules that loaders have in common, from `src/`.
pub fn library(needs: &Needs) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut index = "//! What the loaders have in common.\n\n".to_owned();
    for (name, items) in needs {
        let text = select(template(name), items.iter().map(String::as_str));
        files.insert(format!("{name}.rs"), text);
        let _ = writeln!(index, "pub mod {name};");
    }
    files.insert("lib.rs".to_owned(), index);
    files
}

/// Gives options of one name but of different kinds different names.
fn separate(parts: &mut [ObjectLoader]) {
    let mut kinds = BTreeMap::new();
    for part in parts {
        let module = part.module.clone();
        for setting in &mut part.settings {
            let kind = kinds
                .entry((setting.field.clone(), setting.attribute.clone()))
                .or_insert_with(|| setting.kind.clone());
            if *kind != setting.kind {
                setting.field = format!("{module}_{}", setting.field.trim_start_matches("r#"));
            }
        }
    }
}

/// Templates, and which of their items are wanted.
#[derive(Default)]
struct Templates(BTreeMap<&'static str, BTreeSet<&'static str>>);

impl Templates {
    fn want(&mut self, template: &'static str, items: &[&'static str]) {
        self.0.entry(template).or_default().extend(items);
    }
}

fn template(name: &str) -> &'static str {
    match name {
        "attach" => include_str!("../../../templates/loader/attach.rs"),
        "btf" => include_str!("../../../templates/loader/btf.rs"),
        "contents" => include_str!("../../../templates/loader/contents.rs"),
        "decode" => include_str!("../../../templates/loader/decode.rs"),
        "externs" => include_str!("../../../templates/loader/externs.rs"),
        "kconfig" => include_str!("../../../templates/loader/kconfig.rs"),
        "ksyms" => include_str!("../../../templates/loader/ksyms.rs"),
        "records" => include_str!("../../../templates/loader/records.rs"),
        "syscalls" => include_str!("../../../templates/loader/syscalls.rs"),
        "trace" => include_str!("../../../templates/loader/trace.rs"),
        _ => "",
    }
}

/// The options that all objects share, as members of `struct Options`.
fn common_options(parts: &[ObjectLoader]) -> String {
    let has = |option: &str| parts.iter().any(|part| part.plan.options.contains(option));
    let mut text = String::new();
    let mut add = |needed: bool, help: &str, attribute: &str, member: &str| {
        if needed {
            let _ = write!(
                text,
                "\n    /// {help}\n    #[arg({attribute})]\n    {member},\n"
            );
        }
    };
    add(
        has("interface"),
        "The network interface to attach to",
        "long, value_name = \"NAME\"",
        "interface: String",
    );
    add(
        has("egress"),
        "What is sent, instead of what is received",
        "long",
        "egress: bool",
    );
    add(
        has("cgroup"),
        "The control group to attach to",
        "long, value_name = \"DIR\", default_value = \"/sys/fs/cgroup\"",
        "cgroup: PathBuf",
    );
    add(
        has("frequency"),
        "How many times a second the programs run on each CPU",
        "long, value_name = \"HERTZ\", default_value_t = 99",
        "frequency: u64",
    );
    add(
        parts.iter().any(ObjectLoader::shows),
        "One JSON object a line instead of text",
        "long",
        "json: bool",
    );
    add(
        parts.iter().any(ObjectLoader::reads_btf),
        "The kernel's type information",
        "long, value_name = \"FILE\", default_value = btf::KERNEL",
        "btf: PathBuf",
    );
    text
}

/// `struct Options`; none where there is nothing to choose.
fn options_struct(parts: &[ObjectLoader], about: &str, public: &str) -> String {
    let mut members = String::new();
    let all = parts.iter().flat_map(|part| part.settings.iter());
    for setting in options::merged(all) {
        members.push('\n');
        members.push_str(&setting.member());
    }
    for part in parts {
        for (target, only) in part.plan.targets.iter() {
            let attribute = variants::attribute(part.object, *only, "\n    ");
            let _ = write!(
                members,
                "\n    /// {}\n    {attribute}#[arg(long = {:?}, value_name = {:?})]\n    {}: Option<String>,\n",
                target.help, target.flag, target.value_name, target.field
            );
        }
    }
    let asked_for: BTreeSet<&String> = (parts.iter())
        .flat_map(|part| part.plan.asked_for.iter().map(|(name, _)| name))
        .collect();
    if !asked_for.is_empty() {
        let names: Vec<_> = asked_for.into_iter().collect();
        let _ = write!(
            members,
            "\n    /// A program that isn't loaded unless asked for\n    #[arg(long, value_name = \"PROGRAM\", value_parser = {names:?})]\n    load: Vec<String>,\n"
        );
    }
    members.push_str(&common_options(parts));
    let members = members.trim_start_matches('\n');
    if !public.is_empty() {
        let members: String = members
            .lines()
            .map(|line| {
                let is_member = line.ends_with(',') && !line.trim_start().starts_with("//");
                match line.strip_prefix("    ") {
                    Some(member) if is_member => format!("    {public}{member}\n"),
                    _ => format!("{line}\n"),
                }
            })
            .collect();
        return format!("{about}#[derive(Parser)]\n{public}struct Options {{\n{members}}}\n");
    }
    if members.is_empty() {
        return format!("{about}#[derive(Parser)]\nstruct Options {{}}\n");
    }
    format!("{about}#[derive(Parser)]\nstruct Options {{\n{members}}}\n")
}

/// What the objects are, as the documentation of the command.
fn about(parts: &[ObjectLoader]) -> String {
    let docs: Vec<String> = parts
        .iter()
        .filter(|part| !part.object.doc.is_empty())
        .map(|part| paragraphs(&part.object.doc, "///"))
        .collect();
    if docs.is_empty() {
        return "/// Loads the programs, attaches them, and shows what they report.\n".to_owned();
    }
    docs.join("///\n")
}

fn paragraphs(comments: &[Comment], marker: &str) -> String {
    let each: Vec<String> = comments
        .iter()
        .map(|comment| comment_lines(comment, marker))
        .collect();
    each.join(&format!("{marker}\n"))
}

fn main_of_one(part: &ObjectLoader, modules: &[&str]) -> String {
    let parts = std::slice::from_ref(part);
    let mut modules: Vec<&str> = modules.to_vec();
    if part.types.text().is_some() {
        modules.push("types");
    }
    modules.sort_unstable();
    let mut text =
        "//! Loads the programs, attaches them, and shows what they report.\n\n".to_owned();
    for module in &modules {
        let attribute = part.module_attribute(module);
        let _ = writeln!(text, "{attribute}mod {module};");
    }
    let options = options_struct(parts, &about(parts), "");
    let body = body_of_one(part, &options);
    let imports = imports::of_text(&body);
    format!("{text}\n{imports}\n{}\n", body.trim_matches('\n'))
}

fn main_of_library(part: &ObjectLoader, library: &str) -> String {
    let parts = std::slice::from_ref(part);
    let mut text =
        "//! Loads the programs, attaches them, and shows what they report.\n\n".to_owned();
    if part.types.text().is_some() {
        text.push_str("mod types;\n\n");
    }
    let body = body_of_one(part, &options_struct(parts, &about(parts), ""));
    let (foreign, own) = imports::split(&body, library, Vec::new());
    format!("{text}{foreign}\n\n{own}\n{}\n", body.trim_matches('\n'))
}

fn body_of_one(part: &ObjectLoader, options: &str) -> String {
    let body = format!(
        "{options}\n{}\n{}\n{}\n{EXPLAIN}{}",
        part.tables(),
        part.main(),
        part.start("fn start"),
        part.text_helper()
    );
    body.replace("\n\n\n", "\n\n")
}

fn main_of_many(parts: &[ObjectLoader], modules: &[&str]) -> String {
    let mut modules: Vec<&str> = modules.to_vec();
    modules.push("objects");
    modules.sort_unstable();
    let mut text =
        "//! Loads the programs, attaches them, and shows what they report.\n\n".to_owned();
    for module in &modules {
        let attribute = parts.iter().map(|part| part.module_attribute(module)).max();
        let _ = writeln!(text, "{}mod {module};", attribute.unwrap_or_default());
    }
    let options = options_struct(parts, &about(parts), "pub ");
    let mut main = "#[tokio::main(flavor = \"current_thread\")]\nasync fn main() -> Result<()> {\n    let options = Options::parse();\n".to_owned();
    for part in parts {
        let module = &part.module;
        // It must not be dropped before the end: that detaches the programs.
        let binding = if part.changes() { "mut " } else { "_" };
        let _ = writeln!(
            main,
            "    let {binding}{module} = objects::{module}::start(&options).map_err(explain)?;"
        );
    }
    let streams = parts.iter().any(ObjectLoader::has_streams);
    if streams {
        main.push_str("    let mut records = Records::new(options.json);\n");
    }
    for part in parts {
        let variable = part.module.clone();
        main.push_str(&part.listen(&variable, &format!("objects::{variable}::")));
    }
    main.push_str(READY);
    main.push_str(if streams {
        "    records.print().await?;\n"
    } else {
        "    signal::ctrl_c().await?;\n"
    });
    for part in parts.iter().filter(|part| part.has_contents()) {
        let module = &part.module;
        let _ = writeln!(
            main,
            "    objects::{module}::show_maps(&mut {module}, options.json)?;"
        );
    }
    main.push_str("    Ok(())\n}\n");
    let body = format!("{options}\n{main}\n{EXPLAIN}");
    let imports = imports::of_text(&body);
    format!("{text}\n{imports}\n{}\n", body.trim_matches('\n'))
}

const EXPLAIN: &str = "\
/// Says what to do where the reason is that the user may not.
fn explain(error: Error) -> Error {
    let denied = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::PermissionDenied);
    if denied {
        error.context(\"run this as root, or with CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, CAP_SYSLOG\")
    } else {
        error
    }
}
";

#[cfg(test)]
pub(in crate::emit) mod tests;
