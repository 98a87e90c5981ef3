//! Places, expressions and types as pseudo-code.

use super::{Dump, path_text};
use crate::ir::{
    FunctionId, RelocationId, RelocationKind,
    body::{
        BinaryOp, CompareOp, Expr, ExprKind, Init, LabelId, LocalId, Place, PlaceKind, Stmt,
        UnaryOp,
    },
    ty::Ty,
};

impl Dump<'_> {
    pub(super) fn label(&self, label: LabelId) -> String {
        let name = self
            .function
            .and_then(|function| function.labels.get(label.0 as usize)?.as_deref());
        match name {
            Some(name) => format!("'{name}"),
            None => format!("'{}", label.0),
        }
    }

    pub(super) fn local(&self, local: LocalId) -> String {
        self.function
            .and_then(|function| function.locals.get(local.0 as usize))
            .map_or_else(|| format!("_{}", local.0), |local| local.name.clone())
    }

    pub(super) fn local_ty(&self, local: LocalId) -> String {
        self.function
            .and_then(|function| function.locals.get(local.0 as usize))
            .map_or_else(String::new, |local| self.ty(&local.ty))
    }

    pub(super) fn init(&self, init: &Init) -> String {
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

    pub(super) fn place(&self, place: &Place) -> String {
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
    pub(super) fn operand(&self, expr: &Expr) -> String {
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

    pub(super) fn list(&self, exprs: &[Expr]) -> String {
        let texts: Vec<_> = exprs.iter().map(|expr| self.expr(expr)).collect();
        texts.join(", ")
    }

    pub(super) fn expr(&self, expr: &Expr) -> String {
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
            ExprKind::CallParam(local, args) => {
                format!("{}({})", self.local(*local), self.list(args))
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

    pub(super) fn block_expr(&self, stmts: &[Stmt], value: &Expr) -> String {
        let mut inner = Dump::new(self.object);
        inner.function = self.function;
        inner.stmts(stmts);
        let lines: Vec<&str> = inner.text.lines().map(str::trim).collect();
        format!("{{ {}; {} }}", lines.join("; "), self.expr(value))
    }

    pub(super) fn printed(
        &self,
        name: &str,
        first: Option<String>,
        format: &[u8],
        args: &[Expr],
    ) -> String {
        let mut list: Vec<String> = first.into_iter().collect();
        list.push(format!("{:?}", String::from_utf8_lossy(format)));
        list.extend(args.iter().map(|arg| self.expr(arg)));
        format!("{name}({})", list.join(", "))
    }

    pub(super) fn function_name(&self, id: FunctionId) -> String {
        self.object
            .functions
            .get(id.0 as usize)
            .map_or_else(String::new, |function| function.name.clone())
    }

    pub(super) fn relocation(&self, id: RelocationId) -> String {
        self.object
            .relocations
            .get(id.0 as usize)
            .map_or_else(String::new, |relocation| {
                let kind = match relocation.kind {
                    RelocationKind::FieldOffset => String::new(),
                    kind => format!("{kind:?} "),
                };
                format!(
                    "{kind}{}{}",
                    relocation.type_name,
                    path_text(&relocation.path)
                )
            })
    }

    pub(super) fn ty(&self, ty: &Ty) -> String {
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

pub(super) const fn binary(op: BinaryOp) -> &'static str {
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
