//! Calls of functions, of function pointers, of builtins and markers.

use lang_c::{
    ast::{CallExpression, Expression},
    span::Node,
};

use super::{
    atomic,
    builtin::{self, Shape, is_builtin},
    codes,
    convert::Purpose,
    describe,
    expr::builtin_expr,
    operator::is_lvalue,
    sema::{Checked, Reported, Sema, int_type, plain, pointer_to, unqualified},
    tree::{Expr, ExprKind},
    types::{CType, FunctionType, IntKind, Kind},
};
use crate::{
    diag::Diagnostic,
    source::{span::Span, standins},
};

impl Sema<'_> {
    /// `callee(arguments)`
    pub fn call(&mut self, node: &CallExpression, span: Span) -> Checked<Expr> {
        if let Expression::Identifier(identifier) = &node.callee.node {
            let name = &identifier.node.name;
            if is_builtin(name) && self.lookup(name).is_none() {
                return self.builtin(name, &node.arguments, span);
            }
        }
        let callee = self.expression(&node.callee);
        // Arguments of a macro that isn't defined may be anything.
        if callee.is_err()
            && let Expression::Identifier(identifier) = &node.callee.node
            && standins::defining(&identifier.node.name).is_some()
        {
            return callee;
        }
        let args: Vec<Checked<Expr>> = node
            .arguments
            .iter()
            .map(|argument| self.expression(argument))
            .collect();
        let callee = callee?;
        let args = args.into_iter().collect::<Checked<Vec<Expr>>>()?;
        // `(*pointer)(…)` is `pointer(…)`.
        let callee = match (callee.kind, callee.ty) {
            (ExprKind::Deref(pointer), ty) if matches!(ty.kind, Kind::Function(_)) => *pointer,
            (kind, ty) => Expr { kind, ty, ..callee },
        };
        let callee = match callee.kind {
            ExprKind::Decay(function) if matches!(function.kind, ExprKind::Function(_)) => {
                *function
            }
            kind => Expr { kind, ..callee },
        };
        let function = match &callee.ty.kind {
            Kind::Function(function) => (**function).clone(),
            Kind::Pointer(pointee) => match &pointee.kind {
                Kind::Function(function) => (**function).clone(),
                _ => return Err(self.not_callable(&callee)),
            },
            _ => return Err(self.not_callable(&callee)),
        };
        let args = self.arguments(&callee, &function, args, span)?;
        Ok(Expr {
            ty: unqualified(&function.ret),
            kind: ExprKind::Call(Box::new(callee), args),
            span,
            macro_name: None,
        })
    }

    fn not_callable(&mut self, callee: &Expr) -> Reported {
        let described = describe::ty(&self.tree.types, &callee.ty);
        let message = format!("`{described}` can't be called");
        self.error(codes::OPERANDS, callee.span, message)
    }

    fn arguments(
        &mut self,
        callee: &Expr,
        function: &FunctionType,
        args: Vec<Expr>,
        span: Span,
    ) -> Checked<Vec<Expr>> {
        let (given, wanted) = (args.len(), function.params.len());
        let fits = function.unspecified || given == wanted || (function.variadic && given > wanted);
        if !fits {
            return Err(self.wrong_count(callee, function, given, span));
        }
        let mut params = function.params.iter();
        args.into_iter()
            .map(|arg| match params.next() {
                Some(param) => self.assign_to(arg, param, Purpose::Argument),
                None => self.default_promotion(arg),
            })
            // All arguments are looked at before the first error counts.
            .collect::<Vec<_>>()
            .into_iter()
            .collect()
    }

    fn wrong_count(
        &mut self,
        callee: &Expr,
        function: &FunctionType,
        given: usize,
        span: Span,
    ) -> Reported {
        let wanted = function.params.len();
        let least = if function.variadic { "at least " } else { "" };
        let plural = if wanted == 1 { "" } else { "s" };
        let declared = match callee.kind {
            ExprKind::Function(id) => self.tree.functions.get(id.0 as usize),
            _ => None,
        };
        let (name, place) = match declared {
            Some(function) => (format!("`{}`", function.name), Some(function.span)),
            None => ("this function".to_owned(), None),
        };
        let message = format!("{name} takes {least}{wanted} argument{plural}, not {given}");
        let mut diagnostic = Diagnostic::error(codes::ARGUMENT_COUNT, span, message);
        if let Some(place) = place {
            diagnostic = diagnostic.note(place, "declared here");
        }
        self.report(diagnostic)
    }

    fn builtin(&mut self, name: &str, nodes: &[Node<Expression>], span: Span) -> Checked<Expr> {
        if let Some(result) = self.constant_builtin(name, nodes, span) {
            return result;
        }
        let args: Vec<Checked<Expr>> = nodes.iter().map(|node| self.expression(node)).collect();
        let args = args.into_iter().collect::<Checked<Vec<Expr>>>()?;
        if let Some(by_value) = atomic::by_value(name) {
            return self.atomic_in_memory(by_value, args, span);
        }
        self.known_builtin(name, args, span)
    }

    /// A call of a builtin or marker with these arguments.
    pub(super) fn known_builtin(
        &mut self,
        name: &str,
        args: Vec<Expr>,
        span: Span,
    ) -> Checked<Expr> {
        if let Some(operation) = name.strip_prefix(atomic::C11) {
            return self.c11_atomic(operation, args, span);
        }
        let Some(shape) = builtin::shape(name) else {
            if let Some(ty) = self.markers.get(name) {
                return Ok(builtin_expr(name, args, unqualified(ty), span));
            }
            let message = format!("`{name}` is a builtin that c2aya doesn't know");
            return Err(self.error(codes::UNSUPPORTED, span, message));
        };
        if let [arg] = args.as_slice()
            && let Some((arg, ty)) = self.whole_on_this_machine(name, arg)
        {
            return Ok(builtin_expr(name, vec![arg], ty, span));
        }
        let (args, ty) = self.shaped(name, shape, args, span)?;
        Ok(builtin_expr(name, args, ty, span))
    }

    /// Builtins that choose or answer while the C is being read.
    fn constant_builtin(
        &mut self,
        name: &str,
        nodes: &[Node<Expression>],
        span: Span,
    ) -> Option<Checked<Expr>> {
        match (name, nodes) {
            ("__builtin_constant_p", [node]) => Some(self.unevaluated(node).map(|arg| {
                let is_string = matches!(arg.kind, ExprKind::Str(_));
                let known = is_string || self.evaluator().integer(&arg).is_some();
                self.int(i128::from(known), span)
            })),
            ("__builtin_choose_expr", [cond, then, other]) => {
                let cond = self.unevaluated(cond).and_then(|cond| self.constant(&cond));
                Some(cond.and_then(|cond| self.expression(if cond != 0 { then } else { other })))
            }
            ("__c2aya_types_compatible", [left, right]) => {
                let (left, right) = (self.unevaluated(left), self.unevaluated(right));
                Some(left.and_then(|left| {
                    let same = self.compatible(&left.ty, &right?.ty);
                    Ok(self.int(i128::from(same), span))
                }))
            }
            _ => None,
        }
    }

    fn shaped(
        &mut self,
        name: &str,
        shape: Shape,
        mut args: Vec<Expr>,
        span: Span,
    ) -> Checked<(Vec<Expr>, CType)> {
        let least = match shape {
            Shape::Prototype(text) => text.trim_end_matches('.').len().saturating_sub(1),
            Shape::Returns(_) => 0,
            _ => 1,
        };
        if args.len() < least {
            let plural = if least == 1 { "" } else { "s" };
            let message = format!(
                "`{name}` takes {least} argument{plural}, not {}",
                args.len()
            );
            return Err(self.error(codes::ARGUMENT_COUNT, span, message));
        }
        match shape {
            Shape::Prototype(text) => {
                let mut letters = text.chars();
                let ret = letters.next().map_or(plain(Kind::Void), letter_type);
                let mut converted = Vec::new();
                for arg in args {
                    converted.push(match letters.next() {
                        Some('.') | None => self.default_promotion(arg)?,
                        Some(letter) => {
                            self.assign_to(arg, &letter_type(letter), Purpose::Argument)?
                        }
                    });
                }
                Ok((converted, ret))
            }
            Shape::Returns(letter) => {
                let args = args.into_iter().map(|arg| self.common_byte_order(arg));
                Ok((args.collect(), letter_type(letter)))
            }
            Shape::FirstArgument => {
                let first = args.first().cloned().ok_or(Reported)?;
                let ty = unqualified(&self.rvalue(first).ty);
                Ok((args, ty))
            }
            Shape::Unqualified => {
                let ty = args
                    .first()
                    .map(|arg| unqualified(&arg.ty))
                    .ok_or(Reported)?;
                Ok((args, ty))
            }
            Shape::Value => {
                let first = args.remove(0);
                let first = self.rvalue(first);
                let ty = unqualified(&first.ty);
                args.insert(0, first);
                Ok((args, ty))
            }
            Shape::Registers => {
                let pointee = match self.lookup_tag("pt_regs") {
                    Some(super::sema::Tag::Record(id)) => plain(Kind::Record(id)),
                    _ => plain(Kind::Void),
                };
                Ok((args, pointer_to(pointee)))
            }
            Shape::Atomic(atomic) => self.atomic(name, atomic, args),
        }
    }

    fn atomic(
        &mut self,
        name: &str,
        atomic: builtin::Atomic,
        args: Vec<Expr>,
    ) -> Checked<(Vec<Expr>, CType)> {
        let mut args = args.into_iter();
        let pointer = self.rvalue(args.next().ok_or(Reported)?);
        let target = match &pointer.ty.kind {
            Kind::Pointer(pointee) => unqualified(pointee),
            _ => {
                let message = format!("`{name}` works on what a pointer points to");
                return Err(self.error(codes::OPERANDS, pointer.span, message));
            }
        };
        let is_value = self.is_integer(&target) || matches!(target.kind, Kind::Pointer(_));
        if !is_value && atomic.values > 0 {
            let described = describe::ty(&self.tree.types, &target);
            let message = format!("`{name}` works on integers and pointers, not on `{described}`");
            return Err(self.error(codes::OPERANDS, pointer.span, message));
        }
        let mut converted = vec![pointer];
        for index in 1u8.. {
            let Some(arg) = args.next() else { break };
            let arg = if (atomic.first_value..atomic.first_value + atomic.values).contains(&index) {
                self.assign_to(arg, &target, Purpose::Argument)?
            } else if is_lvalue(&arg) && !self.is_integer(&arg.ty) {
                self.rvalue(arg)
            } else {
                self.default_promotion(arg)?
            };
            converted.push(arg);
        }
        let needed = usize::from(atomic.first_value + atomic.values);
        if converted.len() < needed.max(1) {
            let span = converted.first().map_or(self.here, |arg| arg.span);
            let message = format!("`{name}` takes more arguments");
            return Err(self.error(codes::ARGUMENT_COUNT, span, message));
        }
        let ty = match atomic.result {
            builtin::AtomicResult::Target => target,
            builtin::AtomicResult::Bool => plain(Kind::Bool),
            builtin::AtomicResult::Void => plain(Kind::Void),
        };
        Ok((converted, ty))
    }
}

/// The type that a letter of a [`Shape::Prototype`] stands for.
fn letter_type(letter: char) -> CType {
    let const_ = |kind| CType {
        const_: true,
        ..plain(kind)
    };
    match letter {
        'b' => plain(Kind::Bool),
        'i' => int_type(IntKind::Int),
        'u' => int_type(IntKind::UInt),
        'h' => int_type(IntKind::UShort),
        'B' => int_type(IntKind::UChar),
        'l' => int_type(IntKind::Long),
        'm' => int_type(IntKind::ULong),
        'L' => int_type(IntKind::LongLong),
        'M' => int_type(IntKind::ULongLong),
        'p' => pointer_to(plain(Kind::Void)),
        'c' => pointer_to(const_(Kind::Void)),
        's' => pointer_to(const_(Kind::Int(IntKind::Char))),
        'S' => pointer_to(int_type(IntKind::Char)),
        _ => plain(Kind::Void),
    }
}
