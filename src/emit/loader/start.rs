//! The function of a loader that loads an object and attaches its programs.

use std::fmt::Write as _;

use super::{
    object::ObjectLoader,
    programs::{ATTACHED, unasked},
    questions::{Table, WRAPPER},
    variants::attribute,
};
use crate::{
    arch::Archs,
    ir::{Map, Object},
};

impl ObjectLoader<'_> {
    /// The function that loads it and attaches its programs.
    pub(super) fn start(&self, head: &str) -> String {
        let needs_options = !self.settings.is_empty()
            || self.reads_btf()
            || !self.plan.options.is_empty()
            || !self.plan.targets.is_empty()
            || !self.plan.asked_for.is_empty();
        let options = if needs_options { "options" } else { "_options" };
        let mut text = format!(
            "/// Loads the programs as this kernel needs them, and attaches them.\n{head}({options}: &Options) -> Result<Ebpf> {{\n"
        );
        if self.uses_wrapper_flag {
            text.push_str("    let syscalls = Syscalls::of_kernel()?;\n    let wrapped = u8::from(syscalls.wrapped());\n");
        }
        match (&self.core, &self.externs) {
            (Some(Table { argument, .. }), None) => {
                let _ = writeln!(
                    text,
                    "    let answers = Btf::read(&options.btf)?.answer({argument})?;"
                );
            }
            (
                core,
                Some(Table {
                    argument: externs, ..
                }),
            ) => {
                text.push_str("    let kernel = Btf::read(&options.btf)?;\n");
                if let Some(Table { argument, .. }) = core {
                    let _ = writeln!(text, "    let answers = kernel.answer({argument})?;");
                }
                let path = format!("concat!(env!(\"OUT_DIR\"), \"/{}\")", self.binary);
                let path = if path.len() > 60 {
                    format!(
                        "concat!(\n        env!(\"OUT_DIR\"),\n        \"/{}\"\n    )",
                        self.binary
                    )
                } else {
                    path
                };
                let _ = writeln!(
                    text,
                    "    let built = aya::include_bytes_aligned!({path});\n    let programs = externs::link(built, {externs}, &kernel)?;"
                );
            }
            (None, None) => {}
        }
        if let Some(Table { argument, .. }) = self.kconfig {
            let _ = writeln!(text, "    let kconfig = kconfig::values({argument})?;");
        }
        if let Some(Table { argument, .. }) = self.ksyms {
            let _ = writeln!(text, "    let ksyms = ksyms::addresses({argument})?;");
        }
        for setting in &self.settings {
            text.push_str(&setting.prepare());
        }
        if !text.ends_with("{\n") {
            text.push('\n');
        }
        text.push_str("    let mut loader = EbpfLoader::new();\n");
        if self.object.maps.iter().any(is_for_programs_alone) {
            text.push_str(
                "    // Aya has no type for some of the maps, which the programs alone use.\n    loader.allow_unsupported_maps();\n",
            );
        }
        if self.uses_wrapper_flag {
            let _ = writeln!(
                text,
                "    loader.override_global({WRAPPER:?}, &wrapped, false);"
            );
        }
        for (needed, values) in [
            (self.core.is_some(), "answers"),
            (self.kconfig.is_some(), "kconfig"),
            (self.ksyms.is_some(), "ksyms"),
            (self.asks_for_kfuncs(), "programs.present"),
        ] {
            if needed {
                let _ = write!(
                    text,
                    "    for (global, value) in &{values} {{\n        loader.override_global(global, value.as_slice(), false);\n    }}\n"
                );
            }
        }
        for setting in &self.settings {
            text.push_str(&setting.apply());
        }
        let mutable = if self.plan.syscalls.is_empty() && self.plan.statements.is_empty() {
            ""
        } else {
            "mut "
        };
        let built =
            "aya::include_bytes_aligned!(concat!(\n            env!(\"OUT_DIR\"),\n            \"/";
        let programs = match self.externs {
            Some(_) => "&programs.object".to_owned(),
            None => format!("{built}{}\"\n        ))", self.binary),
        };
        let _ = write!(
            text,
            "    let {mutable}ebpf = loader\n        .load({programs})\n        .context(\"can't load the programs\")?;\n",
        );
        self.attach(&mut text);
        text.push_str("    Ok(ebpf)\n}\n");
        text
    }

    fn attach(&self, text: &mut String) {
        let certain = self.plan.certain.iter().next();
        let doubtful = self.plan.doubtful && certain.is_none_or(|(_, only)| only.is_some());
        text.push('\n');
        if doubtful {
            text.push_str("    let mut attached = false;\n");
        }
        for (rows, calls, function) in [
            ("SYSCALLS", &self.plan.syscalls, "syscall"),
            ("COMPAT_SYSCALLS", &self.plan.compat, "compat_syscall"),
        ] {
            if calls.is_empty() {
                continue;
            }
            let pattern = if calls.differ() { "&" } else { "" };
            let asked = if doubtful { "attached |= " } else { "" };
            let _ = write!(
                text,
                "    for {pattern}(name, call) in {rows} {{\n        {asked}attach::{function}(&mut ebpf, &syscalls, name, call)?;\n    }}\n"
            );
        }
        for (statement, only) in self.plan.statements.iter() {
            let statement = if doubtful {
                statement.clone()
            } else {
                unasked(statement)
            };
            text.push_str(&attached_for(self.object, *only, &statement));
        }
        if let (true, Some((_, only))) = (doubtful, certain) {
            text.push_str(&attached_for(self.object, *only, ATTACHED));
        }
        if doubtful {
            text.push_str(if self.plan.targets.is_empty() && self.plan.asked_for.is_empty() {
                "    ensure!(attached, \"this kernel has nothing of what the programs look at\");\n"
            } else {
                "    ensure!(attached, \"nothing to attach to: see --help\");\n"
            });
        }
    }
}

/// A statement of what attaches; in a block of its own where it is an assignment, which can't have an
/// attribute.
fn attached_for(object: &Object, only: Option<Archs>, statement: &str) -> String {
    let attribute = attribute(object, only, "\n    ");
    if attribute.is_empty() || !statement.starts_with("attached ") {
        return format!("    {attribute}{statement}\n");
    }
    let statement = statement.replace('\n', "\n    ");
    format!("    {attribute}{{\n        {statement}\n    }}\n")
}

/// Whether Aya loads a map only if it is told that it needn't know it: it has no type for task storage,
/// `struct_ops`, user ring buffers and all types since arenas (`Map::Unsupported` in aya 0.16).
fn is_for_programs_alone(map: &Map) -> bool {
    matches!(map.def.map_type, 26 | 29 | 31 | 33..)
}
