//! The files that do what a loader must do.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    emit::loader::{
        Needs, library,
        questions::{Question, Variable},
    },
    migrate::fill::{Attach, AttachKind, Fill},
};

type Objects<'a> = [(&'a str, &'a Fill)];

/// How a language writes an object's tables.
struct Spelling {
    question: fn(&Question) -> String,
    variable: fn(&Variable) -> String,
    attachment: fn(&Attach) -> String,
    /// A table out of its name, the name of its rows' type, and its rows.
    table: fn(&str, &str, &[String]) -> String,
}

impl Spelling {
    fn tables(&self, fill: &Fill) -> String {
        let core: Vec<String> = fill.core.iter().map(self.question).collect();
        let kconfig: Vec<String> = fill.kconfig.iter().map(self.variable).collect();
        let attach: Vec<String> = fill.attach.iter().map(self.attachment).collect();
        (self.table)("core", "question", &core)
            + &(self.table)("kconfig", "variable", &kconfig)
            + &(self.table)("attach", "attachment", &attach)
    }
}

const GO: Spelling = Spelling {
    question: |each| {
        let Question {
            global,
            ask,
            of,
            path,
            required,
        } = each;
        format!("{{{global:?}, {ask:?}, {of:?}, {path:?}, {required}}}")
    },
    variable: |each| {
        let Variable {
            name,
            size,
            kind,
            weak,
        } = each;
        format!("{{{name:?}, {size}, {kind:?}, {weak}}}")
    },
    attachment: |each| {
        let kind = match each.kind {
            AttachKind::Syscall => "syscall",
            AttachKind::Function => "function",
        };
        let Attach {
            program,
            target,
            returns,
            ..
        } = each;
        format!("{{{program:?}, {kind:?}, {target:?}, {returns}}}")
    },
    table: |name, of, rows| {
        if rows.is_empty() {
            return String::new();
        }
        format!(
            "\t\t{name}: []{of}{{\n\t\t\t{},\n\t\t}},\n",
            rows.join(",\n\t\t\t")
        )
    },
};

/// `c2aya.go`
pub fn go(objects: &Objects<'_>) -> String {
    let mut out = include_str!("../../../templates/user/c2aya.go").to_owned();
    out.push_str("var objects = map[string]object{\n");
    for (name, fill) in objects {
        let wrapper = if fill.wrapper {
            "\t\twrapper: true,\n"
        } else {
            ""
        };
        let _ = writeln!(out, "\t{name:?}: {{\n{wrapper}{}\t}},", GO.tables(fill));
    }
    out.push_str("}\n");
    out
}

const C: Spelling = Spelling {
    question: |each| {
        let ask = upper(&each.ask);
        let Question {
            global,
            of,
            path,
            required,
            ..
        } = each;
        format!("{{ {global:?}, C2AYA_{ask}, {of:?}, {path:?}, {required} }}")
    },
    variable: |each| {
        let kind = upper(&each.kind);
        let Variable {
            name, size, weak, ..
        } = each;
        format!("{{ {name:?}, {size}, C2AYA_{kind}, {weak} }}")
    },
    attachment: |each| {
        let Attach {
            program,
            kind,
            target,
            returns,
        } = each;
        let syscall = *kind == AttachKind::Syscall;
        format!("{{ {program:?}, {syscall}, {target:?}, {returns} }}")
    },
    table: |name, of, rows| {
        let rows: String = rows.iter().map(|row| format!("\t\t\t{row},\n")).collect();
        format!("\t\t.{name} = (const struct c2aya_{of}[]){{\n{rows}\t\t\t{{ 0 }},\n\t\t}},\n")
    },
};

/// `c2aya.h`
pub fn c(objects: &Objects<'_>) -> String {
    let mut tables = String::from("static const struct c2aya_object c2aya_objects[] = {\n");
    for (name, fill) in objects {
        let (wrapper, rows) = (fill.wrapper, C.tables(fill));
        let _ = writeln!(
            tables,
            "\t{{\n\t\t.name = {name:?},\n\t\t.wrapper = {wrapper},\n{rows}\t}},"
        );
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

const RUST: Spelling = Spelling {
    question: |each| {
        let Question {
            global,
            ask,
            of,
            path,
            required,
        } = each;
        format!(
            "Question {{ global: {global:?}, ask: Ask::{ask}, of: {of:?}, path: {path:?}, required: {required} }}"
        )
    },
    variable: |each| {
        let Variable {
            name,
            size,
            kind,
            weak,
        } = each;
        format!("Variable {{ name: {name:?}, size: {size}, kind: Kind::{kind}, weak: {weak} }}")
    },
    attachment: |each| {
        let Attach {
            program,
            kind,
            target,
            returns,
        } = each;
        let syscall = *kind == AttachKind::Syscall;
        format!(
            "Attachment {{ program: {program:?}, syscall: {syscall}, target: {target:?}, returns: {returns} }}"
        )
    },
    table: |name, _, rows| {
        let end = if rows.is_empty() { "" } else { "\n        " };
        let rows: String = rows
            .iter()
            .map(|row| format!("\n            {row},"))
            .collect();
        format!("        {name}: &[{rows}{end}],\n")
    },
};

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
        let (wrapper, rows) = (fill.wrapper, RUST.tables(fill));
        let _ = writeln!(
            tables,
            "    About {{\n        name: {name:?},\n        wrapper: {wrapper},\n{rows}    }},"
        );
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
