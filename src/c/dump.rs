//! Typed expressions and statements on one line, for tests and for looking at a tree.
//!
//! Every operation shows the type it works in; casts that the C doesn't have stand in angle
//! brackets: `(<int>a + b):int`.

use std::fmt::Write;

use super::{
    describe,
    tree::{
        BinaryOp, Block, CompareOp, Expr, ExprKind, Function, Init, Stmt, StmtKind, Tree, UnaryOp,
    },
    types::{CType, Kind},
};

/// `expr`, with its type behind it.
pub fn expr(tree: &Tree, function: Option<&Function>, expr: &Expr) -> String {
    let dump = Dump { tree, function };
    format!("{}: {}", dump.expr(expr), dump.ty(&expr.ty))
}

/// The body of a function.
pub fn body(tree: &Tree, function: &Function) -> String {
    let dump = Dump {
        tree,
        function: Some(function),
    };
    match &function.body {
        Some(block) => dump.block(block),
        None => String::new(),
    }
}

/// An initialiser.
pub fn init(tree: &Tree, function: Option<&Function>, init: &Init) -> String {
    Dump { tree, function }.init(init)
}

/// A type as C writes it.
pub fn ty(tree: &Tree, ty: &CType) -> String {
    describe::ty(&tree.types, ty)
}

struct Dump<'a> {
    tree: &'a Tree,
    function: Option<&'a Function>,
}

impl Dump<'_> {
    fn ty(&self, ty: &CType) -> String {
        describe::ty(&self.tree.types, ty)
    }

    /// A type without its typedef's name, as operators see it.
    fn bare(&self, ty: &CType) -> String {
        let mut ty = ty.clone();
        ty.alias = None;
        ty.const_ = false;
        ty.volatile = false;
        self.ty(&ty)
    }

    fn expr(&self, expr: &Expr) -> String {
        match &expr.macro_name {
            Some(name) => format!("{name}={}", self.kind(expr)),
            None => self.kind(expr),
        }
    }

    fn kind(&self, expr: &Expr) -> String {
        let e = |expr: &Expr| self.expr(expr);
        match &expr.kind {
            ExprKind::Int(value) => match &expr.ty.kind {
                Kind::Int(super::types::IntKind::Int) => value.to_string(),
                _ => format!("{value}:{}", self.bare(&expr.ty)),
            },
            ExprKind::Float(value) => format!("{value}"),
            ExprKind::Str(bytes) => format!("\"{}\"", bytes.escape_ascii()),
            ExprKind::EnumConstant(id, index) => self
                .tree
                .types
                .enumeration(*id)
                .and_then(|known| known.constants.get(*index as usize))
                .map_or_else(|| "?".into(), |constant| constant.name.to_string()),
            ExprKind::Local(id) => self
                .function
                .and_then(|function| function.locals.get(id.0 as usize))
                .and_then(|local| local.name.as_deref())
                .unwrap_or("?")
                .to_owned(),
            ExprKind::Variable(id) => self
                .tree
                .variables
                .get(id.0 as usize)
                .map_or_else(|| "?".into(), |variable| variable.name.to_string()),
            ExprKind::Function(id) => self
                .tree
                .functions
                .get(id.0 as usize)
                .map_or_else(|| "?".into(), |function| function.name.to_string()),
            ExprKind::Unary(UnaryOp::Neg, operand) => format!("-{}", e(operand)),
            ExprKind::Unary(UnaryOp::BitNot, operand) => format!("~{}", e(operand)),
            ExprKind::Not(operand) => format!("!{}", e(operand)),
            ExprKind::Binary(op, left, right) => format!(
                "({} {} {}):{}",
                e(left),
                binary(*op),
                e(right),
                self.bare(&expr.ty)
            ),
            ExprKind::PointerAdd(left, right) => format!("({} ptr+ {})", e(left), e(right)),
            ExprKind::PointerSub(left, right) => format!("({} ptr- {})", e(left), e(right)),
            ExprKind::PointerDiff(left, right) => format!("({} ptrdiff {})", e(left), e(right)),
            ExprKind::Compare(op, left, right) => {
                format!("({} {} {})", e(left), compare(*op), e(right))
            }
            ExprKind::And(left, right) => format!("({} && {})", e(left), e(right)),
            ExprKind::Or(left, right) => format!("({} || {})", e(left), e(right)),
            ExprKind::Conditional(cond, then, other) => {
                format!("({} ? {} : {})", e(cond), e(then), e(other))
            }
            ExprKind::Elvis(value, other) => format!("({} ?: {})", e(value), e(other)),
            ExprKind::Comma(left, right) => format!("({}, {})", e(left), e(right)),
            ExprKind::Assign(target, value) => format!("{} = {}", e(target), e(value)),
            ExprKind::CompoundAssign {
                op,
                target,
                value,
                compute,
            } => format!(
                "{} {}= {} in {}",
                e(target),
                binary(*op),
                e(value),
                self.bare(compute)
            ),
            ExprKind::IncDec {
                target,
                delta,
                post,
            } => {
                let step = if *delta < 0 { "--" } else { "++" };
                if *post {
                    format!("{}{step}", e(target))
                } else {
                    format!("{step}{}", e(target))
                }
            }
            ExprKind::Deref(pointer) => format!("*{}", e(pointer)),
            ExprKind::Member(base, record, index) => {
                let name = self
                    .tree
                    .types
                    .record(*record)
                    .and_then(|record| record.fields.as_ref())
                    .and_then(|fields| fields.get(*index as usize))
                    .map_or_else(
                        || "?".into(),
                        |field| field.name.as_deref().unwrap_or("<anonymous>").to_owned(),
                    );
                match &base.kind {
                    ExprKind::Deref(pointer) => format!("{}->{name}", e(pointer)),
                    _ => format!("{}.{name}", e(base)),
                }
            }
            ExprKind::Index(array, index) => format!("{}[{}]", e(array), e(index)),
            ExprKind::AddressOf(place) => format!("&{}", e(place)),
            ExprKind::Decay(place) => format!("decay({})", e(place)),
            ExprKind::Cast { value, explicit } => {
                let ty = self.bare(&expr.ty);
                if *explicit {
                    format!("({ty}){}", e(value))
                } else {
                    format!("<{ty}>{}", e(value))
                }
            }
            ExprKind::Call(callee, args) => format!("{}({})", e(callee), self.list(args)),
            ExprKind::Builtin(name, args) => {
                format!("{name}({}):{}", self.list(args), self.bare(&expr.ty))
            }
            ExprKind::SizeOf(size, ty) => format!("sizeof({})={size}", self.ty(ty)),
            ExprKind::OffsetOf(offset, ty, path) => {
                format!("offsetof({}, {path})={offset}", self.ty(ty))
            }
            ExprKind::CompoundLiteral(init) => {
                format!("({}){}", self.ty(&expr.ty), self.init(init))
            }
            ExprKind::StmtExpr(block) => format!("({})", self.block(block)),
        }
    }

    fn list(&self, args: &[Expr]) -> String {
        let args: Vec<String> = args.iter().map(|arg| self.expr(arg)).collect();
        args.join(", ")
    }

    fn init(&self, init: &Init) -> String {
        match init {
            Init::Expr(expr) => self.expr(expr),
            Init::Str(bytes, _) => format!("\"{}\"", bytes.escape_ascii()),
            Init::List(parts) => {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|part| format!("{}: {}", part.index, self.init(&part.value)))
                    .collect();
                format!("{{{}}}", parts.join(", "))
            }
        }
    }

    fn block(&self, block: &Block) -> String {
        let mut text = String::from("{");
        for stmt in &block.stmts {
            let _ = write!(text, " {}", self.stmt(stmt));
        }
        text.push_str(" }");
        text
    }

    fn stmt(&self, stmt: &Stmt) -> String {
        match &stmt.kind {
            StmtKind::Local(id, init) => {
                let local = self
                    .function
                    .and_then(|function| function.locals.get(id.0 as usize));
                let name = local.and_then(|local| local.name.as_deref()).unwrap_or("?");
                let ty = local.map_or_else(String::new, |local| self.ty(&local.ty));
                match init {
                    Some(init) => format!("{name}: {ty} = {};", self.init(init)),
                    None => format!("{name}: {ty};"),
                }
            }
            StmtKind::Expr(expr) => format!("{};", self.expr(expr)),
            StmtKind::Block(block) => self.block(block),
            StmtKind::If(cond, then, other) => {
                let mut text = format!("if ({}) {}", self.expr(cond), self.stmt(then));
                if let Some(other) = other {
                    let _ = write!(text, " else {}", self.stmt(other));
                }
                text
            }
            StmtKind::While(cond, body) => {
                format!("while ({}) {}", self.expr(cond), self.stmt(body))
            }
            StmtKind::DoWhile(body, cond) => {
                format!("do {} while ({});", self.stmt(body), self.expr(cond))
            }
            StmtKind::For {
                init,
                cond,
                step,
                body,
                ..
            } => {
                let init: Vec<String> = init.iter().map(|stmt| self.stmt(stmt)).collect();
                let part = |expr: &Option<Expr>| {
                    expr.as_ref()
                        .map_or_else(String::new, |expr| self.expr(expr))
                };
                format!(
                    "for ({} {}; {}) {}",
                    if init.is_empty() {
                        ";".to_owned()
                    } else {
                        init.join(" ")
                    },
                    part(cond),
                    part(step),
                    self.stmt(body)
                )
            }
            StmtKind::Switch(value, body) => {
                format!("switch ({}) {}", self.expr(value), self.stmt(body))
            }
            StmtKind::Case(low, high, stmt) if low == high => {
                format!("case {low}: {}", self.stmt(stmt))
            }
            StmtKind::Case(low, high, stmt) => format!("case {low}...{high}: {}", self.stmt(stmt)),
            StmtKind::Default(stmt) => format!("default: {}", self.stmt(stmt)),
            StmtKind::Break => "break;".into(),
            StmtKind::Continue => "continue;".into(),
            StmtKind::Return(None) => "return;".into(),
            StmtKind::Return(Some(value)) => format!("return {};", self.expr(value)),
            StmtKind::Goto(label) => format!("goto {label};"),
            StmtKind::Label(label, stmt) => format!("{label}: {}", self.stmt(stmt)),
            StmtKind::Asm(asm) => format!("asm \"{}\";", asm.text.escape_ascii()),
            StmtKind::Empty => ";".into(),
        }
    }
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
