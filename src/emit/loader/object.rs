//! The part of a loader that belongs to one object.

use std::fmt::Write as _;

use super::{
    Templates, formats, imports,
    options::{self, Setting, SettingKind},
    programs::Plan,
    questions::{self, Table},
    text::{call, list},
    types::Types,
    variants::{Parts, attribute},
};
use crate::{
    arch::Archs,
    diag::Diagnostic,
    emit::{kfuncs, runtime::PARTLY_USED},
    ir::{Item, Map, MapDef, MapId, Object, ty::Ty},
};

/// `enum bpf_map_type` of the kernel's UAPI (`include/uapi/linux/bpf.h`).
mod map_type {
    pub(super) const HASH: u32 = 1;
    pub(super) const ARRAY: u32 = 2;
    pub(super) const PERF_EVENT_ARRAY: u32 = 4;
    pub(super) const PERCPU_HASH: u32 = 5;
    pub(super) const PERCPU_ARRAY: u32 = 6;
    pub(super) const LRU_HASH: u32 = 9;
    pub(super) const LRU_PERCPU_HASH: u32 = 10;
    pub(super) const QUEUE: u32 = 22;
    pub(super) const STACK: u32 = 23;
    pub(super) const RINGBUF: u32 = 27;
}

/// What the loader does with one object.
pub(super) struct ObjectLoader<'a> {
    pub(super) object: &'a Object,
    /// The name of its file in the build's output folder.
    pub(super) binary: String,
    /// What its module is called where there are several.
    pub(super) module: String,
    pub(super) plan: Plan,
    pub(super) settings: Vec<Setting>,
    pub(super) core: Option<Table>,
    pub(super) kconfig: Option<Table>,
    /// The table of the kernel's variables, if the programs ask for any.
    pub(super) ksyms: Option<Table>,
    /// The table of the kernel's functions, if the programs call any.
    pub(super) externs: Option<Table>,
    formats: Vec<String>,
    pub(super) types: Types<'a>,
    /// Maps whose records are printed.
    streams: Parts<Stream>,
    /// Statements that print what a map holds.
    contents: Parts<String>,
    pub(super) uses_wrapper_flag: bool,
}

/// A map whose records are printed.
#[derive(PartialEq)]
struct Stream {
    /// Of the template `Records`.
    method: &'static str,
    map: String,
    /// Names and types of its records.
    types: Vec<String>,
}

impl Stream {
    fn statement(&self, object: &str) -> String {
        let function = format!("records.{}", self.method);
        let map = format!("{:?}", self.map);
        let short = format!("&[{}]", self.types.join(", "));
        let short = call(&function, &[object.to_owned(), map.clone(), short], 4, "?;");
        if !short.contains('\n') {
            return short;
        }
        let types = format!("&{}", list("&", self.types.clone(), 8, ","));
        call(&function, &[object.to_owned(), map, types], 4, "?;")
    }
}

impl<'a> ObjectLoader<'a> {
    pub(super) fn new(binary: &str, object: &'a Object) -> (Self, Vec<Diagnostic>) {
        let (settings, diagnostics) = options::settings(object);
        let plan = Plan::of(object);
        let uses_wrapper_flag = questions::uses_wrapper_flag(object);
        let mut part = Self {
            object,
            binary: binary.to_owned(),
            module: binary.replace(|char: char| !char.is_ascii_alphanumeric(), "_"),
            plan,
            settings,
            core: questions::core(object),
            kconfig: questions::kconfig(object),
            ksyms: questions::ksyms(object),
            externs: questions::externs(object),
            formats: formats::of(object).into_iter().collect(),
            types: Types::new(object),
            streams: Parts::default(),
            contents: Parts::default(),
            uses_wrapper_flag,
        };
        let maps = || (0..).map(MapId).zip(&object.maps);
        for (id, map) in maps() {
            part.stream(map, object.only(Item::Map(id)));
        }
        if !part.has_streams() {
            for (id, map) in maps() {
                part.content(map, object.only(Item::Map(id)));
            }
        }
        (part, diagnostics)
    }

    fn stream(&mut self, map: &Map, only: Option<Archs>) {
        let method = match map.def.map_type {
            map_type::RINGBUF => "ring_buffer",
            map_type::PERF_EVENT_ARRAY => "perf_events",
            _ => return,
        };
        let mut types = Vec::new();
        for ty in &map.records {
            let expression = self.types.expression(ty);
            let name = self.name_of(ty, &map.name);
            types.push(format!("({name:?}, {expression})"));
        }
        let stream = Stream {
            method,
            map: map.name.clone(),
            types,
        };
        self.streams.add(self.object, stream, only);
    }

    /// What a record of that type is called; the map's name where the type has none.
    fn name_of(&self, ty: &Ty, map: &str) -> String {
        let record = match ty {
            Ty::Record(id) => usize::try_from(id.0)
                .ok()
                .and_then(|at| self.object.records.get(at)),
            _ => None,
        };
        record
            .and_then(|record| record.name.clone())
            .unwrap_or_else(|| map.to_owned())
    }

    fn content(&mut self, map: &Map, only: Option<Archs>) {
        let MapDef {
            key_size,
            value_size,
            ..
        } = map.def;
        let (method, keyed) = match map.def.map_type {
            map_type::HASH | map_type::LRU_HASH => ("hash", true),
            map_type::PERCPU_HASH | map_type::LRU_PERCPU_HASH => ("per_cpu_hash", true),
            map_type::ARRAY => ("array", false),
            map_type::PERCPU_ARRAY => ("per_cpu_array", false),
            map_type::QUEUE => ("queue", false),
            map_type::STACK => ("stack", false),
            _ => return,
        };
        let mut typed = |ty: &Option<Ty>, size: u64| match ty {
            Some(ty) => self.types.expression(ty),
            None => format!("Type::Bytes({size})"),
        };
        let value = typed(&map.def.value, value_size);
        let statement = if keyed {
            let key = typed(&map.def.key, key_size);
            format!(
                "contents.{method}::<{key_size}, {value_size}>({:?}, {key}, {value})?;",
                map.name
            )
        } else {
            format!(
                "contents.{method}::<{value_size}>({:?}, {value})?;",
                map.name
            )
        };
        self.contents.add(self.object, statement, only);
    }

    pub(super) fn has_streams(&self) -> bool {
        !self.streams.is_empty()
    }

    pub(super) fn has_contents(&self) -> bool {
        !self.contents.is_empty()
    }

    /// Whether something of it is printed.
    pub(super) fn shows(&self) -> bool {
        self.has_streams() || self.has_contents() || !self.formats.is_empty()
    }

    /// Whether it looks into the kernel's type information.
    pub(super) fn reads_btf(&self) -> bool {
        self.core.is_some() || self.externs.is_some()
    }

    /// Whether a program asks if a function of the kernel's is there.
    pub(super) fn asks_for_kfuncs(&self) -> bool {
        let object = self.object;
        kfuncs::of(object).any(|(_, function)| kfuncs::asked(object, function).is_some())
    }

    /// Whether the loaded object must be mutable.
    pub(super) fn changes(&self) -> bool {
        self.has_streams() || self.has_contents()
    }

    /// Adds what it needs of the templates.
    pub(super) fn templates(&self, templates: &mut Templates) {
        if self.core.is_some() {
            templates.want(
                "btf",
                &["Btf", "read", "answer", "Question", "Ask", "KERNEL"],
            );
        }
        if self.externs.is_some() {
            templates.want("btf", &["Btf", "read", "function", "variable", "KERNEL"]);
            templates.want("externs", &["link", "Linked", "Extern", "What"]);
        }
        if self.kconfig.is_some() {
            templates.want("kconfig", &["values", "Variable", "Kind"]);
        }
        if self.ksyms.is_some() {
            templates.want("ksyms", &["addresses", "Ksym"]);
        }
        if self.uses_wrapper_flag {
            templates.want("syscalls", &["Syscalls", "of_kernel", "wrapped"]);
        }
        if !self.formats.is_empty() {
            templates.want("trace", &["follow"]);
        }
        if self.has_streams() || self.has_contents() {
            templates.want("decode", &["Type", "decode", "size", "Text"]);
        }
        if self.has_streams() {
            templates.want("records", &["Records", "print"]);
        }
        for (stream, _) in self.streams.iter() {
            templates.want("records", &[stream.method]);
        }
        for (statement, _) in self.contents.iter() {
            let method = [
                "hash",
                "per_cpu_hash",
                "array",
                "per_cpu_array",
                "queue",
                "stack",
            ]
            .into_iter()
            .find(|method| statement.starts_with(&format!("contents.{method}::")));
            templates.want("contents", &["Contents"]);
            templates.want("contents", method.as_slice());
        }
        let functions = self.plan.functions.iter().map(|(function, _)| *function);
        let functions: Vec<&'static str> = functions.collect();
        if !functions.is_empty() {
            templates.want("attach", &functions);
        }
        if functions.contains(&"syscall") {
            templates.want("syscalls", &["function"]);
        }
        if functions.contains(&"compat_syscall") {
            templates.want("syscalls", &["compat_function"]);
        }
    }

    /// The tables that its code refers to.
    pub(super) fn tables(&self) -> String {
        let mut text = String::new();
        let mut add = |table: &str| {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(table);
        };
        for (name, attached, doc) in [
            (
                "SYSCALLS",
                &self.plan.syscalls,
                "The programs, and the system calls that they attach to.",
            ),
            (
                "COMPAT_SYSCALLS",
                &self.plan.compat,
                "The programs that attach to the functions which 32-bit programs enter.",
            ),
        ] {
            let mut rows = Parts::default();
            for ((program, call), only) in attached.iter() {
                rows.add(self.object, format!("({program:?}, {call:?})"), *only);
            }
            let rows = questions::constant(self.object, doc, name, "(&str, &str)", &rows);
            if let Some((text, _)) = rows {
                add(&text);
            }
        }
        if let Some(core) = &self.core {
            add(&core.text);
        }
        if let Some(kconfig) = &self.kconfig {
            add(&kconfig.text);
        }
        for table in [&self.ksyms, &self.externs].into_iter().flatten() {
            add(&table.text);
        }
        if !self.formats.is_empty() {
            let formats = self.formats.iter().map(|format| format!("{format:?}"));
            let head = format!("const FORMATS: [&str; {}] = ", self.formats.len());
            let list = list(&head, formats.collect(), 0, ";");
            add(&format!("/// What the programs print.\n{head}{list};\n"));
        }
        text
    }

    /// What stands before the declaration of one of the loader's modules: nothing where every
    /// architecture uses all of it.
    pub(super) fn module_attribute(&self, module: &str) -> &'static str {
        let partly = match module {
            "attach" => self.plan.functions.differ(),
            "types" | "contents" | "records" => self.streams.differ() || self.contents.differ(),
            _ => false,
        };
        if partly { PARTLY_USED } else { "" }
    }

    /// Statements that print what the object's programs send while they run.
    pub(super) fn listen(&self, variable: &str, path: &str) -> String {
        let mut text = String::new();
        if !self.formats.is_empty() {
            let _ = writeln!(text, "    trace::follow(&{path}FORMATS, options.json);");
        }
        if path.is_empty() {
            for (stream, only) in self.streams.iter() {
                let attribute = attribute(self.object, *only, "\n    ");
                let stream = stream.statement(&format!("&mut {variable}"));
                let _ = writeln!(text, "    {attribute}{stream}");
            }
        } else if self.has_streams() {
            let _ = writeln!(text, "    {path}listen(&mut {variable}, &mut records)?;");
        }
        text
    }

    /// `main` of a loader that has this object only.
    pub(super) fn main(&self) -> String {
        let mutable = if self.changes() { "mut " } else { "" };
        // It must not be dropped before the end: that detaches the programs.
        let name = if self.changes() { "ebpf" } else { "_ebpf" };
        let mut text = format!(
            "#[tokio::main(flavor = \"current_thread\")]\nasync fn main() -> Result<()> {{\n    let options = Options::parse();\n    let {mutable}{name} = start(&options).map_err(explain)?;\n"
        );
        if self.has_streams() {
            text.push_str("    let mut records = Records::new(options.json);\n");
        }
        text.push_str(&self.listen("ebpf", ""));
        text.push_str(READY);
        if self.has_streams() {
            text.push_str("    records.print().await\n");
        } else {
            text.push_str("    signal::ctrl_c().await?;\n");
        }
        if self.has_contents() {
            text.push_str("    show_maps(&mut ebpf, options.json)\n");
        } else if !self.has_streams() {
            text.push_str("    Ok(())\n");
        }
        text.push_str("}\n");
        if self.has_contents() {
            text.push('\n');
            text.push_str(&self.show_maps("fn"));
        }
        text
    }

    fn show_maps(&self, head: &str) -> String {
        let drains = self.contents.iter().any(|(statement, _)| {
            statement.starts_with("contents.queue") || statement.starts_with("contents.stack")
        });
        let mutable = if drains { "mut " } else { "" };
        let mut text = format!(
            "/// Prints what the maps hold.\n{head} show_maps(ebpf: &mut Ebpf, json: bool) -> Result<()> {{\n    let {mutable}contents = Contents {{ ebpf, json }};\n"
        );
        for (statement, only) in self.contents.iter() {
            let attribute = attribute(self.object, *only, "\n    ");
            let _ = writeln!(text, "    {attribute}{statement}");
        }
        text.push_str("    Ok(())\n}\n");
        text
    }

    /// A function that some settings need.
    pub(super) fn text_helper(&self) -> &'static str {
        let texts = self
            .settings
            .iter()
            .any(|setting| matches!(setting.kind, SettingKind::Text(_)));
        if texts { TEXT } else { "" }
    }

    /// The object's module, where there are several.
    pub(super) fn module_text(&self) -> String {
        let mut body = self.tables();
        if !self.formats.is_empty() {
            body = body.replace("const FORMATS", "pub const FORMATS");
        }
        body.push('\n');
        body.push_str(&self.start("pub fn start"));
        if self.has_streams() {
            body.push_str("\n/// Prints what the programs send.\npub fn listen(ebpf: &mut Ebpf, records: &mut Records) -> Result<()> {\n");
            for (stream, only) in self.streams.iter() {
                let attribute = attribute(self.object, *only, "\n    ");
                let _ = writeln!(body, "    {attribute}{}", stream.statement("ebpf"));
            }
            body.push_str("    Ok(())\n}\n");
        }
        if self.has_contents() {
            body.push('\n');
            body.push_str(&self.show_maps("pub fn"));
        }
        body.push_str(self.text_helper());
        let types = if self.types.text().is_some() {
            format!("\n{}mod types;\n", self.module_attribute("types"))
        } else {
            String::new()
        };
        let (foreign, own) = imports::split(&body, "crate", vec!["Options".to_owned()]);
        format!(
            "//! `{}`: its programs, and what they need of the kernel.\n{types}\n{foreign}\n\n{own}\n{}\n",
            self.object.name,
            body.trim_matches('\n')
        )
    }
}

/// Said once everything is attached.
pub(super) const READY: &str = "    eprintln!(\"attached; Ctrl-C ends this\");\n";

const TEXT: &str = "
/// A text as a character array has it.
fn text<const N: usize>(text: &str) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    ensure!(text.len() < N, \"{text:?} has more than {} bytes\", N - 1);
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    Ok(bytes)
}
";
