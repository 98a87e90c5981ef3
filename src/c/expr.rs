//! Expressions: names, literals, members, casts, sizes, selections.

use std::sync::Arc;

use lang_c::{
    ast::{
        AlignOf, CastExpression, Constant, Expression, GenericAssociation, GenericSelection,
        MemberExpression, MemberOperator, OffsetDesignator, OffsetMember, SizeOfTy, SizeOfVal,
        Statement,
    },
    span::Node,
};

use super::{
    codes, describe, literal,
    prepare::name,
    sema::{Checked, Reported, Sema, Symbol, int_type, plain, unqualified},
    tree::{Expr, ExprKind},
    types::{ArrayLen, CType, IntKind, Kind, RecordId},
};
use crate::{
    diag::Diagnostic,
    source::{markers, span::Span},
};

impl Sema<'_> {
    /// Reads an expression. Lvalues come as such; see [`Sema::rvalue`].
    pub fn expression(&mut self, node: &Node<Expression>) -> Checked<Expr> {
        let span = self.span(node.span);
        let mut expr = self.deeper(span, |sema| sema.expression_kind(&node.node, span))?;
        if expr.macro_name.is_none() {
            expr.macro_name = self.macro_name(node.span);
            self.note_macro_value(&expr);
        }
        Ok(expr)
    }

    /// Remembers what a macro stands for here; it can stand for something else elsewhere.
    fn note_macro_value(&mut self, expr: &Expr) {
        let Some(name) = &expr.macro_name else {
            return;
        };
        let value = self.evaluator().integer(expr);
        let known = self.macro_values.entry(Arc::clone(name)).or_insert(value);
        if *known != value {
            *known = None;
        }
    }

    /// Reads an expression of which only the type or a constant value is wanted.
    pub fn unevaluated(&mut self, node: &Node<Expression>) -> Checked<Expr> {
        let locals = self.locals().map_or(0, |locals| locals.len());
        let result = self.expression(node);
        // What a statement expression declared is gone with it.
        if let Some(list) = self.locals() {
            list.truncate(locals);
        }
        result
    }

    fn expression_kind(&mut self, node: &Expression, span: Span) -> Checked<Expr> {
        match node {
            Expression::Identifier(identifier) => {
                let at = self.name_span(identifier.span);
                self.identifier(&identifier.node.name, span, at)
            }
            Expression::Constant(constant) => self.literal(&constant.node, span),
            Expression::StringLiteral(parts) => self.string(&parts.node, span),
            Expression::GenericSelection(generic) => self.generic(&generic.node, span),
            Expression::Member(member) => self.member_access(&member.node),
            Expression::Call(call) => self.call(&call.node, span),
            Expression::CompoundLiteral(literal) => self.compound_literal(&literal.node, span),
            Expression::SizeOfTy(node) => {
                let SizeOfTy(ty) = &node.node;
                let ty = self.type_name(ty)?;
                self.size_expr(ty, span)
            }
            Expression::SizeOfVal(node) => {
                let SizeOfVal(expr) = &node.node;
                let expr = self.unevaluated(expr)?;
                if self.is_bit_field(&expr) {
                    return Err(self.error(codes::OPERANDS, span, "`sizeof` of a bit-field"));
                }
                self.size_expr(expr.ty, span)
            }
            Expression::AlignOf(node) => {
                let AlignOf(ty) = &node.node;
                let ty = self.type_name(ty)?;
                self.require_complete(&ty, span)?;
                let align = self.tree.types.align_of(&ty).unwrap_or(1);
                Ok(self.integer(i128::from(align), IntKind::ULong, span))
            }
            Expression::UnaryOperator(node) => self.unary(&node.node, span),
            Expression::Cast(node) => self.cast(&node.node, span),
            Expression::BinaryOperator(node) => self.binary(&node.node, span),
            Expression::Conditional(node) => self.conditional(&node.node, span),
            Expression::Comma(parts) => self.comma(parts, span),
            Expression::OffsetOf(node) => {
                let ty = self.type_name(&node.node.type_name)?;
                self.offset_of(ty, &node.node.designator, span)
            }
            Expression::VaArg(_) => Err(self.error(
                codes::UNSUPPORTED,
                span,
                "BPF programs have no variable arguments to read",
            )),
            Expression::Statement(statement) => self.statement_expression(statement, span),
        }
    }

    fn identifier(&mut self, wanted: &str, span: Span, at: Span) -> Checked<Expr> {
        if matches!(wanted, "__func__" | "__FUNCTION__" | "__PRETTY_FUNCTION__") {
            let function = self.current.as_ref().map(|current| current.id);
            let text = function
                .and_then(|id| self.tree.functions.get(id.0 as usize))
                .map(written_name);
            return Ok(string_expr(text.unwrap_or_default(), true, span));
        }
        let (kind, ty) = match self.lookup(wanted) {
            Some(Symbol::Local(id)) => {
                let id = *id;
                let ty = self
                    .locals()
                    .and_then(|locals| locals.get(id.0 as usize))
                    .map(|local| local.ty.clone());
                (ExprKind::Local(id), ty)
            }
            Some(Symbol::Variable(id)) => {
                let variable = self.tree.variables.get(id.0 as usize);
                if variable.is_some_and(|variable| variable.broken) {
                    return Err(Reported);
                }
                (
                    ExprKind::Variable(*id),
                    variable.map(|variable| variable.ty.clone()),
                )
            }
            Some(Symbol::Function(id)) => (
                ExprKind::Function(*id),
                self.tree
                    .functions
                    .get(id.0 as usize)
                    .map(|function| self.function_type_of(function)),
            ),
            // Keywords since C23; the kernel's headers declare them for older C, in an enumeration.
            Some(Symbol::EnumConstant(id, index)) => {
                let enumeration = self.tree.types.enumeration(*id);
                let constant = enumeration.and_then(|e| e.constants.get(*index as usize));
                match keyword(wanted) {
                    Some(value) if constant.is_some_and(|c| c.value == value) => {
                        return Ok(self.int(value, span));
                    }
                    _ => (
                        ExprKind::EnumConstant(*id, *index),
                        Some(self.enum_constant_type(*id, *index)),
                    ),
                }
            }
            Some(Symbol::Poisoned) => return Err(Reported),
            Some(Symbol::Typedef(_)) => {
                let message = format!("`{wanted}` is a type, and a value is needed");
                return Err(self.error(codes::OPERANDS, span, message));
            }
            None => {
                let Some(value) = keyword(wanted) else {
                    return Err(self.undeclared(wanted, "name", at));
                };
                return Ok(self.int(value, span));
            }
        };
        let Some(ty) = ty else { return Err(Reported) };
        Ok(Expr {
            kind,
            ty,
            span,
            macro_name: None,
        })
    }

    fn literal(&mut self, constant: &Constant, span: Span) -> Checked<Expr> {
        let value = match constant {
            Constant::Integer(integer) if integer.suffix.imaginary => None,
            Constant::Integer(integer) => literal::integer(integer),
            Constant::Character(text) => literal::character(text),
            Constant::Float(float) => {
                let value = float.number.parse().unwrap_or(f64::NAN);
                return Ok(Expr {
                    kind: ExprKind::Float(value),
                    ty: plain(Kind::Float(literal::float_bits(float))),
                    span,
                    macro_name: None,
                });
            }
        };
        match value {
            Some((value, kind)) => {
                if let Some(written) = literal::written(constant) {
                    self.tree.literals.insert((span, value), written);
                }
                Ok(self.integer(value, kind, span))
            }
            None => Err(self.error(codes::LITERAL, span, "no type of C holds this constant")),
        }
    }

    fn string(&mut self, parts: &[String], span: Span) -> Checked<Expr> {
        match literal::bytes(parts) {
            Some(bytes) => Ok(string_expr(bytes, false, span)),
            None => Err(self.error(
                codes::LITERAL,
                span,
                "this string has an escape that C doesn't know, or wide characters",
            )),
        }
    }

    fn size_expr(&mut self, ty: CType, span: Span) -> Checked<Expr> {
        let size = match ty.kind {
            // GNU C counts bytes of `void` and of functions.
            Kind::Void | Kind::Function(_) => 1,
            _ => self.size_of(&ty, span)?,
        };
        Ok(Expr {
            kind: ExprKind::SizeOf(size, ty),
            ty: int_type(IntKind::ULong),
            span,
            macro_name: None,
        })
    }

    fn member_access(&mut self, node: &MemberExpression) -> Checked<Expr> {
        let base = self.expression(&node.expression)?;
        let base = match node.operator.node {
            MemberOperator::Direct => base,
            MemberOperator::Indirect => {
                let pointer = self.rvalue(base);
                self.deref(pointer)?
            }
        };
        let span = base.span.to(self.span(node.identifier.span));
        let at = self.name_span(node.identifier.span);
        let wanted = &node.identifier.node.name;
        let Kind::Record(record) = base.ty.kind else {
            let described = describe::ty(&self.tree.types, &base.ty);
            let message = format!("`{described}` has no members, so no `{wanted}`");
            let mut diagnostic = Diagnostic::error(codes::NO_MEMBER, at, message);
            if let (MemberOperator::Direct, Kind::Pointer(_)) = (&node.operator.node, &base.ty.kind)
            {
                diagnostic = diagnostic.help("a pointer's members are reached by `->`");
            }
            return Err(self.report(diagnostic));
        };
        self.require_complete(&base.ty, base.span)?;
        let Some(path) = self.find_member(record, wanted) else {
            return Err(self.no_member(record, wanted, at));
        };
        Ok(self.follow(base, &path, span))
    }

    /// The member at the end of `path`.
    pub fn follow(&self, base: Expr, path: &[(RecordId, u32)], span: Span) -> Expr {
        let mut expr = base;
        for (record, index) in path {
            let mut ty = self
                .field_at(*record, *index)
                .map_or_else(|| plain(Kind::Void), |field| field.ty.clone());
            ty.const_ |= expr.ty.const_;
            ty.volatile |= expr.ty.volatile;
            expr = Expr {
                kind: ExprKind::Member(Box::new(expr), *record, *index),
                ty,
                span,
                macro_name: None,
            };
        }
        expr
    }

    /// `*pointer`
    pub fn deref(&mut self, pointer: Expr) -> Checked<Expr> {
        let Kind::Pointer(pointee) = &pointer.ty.kind else {
            let described = describe::ty(&self.tree.types, &pointer.ty);
            let message = format!("`{described}` is no pointer");
            return Err(self.error(codes::OPERANDS, pointer.span, message));
        };
        let ty = (**pointee).clone();
        Ok(super::convert::wrap(pointer, ty, ExprKind::Deref))
    }

    fn cast(&mut self, node: &CastExpression, span: Span) -> Checked<Expr> {
        let ty = self.type_name(&node.type_name)?;
        let value = self.expression(&node.expression)?;
        let value = self.rvalue(value);
        let scalar =
            |sema: &Self, ty: &CType| sema.is_arithmetic(ty) || matches!(ty.kind, Kind::Pointer(_));
        let same_record = matches!(ty.kind, Kind::Record(_)) && ty.kind == value.ty.kind;
        let works =
            ty.kind == Kind::Void || same_record || (scalar(self, &ty) && scalar(self, &value.ty));
        if !works {
            let from = describe::ty(&self.tree.types, &value.ty);
            let to = describe::ty(&self.tree.types, &ty);
            let message = format!("`{from}` can't be cast to `{to}`");
            return Err(self.error(codes::CONVERSION, span, message));
        }
        let value = self.common_byte_order(value);
        let value = self.cut_byte_order(value, &ty);
        Ok(Expr {
            kind: ExprKind::Cast {
                value: Box::new(value),
                explicit: true,
            },
            ty: unqualified(&ty),
            span,
            macro_name: None,
        })
    }

    fn comma(&mut self, parts: &[Node<Expression>], span: Span) -> Checked<Expr> {
        let mut result: Option<Expr> = None;
        for part in parts {
            let part = self.expression(part)?;
            result = Some(match result {
                None => part,
                Some(left) => {
                    let right = self.rvalue(part);
                    Expr {
                        ty: unqualified(&right.ty),
                        kind: ExprKind::Comma(Box::new(left), Box::new(right)),
                        span,
                        macro_name: None,
                    }
                }
            });
        }
        result.ok_or(Reported)
    }

    fn generic(&mut self, node: &GenericSelection, span: Span) -> Checked<Expr> {
        let control = self.unevaluated(&node.expression)?;
        let control = unqualified(&self.rvalue(control).ty);
        let mut default = None;
        for association in &node.associations {
            match &association.node {
                GenericAssociation::Default(expr) => default = Some(expr),
                GenericAssociation::Type(node) => {
                    let ty = self.type_name(&node.node.type_name)?;
                    if ty.kind == control.kind && !ty.const_ && !ty.volatile {
                        return self.expression(&node.node.expression);
                    }
                }
            }
        }
        match default {
            Some(expr) => self.expression(expr),
            None => {
                let described = describe::ty(&self.tree.types, &control);
                let message = format!("this `_Generic` has nothing for `{described}`");
                Err(self.error(codes::GENERIC, span, message))
            }
        }
    }

    fn offset_of(&mut self, ty: CType, node: &Node<OffsetDesignator>, span: Span) -> Checked<Expr> {
        self.require_complete(&ty, span)?;
        let mut text = String::new();
        let mut current = ty.clone();
        let mut offset = 0u64;
        let first = OffsetMember::Member(node.node.base.clone());
        let members = node.node.members.iter().map(|member| &member.node);
        for member in std::iter::once(&first).chain(members) {
            let step = match member {
                OffsetMember::Member(identifier) | OffsetMember::IndirectMember(identifier) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(&identifier.node.name);
                    let at = self.span(identifier.span);
                    self.offset_member(&mut current, &identifier.node.name, at)?
                }
                OffsetMember::Index(expr) => {
                    let index = self.unevaluated(expr)?;
                    let value = self.constant(&index)?;
                    text.push_str(&format!("[{value}]"));
                    let Kind::Array(element, _) = current.kind.clone() else {
                        let message = "only arrays have elements";
                        return Err(self.error(codes::OPERANDS, index.span, message));
                    };
                    let size = self.size_of(&element, index.span)?;
                    current = *element;
                    u64::try_from(value)
                        .ok()
                        .and_then(|value| value.checked_mul(size))
                        .ok_or_else(|| self.error(codes::OPERANDS, index.span, "no such element"))?
                }
            };
            offset = offset.saturating_add(step);
        }
        Ok(Expr {
            kind: ExprKind::OffsetOf(offset, ty, name(&text)),
            ty: int_type(IntKind::ULong),
            span,
            macro_name: None,
        })
    }

    /// Goes from `current` to its member, and says how far that is.
    fn offset_member(&mut self, current: &mut CType, wanted: &str, span: Span) -> Checked<u64> {
        let Kind::Record(record) = current.kind else {
            let described = describe::ty(&self.tree.types, current);
            let message = format!("`{described}` has no members");
            return Err(self.error(codes::NO_MEMBER, span, message));
        };
        self.require_complete(current, span)?;
        let Some(path) = self.find_member(record, wanted) else {
            return Err(self.no_member(record, wanted, span));
        };
        let mut offset = 0u64;
        for (record, index) in path {
            let Some(field) = self.field_at(record, index) else {
                return Err(Reported);
            };
            if field.bits.is_some() {
                let message = "a bit-field has no offset in bytes";
                return Err(self.error(codes::OPERANDS, span, message));
            }
            offset = offset.saturating_add(field.offset);
            *current = field.ty.clone();
        }
        Ok(offset)
    }

    fn statement_expression(&mut self, node: &Node<Statement>, span: Span) -> Checked<Expr> {
        let Statement::Compound(items) = &node.node else {
            return Err(self.error(codes::UNSUPPORTED, span, "this is no statement expression"));
        };
        if self.current.is_none() {
            let message = "a statement expression outside functions";
            return Err(self.error(codes::NOT_CONSTANT, span, message));
        }
        let was_broken = self.set_broken(false);
        let block_span = Some(span);
        let (block, value) = self.value_block(items, block_span);
        let broken = self.set_broken(was_broken);
        if broken {
            return Err(Reported);
        }
        Ok(Expr {
            kind: ExprKind::StmtExpr(block),
            ty: value,
            span,
            macro_name: None,
        })
    }

    fn set_broken(&mut self, broken: bool) -> bool {
        self.current
            .as_mut()
            .is_some_and(|current| std::mem::replace(&mut current.broken, broken))
    }
}

/// A function's name as `__func__` has it: a program macro puts the body in a function of its own.
fn written_name(function: &super::tree::Function) -> Vec<u8> {
    let mut attributes = function.attributes.iter();
    let inner = attributes.any(|attribute| markers::program_macro(&attribute.name).is_some());
    let prefix = if inner { "____" } else { "" };
    format!("{prefix}{}", function.name).into_bytes()
}

/// The value of a word that C has had since C23.
fn keyword(word: &str) -> Option<i128> {
    match word {
        "true" => Some(1),
        "false" => Some(0),
        _ => None,
    }
}

/// A string literal.
fn string_expr(bytes: Vec<u8>, const_: bool, span: Span) -> Expr {
    let len = u64::try_from(bytes.len())
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let element = CType {
        const_,
        ..int_type(IntKind::Char)
    };
    Expr {
        kind: ExprKind::Str(bytes),
        ty: plain(Kind::Array(Box::new(element), ArrayLen::Known(len))),
        span,
        macro_name: None,
    }
}

/// A call of a builtin or marker.
pub(super) fn builtin_expr(name: &str, args: Vec<Expr>, ty: CType, span: Span) -> Expr {
    Expr {
        kind: ExprKind::Builtin(Arc::from(name), args),
        ty,
        span,
        macro_name: None,
    }
}
