//! Operators: their operands' conversions and their results' types.

use lang_c::{
    ast::{
        BinaryOperator, BinaryOperatorExpression, ConditionalExpression, Expression, UnaryOperator,
        UnaryOperatorExpression,
    },
    span::Node,
};

use super::{
    atomic::Gives,
    codes,
    convert::Purpose,
    describe,
    sema::{Checked, Reported, Sema, int_type, plain, pointer_to, unqualified},
    tree::{BinaryOp, CompareOp, Expr, ExprKind, UnaryOp},
    types::{CType, IntKind, Kind},
};
use crate::source::span::Span;

/// A binary operator of C, by what it needs.
enum Operator {
    Index,
    Arithmetic(BinaryOp),
    Compare(CompareOp),
    And,
    Or,
    Assign,
    CompoundAssign(BinaryOp),
}

fn operator(operator: &BinaryOperator) -> Operator {
    use Operator::{And, Arithmetic, Assign, Compare, CompoundAssign, Index, Or};
    match operator {
        BinaryOperator::Index => Index,
        BinaryOperator::Multiply => Arithmetic(BinaryOp::Mul),
        BinaryOperator::Divide => Arithmetic(BinaryOp::Div),
        BinaryOperator::Modulo => Arithmetic(BinaryOp::Rem),
        BinaryOperator::Plus => Arithmetic(BinaryOp::Add),
        BinaryOperator::Minus => Arithmetic(BinaryOp::Sub),
        BinaryOperator::ShiftLeft => Arithmetic(BinaryOp::Shl),
        BinaryOperator::ShiftRight => Arithmetic(BinaryOp::Shr),
        BinaryOperator::BitwiseAnd => Arithmetic(BinaryOp::BitAnd),
        BinaryOperator::BitwiseXor => Arithmetic(BinaryOp::BitXor),
        BinaryOperator::BitwiseOr => Arithmetic(BinaryOp::BitOr),
        BinaryOperator::Less => Compare(CompareOp::Lt),
        BinaryOperator::Greater => Compare(CompareOp::Gt),
        BinaryOperator::LessOrEqual => Compare(CompareOp::Le),
        BinaryOperator::GreaterOrEqual => Compare(CompareOp::Ge),
        BinaryOperator::Equals => Compare(CompareOp::Eq),
        BinaryOperator::NotEquals => Compare(CompareOp::Ne),
        BinaryOperator::LogicalAnd => And,
        BinaryOperator::LogicalOr => Or,
        BinaryOperator::Assign => Assign,
        BinaryOperator::AssignMultiply => CompoundAssign(BinaryOp::Mul),
        BinaryOperator::AssignDivide => CompoundAssign(BinaryOp::Div),
        BinaryOperator::AssignModulo => CompoundAssign(BinaryOp::Rem),
        BinaryOperator::AssignPlus => CompoundAssign(BinaryOp::Add),
        BinaryOperator::AssignMinus => CompoundAssign(BinaryOp::Sub),
        BinaryOperator::AssignShiftLeft => CompoundAssign(BinaryOp::Shl),
        BinaryOperator::AssignShiftRight => CompoundAssign(BinaryOp::Shr),
        BinaryOperator::AssignBitwiseAnd => CompoundAssign(BinaryOp::BitAnd),
        BinaryOperator::AssignBitwiseXor => CompoundAssign(BinaryOp::BitXor),
        BinaryOperator::AssignBitwiseOr => CompoundAssign(BinaryOp::BitOr),
    }
}

impl Sema<'_> {
    /// `left op right`
    pub fn binary(&mut self, node: &BinaryOperatorExpression, span: Span) -> Checked<Expr> {
        let left = self.expression(&node.lhs);
        // Both sides are read before either error counts, so that each gets its message.
        let right = self.expression(&node.rhs);
        let (left, right) = (left?, right?);
        match operator(&node.operator.node) {
            Operator::Index => self.index(left, right, span),
            Operator::Arithmetic(op) => self.arithmetic(op, left, right, span),
            Operator::Compare(op) => self.comparison(op, left, right, span),
            Operator::And => self.logical(left, right, span, ExprKind::And),
            Operator::Or => self.logical(left, right, span, ExprKind::Or),
            Operator::Assign => self.assignment(left, right, span),
            Operator::CompoundAssign(op) => self.compound_assignment(op, left, right, span),
        }
    }

    fn index(&mut self, left: Expr, right: Expr, span: Span) -> Checked<Expr> {
        // `index[array]` is allowed, too.
        let (base, index) = if self.is_integer(&left.ty) && !self.is_integer(&right.ty) {
            (right, left)
        } else {
            (left, right)
        };
        if !self.is_integer(&index.ty) {
            return Err(self.invalid("[]", &base, &index, span));
        }
        if let Kind::Array(element, _) = &base.ty.kind
            && is_lvalue(&base)
        {
            let mut ty = (**element).clone();
            ty.const_ |= base.ty.const_;
            ty.volatile |= base.ty.volatile;
            self.require_complete(&ty, span)?;
            return Ok(expr(
                ExprKind::Index(Box::new(base), Box::new(index)),
                ty,
                span,
            ));
        }
        let base = self.rvalue(base);
        let Kind::Pointer(pointee) = base.ty.kind.clone() else {
            return Err(self.invalid("[]", &base, &index, span));
        };
        self.require_complete(&pointee, span)?;
        let ty = base.ty.clone();
        let sum = expr(
            ExprKind::PointerAdd(Box::new(base), Box::new(index)),
            unqualified(&ty),
            span,
        );
        self.deref(sum)
    }

    fn arithmetic(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Checked<Expr> {
        let (left, right) = (self.rvalue(left), self.rvalue(right));
        let pointers = (pointee(&left.ty), pointee(&right.ty));
        match (op, pointers) {
            (BinaryOp::Add, (Some(_), None)) if self.is_integer(&right.ty) => {
                return self.pointer_moved(left, right, span, ExprKind::PointerAdd);
            }
            (BinaryOp::Add, (None, Some(_))) if self.is_integer(&left.ty) => {
                return self.pointer_moved(right, left, span, ExprKind::PointerAdd);
            }
            (BinaryOp::Sub, (Some(_), None)) if self.is_integer(&right.ty) => {
                return self.pointer_moved(left, right, span, ExprKind::PointerSub);
            }
            (BinaryOp::Sub, (Some(a), Some(b))) => {
                if !self.compatible(&a, &b) {
                    return Err(self.invalid("-", &left, &right, span));
                }
                self.require_complete(&a, span)?;
                return Ok(expr(
                    ExprKind::PointerDiff(Box::new(left), Box::new(right)),
                    int_type(IntKind::Long),
                    span,
                ));
            }
            _ => {}
        }
        let works = match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => {
                self.is_arithmetic(&left.ty) && self.is_arithmetic(&right.ty)
            }
            _ => self.is_integer(&left.ty) && self.is_integer(&right.ty),
        };
        if !works {
            return Err(self.invalid(symbol(op), &left, &right, span));
        }
        let (left, right, ty) = match op {
            BinaryOp::Shl | BinaryOp::Shr => {
                let (left, right) = (self.promote(left), self.promote(right));
                let ty = unqualified(&left.ty);
                (left, right, ty)
            }
            _ => self.usual(left, right),
        };
        Ok(expr(
            ExprKind::Binary(op, Box::new(left), Box::new(right)),
            ty,
            span,
        ))
    }

    fn pointer_moved(
        &mut self,
        pointer: Expr,
        index: Expr,
        span: Span,
        kind: impl FnOnce(Box<Expr>, Box<Expr>) -> ExprKind,
    ) -> Checked<Expr> {
        if let Some(pointee) = pointee(&pointer.ty) {
            self.require_complete(&pointee, pointer.span)?;
        }
        let ty = unqualified(&pointer.ty);
        Ok(expr(kind(Box::new(pointer), Box::new(index)), ty, span))
    }

    fn comparison(&mut self, op: CompareOp, left: Expr, right: Expr, span: Span) -> Checked<Expr> {
        let (left, right) = (self.rvalue(left), self.rvalue(right));
        let (left, right) = if self.is_arithmetic(&left.ty) && self.is_arithmetic(&right.ty) {
            let (left, right) = if self.is_number_of(&right, &left) {
                (self.common_byte_order(left), right)
            } else if self.is_number_of(&left, &right) {
                (left, self.common_byte_order(right))
            } else {
                (left, right)
            };
            let (left, right, _) = self.usual(left, right);
            (left, right)
        } else {
            match (pointee(&left.ty), pointee(&right.ty)) {
                (Some(_), Some(_)) => (left, right),
                // A number beside a pointer is taken for an address.
                (Some(_), None) if self.is_integer(&right.ty) => {
                    let ty = left.ty.clone();
                    (left, self.implicit(right, &ty))
                }
                (None, Some(_)) if self.is_integer(&left.ty) => {
                    let ty = right.ty.clone();
                    (self.implicit(left, &ty), right)
                }
                _ => return Err(self.invalid(compare_symbol(op), &left, &right, span)),
            }
        };
        Ok(expr(
            ExprKind::Compare(op, Box::new(left), Box::new(right)),
            int_type(IntKind::Int),
            span,
        ))
    }

    fn logical(
        &mut self,
        left: Expr,
        right: Expr,
        span: Span,
        kind: impl FnOnce(Box<Expr>, Box<Expr>) -> ExprKind,
    ) -> Checked<Expr> {
        let (left, right) = (self.scalar(left), self.scalar(right));
        Ok(expr(
            kind(Box::new(left?), Box::new(right?)),
            int_type(IntKind::Int),
            span,
        ))
    }

    /// `target = value`
    pub(super) fn assignment(&mut self, target: Expr, value: Expr, span: Span) -> Checked<Expr> {
        self.require_assignable(&target)?;
        let ty = unqualified(&target.ty);
        let value = self.assign_to(value, &ty, Purpose::Assign)?;
        Ok(expr(
            ExprKind::Assign(Box::new(target), Box::new(value)),
            ty,
            span,
        ))
    }

    fn compound_assignment(
        &mut self,
        op: BinaryOp,
        target: Expr,
        value: Expr,
        span: Span,
    ) -> Checked<Expr> {
        self.require_assignable(&target)?;
        let ty = unqualified(&target.ty);
        let value = self.rvalue(value);
        if target.ty.atomic {
            return self.atomic_update(op, target, value, Gives::New, span);
        }
        let (value, compute) = if let Some(pointee) = pointee(&target.ty) {
            let moves = matches!(op, BinaryOp::Add | BinaryOp::Sub);
            if !moves || !self.is_integer(&value.ty) {
                return Err(self.invalid(symbol(op), &target, &value, span));
            }
            self.require_complete(&pointee, target.span)?;
            (value, ty.clone())
        } else {
            let takes_floats = matches!(
                op,
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div
            );
            let works = |sema: &Self, ty: &CType| {
                sema.is_integer(ty) || (takes_floats && sema.is_arithmetic(ty))
            };
            if !works(self, &target.ty) || !works(self, &value.ty) {
                return Err(self.invalid(symbol(op), &target, &value, span));
            }
            if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
                let compute = unqualified(&self.promote(target.clone()).ty);
                (self.promote(value), compute)
            } else {
                let compute = self.common_type(&target, &value);
                let value = self.promote(value);
                (self.implicit(value, &compute), compute)
            }
        };
        Ok(expr(
            ExprKind::CompoundAssign {
                op,
                target: Box::new(target),
                value: Box::new(value),
                compute,
            },
            ty,
            span,
        ))
    }

    /// `op operand`, `operand op`
    pub fn unary(&mut self, node: &UnaryOperatorExpression, span: Span) -> Checked<Expr> {
        let operand = self.expression(&node.operand)?;
        match node.operator.node {
            UnaryOperator::PostIncrement => self.step(operand, 1, true, span),
            UnaryOperator::PostDecrement => self.step(operand, -1, true, span),
            UnaryOperator::PreIncrement => self.step(operand, 1, false, span),
            UnaryOperator::PreDecrement => self.step(operand, -1, false, span),
            UnaryOperator::Address => self.address_of(operand, span),
            UnaryOperator::Indirection => {
                let operand = self.rvalue(operand);
                let mut result = self.deref(operand)?;
                result.span = span;
                Ok(result)
            }
            UnaryOperator::Negate => {
                let operand = self.scalar(operand)?;
                Ok(expr(
                    ExprKind::Not(Box::new(operand)),
                    int_type(IntKind::Int),
                    span,
                ))
            }
            UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Complement => {
                self.sign(&node.operator.node, operand, span)
            }
        }
    }

    fn sign(&mut self, operator: &UnaryOperator, operand: Expr, span: Span) -> Checked<Expr> {
        let operand = self.rvalue(operand);
        let works = match operator {
            UnaryOperator::Complement => self.is_integer(&operand.ty),
            _ => self.is_arithmetic(&operand.ty),
        };
        if !works {
            let described = describe::ty(&self.tree.types, &operand.ty);
            let message = format!("`{described}` is no number");
            return Err(self.error(codes::OPERANDS, span, message));
        }
        let operand = self.promote(operand);
        let ty = unqualified(&operand.ty);
        let op = match operator {
            UnaryOperator::Plus => {
                return Ok(Expr {
                    ty,
                    span,
                    ..operand
                });
            }
            UnaryOperator::Complement => UnaryOp::BitNot,
            _ => UnaryOp::Neg,
        };
        Ok(expr(ExprKind::Unary(op, Box::new(operand)), ty, span))
    }

    fn step(&mut self, target: Expr, delta: i8, post: bool, span: Span) -> Checked<Expr> {
        self.require_assignable(&target)?;
        if let Some(pointee) = pointee(&target.ty) {
            self.require_complete(&pointee, span)?;
        } else if !self.is_arithmetic(&target.ty) {
            let described = describe::ty(&self.tree.types, &target.ty);
            let message = format!("`{described}` can't be counted up or down");
            return Err(self.error(codes::OPERANDS, span, message));
        }
        if target.ty.atomic {
            let op = if delta < 0 {
                BinaryOp::Sub
            } else {
                BinaryOp::Add
            };
            let gives = if post { Gives::Old } else { Gives::New };
            let one = self.int(1, span);
            return self.atomic_update(op, target, one, gives, span);
        }
        let ty = unqualified(&target.ty);
        Ok(expr(
            ExprKind::IncDec {
                target: Box::new(target),
                delta,
                post,
            },
            ty,
            span,
        ))
    }

    fn address_of(&mut self, operand: Expr, span: Span) -> Checked<Expr> {
        if self.is_bit_field(&operand) {
            return Err(self.error(codes::OPERANDS, span, "a bit-field has no address"));
        }
        let is_function = matches!(operand.ty.kind, Kind::Function(_));
        if !is_function && !is_lvalue(&operand) {
            return Err(self.error(codes::OPERANDS, span, "only an object has an address"));
        }
        let ty = pointer_to(operand.ty.clone());
        Ok(expr(ExprKind::AddressOf(Box::new(operand)), ty, span))
    }

    fn require_assignable(&mut self, target: &Expr) -> Checked<()> {
        let reason = if !is_lvalue(target) {
            "only an object can be assigned to"
        } else if target.ty.const_ {
            "a constant object can't be assigned to"
        } else if matches!(target.ty.kind, Kind::Array(..) | Kind::Function(_)) {
            "an array can't be assigned to as a whole"
        } else {
            return self.require_complete(&target.ty, target.span);
        };
        Err(self.error(codes::NOT_ASSIGNABLE, target.span, reason))
    }

    /// `cond ? then : other`, `cond ?: other`
    pub fn conditional(&mut self, node: &ConditionalExpression, span: Span) -> Checked<Expr> {
        let cond = self.expression(&node.condition);
        let cond = cond.and_then(|cond| self.scalar(cond));
        let is_elvis = is_marker(&node.then_expression, "__c2aya_same");
        let then = if is_elvis {
            cond.clone()
        } else {
            self.expression(&node.then_expression)
        };
        let other = self.expression(&node.else_expression);
        let (cond, then, other) = (cond?, then?, other?);
        let (then, other, ty) = self.branches(then, other, span)?;
        let kind = if is_elvis {
            ExprKind::Elvis(Box::new(then), Box::new(other))
        } else {
            ExprKind::Conditional(Box::new(cond), Box::new(then), Box::new(other))
        };
        Ok(expr(kind, ty, span))
    }

    /// Both results of a conditional in its type (C11 6.5.15).
    fn branches(&mut self, then: Expr, other: Expr, span: Span) -> Checked<(Expr, Expr, CType)> {
        let (then, other) = (self.rvalue(then), self.rvalue(other));
        if self.is_arithmetic(&then.ty) && self.is_arithmetic(&other.ty) {
            return Ok(self.usual(then, other));
        }
        let ty = match (&then.ty.kind, &other.ty.kind) {
            // GNU C lets one side have a value that nobody gets.
            (Kind::Void, _) | (_, Kind::Void) => plain(Kind::Void),
            (Kind::Record(a), Kind::Record(b)) if a == b => unqualified(&then.ty),
            (Kind::Pointer(a), Kind::Pointer(b)) => self.common_pointer(&then, &other, a, b),
            (Kind::Pointer(_), _) if self.is_integer(&other.ty) => unqualified(&then.ty),
            (_, Kind::Pointer(_)) if self.is_integer(&then.ty) => unqualified(&other.ty),
            _ => return Err(self.invalid("?:", &then, &other, span)),
        };
        if ty.kind == Kind::Void {
            return Ok((then, other, ty));
        }
        let then = self.implicit(then, &ty);
        let other = self.implicit(other, &ty);
        Ok((then, other, ty))
    }

    fn common_pointer(&self, then: &Expr, other: &Expr, a: &CType, b: &CType) -> CType {
        let qualified = |pointee: &CType| {
            pointer_to(CType {
                const_: a.const_ || b.const_,
                volatile: a.volatile || b.volatile,
                ..pointee.clone()
            })
        };
        if self.is_null(then) {
            return unqualified(&other.ty);
        }
        if self.is_null(other) {
            return unqualified(&then.ty);
        }
        if a.kind == Kind::Void {
            return qualified(a);
        }
        if b.kind == Kind::Void {
            return qualified(b);
        }
        if self.compatible(a, b) {
            return qualified(a);
        }
        pointer_to(plain(Kind::Void))
    }

    fn invalid(&mut self, operator: &str, left: &Expr, right: &Expr, span: Span) -> Reported {
        let left = describe::ty(&self.tree.types, &left.ty);
        let right = describe::ty(&self.tree.types, &right.ty);
        let message = format!("`{operator}` can't work on `{left}` and `{right}`");
        self.error(codes::OPERANDS, span, message)
    }
}

/// Whether `node` is the name `marker`.
fn is_marker(node: &Node<Expression>, marker: &str) -> bool {
    matches!(&node.node, Expression::Identifier(identifier) if identifier.node.name == marker)
}

/// Whether an expression names an object.
pub(super) fn is_lvalue(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Local(_)
        | ExprKind::Variable(_)
        | ExprKind::Str(_)
        | ExprKind::Deref(_)
        | ExprKind::Index(..)
        | ExprKind::CompoundLiteral(_) => true,
        ExprKind::Member(base, _, _) => is_lvalue(base),
        // libbpf's macro is a member of the registers.
        ExprKind::Builtin(name, _) => &**name == crate::source::markers::PT_REGS,
        _ => false,
    }
}

fn pointee(ty: &CType) -> Option<CType> {
    match &ty.kind {
        Kind::Pointer(pointee) => Some((**pointee).clone()),
        _ => None,
    }
}

fn expr(kind: ExprKind, ty: CType, span: Span) -> Expr {
    Expr {
        kind,
        ty,
        span,
        macro_name: None,
    }
}

const fn symbol(op: BinaryOp) -> &'static str {
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

const fn compare_symbol(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}
