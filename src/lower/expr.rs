//! Expressions: values, truth values, and expressions for their effects.

use super::{
    Lowered,
    body::Body,
    build::{I64, INT, U64, expr, int, load, pointer_to},
    codes, purity, simplify,
};
use crate::{
    c::{
        self, const_eval,
        tree::{BinaryOp as CBinaryOp, CompareOp as CCompareOp, Expr as CExpr, ExprKind as CKind},
        types::Kind,
    },
    ir::{
        body::{BinaryOp, CompareOp, Expr, ExprKind, StmtKind, UnaryOp},
        ty::Ty,
    },
};

impl<'a> Body<'_, 'a> {
    /// The value of an expression.
    pub(super) fn expr(&mut self, e: &'a CExpr) -> Lowered<Expr> {
        let value = self.deeper(e.span, |body| body.expr_inner(e))?;
        let Some(name) = &e.macro_name else {
            return Ok(value);
        };
        if !matches!(value.ty, Ty::Int { .. }) {
            return Ok(value);
        }
        let known = simplify::known(&self.cx.object, &value);
        let known = known.or_else(|| {
            let id = self.cx.constants.get(name)?;
            self.cx.int_constant(*id)
        });
        Ok(known
            .and_then(|known| self.cx.constant_named(name, known, &value.ty, e.span))
            .unwrap_or(value))
    }

    fn expr_inner(&mut self, e: &'a CExpr) -> Lowered<Expr> {
        let span = e.span;
        match &e.kind {
            CKind::Int(number) => {
                self.cx.literal(span, *number);
                Ok(self.constant(*number, e))
            }
            CKind::Float(_) => self.refuse(codes::FLOAT, span, "BPF has no floating-point numbers"),
            CKind::EnumConstant(id, at) => {
                let ty = self.ty(&e.ty);
                match self.cx.enum_constant(*id, *at, ty, Some(span)) {
                    Some(found) => Ok(found),
                    None => self.unsupported(e, "this constant"),
                }
            }
            CKind::Str(_) => self.unsupported(e, "a string that isn't used by address"),
            CKind::Local(local) if let Some(&id) = self.fixed.get(local) => self.callback(id, span),
            CKind::Local(_)
            | CKind::Variable(_)
            | CKind::Deref(_)
            | CKind::Member(..)
            | CKind::Index(..)
            | CKind::CompoundLiteral(_) => self.load(e),
            CKind::Function(id) => self.callback(*id, span),
            CKind::Unary(op, a) => {
                let a = self.expr(a)?;
                let op = match op {
                    c::tree::UnaryOp::Neg => UnaryOp::Neg,
                    c::tree::UnaryOp::BitNot => UnaryOp::BitNot,
                };
                Ok(simplify::unary(op, a))
            }
            CKind::Not(_) | CKind::Compare(..) | CKind::And(..) | CKind::Or(..) => {
                let value = self.cond(e)?;
                let ty = self.ty(&e.ty);
                Ok(self.cast(value, &ty))
            }
            CKind::Binary(op, a, b) => {
                let left = self.expr(a)?;
                let right = self.operand(&[&left], |body| body.expr(b))?;
                if let Some(known) = self.macro_arithmetic(*op, &left, &right, e) {
                    return Ok(known);
                }
                let mut value = simplify::binary(binary_op(*op), left, right);
                value.span = Some(span);
                Ok(value)
            }
            CKind::PointerAdd(pointer, index) => self.pointer_move(e, pointer, index, false),
            CKind::PointerSub(pointer, index) => self.pointer_move(e, pointer, index, true),
            CKind::PointerDiff(a, b) => {
                self.cx.need_stride(&a.ty);
                let left = self.expr(a)?;
                let right = self.operand(&[&left], |body| body.expr(b))?;
                let (left, right) = (self.stepping(left), self.stepping(right));
                let right = self.cast(right, &left.ty);
                let distance = ExprKind::Distance(Box::new(left), Box::new(right));
                let ty = self.ty(&e.ty);
                Ok(self.cast(expr(distance, I64, span), &ty))
            }
            CKind::Conditional(cond, then, other) => {
                let ty = self.ty(&e.ty);
                let cond = match self.decided(cond) {
                    Some(known) => expr(ExprKind::Bool(known), Ty::Bool, span),
                    None => self.cond(cond)?,
                };
                if let ExprKind::Bool(known) = cond.kind {
                    let taken = if known { then } else { other };
                    let value = self.closed(|body| body.expr(taken))?;
                    return Ok(self.cast(value, &ty));
                }
                let then = self.closed(|body| body.expr(then))?;
                let other = self.closed(|body| body.expr(other))?;
                let (then, other) = (self.cast(then, &ty), self.cast(other, &ty));
                let kind = ExprKind::Conditional(Box::new(cond), Box::new(then), Box::new(other));
                Ok(expr(kind, ty, span))
            }
            CKind::Elvis(value, other) => {
                let mut value = self.expr(value)?;
                if !purity::is_pure(&value) {
                    value = self.temporary("value", value);
                }
                let other = self.closed(|body| body.expr(other))?;
                let ty = self.ty(&e.ty);
                let other = self.cast(other, &ty);
                let value = self.cast(value, &ty);
                let cond = simplify::truth(&self.cx.object, value.clone());
                let kind = ExprKind::Conditional(Box::new(cond), Box::new(value), Box::new(other));
                Ok(expr(kind, ty, span))
            }
            CKind::Comma(first, second) => {
                self.effects(first)?;
                self.expr(second)
            }
            CKind::Assign(target, value) => self.assign_value(target, value, span),
            CKind::CompoundAssign {
                op,
                target,
                value,
                compute,
            } => self.compound_value(binary_op(*op), target, value, compute, span),
            CKind::IncDec {
                target,
                delta,
                post,
            } => self.inc_dec_value(target, *delta, *post, span),
            CKind::AddressOf(inner) => self.address_of(e, inner),
            CKind::Decay(inner) => self.decay(e, inner),
            CKind::Cast { value, .. } => self.conversion(e, value),
            CKind::Call(callee, args) => self.call(e, callee, args),
            CKind::Builtin(name, args) => self.builtin(e, name, args),
            CKind::SizeOf(size, of) => Ok(self.size_of(*size, of, e)),
            CKind::OffsetOf(offset, of, designator) => self.offset_of(e, *offset, of, designator),
            CKind::StmtExpr(block) => self.stmt_expr(e, block),
        }
    }

    /// Arithmetic on numbers that the user didn't write, but a macro: `KERNEL_VERSION(5, 8, 0)`.
    fn macro_arithmetic(
        &self,
        op: CBinaryOp,
        left: &Expr,
        right: &Expr,
        e: &CExpr,
    ) -> Option<Expr> {
        let (ExprKind::Int(a), ExprKind::Int(b)) = (&left.kind, &right.kind) else {
            return None;
        };
        let (a, b) = (*a, *b);
        let written = self.cx.files.text(e.span);
        let (sign, value) = match op {
            CBinaryOp::Add => ("+", a.checked_add(b)),
            CBinaryOp::Sub => ("-", a.checked_sub(b)),
            CBinaryOp::Mul => ("*", a.checked_mul(b)),
            CBinaryOp::BitAnd => ("&", Some(a & b)),
            CBinaryOp::BitOr => ("|", Some(a | b)),
            CBinaryOp::BitXor => ("^", Some(a ^ b)),
            CBinaryOp::Shl => {
                let by = u32::try_from(b).ok().filter(|by| *by < 64)?;
                ("<<", a.checked_shl(by))
            }
            CBinaryOp::Div | CBinaryOp::Rem | CBinaryOp::Shr => return None,
        };
        if written.is_empty() || written.contains(sign) {
            return None;
        }
        Some(int(value?, left.ty.clone(), e.span))
    }

    pub(super) fn unsupported<T>(&mut self, e: &CExpr, what: &str) -> Lowered<T> {
        self.refuse(codes::EXPRESSION, e.span, format!("{what} can't be ported"))
    }

    fn load(&mut self, e: &'a CExpr) -> Lowered<Expr> {
        if let Some(bitfield) = self.core_bitfield_load(e)? {
            return Ok(bitfield);
        }
        self.require_plain(e)?;
        if let Some(value) = self.moving_load(e)? {
            return Ok(value);
        }
        let place = self.place(e)?;
        // A record as a whole is looked into.
        self.cx.ty(&e.ty);
        Ok(load(place, e.span))
    }

    /// The truth value of a scalar.
    pub(super) fn cond(&mut self, e: &'a CExpr) -> Lowered<Expr> {
        self.deeper(e.span, |body| body.cond_inner(e))
    }

    fn cond_inner(&mut self, e: &'a CExpr) -> Lowered<Expr> {
        if e.macro_name.is_some() {
            let value = self.expr(e)?;
            return Ok(simplify::truth(&self.cx.object, value));
        }
        let span = e.span;
        match &e.kind {
            CKind::Not(inner) => Ok(simplify::not(self.cond(inner)?)),
            CKind::And(a, b) => {
                if self.decided(a) == Some(false) {
                    return Ok(expr(ExprKind::Bool(false), Ty::Bool, span));
                }
                let left = self.cond(a)?;
                let right = self.closed(|body| body.cond(b))?;
                Ok(match (&left.kind, &right.kind) {
                    (ExprKind::Bool(true), _) => right,
                    (ExprKind::Bool(false), _) | (_, ExprKind::Bool(true)) => left,
                    (_, ExprKind::Bool(false)) if purity::is_pure(&left) => right,
                    _ => expr(
                        ExprKind::And(Box::new(left), Box::new(right)),
                        Ty::Bool,
                        span,
                    ),
                })
            }
            CKind::Or(a, b) => {
                if self.decided(a) == Some(true) {
                    return Ok(expr(ExprKind::Bool(true), Ty::Bool, span));
                }
                let left = self.cond(a)?;
                let right = self.closed(|body| body.cond(b))?;
                Ok(match (&left.kind, &right.kind) {
                    (ExprKind::Bool(false), _) => right,
                    (ExprKind::Bool(true), _) | (_, ExprKind::Bool(false)) => left,
                    (_, ExprKind::Bool(true)) if purity::is_pure(&left) => right,
                    _ => expr(
                        ExprKind::Or(Box::new(left), Box::new(right)),
                        Ty::Bool,
                        span,
                    ),
                })
            }
            CKind::Compare(op, a, b) => {
                let left = self.expr(a)?;
                let right = self.operand(&[&left], |body| body.expr(b))?;
                let right = match (&left.ty, &right.ty) {
                    (Ty::Pointer { .. }, Ty::Pointer { .. }) => self.cast(right, &left.ty),
                    _ => right,
                };
                let mut value = simplify::compare(&self.cx.object, compare_op(*op), left, right);
                value.span = Some(span);
                Ok(value)
            }
            CKind::Comma(first, second) => {
                self.effects(first)?;
                self.cond(second)
            }
            CKind::Builtin(name, args) if name.as_ref() == "__builtin_expect" => match args.first()
            {
                Some(value) => self.cond(value),
                None => self.unsupported(e, "__builtin_expect without arguments"),
            },
            CKind::Cast { value, .. }
                if matches!(e.ty.kind, Kind::Bool | Kind::Int(_))
                    && matches!(
                        value.kind,
                        CKind::Not(_) | CKind::And(..) | CKind::Or(..) | CKind::Compare(..)
                    ) =>
            {
                self.cond(value)
            }
            _ => {
                let value = self.expr(e)?;
                Ok(simplify::truth(&self.cx.object, value))
            }
        }
    }

    /// An expression for its effects; its value is dropped.
    pub(super) fn effects(&mut self, e: &'a CExpr) -> Lowered<()> {
        self.deeper(e.span, |body| body.effects_inner(e))
    }

    fn effects_inner(&mut self, e: &'a CExpr) -> Lowered<()> {
        let span = e.span;
        match &e.kind {
            CKind::Assign(target, value) => self.assign(target, value, span),
            CKind::CompoundAssign {
                op,
                target,
                value,
                compute,
            } => self.compound(binary_op(*op), target, value, compute, span),
            CKind::IncDec { target, delta, .. } => self.inc_dec(target, *delta, span),
            CKind::Comma(first, second) => {
                self.effects(first)?;
                self.effects(second)
            }
            CKind::Cast { value, .. } => self.effects(value),
            CKind::Conditional(cond, then, other) => {
                if let Some(known) = self.decided(cond) {
                    return self.effects(if known { then } else { other });
                }
                let cond = self.cond(cond)?;
                let (done, then) = self.scoped(|body| body.effects(then));
                done?;
                let (done, other) = self.scoped(|body| body.effects(other));
                done?;
                self.push_if(cond, then, other, span);
                Ok(())
            }
            CKind::And(cond, then) => {
                let cond = self.cond(cond)?;
                let (done, then) = self.scoped(|body| body.effects(then));
                done?;
                self.push_if(cond, then, Vec::new(), span);
                Ok(())
            }
            CKind::Or(cond, other) => {
                let cond = self.cond(cond)?;
                let (done, other) = self.scoped(|body| body.effects(other));
                done?;
                self.push_if(simplify::not(cond), other, Vec::new(), span);
                Ok(())
            }
            CKind::StmtExpr(block) => {
                let inner = self.braces(block);
                self.push_block(inner, span);
                Ok(())
            }
            _ => {
                let value = self.expr(e)?;
                self.drop_value(value);
                Ok(())
            }
        }
    }

    /// Evaluates a value that nobody wants.
    pub(super) fn drop_value(&mut self, value: Expr) {
        let span = value.span;
        match value.kind {
            ExprKind::Cast(inner) if !purity::is_pure(&inner) => self.drop_value(*inner),
            ExprKind::Binary(_, left, right) | ExprKind::Compare(_, left, right) => {
                self.drop_value(*left);
                self.drop_value(*right);
            }
            ExprKind::Block(stmts, last) => {
                self.out.extend(stmts);
                self.drop_value(*last);
            }
            kind => {
                let value = expr(kind, value.ty, span);
                if !purity::is_pure(&value) {
                    self.push(StmtKind::Expr(value), span);
                }
            }
        }
    }

    fn push_if(
        &mut self,
        cond: Expr,
        then: Vec<crate::ir::body::Stmt>,
        other: Vec<crate::ir::body::Stmt>,
        span: crate::source::span::Span,
    ) {
        use super::build::block;
        let (cond, then, other) = if then.is_empty() {
            (simplify::not(cond), other, then)
        } else {
            (cond, then, other)
        };
        if then.is_empty() {
            return self.drop_value(cond);
        }
        let other = (!other.is_empty()).then(|| block(other));
        self.push(StmtKind::If(cond, block(then), other), span);
    }

    /// A pointer that moves in steps that have a size: `void *` moves by bytes.
    fn stepping(&self, pointer: Expr) -> Expr {
        let Ty::Pointer { to, mutable } = &pointer.ty else {
            return pointer;
        };
        match to.as_ref() {
            Ty::Opaque { size: 0, .. } | Ty::Unit | Ty::Function(..) => {
                let ty = pointer_to(Ty::unsigned(8), *mutable);
                self.cast(pointer, &ty)
            }
            _ => pointer,
        }
    }

    fn pointer_move(
        &mut self,
        e: &'a CExpr,
        pointer: &'a CExpr,
        index: &'a CExpr,
        back: bool,
    ) -> Lowered<Expr> {
        self.cx.need_stride(&pointer.ty);
        let pointer = self.expr(pointer)?;
        let index = self.operand(&[&pointer], |body| body.expr(index))?;
        let pointer = self.stepping(pointer);
        let word = match index.ty {
            Ty::Int { signed: true, .. } => I64,
            _ if back => I64,
            _ => U64,
        };
        let mut index = self.cast(index, &word);
        if back {
            index = simplify::unary(UnaryOp::Neg, index);
        }
        let ty = self.ty(&e.ty);
        if matches!(index.kind, ExprKind::Int(0)) {
            return Ok(self.cast(pointer, &ty));
        }
        let moved_ty = pointer.ty.clone();
        let moved = expr(
            ExprKind::Offset(Box::new(pointer), Box::new(index)),
            moved_ty,
            e.span,
        );
        Ok(self.cast(moved, &ty))
    }

    /// The integer constant that `e` is.
    fn constant(&mut self, number: i128, e: &CExpr) -> Expr {
        let ty = self.ty(&e.ty);
        match ty {
            Ty::Bool => expr(ExprKind::Bool(number != 0), ty, e.span),
            _ => self.cast(int(number, U64, e.span), &ty),
        }
    }

    fn conversion(&mut self, e: &'a CExpr, value: &'a CExpr) -> Lowered<Expr> {
        let span = e.span;
        match (&e.ty.kind, &value.ty.kind) {
            (Kind::Void, _) => {
                self.effects(value)?;
                Ok(expr(ExprKind::Int(0), Ty::Unit, span))
            }
            (Kind::Float(_), _) | (_, Kind::Float(_)) => {
                // `1e9` where a number of nanoseconds is wanted.
                if let Some(number) = const_eval::eval(self.cx.tree, e) {
                    return Ok(self.constant(number, e));
                }
                self.refuse(codes::FLOAT, span, "BPF has no floating-point numbers")
            }
            (Kind::Bool, Kind::Int(_) | Kind::Bool | Kind::Pointer(_) | Kind::Enum(_)) => {
                self.cond(value)
            }
            _ => {
                let value = self.expr(value)?;
                let ty = self.ty(&e.ty);
                // A function stays one: helpers take it by itself.
                if matches!(value.kind, ExprKind::Function(_)) {
                    return Ok(value);
                }
                let mut cast = self.cast(value, &ty);
                cast.span = Some(span);
                Ok(cast)
            }
        }
    }

    fn size_of(&mut self, size: u64, of: &c::types::CType, e: &CExpr) -> Expr {
        let core = match &of.kind {
            Kind::Record(id) => self
                .cx
                .tree
                .types
                .records
                .get(id.0 as usize)
                .is_some_and(|record| record.core && record.foreign),
            _ => false,
        };
        let ty = self.ty(&e.ty);
        if core || size != self.cx.size_of(of).unwrap_or(size) {
            return int(i128::from(size), ty, e.span);
        }
        let of = self.cx.ty(of);
        let value = expr(ExprKind::SizeOf(of), U64, e.span);
        self.cast(value, &ty)
    }

    fn stmt_expr(&mut self, e: &'a CExpr, block: &'a c::tree::Block) -> Lowered<Expr> {
        let Some(last) = block.stmts.last() else {
            return Ok(expr(ExprKind::Int(0), Ty::Unit, e.span));
        };
        let c::tree::StmtKind::Expr(last) = &super::goto::unlabelled(last).kind else {
            self.effects(e)?;
            return Ok(expr(ExprKind::Int(0), Ty::Unit, e.span));
        };
        let exits = std::mem::take(&mut self.deferrable);
        self.acts_once = false;
        let (value, stmts) = self.scoped(|body| {
            body.stmts_before_value(&block.stmts);
            body.expr(last)
        });
        self.deferrable = exits;
        let value = value?;
        let declares = stmts
            .iter()
            .any(|stmt| matches!(stmt.kind, StmtKind::Let(..)));
        if !declares {
            self.out.extend(stmts);
            return Ok(value);
        }
        let ty = value.ty.clone();
        Ok(expr(ExprKind::Block(stmts, Box::new(value)), ty, e.span))
    }

    /// A value converted to C's `int`.
    pub(super) fn to_int(&self, value: Expr) -> Expr {
        self.cast(value, &INT)
    }
}

pub(super) const fn binary_op(op: CBinaryOp) -> BinaryOp {
    match op {
        CBinaryOp::Add => BinaryOp::Add,
        CBinaryOp::Sub => BinaryOp::Sub,
        CBinaryOp::Mul => BinaryOp::Mul,
        CBinaryOp::Div => BinaryOp::Div,
        CBinaryOp::Rem => BinaryOp::Rem,
        CBinaryOp::BitAnd => BinaryOp::BitAnd,
        CBinaryOp::BitOr => BinaryOp::BitOr,
        CBinaryOp::BitXor => BinaryOp::BitXor,
        CBinaryOp::Shl => BinaryOp::Shl,
        CBinaryOp::Shr => BinaryOp::Shr,
    }
}

const fn compare_op(op: CCompareOp) -> CompareOp {
    match op {
        CCompareOp::Eq => CompareOp::Eq,
        CCompareOp::Ne => CompareOp::Ne,
        CCompareOp::Lt => CompareOp::Lt,
        CCompareOp::Le => CompareOp::Le,
        CCompareOp::Gt => CompareOp::Gt,
        CCompareOp::Ge => CompareOp::Ge,
    }
}
