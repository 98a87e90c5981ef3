//! The IR as compact pseudo-code, for tests and for `--emit ir` by eye. No promise is made of its
//! form.

mod expr;
mod stmt;

use std::fmt::Write as _;

use super::{
    Constant, ConstantValue, Global, Item, Map, Notes, Object, PathPart, RelocationId,
    body::Function,
    program::Program,
    ty::{Field, Ty},
};

/// All of an object.
pub fn object(object: &Object) -> String {
    let mut dump = Dump::new(object);
    dump.head();
    for item in &object.order {
        if let Some(archs) = object.variants.only.get(item) {
            dump.line(&format!("only on {}:", archs.names()));
        }
        dump.item(*item);
    }
    for (index, relocation) in (0..).zip(&object.relocations) {
        let only = object
            .variants
            .only
            .get(&Item::Relocation(RelocationId(index)));
        let only = only.map_or_else(String::new, |archs| format!(" only on {}", archs.names()));
        let path = path_text(&relocation.path);
        let name = &relocation.type_name;
        let optional = if relocation.optional { "?" } else { "" };
        let kind = relocation.kind;
        dump.line(&format!(
            "relocation {index}{optional} {kind:?} {name}{path}{only}"
        ));
    }
    dump.text
}

/// The statements of a function, without its head.
pub fn body(object: &Object, function: &Function) -> String {
    let mut dump = Dump::new(object);
    dump.function = Some(function);
    dump.stmts(&function.body);
    dump.comments(&function.trailing);
    dump.text
}

/// A type: `u32`, `*const i8`, `[u8; 16]`, a record or enumeration by its name.
pub fn type_name(object: &Object, ty: &Ty) -> String {
    Dump::new(object).ty(ty)
}

struct Dump<'o> {
    object: &'o Object,
    function: Option<&'o Function>,
    text: String,
    indent: usize,
}

impl<'o> Dump<'o> {
    fn new(object: &'o Object) -> Self {
        Self {
            object,
            function: None,
            text: String::new(),
            indent: 0,
        }
    }

    fn line(&mut self, line: &str) {
        for _ in 0..self.indent {
            self.text.push_str("  ");
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn comments(&mut self, comments: &[super::Comment]) {
        for comment in comments {
            for line in &comment.lines {
                self.line(&format!("// {line}"));
            }
            if comment.apart {
                self.text.push('\n');
            }
        }
    }

    fn before(&mut self, notes: &Notes) {
        if notes.blank && !self.text.is_empty() {
            self.text.push('\n');
        }
        self.comments(&notes.before);
    }

    fn after(&mut self, notes: &Notes) {
        if let Some(after) = &notes.after {
            let text = after.lines.join(" ");
            self.text.truncate(self.text.trim_end_matches('\n').len());
            let _ = writeln!(self.text, " // {text}");
        }
    }

    fn head(&mut self) {
        let object = self.object;
        self.line(&format!("object {}", object.name));
        if let Some(spdx) = &object.spdx {
            self.line(&format!("spdx {spdx}"));
        }
        for (archs, why) in &object.variants.refused {
            self.line(&format!("refused for {}: {why}", archs.names()));
        }
        self.comments(&object.doc);
    }

    fn item(&mut self, item: Item) {
        let object = self.object;
        match item {
            Item::Record(id) => {
                if let Some(record) = object.records.get(id.0 as usize) {
                    self.record(record);
                }
            }
            Item::Enum(id) => {
                if let Some(found) = object.enums.get(id.0 as usize) {
                    self.before(&found.notes);
                    let name = found.name.as_deref().unwrap_or("_");
                    let sign = if found.signed { "i" } else { "u" };
                    let shared = if found.shared { " shared" } else { "" };
                    self.line(&format!("enum {name}: {sign}{}{shared} {{", found.bits));
                    self.indent += 1;
                    for constant in &found.constants {
                        self.before(&constant.notes);
                        self.line(&format!("{} = {},", constant.name, constant.value));
                        self.after(&constant.notes);
                    }
                    self.indent -= 1;
                    self.line("}");
                    self.after(&found.notes);
                }
            }
            Item::Constant(id) => {
                if let Some(constant) = object.constants.get(id.0 as usize) {
                    self.constant(constant);
                }
            }
            Item::Global(id) => {
                if let Some(global) = object.globals.get(id.0 as usize) {
                    self.global(global);
                }
            }
            Item::Map(id) => {
                if let Some(map) = object.maps.get(id.0 as usize) {
                    self.map(map);
                }
            }
            Item::Function(id) => {
                if let Some(function) = object.functions.get(id.0 as usize) {
                    self.function(function);
                }
            }
            Item::Program(index) => {
                if let Some(program) = object.programs.get(index as usize) {
                    self.program(program);
                }
            }
            Item::License => {
                if let Some(license) = &object.license {
                    self.before(&license.notes);
                    self.line(&format!("license {} {:?}", license.variable, license.text));
                    self.after(&license.notes);
                }
            }
            Item::Relocation(_) => {}
        }
    }

    fn record(&mut self, record: &super::ty::Record) {
        self.before(&record.notes);
        let kind = if record.union_ { "union" } else { "struct" };
        let name = record.name.as_deref().unwrap_or("_");
        let mut flags = String::new();
        for (set, flag) in [
            (record.packed, " packed"),
            (record.core, " core"),
            (record.shared, " shared"),
        ] {
            if set {
                flags.push_str(flag);
            }
        }
        self.line(&format!("{kind} {name}{flags}: {} {{", record.size));
        self.indent += 1;
        for field in record.fields.iter().flatten() {
            self.before(&field.notes);
            let text = self.field(field);
            self.line(&text);
            self.after(&field.notes);
        }
        self.indent -= 1;
        self.line("}");
        self.after(&record.notes);
    }

    fn field(&self, field: &Field) -> String {
        let name = field.name.as_deref().unwrap_or("_");
        let ty = self.ty(&field.ty);
        let mut text = format!("{}: {name}: {ty}", field.offset);
        if let Some((first, width)) = field.bits {
            let _ = write!(text, " bits {first}+{width}");
        }
        for length in field.lengths.iter().flatten() {
            let _ = write!(text, " by {}", self.expr(length));
        }
        text.push(',');
        text
    }

    fn constant(&mut self, constant: &Constant) {
        self.before(&constant.notes);
        let ty = self.ty(&constant.ty);
        let value = match (&constant.expr, &constant.value) {
            (Some(expr), _) => self.expr(expr),
            (None, ConstantValue::Int(value)) => value.to_string(),
            (None, ConstantValue::Str(text)) => format!("{:?}", String::from_utf8_lossy(text)),
        };
        let unused = if constant.used { "" } else { " unused" };
        self.line(&format!("const {}: {ty} = {value}{unused}", constant.name));
        self.after(&constant.notes);
    }

    fn global(&mut self, global: &Global) {
        self.before(&global.notes);
        let ty = self.ty(&global.ty);
        let init = self.init(&global.init);
        let kind = &global.kind;
        let volatile = if global.volatile { " volatile" } else { "" };
        let aligned = aligned(global.aligned);
        self.line(&format!(
            "global {}: {ty} = {init} {kind:?}{volatile}{aligned}",
            global.name
        ));
        self.after(&global.notes);
    }

    fn map(&mut self, map: &Map) {
        self.before(&map.notes);
        let mut text = format!("map {} type {}", map.name, map.def.map_type);
        self.map_def(&map.def, &mut text);
        for (index, value) in &map.values {
            let _ = write!(text, " [{index}]={value:?}");
        }
        for record in &map.records {
            let _ = write!(text, " record {}", self.ty(record));
        }
        if map.legacy {
            text.push_str(" legacy");
        }
        self.line(&text);
        self.after(&map.notes);
    }

    fn map_def(&self, def: &super::MapDef, text: &mut String) {
        match &def.key {
            Some(key) => {
                let _ = write!(text, " key {}", self.ty(key));
            }
            None => {
                let _ = write!(text, " key_size {}", def.key_size);
            }
        }
        match &def.value {
            Some(value) => {
                let _ = write!(text, " value {}", self.ty(value));
            }
            None => {
                let _ = write!(text, " value_size {}", def.value_size);
            }
        }
        match &def.max_entries_expr {
            Some(expr) => {
                let _ = write!(text, " max {}", self.expr(expr));
            }
            None => {
                let _ = write!(text, " max {}", def.max_entries);
            }
        }
        if def.flags != 0 {
            let _ = write!(text, " flags {}", def.flags);
        }
        if def.pin_by_name {
            text.push_str(" pinned");
        }
        if let Some(inner) = &def.inner {
            let _ = write!(text, " inner (type {}", inner.map_type);
            self.map_def(inner, text);
            text.push(')');
        }
    }

    fn program(&mut self, program: &'o Program) {
        self.before(&program.function.notes);
        self.function = Some(&program.function);
        let args: Vec<String> = program
            .args
            .iter()
            .map(|arg| {
                let used = if arg.used { "" } else { " unused" };
                let user = if arg.user { " user" } else { "" };
                let ty = self.local_ty(arg.local);
                let name = self.local(arg.local);
                format!(
                    "{name}: {ty} = {:?} `{}`{user}{used}",
                    arg.source, arg.c_type
                )
            })
            .collect();
        let ctx = match program.ctx {
            Some(ctx) if program.ctx_used => format!("{}; ", self.local(ctx)),
            _ => String::new(),
        };
        self.line(&format!(
            "program {} {:?} {:?} ({ctx}{}) -> {} {{",
            program.function.name,
            program.kind,
            program.macro_,
            args.join(", "),
            self.ty(&program.function.ret)
        ));
        self.function_body(&program.function);
    }

    fn function(&mut self, function: &'o Function) {
        self.before(&function.notes);
        self.function = Some(function);
        let params: Vec<String> = function
            .params
            .iter()
            .map(|&param| format!("{}: {}", self.local(param), self.local_ty(param)))
            .collect();
        let mut flags = String::new();
        for (set, flag) in [
            (function.inline, "inline "),
            (function.hinted, "hinted "),
            (function.noinline, "noinline "),
            (function.global, "global "),
            (function.callback, "callback "),
        ] {
            if set {
                flags.push_str(flag);
            }
        }
        let ret = self.ty(&function.ret);
        let head = format!("fn {}({}) -> {ret}", function.name, params.join(", "));
        if let Some(kfunc) = function.kernel {
            let weak = if kfunc.weak { "weak " } else { "" };
            self.line(&format!("{weak}kernel {head}"));
            return;
        }
        self.line(&format!("{flags}{head} {{"));
        self.function_body(function);
    }

    fn function_body(&mut self, function: &'o Function) {
        self.indent += 1;
        self.stmts(&function.body);
        self.comments(&function.trailing);
        self.indent -= 1;
        self.line("}");
        self.after(&function.notes);
        self.function = None;
    }
}

/// What is said of an alignment that is more than the type's.
fn aligned(bytes: Option<u64>) -> String {
    bytes.map_or_else(String::new, |bytes| format!(" aligned {bytes}"))
}

fn path_text(path: &[PathPart]) -> String {
    path.iter()
        .map(|part| match part {
            PathPart::Field(name) => format!(".{name}"),
            PathPart::Index(index) => format!("[{index}]"),
        })
        .collect()
}
