//! The files that do what a loader must do.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    emit::loader::{Needs, library},
    migrate::fill::{AttachKind, Fill},
};

type Objects<'a> = [(&'a str, &'a Fill)];

/// `c2aya.go`
pub fn go(objects: &Objects<'_>) -> String {
    let mut out = include_str!("../../../templates/user/c2aya.go").to_owned();
    out.push_str("var objects = map[string]object{\n");
    for (name, fill) in objects {
        let _ = writeln!(out, "\t{name:?}: {{");
        if fill.wrapper {
            out.push_str("\t\twrapper: true,\n");
        }
        if !fill.core.is_empty() {
            out.push_str("\t\tcore: []question{\n");
            for each in &fill.core {
                let _ = writeln!(
                    out,
                    "\t\t\t{{{:?}, {:?}, {:?}, {:?}, {}}},",
                    each.global, each.ask, each.of, each.path, each.required
                );
            }
            out.push_str("\t\t},\n");
        }
        if !fill.kconfig.is_empty() {
            out.push_str("\t\tkconfig: []variable{\n");
            for each in &fill.kconfig {
                let _ = writeln!(
                    out,
                    "\t\t\t{{{:?}, {}, {:?}, {}}},",
                    each.name, each.size, each.kind, each.weak
                );
            }
            out.push_str("\t\t},\n");
        }
        if !fill.attach.is_empty() {
            out.push_str("\t\tattach: []attachment{\n");
            for each in &fill.attach {
                let kind = match each.kind {
                    AttachKind::Syscall => "syscall",
                    AttachKind::Function => "function",
                };
                let _ = writeln!(
                    out,
                    "\t\t\t{{{:?}, {kind:?}, {:?}, {}}},",
                    each.program, each.target, each.returns
                );
            }
            out.push_str("\t\t},\n");
        }
        out.push_str("\t},\n");
    }
    out.push_str("}\n");
    out
}

/// `c2aya.h`
pub fn c(objects: &Objects<'_>) -> String {
    let mut tables = String::from("static const struct c2aya_object c2aya_objects[] = {\n");
    for (name, fill) in objects {
        let _ = writeln!(
            tables,
            "\t{{\n\t\t.name = {name:?},\n\t\t.wrapper = {},",
            fill.wrapper
        );
        tables.push_str("\t\t.core = (const struct c2aya_question[]){\n");
        for each in &fill.core {
            let _ = writeln!(
                tables,
                "\t\t\t{{ {:?}, C2AYA_{}, {:?}, {:?}, {} }},",
                each.global,
                upper(&each.ask),
                each.of,
                each.path,
                each.required
            );
        }
        tables.push_str("\t\t\t{ 0 },\n\t\t},\n\t\t.kconfig = (const struct c2aya_variable[]){\n");
        for each in &fill.kconfig {
            let _ = writeln!(
                tables,
                "\t\t\t{{ {:?}, {}, C2AYA_{}, {} }},",
                each.name,
                each.size,
                upper(&each.kind),
                each.weak
            );
        }
        tables.push_str("\t\t\t{ 0 },\n\t\t},\n\t\t.attach = (const struct c2aya_attachment[]){\n");
        for each in &fill.attach {
            let _ = writeln!(
                tables,
                "\t\t\t{{ {:?}, {}, {:?}, {} }},",
                each.program,
                each.kind == AttachKind::Syscall,
                each.target,
                each.returns
            );
        }
        tables.push_str("\t\t\t{ 0 },\n\t\t},\n\t},\n");
    }
    tables.push_str("\t{ 0 },\n};");
    include_str!("../../../templates/user/c2aya.h").replace("/*TABLES*/", &tables)
}

/// `TypeExists` as C writes it.
fn upper(name: &str) -> String {
    let mut out = String::new();
    for char in name.chars() {
        if char.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(char.to_uppercase());
    }
    out
}

/// `c2aya.rs`
pub fn rust(objects: &Objects<'_>) -> String {
    let core = objects.iter().any(|(_, fill)| !fill.core.is_empty());
    let kconfig = objects.iter().any(|(_, fill)| !fill.kconfig.is_empty());
    let mut needs = Needs::new();
    let mut need = |module: &str, items: &[&str]| {
        let items: BTreeSet<String> = items.iter().map(|&item| item.to_owned()).collect();
        needs.insert(module.to_owned(), items);
    };
    need(
        "syscalls",
        &["Syscalls", "of_kernel", "wrapped", "function"],
    );
    need(
        "btf",
        &["Btf", "read", "answer", "Question", "Ask", "KERNEL"],
    );
    if kconfig {
        need("kconfig", &["values", "Variable", "Kind"]);
    }
    let mut tables = String::from("const OBJECTS: &[About] = &[\n");
    for (name, fill) in objects {
        let _ = writeln!(
            tables,
            "    About {{\n        name: {name:?},\n        wrapper: {},",
            fill.wrapper
        );
        let mut list = |field: &str, rows: Vec<String>| {
            let _ = write!(tables, "        {field}: &[");
            for row in &rows {
                let _ = write!(tables, "\n            {row},");
            }
            tables.push_str(if rows.is_empty() {
                "],\n"
            } else {
                "\n        ],\n"
            });
        };
        list(
            "core",
            fill.core
                .iter()
                .map(|each| {
                    format!(
                        "Question {{ global: {:?}, ask: Ask::{}, of: {:?}, path: {:?}, required: {} }}",
                        each.global, each.ask, each.of, each.path, each.required
                    )
                })
                .collect(),
        );
        list(
            "kconfig",
            fill.kconfig
                .iter()
                .map(|each| {
                    format!(
                        "Variable {{ name: {:?}, size: {}, kind: Kind::{}, weak: {} }}",
                        each.name, each.size, each.kind, each.weak
                    )
                })
                .collect(),
        );
        list(
            "attach",
            fill.attach
                .iter()
                .map(|each| {
                    format!(
                        "Attachment {{ program: {:?}, syscall: {}, target: {:?}, returns: {} }}",
                        each.program,
                        each.kind == AttachKind::Syscall,
                        each.target,
                        each.returns
                    )
                })
                .collect(),
        );
        tables.push_str("    },\n");
    }
    tables.push_str("];\n");
    if !kconfig {
        tables
            .push_str("\n/// No object asks for the kernel's configuration.\nstruct Variable {}\n");
    }
    let imports = if kconfig {
        "use btf::{Ask, Btf, Question};\nuse kconfig::{Kind, Variable};\nuse syscalls::Syscalls;\n"
    } else {
        "use btf::{Ask, Btf, Question};\nuse syscalls::Syscalls;\n"
    };
    let core = if core {
        "if !about.core.is_empty() {\n        values.extend(Btf::read(Path::new(btf::KERNEL))?.answer(about.core)?);\n    }"
    } else {
        ""
    };
    let kconfig = if kconfig {
        "values.extend(kconfig::values(about.kconfig)?);"
    } else {
        ""
    };
    let mut out = include_str!("../../../templates/user/c2aya.rs")
        .replace("/*IMPORTS*/", imports)
        .replace("/*TABLES*/", &tables)
        .replace("/*CORE*/", core)
        .replace("/*KCONFIG*/", kconfig);
    for (path, text) in library(&needs) {
        let Some(module) = path.strip_suffix(".rs").filter(|module| *module != "lib") else {
            continue;
        };
        let body: String = text
            .lines()
            .map(|line| {
                if line.is_empty() {
                    "\n".to_owned()
                } else {
                    format!("    {line}\n")
                }
            })
            .collect();
        let _ = write!(out, "mod {module} {{\n{body}}}\n\n");
    }
    let lines = out.trim_end().lines().map(str::trim_end);
    let mut text = lines.collect::<Vec<_>>().join("\n");
    text.push('\n');
    text
}
