//! The IR as compact pseudo-code, for tests and for `--emit ir` by eye. No promise is made of its
//! form.

use std::fmt::Write as _;

use super::{
    Constant, ConstantValue, Global, Item, Map, Notes, Object, PathPart, RelocationId,
    body::{
        Arm, BinaryOp, Block, CompareOp, Expr, ExprKind, Function, Init, LabelId, Place, PlaceKind,
        Stmt, StmtKind, UnaryOp,
    },
    program::Program,
    ty::{Field, Ty},
};

/// All of an object.
pub fn object(object: &Object) -> String {
    let mut dump = Dump::new(object);
    dump.head();
    for item in &object.order {
        dump.item(*item);
    }
    for (index, relocation) in object.relocations.iter().enumerate() {
        let path = path_text(&relocation.path);
        let name = &relocation.type_name;
        let optional = if relocation.optional { "?" } else { "" };
        let kind = relocation.kind;
        dump.line(&format!(
            "relocation {index}{optional} {kind:?} {name}{path}"
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
        self.line(&format!(
            "global {}: {ty} = {init} {kind:?}{volatile}",
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
            (function.noinline, "noinline "),
            (function.global, "global "),
            (function.callback, "callback "),
        ] {
            if set {
                flags.push_str(flag);
            }
        }
        let ret = self.ty(&function.ret);
        self.line(&format!(
            "{flags}fn {}({}) -> {ret} {{",
            function.name,
            params.join(", ")
        ));
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

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.before(&stmt.notes);
            self.stmt(stmt);
            self.after(&stmt.notes);
        }
    }

    fn block(&mut self, head: &str, block: &Block) {
        self.line(&format!("{head} {{"));
        self.indent += 1;
        self.stmts(&block.stmts);
        self.comments(&block.trailing);
        self.indent -= 1;
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(local, init) => {
                let name = self.local(*local);
                let ty = self.local_ty(*local);
                match init {
                    Some(init) => {
                        let init = self.init(init);
                        self.line(&format!("let {name}: {ty} = {init}"));
                    }
                    None => self.line(&format!("let {name}: {ty}")),
                }
            }
            StmtKind::Assign(place, value) => {
                let text = format!("{} = {}", self.place(place), self.expr(value));
                self.line(&text);
            }
            StmtKind::AssignOp(place, op, value) => {
                let (place, value) = (self.place(place), self.expr(value));
                self.line(&format!("{place} {}= {value}", binary(*op)));
            }
            StmtKind::Expr(expr) => {
                let text = self.expr(expr);
                self.line(&text);
            }
            StmtKind::Block(label, inner) => {
                let head = label
                    .map(|label| self.label(label) + ":")
                    .unwrap_or_default();
                self.block(&head, inner);
                self.line("}");
            }
            StmtKind::If(cond, then, other) => {
                let head = format!("if {}", self.expr(cond));
                self.block(&head, then);
                if let Some(other) = other {
                    self.block("} else", other);
                }
                self.line("}");
            }
            StmtKind::Loop {
                label,
                cond,
                post_check,
                body,
                step,
            } => {
                let label = self.label(*label);
                let cond = cond.as_ref().map(|cond| self.expr(cond));
                let cond = cond.unwrap_or_else(|| "true".to_owned());
                let head = if *post_check {
                    format!("{label}: do")
                } else {
                    format!("{label}: while {cond}")
                };
                self.block(&head, body);
                if !step.is_empty() {
                    self.line("} step {");
                    self.indent += 1;
                    self.stmts(step);
                    self.indent -= 1;
                }
                if *post_check {
                    self.line(&format!("}} while {cond}"));
                } else {
                    self.line("}");
                }
            }
            StmtKind::Switch {
                label,
                value,
                arms,
                default,
                default_at,
            } => {
                let head = format!("{}: switch {} {{", self.label(*label), self.expr(value));
                self.line(&head);
                self.indent += 1;
                for (at, arm) in arms.iter().enumerate() {
                    if at == *default_at {
                        self.default_arm(default.as_ref());
                    }
                    self.arm(arm);
                }
                if *default_at >= arms.len() {
                    self.default_arm(default.as_ref());
                }
                self.indent -= 1;
                self.line("}");
            }
            StmtKind::Break(label) => {
                let text = format!("break {}", self.label(*label));
                self.line(&text);
            }
            StmtKind::Continue(label) => {
                let text = format!("continue {}", self.label(*label));
                self.line(&text);
            }
            StmtKind::Return(None) => self.line("return"),
            StmtKind::Return(Some(value)) => {
                let text = format!("return {}", self.expr(value));
                self.line(&text);
            }
            StmtKind::Barrier(None) => self.line("barrier"),
            StmtKind::Barrier(Some(place)) => {
                let text = format!("barrier {}", self.place(place));
                self.line(&text);
            }
            StmtKind::Unreachable => self.line("unreachable"),
        }
    }

    fn arm(&mut self, arm: &Arm) {
        self.before(&arm.notes);
        let values: Vec<String> = arm
            .values
            .iter()
            .map(|(low, high)| {
                let (low, high) = (self.expr(low), self.expr(high));
                if low == high {
                    low
                } else {
                    format!("{low}..={high}")
                }
            })
            .collect();
        self.block(&format!("{} =>", values.join(" | ")), &arm.body);
        self.line("}");
    }

    fn default_arm(&mut self, default: Option<&Block>) {
        if let Some(default) = default {
            self.block("_ =>", default);
            self.line("}");
        }
    }

    fn label(&self, label: LabelId) -> String {
        let name = self
            .function
            .and_then(|function| function.labels.get(label.0 as usize)?.as_deref());
        match name {
            Some(name) => format!("'{name}"),
            None => format!("'{}", label.0),
        }
    }

    fn local(&self, local: super::body::LocalId) -> String {
        self.function
            .and_then(|function| function.locals.get(local.0 as usize))
            .map_or_else(|| format!("_{}", local.0), |local| local.name.clone())
    }

    fn local_ty(&self, local: super::body::LocalId) -> String {
        self.function
            .and_then(|function| function.locals.get(local.0 as usize))
            .map_or_else(String::new, |local| self.ty(&local.ty))
    }

    fn init(&self, init: &Init) -> String {
        match init {
            Init::Zero => "{}".to_owned(),
            Init::Expr(value) => self.expr(value),
            Init::Record(parts) => {
                let parts: Vec<_> = parts
                    .iter()
                    .map(|(at, part)| format!(".{at} = {}", self.init(part)))
                    .collect();
                format!("{{{}}}", parts.join(", "))
            }
            Init::Array(parts) => {
                let parts: Vec<_> = parts
                    .iter()
                    .map(|(at, part)| format!("[{at}] = {}", self.init(part)))
                    .collect();
                format!("{{{}}}", parts.join(", "))
            }
            Init::Bytes(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        }
    }

    fn place(&self, place: &Place) -> String {
        match &place.kind {
            PlaceKind::Local(local) => self.local(*local),
            PlaceKind::Global(id) => self
                .object
                .globals
                .get(id.0 as usize)
                .map_or_else(String::new, |global| global.name.clone()),
            PlaceKind::Deref(pointer) => format!("*{}", self.operand(pointer)),
            PlaceKind::Field(base, record, at) => {
                let name = self
                    .object
                    .records
                    .get(record.0 as usize)
                    .and_then(|record| record.fields.as_ref()?.get(*at as usize))
                    .and_then(|field| field.name.as_deref())
                    .unwrap_or("_");
                match &base.kind {
                    PlaceKind::Deref(pointer) => format!("{}->{name}", self.operand(pointer)),
                    _ => format!("{}.{name}", self.place(base)),
                }
            }
            PlaceKind::Index(base, index) => match &base.kind {
                PlaceKind::Deref(_) => format!("({})[{}]", self.place(base), self.expr(index)),
                _ => format!("{}[{}]", self.place(base), self.expr(index)),
            },
            PlaceKind::Temporary(init) => format!("temp {}", self.init(init)),
        }
    }

    /// An expression in parentheses if it isn't a single thing.
    fn operand(&self, expr: &Expr) -> String {
        let text = self.expr(expr);
        match expr.kind {
            ExprKind::Unary(..)
            | ExprKind::Binary(..)
            | ExprKind::Compare(..)
            | ExprKind::And(..)
            | ExprKind::Or(..)
            | ExprKind::Not(_)
            | ExprKind::Cast(_)
            | ExprKind::Conditional(..)
            | ExprKind::AddressOf(_)
            | ExprKind::Offset(..)
            | ExprKind::Distance(..) => format!("({text})"),
            ExprKind::Load(ref place) if matches!(place.kind, PlaceKind::Deref(_)) => {
                format!("({text})")
            }
            _ => text,
        }
    }

    fn list(&self, exprs: &[Expr]) -> String {
        let texts: Vec<_> = exprs.iter().map(|expr| self.expr(expr)).collect();
        texts.join(", ")
    }

    fn expr(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Int(0) if matches!(expr.ty, Ty::Pointer { .. }) => "null".to_owned(),
            ExprKind::Int(value) => value.to_string(),
            ExprKind::Bool(value) => value.to_string(),
            ExprKind::Str(text) => format!("{:?}", String::from_utf8_lossy(text)),
            ExprKind::Constant(id) => self
                .object
                .constants
                .get(id.0 as usize)
                .map_or_else(String::new, |constant| constant.name.clone()),
            ExprKind::EnumConstant(id, at) => self
                .object
                .enums
                .get(id.0 as usize)
                .and_then(|found| found.constants.get(*at as usize))
                .map_or_else(String::new, |constant| constant.name.clone()),
            ExprKind::SizeOf(ty) => format!("sizeof({})", self.ty(ty)),
            ExprKind::OffsetOf(_, record, path) => format!(
                "offsetof({}{})",
                self.ty(&Ty::Record(*record)),
                path_text(path)
            ),
            ExprKind::Load(place) => self.place(place),
            ExprKind::AddressOf(place) => format!("&{}", self.place(place)),
            ExprKind::Decay(place) => format!("{}.ptr", self.place(place)),
            ExprKind::Map(id) => self
                .object
                .maps
                .get(id.0 as usize)
                .map_or_else(String::new, |map| map.name.clone()),
            ExprKind::Function(id) => self.function_name(*id),
            ExprKind::Unary(UnaryOp::Neg, a) => format!("-{}", self.operand(a)),
            ExprKind::Unary(UnaryOp::BitNot, a) => format!("~{}", self.operand(a)),
            ExprKind::Not(a) => format!("!{}", self.operand(a)),
            ExprKind::Binary(op, a, b) => {
                format!("{} {} {}", self.operand(a), binary(*op), self.operand(b))
            }
            ExprKind::Offset(a, b) => format!("{} +> {}", self.operand(a), self.operand(b)),
            ExprKind::Distance(a, b) => format!("{} <> {}", self.operand(a), self.operand(b)),
            ExprKind::Compare(op, a, b) => {
                format!("{} {} {}", self.operand(a), compare(*op), self.operand(b))
            }
            ExprKind::And(a, b) => format!("{} && {}", self.operand(a), self.operand(b)),
            ExprKind::Or(a, b) => format!("{} || {}", self.operand(a), self.operand(b)),
            ExprKind::Conditional(a, b, c) => format!(
                "{} ? {} : {}",
                self.operand(a),
                self.operand(b),
                self.operand(c)
            ),
            ExprKind::Cast(a) => format!("{} as {}", self.operand(a), self.ty(&expr.ty)),
            ExprKind::Block(stmts, value) => self.block_expr(stmts, value),
            ExprKind::Call(id, args) => {
                format!("{}({})", self.function_name(*id), self.list(args))
            }
            ExprKind::Helper(_, name, args) => format!("{name}({})", self.list(args)),
            ExprKind::Printk(format, args) => self.printed("printk", None, format, args),
            ExprKind::Snprintf(out, size, format, args) => {
                let first = format!("{}, {}", self.expr(out), self.expr(size));
                self.printed("snprintf", Some(first), format, args)
            }
            ExprKind::SeqPrintf(seq, format, args) => {
                let seq = self.expr(seq);
                self.printed("seq_printf", Some(seq), format, args)
            }
            ExprKind::ProbeRead(space, address) => {
                let ty = self.ty(&expr.ty);
                format!("read_{space:?}::<{ty}>({})", self.expr(address)).to_lowercase()
            }
            ExprKind::CoreAddress(base, id) => {
                format!("core({}, {})", self.expr(base), self.relocation(*id))
            }
            ExprKind::CoreValue(id) => format!("core({})", self.relocation(*id)),
            ExprKind::CoreBitfield(base, bits, probed) => {
                let how = if *probed { "probed " } else { "" };
                let field = self.relocation(bits.offset);
                format!("{how}bitfield({}, {field})", self.expr(base))
            }
            ExprKind::Atomic(op, address, args) => {
                let mut list = vec![self.expr(address)];
                list.extend(args.iter().map(|arg| self.expr(arg)));
                format!("atomic_{op:?}({})", list.join(", ")).to_lowercase()
            }
            ExprKind::Builtin(builtin, args) => format!("{builtin:?}({})", self.list(args)),
            ExprKind::Register(regs, register, access) => {
                format!("{access:?} {register:?} of {}", self.expr(regs))
            }
            ExprKind::SyscallRegisters(ctx) => format!("syscall_regs({})", self.expr(ctx)),
            ExprKind::Asm(text, args) => format!("asm({text:?}, {})", self.list(args)),
        }
    }

    fn block_expr(&self, stmts: &[Stmt], value: &Expr) -> String {
        let mut inner = Dump::new(self.object);
        inner.function = self.function;
        inner.stmts(stmts);
        let lines: Vec<&str> = inner.text.lines().map(str::trim).collect();
        format!("{{ {}; {} }}", lines.join("; "), self.expr(value))
    }

    fn printed(&self, name: &str, first: Option<String>, format: &[u8], args: &[Expr]) -> String {
        let mut list: Vec<String> = first.into_iter().collect();
        list.push(format!("{:?}", String::from_utf8_lossy(format)));
        list.extend(args.iter().map(|arg| self.expr(arg)));
        format!("{name}({})", list.join(", "))
    }

    fn function_name(&self, id: super::FunctionId) -> String {
        self.object
            .functions
            .get(id.0 as usize)
            .map_or_else(String::new, |function| function.name.clone())
    }

    fn relocation(&self, id: RelocationId) -> String {
        self.object
            .relocations
            .get(id.0 as usize)
            .map_or_else(String::new, |relocation| {
                let kind = match relocation.kind {
                    super::RelocationKind::FieldOffset => String::new(),
                    kind => format!("{kind:?} "),
                };
                format!(
                    "{kind}{}{}",
                    relocation.type_name,
                    path_text(&relocation.path)
                )
            })
    }

    fn ty(&self, ty: &Ty) -> String {
        match ty {
            Ty::Unit => "()".to_owned(),
            Ty::Bool => "bool".to_owned(),
            Ty::Int { bits, signed } => format!("{}{bits}", if *signed { 'i' } else { 'u' }),
            Ty::Pointer { to, mutable } => {
                let kind = if *mutable { "*" } else { "*const " };
                format!("{kind}{}", self.ty(to))
            }
            Ty::Array(of, len) => format!("[{}; {len}]", self.ty(of)),
            Ty::Record(id) => self
                .object
                .records
                .get(id.0 as usize)
                .and_then(|record| record.name.clone())
                .unwrap_or_else(|| "_".to_owned()),
            Ty::Enum(id) => self
                .object
                .enums
                .get(id.0 as usize)
                .and_then(|found| found.name.clone())
                .unwrap_or_else(|| "_".to_owned()),
            Ty::Function(params, ret) => {
                let params: Vec<_> = params.iter().map(|param| self.ty(param)).collect();
                format!("fn({}) -> {}", params.join(", "), self.ty(ret))
            }
            Ty::Opaque { size: 0, .. } => "void".to_owned(),
            Ty::Opaque { size, .. } => format!("opaque{size}"),
        }
    }
}

fn path_text(path: &[PathPart]) -> String {
    path.iter()
        .map(|part| match part {
            PathPart::Field(name) => format!(".{name}"),
            PathPart::Index(index) => format!("[{index}]"),
        })
        .collect()
}

const fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
    }
}

const fn compare(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}
